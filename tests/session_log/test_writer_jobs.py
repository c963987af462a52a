"""Jobs in the writer's thread: their order, their errors, and what they may wait for."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from log_files import change, record_all, rows, wait_until

from session_log import store
from session_log.events import ConsentSet, CrisisFlagged, Event, TurnHeard
from session_log.kinds import AnyEvent
from session_log.reader import list_talks, read_talk, reading
from session_log.schema import SessionLogError
from session_log.transaction import Transaction
from session_log.writer import SessionLog

Talk = Callable[..., list[Event]]
Turns = Callable[[str, int], list[Event]]


def stored(transaction: Transaction) -> int:
    return int(transaction.database.execute("SELECT count(*) FROM events").fetchone()[0])


def test_a_job_sees_all_that_was_handed_in_before_it(path: Path, turns: Turns) -> None:
    with SessionLog.open(path) as log:
        record_all(log, turns("talk-1", 500))
        assert log.perform(stored).result(30) == 504


def test_a_job_sees_what_waits_in_the_spool_alone_too(path: Path, turns: Turns) -> None:
    events = turns("talk-1", 600)
    with SessionLog.open(path, queue_size=8) as log, closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        record_all(log, events)
        other.rollback()
        results: list[int] = []

        def seen() -> bool:
            try:
                results.append(log.perform(stored).result(30))
            except SessionLogError:  # no room yet
                return False
            return True

        wait_until(seen)
    assert results == [len(events)]


def test_a_job_for_which_there_is_no_room_is_told_to_come_again(path: Path, turns: Turns) -> None:
    with SessionLog.open(path, queue_size=5) as log, closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        wait_until(lambda: _filled(log, turns))
        with pytest.raises(SessionLogError, match="too much to do; try again"):
            log.perform(stored).result(0)
        other.rollback()


def _filled(log: SessionLog, turns: Turns) -> bool:
    log.record(turns("talk-1", 1)[0])
    return log.health().failures > 0 and log._backlog._memory.full()


def test_a_job_after_the_log_was_closed_is_told_so(path: Path) -> None:
    log = SessionLog.open(path)
    log.close()
    with pytest.raises(SessionLogError, match="is closed"):
        log.perform(stored).result(0)


def test_a_full_queue_does_not_keep_a_log_from_closing(path: Path, turns: Turns) -> None:
    log = SessionLog.open(path, queue_size=5)
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        wait_until(lambda: _filled(log, turns))
        assert log.close(timeout_s=0.1)
        other.rollback()
    SessionLog.open(path).close()
    assert len(list_talks(path)) == 1


def test_a_job_that_waits_for_a_locked_database_is_done_once_it_is_free(path: Path, talk: Talk) -> None:
    runs: list[int] = []

    def job(transaction: Transaction) -> int:
        runs.append(1)
        transaction.append(talk()[0])
        return stored(transaction)

    with SessionLog.open(path) as log, closing(sqlite3.connect(path)) as other:
        assert log.flush(30)
        other.execute("BEGIN IMMEDIATE")
        done = log.perform(job)
        wait_until(lambda: log.health().failures > 0)
        assert not done.done()
        other.rollback()
        assert done.result(30) == 1
    assert len(runs) == 1, "a transaction that could not begin runs no job"


def test_a_job_that_fails_does_not_stop_the_writer(path: Path, talk: Talk) -> None:
    def failing(transaction: Transaction) -> None:
        transaction.append(talk("talk-2")[0])
        raise RuntimeError("a mistake")

    with SessionLog.open(path) as log:
        with pytest.raises(RuntimeError, match="a mistake"):
            log.perform(failing).result(30)
        record_all(log, talk())
        assert log.flush(30)
    assert [summary.talk_id for summary in list_talks(path)] == ["talk-1"]


def test_jobs_run_in_the_writers_thread(path: Path) -> None:
    with SessionLog.open(path) as log:
        name = log.perform(lambda transaction: threading.current_thread().name).result(30)
    assert name == "session-log"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET content = x'00' WHERE event_kind = 'consent_set'",
        "UPDATE keys SET wrapped = zeroblob(60) WHERE owner = 'talk:talk-1'",
        "DELETE FROM keys WHERE owner = 'talk:talk-1'",
        "UPDATE talks SET language = NULL, person = 'another'",
    ],
)
def test_rows_that_somebody_changed_do_not_stop_the_writer(path: Path, talk: Talk, statement: str) -> None:
    heard = next(event for event in talk() if isinstance(event, TurnHeard))
    with SessionLog.open(path) as log:
        record_all(log, talk())
    change(path, statement)
    with SessionLog.open(path) as log:
        record_all(log, [replace(heard, event_id="late")])
        flag = next(event for event in talk() if isinstance(event, CrisisFlagged))
        record_all(log, [replace(flag, event_id="late flag"), *talk("talk-2")])
        assert log.flush(30)
    assert read_talk(path, "talk-2")[1][0].at == talk()[0].at
    assert rows(path, "SELECT count(*) FROM events WHERE event_id = 'late flag'") == [(1,)]


def test_a_log_whose_refusals_cannot_be_read_is_refused_and_given_free(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(database: object) -> dict[str, set[str]]:
        raise sqlite3.DatabaseError("database disk image is malformed")

    monkeypatch.setattr(store, "read_refusals", damaged)
    threads = threading.active_count()
    with pytest.raises(SessionLogError, match=r"cannot be read \(DatabaseError\); restore a backup"):
        SessionLog.open(path)
    assert threading.active_count() == threads
    monkeypatch.undo()
    SessionLog.open(path).close()


def test_what_is_kept_of_a_talk_stands_in_no_other(path: Path, talk: Talk) -> None:
    with SessionLog.open(path) as log:
        for number in range(5):
            record_all(log, talk(f"talk-{number}"))
    with reading(path) as reader:
        for number in range(5):
            found: list[AnyEvent] = reader.events(f"talk-{number}")
            assert {getattr(event, "talk_id", None) for event in found} == {f"talk-{number}"}
            assert any(isinstance(event, ConsentSet) for event in found)
