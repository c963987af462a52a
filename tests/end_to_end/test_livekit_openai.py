"""The stock client `livekit-plugins-openai`, in an environment of its own, holds talks with the real server."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from bot.client import read_recording
from bot.settings import ROOT, runtime_dir

TALK = Path(__file__).with_name("livekit_openai") / "talk.py"
PYTHON = ROOT / ".venv-livekit" / "bin" / "python"


@pytest.fixture(scope="session")
def livekit():
    """Looks for the client before the server is started in vain."""
    if not PYTHON.exists():
        pytest.skip(
            "livekit-plugins-openai is not installed: `make test` does it where the package index has it"
        )
    return PYTHON


@pytest.fixture(scope="module")
def talks(livekit, server, spoken, tmp_path_factory):
    """What the client saw in each of the talks of `talk.py`, which it holds at the same time."""
    access = json.loads((runtime_dir() / f"development-{server.port}.json").read_text())
    recording = tmp_path_factory.mktemp("recording") / "speech.pcm"
    recording.write_bytes(read_recording(spoken("I had a very hard day at work today.")).tobytes())
    done = subprocess.run(
        [livekit, TALK],
        env={
            **os.environ,
            "HAMDEL_URL": access["url"].replace("ws", "http", 1),
            "HAMDEL_TOKEN": access["tokens"]["therapy"],
            "HAMDEL_RECORDING": str(recording),
        },
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-4_000:]
    return json.loads(done.stdout)


def of_role(seen, role):
    return [words for _, who, words in seen["history"] if who == role]


def test_the_client_can_handle_every_event_and_meets_no_error_that_it_does_not_expect(talks):
    complaints = talks["complaints"]
    assert complaints == []
    for name in ("spoken", "interrupted", "written", "committed", "reconnected"):
        seen = talks[name]
        assert seen["errors"] == []
        assert not [kind for kind in seen["types"] if kind.startswith("hamdel.")]
        # Only a cancel that comes too late, which the client passes over.
        assert seen["types"].count("error") == (1 if name == "spoken" else 0)


def test_a_spoken_turn_is_answered_by_itself_interrupted_and_kept_as_heard(talks):
    seen = talks["spoken"]
    assert seen["started"] == 1
    assert len(seen["heard"]) == 1
    assert "hard day" in seen["heard"][0].lower()
    (response,) = seen["responses"]
    assert response["status"] == "cancelled"
    assert response["status_details"]["reason"] == "client_cancelled"
    (reply,) = seen["replies"]
    assert reply["modalities"] == ["audio", "text"]
    assert reply["asked_for"] is False
    assert 0 < reply["audio_ms"] < 3_000
    assert "hard day" in of_role(seen, "user")[0].lower()
    # At most the beginning; a mark stands where it was cut.
    assert reply["text"].startswith(seen["kept"].rstrip("…").rstrip())
    assert len(seen["kept"]) < len(reply["text"])


def test_the_users_voice_cuts_the_reply_and_is_answered(talks):
    seen = talks["interrupted"]
    assert seen["responses"][0]["status"] == "cancelled"
    assert seen["responses"][0]["status_details"]["reason"] == "turn_detected"
    greeting, answer = seen["replies"][:2]
    assert (greeting["asked_for"], answer["asked_for"]) == (True, False)
    assert answer["text"]
    assert seen["started"] == 1


def test_a_context_that_the_client_brings_along_is_taken_and_changed(talks):
    seen = talks["written"]
    (response,) = seen["responses"]
    assert response["output_modalities"] == ["text"]
    assert response["metadata"]["client_event_id"].startswith("response_create_")
    (reply,) = seen["replies"]
    assert reply["modalities"] == ["text"]
    assert [role for _, role, _ in seen["history"]] == ["assistant", "user", "assistant"]
    assert of_role(seen, "assistant") == ["Welcome back.", reply["text"]]
    assert "conversation.item.deleted" in seen["types"]


def test_push_to_talk_is_answered_when_the_client_asks(talks):
    seen = talks["committed"]
    (response,) = seen["responses"]
    assert response["status"] == "completed"
    assert [heard.lower().count("hard day") for heard in seen["heard"]] == [1]
    assert seen["types"].count("input_audio_buffer.committed") == 1


def test_a_talk_that_is_told_anew_after_a_reconnection_goes_on(talks):
    seen = talks["reconnected"]
    assert seen["types"].count("session.created") == 2
    assert [response["status"] for response in seen["responses"]] == ["completed", "completed"]
    assert [role for _, role, _ in seen["history"]] == ["user", "assistant", "user", "assistant"]
    assert of_role(seen, "user") == ["hello", "I slept badly."]
