"""Spoken and typed talks through the whole running system."""

import json
import subprocess
import sys

import pytest

from bot.client import open_talk, read_recording
from bot.session_config import SAMPLE_RATE_HZ
from recommender import SUGGESTIONS_SHOWN


async def talk_once(path, **options):
    async with open_talk(**options) as talk:
        return await talk.play(read_recording(path))


async def test_an_english_sentence_is_heard_and_answered_aloud(server, spoken):
    turn = await talk_once(spoken("I had a very hard day at work today."))
    assert "hard day" in turn.transcript.lower()
    assert turn.language == "en"
    assert turn.emotion is not None
    assert turn.reply_status == "completed"
    assert turn.reply_text
    assert len(turn.reply_audio) > SAMPLE_RATE_HZ
    assert abs(turn.reply_audio).max() > 3_000
    assert set(turn.server_latency) >= {"speech_end_to_text", "text_to_reply", "reply_to_audio", "total"}


async def test_a_persian_sentence_is_answered_in_persian(server, spoken):
    turn = await talk_once(spoken("سلام، امروز حال من خوب نیست.", "fa"), language="fa")
    assert any("\u0600" <= letter <= "\u06ff" for letter in turn.reply_text)
    assert len(turn.reply_audio) > SAMPLE_RATE_HZ


async def test_sadness_in_words_brings_suggestions(server, spoken):
    turn = await talk_once(spoken("I feel very sad today."))
    assert len(turn.suggestions) == SUGGESTIONS_SHOWN
    assert len({item["technique"] for item in turn.suggestions}) >= 2


async def test_without_consent_no_feeling_is_inferred(server, spoken):
    turn = await talk_once(spoken("I had a very hard day at work today."), consents=["talk"])
    assert turn.emotion is None
    assert turn.reply_text


async def test_a_customers_query_goes_to_a_queue(server, spoken):
    turn = await talk_once(spoken("I have a question about my bill."), purpose="service")
    assert turn.handoff["queue"].startswith("billing")
    assert turn.handoff["reached"] is False
    assert turn.suggestions == []


async def test_a_crisis_is_answered_with_the_lines_of_the_country(server, spoken):
    turn = await talk_once(spoken("I want to kill myself tonight."))
    assert turn.crisis is not None
    assert turn.crisis["level"] >= 2
    assert turn.crisis["lines"]
    assert turn.suggestions == []
    assert turn.intent == "crisis"


def test_the_talk_command_prints_json(server, spoken):
    path = spoken("I had a very hard day at work today.")
    done = subprocess.run(
        [sys.executable, "-m", "bot", "talk", str(path), "--json"],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    turn = json.loads(done.stdout)["turns"][0]
    assert set(turn) >= {
        "file",
        "transcript",
        "language",
        "emotion",
        "intent",
        "suggestions",
        "reply_text",
        "reply_audio_s",
        "latency",
    }
    assert turn["reply_audio_s"] > 1


@pytest.mark.parametrize("arguments", [["no-such-file.wav"], ["Makefile"]])
def test_the_talk_command_names_a_bad_file(server, arguments):
    done = subprocess.run(
        [sys.executable, "-m", "bot", "talk", *arguments], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    assert arguments[0] in done.stderr
    assert "Traceback" not in done.stderr


async def test_words_are_kept_only_with_consent(server, spoken):
    path = spoken("I had a very hard day at work today.")
    await talk_once(path, consents=["talk", "emotion"])
    await talk_once(path, consents=["talk", "emotion", "store_text"])
    listed = subprocess.run(
        [sys.executable, "-m", "session_log", "list", "--json", "--database", str(server.database)],
        capture_output=True,
        text=True,
        check=True,
    )
    talks = json.loads(listed.stdout)
    shown = {}
    for talk in (talks["talks"] if isinstance(talks, dict) else talks)[:2]:
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "session_log",
                "show",
                talk["talk_id"],
                "--json",
                "--database",
                str(server.database),
            ],
            capture_output=True,
            text=True,
            check=True,
        )
        shown[talk["talk_id"]] = "hard day" in done.stdout.lower()
    assert sorted(shown.values()) == [False, True]


async def test_nothing_that_was_said_is_in_the_servers_output(server, spoken):
    turn = await talk_once(spoken("I had a very hard day at work today."))
    assert "hard day" in turn.transcript.lower()
    logs = [path.read_text() for path in server.folder.glob("*.log")]
    assert len(logs) == 2
    written = "".join([*server.output, *logs]).lower()
    assert "hard day" not in written
    assert "kill myself" not in written
    assert "ek_" not in written
