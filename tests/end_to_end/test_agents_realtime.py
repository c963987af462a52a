"""The stock npm client `@openai/agents-realtime` (websocket transport) holds talks with the real server."""

import json
import os
import subprocess
from functools import cache
from pathlib import Path

import pytest

from bot.client import read_recording
from bot.settings import runtime_dir

FOLDER = Path(__file__).with_name("agents_realtime")


@pytest.fixture(scope="session")
def npm_client():
    """Looks for the client before the server is started in vain."""
    if not (FOLDER / "node_modules" / "@openai" / "agents-realtime").is_dir():
        pytest.fail(f"the npm client is missing: run `npm ci` in {FOLDER}, or `make test`")


@pytest.fixture(scope="module")
def hold(npm_client, server, spoken, tmp_path_factory):
    """Runs one of the talks of `talk.mjs`; gives what the client saw, after checking what holds for all."""
    access = json.loads((runtime_dir() / f"development-{server.port}.json").read_text())
    recording = tmp_path_factory.mktemp("recording") / "speech.pcm"
    recording.write_bytes(read_recording(spoken("I had a very hard day at work today.")).tobytes())

    @cache
    def run(talk: str) -> dict:
        done = subprocess.run(
            ["node", "talk.mjs", talk],
            cwd=FOLDER,
            env={
                **os.environ,
                "HAMDEL_URL": f"{access['url']}/realtime?model=gpt-realtime",
                "HAMDEL_TOKEN": access["tokens"]["therapy"],
                "HAMDEL_RECORDING": str(recording),
            },
            capture_output=True,
            text=True,
            timeout=180,
        )
        assert done.returncode == 0, done.stderr[-4_000:]
        seen = json.loads(done.stdout)
        assert seen["unrecognised"] == []
        assert seen["errors"] == []
        assert "error" not in seen["types"]
        assert not [kind for kind in seen["types"] if kind.startswith("hamdel.")]
        return seen

    return run


def shown(item):
    """Role and words of an item of the client's history."""
    words = [part.get("transcript") or part.get("text") or "" for part in item["content"]]
    return item["role"], " ".join(words)


def test_spoken_and_typed_turns_stand_in_the_clients_history_in_order(hold):
    seen = hold("spoken")
    assert seen["types"][0] == "session.created"
    # The client's own defaults, among them its tracing and its semantic turn detection, are taken.
    assert seen["session"]["tracing"] == "auto"
    assert seen["session"]["audio"]["input"]["turn_detection"]["type"] == "semantic_vad"
    assert seen["session"]["audio"]["input"]["turn_detection"]["interrupt_response"] is True
    heard, answer, typed, cut = [shown(item) for item in seen["historyBeforeRemoval"]]
    assert heard[0] == typed[0] == "user"
    assert answer[0] == cut[0] == "assistant"
    assert "hard day" in heard[1].lower()
    assert typed[1] == "I feel very sad today."
    assert "computer program" in answer[1]  # the disclosure comes with the first reply
    assert seen["audioBytes"] > 24_000
    assert seen["histories"] > 4


def test_interrupting_cancels_the_reply_and_keeps_what_was_heard(hold):
    seen = hold("spoken")
    first, second = seen["responses"]
    assert first["status"] == "completed"
    assert second["status"] == "cancelled"
    assert second["status_details"]["reason"] == "client_cancelled"
    assert seen["interrupted"] == 1
    said = second["output"][0]["content"][0]["transcript"]
    kept = shown(seen["historyBeforeRemoval"][-1])[1]
    assert kept
    assert said.startswith(kept.removesuffix("…").rstrip())
    assert "conversation.item.truncated" in seen["types"]
    # What the client then removed is gone on both sides.
    assert [item["itemId"] for item in seen["history"]] == [
        item["itemId"] for item in seen["historyBeforeRemoval"][1:]
    ]


def test_the_users_voice_interrupts_and_the_client_need_not_cancel(hold):
    seen = hold("interrupted")
    first, second = seen["responses"][:2]
    assert first["status"] == "cancelled"
    assert first["status_details"]["reason"] == "turn_detected"
    assert second["status"] == "completed"
    assert seen["interrupted"] >= 1
    assert [role for role, _ in map(shown, seen["history"])] == ["assistant", "user", "assistant"]


def test_a_text_only_session_is_answered_in_text_and_items_go_where_they_are_placed(hold):
    seen = hold("written")
    assert seen["audioBytes"] == 0
    assert seen["session"]["output_modalities"] == ["text"]
    said = seen["responses"][0]["output"][0]["content"][0]
    assert said["type"] == "output_text"
    assert seen["text"] == said["text"]
    history = [shown(item) for item in seen["history"]]
    assert history == [("user", "I slept well."), ("user", "hello"), ("assistant", said["text"])]


def test_push_to_talk_is_answered_when_the_client_asks(hold):
    seen = hold("committed")
    assert seen["session"]["audio"]["input"]["turn_detection"] is None
    assert seen["responses"][0]["status"] == "completed"
    heard, answer = [shown(item) for item in seen["history"]]
    assert "hard day" in heard[1].lower()
    assert answer[0] == "assistant"
