"""What is due goes from the session log by itself, while the gateway serves."""

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from gateway_parts import until

from bot.metrics import Metrics
from bot.retention import keep_retention
from bot.settings import SessionLogSettings
from session_log import SessionLog
from session_log.events import ConsentSet, TalkStarted, TurnHeard
from session_log.reader import reading


@pytest.fixture
def log(tmp_path):
    with SessionLog.open(tmp_path / "log.sqlite") as opened:
        yield opened


def talk(log, talk_id, days_ago):
    at = datetime.now(UTC) - timedelta(days=days_ago)
    log.record(
        TalkStarted(talk_id=talk_id, at=at, subject="p-1", purpose="therapy", language="en", client="test")
    )
    for scope in ("store_text", "store_audio"):
        log.record(
            ConsentSet(talk_id=talk_id, at=at, scope=scope, granted=True, version="1", given_by="widget")
        )
    log.record(
        TurnHeard(talk_id=talk_id, turn_id="turn-1", at=at, language="en", text="hello", source="typed")
    )
    assert log.keep_audio(talk_id, "turn-1", b"OggS", at=at, duration_ms=10)
    assert log.flush()


def words(log, talk_id):
    with reading(log.places) as reader:
        return len(reader.events(talk_id, (TurnHeard,)))


def sounds(log):
    return sum(path.is_file() for path in log.places.audio.rglob("*"))


async def run(log, settings, condition, **options):
    parts = SimpleNamespace(session_log=log, metrics=Metrics())
    task = asyncio.create_task(keep_retention(parts, settings, **options))
    try:
        await until(condition, timeout_s=30)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    return parts.metrics.text().decode()


async def test_old_content_and_old_sound_go_and_newer_stays(log):
    talk(log, "old", 40)
    talk(log, "recent", 3)
    talk(log, "new", 0)
    settings = SessionLogSettings(text_days=30, audio_days=1)
    await run(log, settings, lambda: words(log, "old") == 0 and sounds(log) == 1)
    assert (words(log, "recent"), words(log, "new")) == (1, 1)


async def test_without_a_number_of_days_content_stays_and_sound_goes(log):
    talk(log, "old", 4_000)
    await run(log, SessionLogSettings(), lambda: sounds(log) == 0)
    assert words(log, "old") == 1


async def test_it_runs_again_and_again(log):
    settings = SessionLogSettings(audio_days=7)
    parts = SimpleNamespace(session_log=log, metrics=Metrics())
    task = asyncio.create_task(keep_retention(parts, settings, pause_s=0.01))
    await asyncio.to_thread(talk, log, "old", 10)
    await until(lambda: sounds(log) == 0, timeout_s=30)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_run_that_fails_is_counted_and_tried_again(log, tmp_path):
    talk(log, "old", 40)
    hidden = log.places.database.rename(tmp_path / "hidden")  # what a reader finds missing
    failed = "hamdel_retention_failures_total 1.0"
    parts = SimpleNamespace(session_log=log, metrics=Metrics())
    settings = SessionLogSettings(text_days=30)
    task = asyncio.create_task(keep_retention(parts, settings, pause_s=0.2))
    await until(lambda: failed in parts.metrics.text().decode(), timeout_s=30)
    hidden.rename(log.places.database)
    await until(lambda: words(log, "old") == 0, timeout_s=30)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
