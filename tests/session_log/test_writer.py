from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from log_files import bytes_of_all_files, change, contents, record_all, rows, wait_until

from session_log.events import (
    AlertStep,
    Event,
    TalkEnded,
    TurnHeard,
)
from session_log.reader import list_talks, read_talk
from session_log.schema import SessionLogError
from session_log.writer import SessionLog

Talk = Callable[..., list[Event]]
Turns = Callable[[str, int], list[Event]]


@pytest.fixture
def log(path: Path) -> Iterator[SessionLog]:
    with SessionLog.open(path) as opened:
        yield opened


def stored_kinds(path: Path, talk_id: str = "talk-1") -> list[type[Event]]:
    return [type(event) for event in read_talk(path, talk_id)[1]]


def test_a_consented_talk_is_stored_whole(log: SessionLog, path: Path, talk: Talk) -> None:
    record_all(log, talk())
    assert log.flush(30)
    assert read_talk(path, "talk-1")[1] == talk_without_ids(talk(), read_talk(path, "talk-1")[1])
    assert log.health().written == len(talk())


def talk_without_ids(events: list[Event], stored: list[Event]) -> list[Event]:
    return [replace(event, event_id=other.event_id) for event, other in zip(events, stored, strict=True)]


def test_events_are_stored_soon_without_a_flush(log: SessionLog, path: Path, talk: Talk) -> None:
    record_all(log, talk())
    wait_until(lambda: log.health().written == len(talk()))
    assert stored_kinds(path)


def test_without_consent_no_word_reaches_any_file(path: Path, talk: Talk) -> None:
    with SessionLog.open(path) as log:
        record_all(log, talk(scopes=("talk", "emotion")))
        assert log.flush(30)
        assert log.health().withheld == 8
        bytes_on_disk = bytes_of_all_files(path.parent)
        assert rows(path, "SELECT count(*) FROM events WHERE content IS NOT NULL") == [(0,)]
        assert rows(path, "SELECT owner FROM keys") == [("log",)]
    assert "همکارم".encode() not in bytes_on_disk
    assert b"too much" not in bytes_on_disk
    assert b"anger" not in bytes_on_disk
    assert b"self_harm" in bytes_on_disk


def test_with_consent_no_word_stands_in_the_open_in_any_file(path: Path, talk: Talk) -> None:
    with SessionLog.open(path) as log, closing(sqlite3.connect(path, isolation_level=None)) as other:
        record_all(log, talk())
        assert log.flush(30)
        other.execute("BEGIN IMMEDIATE")
        record_all(log, talk("talk-2"))
        assert contents(log.places.spool)
        bytes_on_disk = bytes_of_all_files(path.parent)
        other.execute("ROLLBACK")
    for word in ("همکارم", "too much", "anger", "breathing", "feel_angry", "می‌شنوم"):
        assert word.encode() not in bytes_on_disk


def test_consents_outlive_a_restart_of_the_server(path: Path, talk: Talk) -> None:
    heard = next(event for event in talk() if isinstance(event, TurnHeard))
    with SessionLog.open(path) as log:
        record_all(log, talk()[:4])
    with SessionLog.open(path) as log:
        assert log.record(heard)
    assert TurnHeard in stored_kinds(path)


def test_a_turn_that_arrives_after_the_end_still_follows_the_consents(path: Path, talk: Talk) -> None:
    heard = next(event for event in talk() if isinstance(event, TurnHeard))
    with SessionLog.open(path) as log:
        record_all(log, talk())
        assert log.flush(30)
        assert log.record(replace(heard, event_id="late", turn_id="turn-2"))
    assert stored_kinds(path).count(TurnHeard) == 2


def test_an_alert_that_goes_on_after_its_talk_is_stored_and_takes_no_memory(
    log: SessionLog, path: Path, talk: Talk
) -> None:
    events = talk()
    step = next(event for event in events if isinstance(event, AlertStep))
    record_all(log, [*events, replace(step, step="acknowledged", event_id="late")])
    assert log.flush(30)
    assert stored_kinds(path).count(AlertStep) == 2
    assert log._admission.talks() == {}


def test_events_handed_in_twice_are_stored_once(log: SessionLog, path: Path, talk: Talk) -> None:
    events = talk()
    record_all(log, events + events)
    assert log.flush(30)
    assert read_talk(path, "talk-1")[1] == events
    assert log.health().repeated == len(events)


def test_events_of_an_unknown_talk_are_refused_and_the_others_stored(
    log: SessionLog, path: Path, talk: Talk
) -> None:
    ended = next(event for event in talk() if isinstance(event, TalkEnded))
    record_all(log, [replace(ended, talk_id="nobody"), *talk()])
    assert log.flush(30)
    assert log.health().refused == 1
    assert len(stored_kinds(path)) == len(talk())


