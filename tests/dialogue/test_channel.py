"""The websocket of a real `rasa run` process, with the real action server behind it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import urllib.request
from typing import Any

import pytest
from turn_socket import TOKEN, ask, connect, read_turn
from websockets.exceptions import InvalidStatusCode

from dialogue.channel import HamdelInput, UnsafeBinding, refusal, require_safe_binding
from dialogue.training import ROOT
from recommender import SUGGESTIONS_SHOWN


def test_health_says_that_it_is_ready(rasa_server: Any) -> None:
    with urllib.request.urlopen(f"{rasa_server.url}/hamdel/health", timeout=5) as response:
        assert json.load(response) == {"status": "ok"}


@pytest.mark.parametrize("token", [None, "", "wrong", TOKEN + "x", "توکن"])
async def test_a_socket_without_the_token_is_refused_before_the_upgrade(
    rasa_server: Any, token: str | None
) -> None:
    with pytest.raises(InvalidStatusCode) as refused:
        await connect(rasa_server, token and token.encode().decode("latin-1"))
    assert refused.value.status_code == 401


async def test_a_turn_is_answered_message_by_message_and_done(rasa_server: Any) -> None:
    async with connect(rasa_server) as socket:
        mood = {"label": "anger", "probabilities": {"anger": 0.9, "neutral": 0.1}, "threshold": 0.5}
        frames = await ask(socket, "angry", "1", "my boss shouted at me", language="en", mood=mood)
    assert [frame["type"] for frame in frames] == ["message", "message", "message", "done"]
    assert [frame["seq"] for frame in frames] == [0, 1, 2, 3]
    assert frames[0]["name"] == "utter_acknowledge_anger"
    assert len(frames[1]["custom"]["suggestions"]) == SUGGESTIONS_SHOWN
    assert frames[1]["text"].count(":") >= SUGGESTIONS_SHOWN
    assert frames[2]["buttons"] == [{"title": "Yes", "payload": "Yes"}, {"title": "No", "payload": "No"}]
    done = frames[3]
    assert done["intent"]["name"] == "share"
    assert 0.4 <= done["intent"]["confidence"] <= 1
    assert (done["mood"], done["language"], done["crisis"]) == ("anger", "en", False)


async def test_a_persian_turn_is_answered_in_persian(rasa_server: Any) -> None:
    async with connect(rasa_server) as socket:
        frames = await ask(socket, "persian", "1", "خیلی ناراحتم", language="fa")
    assert frames[-1]["mood"] == "sadness"
    assert "اول:" in frames[1]["text"]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("no json", "bad_json"),
        ("[1, 2]", "bad_json"),
        (b"\x00\x01", "bad_json"),
        ('{"type": "dance"}', "unknown_type"),
        ('{"turn_id": "1"}', "unknown_type"),
        ('{"type": "turn", "turn_id": "1", "text": "hello"}', "bad_frame"),
        ('{"type": "turn", "turn_id": "1", "sender": "s"}', "bad_frame"),
        ('{"type": "turn", "turn_id": 1, "sender": "s", "text": "hello"}', "bad_frame"),
        ('{"type": "turn", "turn_id": "1", "sender": "s", "text": "hi", "metadata": [1]}', "bad_frame"),
        ('{"type": "turn", "turn_id": "1", "sender": "s", "text": "  / "}', "empty_text"),
        (json.dumps({"type": "turn", "turn_id": "1", "sender": "s", "text": "x" * 10_001}), "text_too_long"),
        ('{"type": "forget"}', "bad_frame"),
    ],
)
async def test_a_bad_frame_is_refused_and_the_socket_stays_open(
    rasa_server: Any, raw: str | bytes, code: str
) -> None:
    async with connect(rasa_server) as socket:
        await socket.send(raw)
        error = json.loads(await asyncio.wait_for(socket.recv(), 10))
        assert (error["type"], error["code"]) == ("error", code)
        assert "hello" not in error["message"]
        await socket.send('{"type": "ping"}')
        assert json.loads(await socket.recv()) == {"type": "pong"}


async def test_a_repeated_turn_is_replayed_not_asked_again(rasa_server: Any) -> None:
    async with connect(rasa_server) as socket:
        first = await ask(socket, "twice", "1", "I feel sad")
        second = await ask(socket, "twice", "1", "I feel sad")
        other = await ask(socket, "twice", "2", "I feel sad")
    assert second == first
    # A choice by chance out of dozens: the same ones would mean that Rasa was not asked.
    assert other[1]["custom"] != first[1]["custom"]


async def test_a_turn_repeated_while_it_runs_reaches_both_listeners_once(rasa_server: Any) -> None:
    turn = {"type": "turn", "turn_id": "1", "sender": "overlap", "text": "I feel sad", "metadata": {}}
    async with connect(rasa_server) as one, connect(rasa_server) as two:
        await one.send(json.dumps(turn))
        await two.send(json.dumps(turn))
        assert await read_turn(one, "1") == await read_turn(two, "1")


async def test_after_a_reconnection_the_turn_is_there(rasa_server: Any) -> None:
    turn = {"type": "turn", "turn_id": "1", "sender": "leaver", "text": "I feel sad", "metadata": {}}
    async with connect(rasa_server) as socket:
        await socket.send(json.dumps(turn))
    async with connect(rasa_server) as socket:
        await socket.send(json.dumps(turn))
        frames = await read_turn(socket, "1")
        assert frames[-1]["type"] == "done"
        assert frames[0]["name"] == "utter_acknowledge_sadness"
        # The talk goes on where it was.
        assert (await ask(socket, "leaver", "2", "no"))[0]["name"] == "utter_sorry_not_helped"


async def test_talks_of_several_people_share_a_socket_without_mixing(rasa_server: Any) -> None:
    words = {"anger": "I'm angry", "fear": "I'm scared", "sadness": "I feel sad"}
    async with connect(rasa_server) as socket:
        for mood, text in words.items():
            turn = {"type": "turn", "turn_id": mood, "sender": f"shared-{mood}", "text": text}
            await socket.send(json.dumps(turn))
        got: dict[str, list[str | None]] = {mood: [] for mood in words}
        open_turns = set(words)
        while open_turns:
            frame = json.loads(await asyncio.wait_for(socket.recv(), 30))
            if frame["type"] == "done":
                open_turns.remove(frame["turn_id"])
            else:
                got[frame["turn_id"]].append(frame["name"])
    assert got == {mood: [f"utter_acknowledge_{mood}", None, "utter_ask_helped"] for mood in words}


async def test_turns_of_one_sender_are_answered_in_order(rasa_server: Any) -> None:
    async with connect(rasa_server) as socket:
        for number, text in enumerate(["I feel sad", "no", "the first one helped"]):
            turn = {"type": "turn", "turn_id": str(number), "sender": "hasty", "text": text}
            await socket.send(json.dumps(turn))
        names = [(await read_turn(socket, str(number)))[0]["name"] for number in range(3)]
    assert names[:2] == ["utter_acknowledge_sadness", "utter_sorry_not_helped"]


async def test_a_command_is_taken_for_words(rasa_server: Any) -> None:
    async with connect(rasa_server) as socket:
        await ask(socket, "commander", "1", "I want to kill myself")
        await ask(socket, "commander", "2", "/restart")
        frames = await ask(socket, "commander", "3", "I feel sad")
    assert frames[0]["name"] == "utter_stay_safe"
    assert frames[-1]["crisis"] is True


async def test_a_forgotten_sender_starts_anew(rasa_server: Any) -> None:
    async with connect(rasa_server) as socket:
        await ask(socket, "forgotten", "1", "I want to kill myself")
        await socket.send('{"type": "forget", "sender": "forgotten"}')
        assert json.loads(await socket.recv()) == {"type": "forgotten", "sender": "forgotten"}
        frames = await ask(socket, "forgotten", "1", "hello")
    assert frames[0]["name"] == "utter_greet"
    assert frames[-1]["crisis"] is False


async def test_nothing_that_was_said_stands_in_the_log(rasa_server: Any) -> None:
    async with connect(rasa_server) as socket:
        await ask(socket, "discreet", "1", "my secret is the marmalade")
    log = rasa_server.log.read_text()
    assert "marmalade" not in log
    assert TOKEN not in log


def test_without_a_token_the_server_refuses_to_start_on_a_network_address(model: Any, tmp_path: Any) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "HAMDEL_DIALOGUE_TOKEN"}
    arguments = ["run", "-i", "0.0.0.0", "-p", "0", "-m", str(model)]
    ended = subprocess.run(
        [sys.executable, "-m", "rasa", *arguments],
        cwd=ROOT,
        env=environment | {"RASA_TELEMETRY_ENABLED": "false"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert ended.returncode != 0
    assert "HAMDEL_DIALOGUE_TOKEN" in ended.stderr + ended.stdout


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.8.0.1"])
def test_a_loopback_address_needs_no_token(host: str) -> None:
    require_safe_binding(host, None)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "example.org", "", None])
def test_any_other_address_needs_one(host: str | None) -> None:
    require_safe_binding(host, "token")
    with pytest.raises(UnsafeBinding, match="HAMDEL_DIALOGUE_TOKEN"):
        require_safe_binding(host, None)


def test_without_a_token_local_programs_are_served_but_no_web_page_and_no_stranger() -> None:
    assert refusal(token=None, authorization=None, peer="127.0.0.1", origin=None) is None
    assert refusal(token=None, authorization=None, peer="127.0.0.1", origin="http://a.example") is not None
    assert refusal(token=None, authorization=None, peer="192.168.1.4", origin=None) is not None


def test_the_scheme_of_the_token_is_bearer() -> None:
    assert refusal(token="t", authorization="bearer t", peer=None, origin=None) is None
    assert refusal(token="t", authorization="Basic t", peer=None, origin=None) is not None


def test_the_token_comes_from_the_environment_and_not_from_the_file(monkeypatch: Any) -> None:
    monkeypatch.setenv("HAMDEL_DIALOGUE_TOKEN", " secret ")
    assert HamdelInput.from_credentials({})._token == "secret"
    with pytest.raises(Exception, match="takes no settings"):
        HamdelInput.from_credentials({"token": "secret"})
