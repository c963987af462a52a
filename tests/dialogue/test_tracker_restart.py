"""A real Rasa with the sealed store, killed at the worst moments and started again."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import websockets.exceptions
from ports import free_port
from rasa_process import Server, start, stop, wait_for, write_endpoints
from turn_socket import TOKEN, ask, connect, names_of

from dialogue.tracker_file import TrackerFile, TrackerPlaces

WORD = "zanzibarmarmalade"
DANGER = "I want to kill myself"
SAD = ["utter_acknowledge_sadness", None, "utter_ask_helped"]


class Rasa:
    """One that can be killed and comes back at the same place."""

    def __init__(self, folder: Path, model: Path, actions_url: str) -> None:
        self.folder = folder
        self._model = model
        self.places = TrackerPlaces.of({"HAMDEL_TRACKERS": str(folder / "kept" / "trackers.sqlite")})
        write_endpoints(folder / "endpoints.yml", actions_url)
        self._starts = 0
        self.server = self.start()

    def start(self) -> Server:
        port = free_port()
        self._starts += 1
        log = self.folder / f"log-{self._starts}"
        arguments = ["run", "-i", "127.0.0.1", "-p", str(port), "-m", str(self._model)]
        arguments += ["--endpoints", str(self.folder / "endpoints.yml")]
        environment = {"HAMDEL_DIALOGUE_TOKEN": TOKEN, "HAMDEL_TRACKERS": str(self.places.database)}
        return Server(f"http://127.0.0.1:{port}", start(arguments, environment, log), log)

    def ready(self) -> None:
        wait_for(f"{self.server.url}/hamdel/health", self.server.process, self.server.log)

    def kill(self) -> None:
        self.server.process.kill()
        self.server.process.wait()

    def start_again(self) -> None:
        self.server = self.start()
        self.ready()

    def kept(self) -> list[dict[str, Any]]:
        """What lies on the disk, opened as only the holder of the key can."""
        file = TrackerFile(self.places, {})
        try:
            return [json.loads(text) for text in file.texts()]
        finally:
            file.close()

    def turns(self, sender: str) -> list[str]:
        """The ids of a sender's turns in the order in which they were kept."""
        events = [event for talk in self.kept() if talk["name"] == sender for event in talk["events"]]
        return [event["message_id"] for event in events if event["event"] == "user"]

    def bytes_on_disk(self) -> bytes:
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        return b"".join(path.read_bytes() for path in files)


@pytest.fixture(scope="module")
def rasa(tmp_path_factory: pytest.TempPathFactory, model: Path, action_server: Server) -> Iterator[Rasa]:
    running = Rasa(tmp_path_factory.mktemp("restarted"), model, action_server.url)
    try:
        running.ready()
        yield running
    finally:
        stop(running.server.process)


Frames = list[dict[str, Any]]


@dataclass(frozen=True)
class Restarted:
    """A Rasa that was killed in the middle of talks, and the answers that it had given before."""

    rasa: Rasa
    answers: dict[str, Frames]


@pytest.fixture(scope="module")
def restarted(rasa: Rasa) -> Restarted:
    async def talk_and_kill() -> dict[str, Frames]:
        answers: dict[str, Frames] = {}
        # Closing a socket whose other end was killed fails with one event loop and not with another.
        with suppress(websockets.exceptions.ConnectionClosed):
            await talk(answers)
        return answers

    async def talk(answers: dict[str, Frames]) -> None:
        async with connect(rasa.server) as socket:
            answers |= {
                "sad": await ask(socket, "sad", "1", f"I feel sad, {WORD}", language="en"),
                "danger": await ask(socket, "danger", "1", DANGER, language="en", country="US"),
                "persian": await ask(socket, "persian", "1", "خیلی ناراحتم گلابتون", language="fa"),
                "earlier": await ask(socket, "earlier", "1", "hello", language="en"),
                "spoken": await ask(socket, "spoken", "1", DANGER, crisis_level=2, language="en"),
            }
            await ask(socket, "earlier", "2", DANGER, language="en", country="US")
            heard = {
                "type": "heard",
                "sender": "spoken",
                "turn_id": "1",
                "text": "I'm…",
                "question": "unheard",
            }
            await socket.send(json.dumps(heard))
            assert json.loads(await asyncio.wait_for(socket.recv(), 30))["type"] == "noted"
            # What was said is kept, but nobody reads its frames.
            turn = {"type": "turn", "turn_id": "1", "sender": "unread", "text": "I feel sad"}
            await socket.send(json.dumps({**turn, "metadata": {"language": "en"}}))
            deadline = time.monotonic() + 60
            while await asyncio.to_thread(rasa.turns, "unread") != ["1"]:
                assert time.monotonic() < deadline
                await asyncio.sleep(0.05)
            rasa.kill()

    answers = asyncio.run(talk_and_kill())
    rasa.start_again()
    return Restarted(rasa, answers)


