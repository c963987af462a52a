"""Numbers read off the commands of a talk, in the format that Prometheus reads."""

from datetime import UTC, datetime

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot import commands as c
from bot import server_events
from bot.metrics import Metrics
from bot.settings import ROOT
from session_log import events as log

SECRET = "pomegranate"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
TURN = {"talk_id": "t1", "turn_id": "i1", "at": NOW}


def samples(metrics):
    families = text_string_to_metric_families(metrics.text().decode())
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in families
        for sample in family.samples
    }


def heard(source="voice", language="fa"):
    return c.Record(
        log.TurnHeard(**TURN, language=language, text=SECRET, source=source, confidence=0.9, duration_ms=900)
    )


def mood(label):
    return c.Record(
        log.MoodEstimated(
            **TURN,
            modality="speech",
            label=label,
            probabilities={"neutral": 1.0},
            model="m",
            threshold=0.5,
            abstained=label == "unclear",
            validated=True,
        )
    )


def test_what_the_core_tells_is_counted():
    metrics = Metrics()
    commands = [
        c.Timing({"speech_end_to_text": 300, "total": 900}),
        c.Timing({"speech_end_to_text": 500, "total": 1_100}),
        heard(),
        heard(),
        heard(source="typed", language="en"),
        mood("neutral"),
        mood("unclear"),
        c.Record(log.CrisisFlagged(**TURN, level=3, kind="suicide", lines_shown=("a 1",))),
        c.Record(log.TalkEnded(talk_id="t1", at=NOW, reason="client_left")),
        c.Send({**server_events.error("invalid_json", SECRET), "event_id": "e1"}),
        c.Send({"type": "session.created"}),
        c.Speak(1, SECRET, "en", 1.0),
    ]
    for command in commands:
        metrics.observe(command)
    found = samples(metrics)
    assert found["hamdel_stage_seconds_count", "speech_end_to_text"] == 2
    assert found["hamdel_stage_seconds_sum", "speech_end_to_text"] == pytest.approx(0.8)
    assert found["hamdel_stage_seconds_sum", "total"] == pytest.approx(2.0)
    assert found["hamdel_turns_total", "fa", "voice"] == 2
    assert found["hamdel_turns_total", "en", "typed"] == 1
    assert found["hamdel_moods_total", "false", "speech"] == 1
    assert found["hamdel_moods_total", "speech", "true"] == 1
    assert found["hamdel_crises_total", "3"] == 1
    assert found["hamdel_talks_ended_total", "client_left"] == 1
    assert found["hamdel_protocol_errors_total", "invalid_json"] == 1
    assert SECRET not in metrics.text().decode()


def test_what_the_shell_tells_is_counted():
    metrics = Metrics()
    metrics.talk_refused("invalid_token")
    metrics.recognition_failed("SpeechTimeoutError")
    metrics.dialogue_failed()
    metrics.voice_failed()
    metrics.loop_lagged(0.02)
    metrics.talks.set(3)
    found = samples(metrics)
    assert found["hamdel_talks_refused_total", "invalid_token"] == 1
    assert found["hamdel_recogniser_failures_total", "SpeechTimeoutError"] == 1
    assert found["hamdel_dialogue_failures_total",] == 1
    assert found["hamdel_voice_failures_total",] == 1
    assert found["hamdel_event_loop_lag_seconds_sum",] == pytest.approx(0.02)
    assert found["hamdel_talks",] == 3


def test_a_clock_that_steps_back_gives_no_negative_time():
    metrics = Metrics()
    metrics.observe(c.Timing({"total": -300}))
    assert samples(metrics)["hamdel_stage_seconds_sum", "total"] == 0


def test_two_gateways_of_one_process_count_apart():
    one, two = Metrics(), Metrics()
    one.voice_failed()
    assert samples(one)["hamdel_voice_failures_total",] == 1
    assert samples(two)["hamdel_voice_failures_total",] == 0


def test_every_metric_is_in_the_documentation():
    page = (ROOT / "docs" / "operation.md").read_text(encoding="utf-8")
    families = text_string_to_metric_families(Metrics().text().decode())
    names = [family.name for family in families if family.name.startswith("hamdel_")]
    names = [name for name in names if not name.endswith("_created")]  # times, beside each counter
    assert names
    assert [name for name in names if f"`{name}" not in page] == []