def test_anything_but_an_event_is_a_type_error(log: SessionLog) -> None:
    with pytest.raises(TypeError, match="takes an event"):
        log.record("hello")  # type: ignore[arg-type]


def test_closing_writes_what_is_queued_and_may_be_done_twice(path: Path, turns: Turns) -> None:
    log = SessionLog.open(path)
    record_all(log, turns("talk-1", 2000))
    assert log.close()
    assert log.close()
    assert list_talks(path)[0].turns == 2000


def test_after_closing_events_are_dropped_and_counted(path: Path, talk: Talk) -> None:
    log = SessionLog.open(path)
    log.close()
    assert not log.record(talk()[0])
    assert log.health().dropped == 1
    with pytest.raises(SessionLogError, match="log is closed"):
        log.erase_talk("talk-1", timeout_s=30)


def test_neither_errors_nor_log_lines_contain_content(
    path: Path, talk: Talk, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), SessionLog.open(path) as log:
        with closing(sqlite3.connect(path)) as other:
            other.execute("BEGIN IMMEDIATE")
            record_all(log, [replace(talk()[-1], talk_id="nobody"), *talk()])
            wait_until(lambda: log.health().failures >= 1)
            other.rollback()
        assert log.flush(30)
        printed = caplog.text + repr(log.health())
    assert "session log cannot be written (OperationalError)" in printed
    assert "session log refused a talk_ended" in printed
    for secret in ("too much", "همکارم", "subject-1", "talk-1", "anger"):
        assert secret not in printed


def test_a_second_writer_is_refused_until_the_first_is_closed(path: Path) -> None:
    with SessionLog.open(path), pytest.raises(SessionLogError, match="already has a writer"):
        SessionLog.open(path)
    SessionLog.open(path).close()


def test_a_log_that_cannot_be_opened_leaves_no_writer_behind(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database" * 100)
    before = threading.active_count()
    with pytest.raises(SessionLogError, match="damaged"):
        SessionLog.open(path)
    assert threading.active_count() == before
    path.unlink()
    SessionLog.open(path).close()


def test_several_threads_may_record(log: SessionLog, path: Path, turns: Turns) -> None:
    talks = [turns(f"talk-{number}", 200) for number in range(4)]
    threads = [threading.Thread(target=record_all, args=(log, events)) for events in talks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert log.flush(30)
    assert [talk.turns for talk in list_talks(path)] == [200] * 4


def test_erasing_holds_for_what_comes_after_a_restart(path: Path, talk: Talk) -> None:
    heard = next(event for event in talk() if isinstance(event, TurnHeard))
    with SessionLog.open(path) as log:
        record_all(log, talk())
        assert log.erase_talk("talk-1", timeout_s=30)
        assert not log.erase_talk("nobody")
    assert list_talks(path)[0].erased_at is not None
    with SessionLog.open(path) as log:
        assert log.record(replace(heard, event_id="after-a-restart"))
    assert TurnHeard not in stored_kinds(path)


def test_erasing_a_running_talk_reaches_what_is_queued_and_what_follows(path: Path, talk: Talk) -> None:
    heard = next(event for event in talk() if isinstance(event, TurnHeard))
    with SessionLog.open(path) as log, closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        record_all(log, talk()[:-1])
        with pytest.raises(SessionLogError, match="could not be erased now"):
            log.erase_talk("talk-1", timeout_s=0.1)
        record_all(log, [replace(heard, event_id="later")])
        other.rollback()
        assert log.flush(30)
    assert TurnHeard not in stored_kinds(path)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET facts = replace(facts, 'store_text', 'everything')",
        "UPDATE events SET facts = '{}' WHERE event_kind = 'consent_set'",
        "UPDATE events SET facts = 'none' WHERE event_kind = 'talk_started'",
        "UPDATE events SET at = 'never' WHERE event_kind = 'consent_set'",
    ],
)
def test_consents_that_somebody_falsified_allow_nothing(path: Path, talk: Talk, statement: str) -> None:
    heard = next(event for event in talk() if isinstance(event, TurnHeard))
    with SessionLog.open(path) as log:
        record_all(log, talk()[:4])
    change(path, statement)
    with SessionLog.open(path) as log:
        record_all(log, [heard, next(e for e in talk() if type(e).__name__ == "CrisisFlagged")])
        assert log.flush(30)
        assert (log.health().withheld, log.health().written) == (1, 1)