@pytest.mark.parametrize(
    ("sender", "text"),
    [
        ("sad", f"I feel sad, {WORD}"),
        ("danger", DANGER),
        ("persian", "خیلی ناراحتم گلابتون"),
        ("earlier", "hello"),
    ],
)
async def test_a_turn_sent_again_after_a_kill_has_the_same_answer(
    restarted: Restarted, sender: str, text: str
) -> None:
    before = restarted.rasa.turns(sender)
    async with connect(restarted.rasa.server) as socket:
        # Over a new socket, of which the desk of the new process knows nothing.
        assert await ask(socket, sender, "1", text) == restarted.answers[sender]
    assert restarted.rasa.turns(sender) == before
    assert restarted.answers["earlier"][-1]["crisis"] is False  # it was so, before the turn behind it


async def test_a_turn_whose_frames_were_lost_is_answered_once(restarted: Restarted) -> None:
    async with connect(restarted.rasa.server) as socket:
        assert names_of(await ask(socket, "unread", "1", "I feel sad", language="en")) == SAD
    assert restarted.rasa.turns("unread") == ["1"]


async def test_what_was_suggested_is_known_after_a_kill(restarted: Restarted) -> None:
    async with connect(restarted.rasa.server) as socket:
        again = await ask(socket, "sad", "2", "give me suggestions")
    assert names_of(again) == ["utter_another", None, None, "utter_ask_helped"]
    shown = {each["id"] for each in restarted.answers["sad"][1]["custom"]["suggestions"]}
    assert shown.isdisjoint(each["id"] for each in again[2]["custom"]["suggestions"])


async def test_danger_is_known_after_a_kill_without_a_word_of_the_gateway(restarted: Restarted) -> None:
    async with connect(restarted.rasa.server) as socket:
        assert names_of(await ask(socket, "danger", "2", "I feel sad")) == ["utter_stay_safe"]


async def test_the_language_is_known_after_a_kill(restarted: Restarted) -> None:
    async with connect(restarted.rasa.server) as socket:
        assert (await ask(socket, "persian", "2", "123"))[-1]["language"] == "fa"


async def test_what_was_heard_is_known_after_a_kill_and_is_no_answer_of_rasas(restarted: Restarted) -> None:
    async with connect(restarted.rasa.server) as socket:
        assert await ask(socket, "spoken", "1", DANGER) == restarted.answers["spoken"]
        known = {"crisis_level": 0, "in_crisis": True, "language": "en"}
        assert names_of(await ask(socket, "spoken", "2", "yes", **known)) == ["utter_crisis_question"]


async def test_a_talk_that_has_ended_leaves_nothing_behind(rasa: Rasa) -> None:
    async with connect(rasa.server) as socket:
        await ask(socket, "ending", "1", "I feel sad", language="en")
        assert rasa.turns("ending") == ["1"]
        await socket.send(json.dumps({"type": "forget", "sender": "ending"}))
        assert json.loads(await asyncio.wait_for(socket.recv(), 30))["type"] == "forgotten"
    assert "ending" not in [talk["name"] for talk in rasa.kept()]


async def test_no_word_of_a_talk_is_on_the_disk_in_the_open(rasa: Rasa) -> None:
    words = [word.encode() for word in (WORD, "گلابتون", "quartzonyx")]
    async with connect(rasa.server) as socket:
        for number in range(6):
            await ask(
                socket, "quartzonyx", str(number), f"I feel sad, {WORD} گلابتون {number}", language="en"
            )
    assert not any(word in rasa.bytes_on_disk() for word in words)
    rasa.kill()
    assert not any(word in rasa.bytes_on_disk() for word in words)
    assert any(talk["name"] == "quartzonyx" and WORD in json.dumps(talk) for talk in rasa.kept())


def test_with_another_key_the_start_ends_and_says_what_to_do(rasa: Rasa) -> None:
    rasa.kill()
    assert rasa.kept()  # the key is needed only while there is a talk to open
    before = rasa.places.database.read_bytes()
    rasa.places.key_file.write_text("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")
    refused = rasa.start()
    assert refused.process.wait(240) != 0
    assert any("was sealed with another key" in line for line in refused.log.read_text().splitlines()[-3:])
    assert rasa.places.database.read_bytes() == before
