"""What waits to be written: its order, whatever of it waits in memory and whatever in the spool."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from log_files import record_all, rows, wait_until

from session_log.backlog import Backlog, Batch
from session_log.batch import Job, Spooled
from session_log.care_events import PersonConsentSet
from session_log.events import Event, TurnHeard
from session_log.kinds import AnyEvent
from session_log.reader import list_talks, read_talk
from session_log.schema import SessionLogError
from session_log.sealed import SealedEvent, seal
from session_log.spool import Spool
from session_log.writer import SessionLog

Talk = Callable[..., list[Event]]
Turns = Callable[[str, int], list[Event]]


@pytest.fixture
def sealed(care: Callable[..., list[AnyEvent]]) -> Callable[[str], SealedEvent]:
    """Makes a sealed event of an id."""
    decision = care()[-1]
    assert isinstance(decision, PersonConsentSet)

    def make(event_id: str) -> SealedEvent:
        return seal(replace(decision, event_id=event_id), None)

    return make


def backlog_in(folder: Path, items: int = 100, characters: int = 1_000_000) -> Backlog:
    return Backlog(Spool(folder, bytes(32)), items, characters)


def job() -> Job:
    return Job(lambda transaction: None, Future())


def settle(backlog: Backlog, batch: Batch) -> list[str]:
    """Settles a batch as the writer's thread does; names what was in it, events by their ids."""
    for item in batch.items:
        if isinstance(item, Spooled) and item.ticket is not None:
            backlog.spool.settle(item.ticket)
    backlog.settle(batch, {"written": len(batch.items)})
    return [item.event.event_id if isinstance(item, Spooled) else "job" for item in batch.items]


def settled(backlog: Backlog, batches: Iterator[Batch]) -> list[str]:
    """Settles all batches, and closes the backlog when there is nothing more; names what was in them."""
    names: list[str] = []
    for batch in batches:
        names += settle(backlog, batch) or ["idle"]
        if not batch.items:
            backlog.close()
    return names


def test_what_was_put_comes_in_its_order(tmp_path: Path, sealed: Callable[[str], SealedEvent]) -> None:
    backlog = backlog_in(tmp_path)
    assert backlog.put_sealed(sealed("1"))
    assert backlog.put(job())
    assert backlog.put_sealed(sealed("2"))
    assert settled(backlog, backlog.left_behind()) == []
    assert settled(backlog, backlog.batches()) == ["1", "job", "2", "idle"]
    assert backlog.counts() == {"written": 3}
    assert backlog.spool.waiting == 0


def test_what_waits_in_the_spool_alone_comes_before_a_job_put_after_it(
    tmp_path: Path, sealed: Callable[[str], SealedEvent]
) -> None:
    backlog = backlog_in(tmp_path, items=3)
    settled(backlog, backlog.left_behind())
    for event_id in ("1", "2", "3", "4", "5"):
        assert backlog.put_sealed(sealed(event_id))
    assert not backlog.put(job())
    assert backlog.counts() == {"queued": 3, "dropped": 1}
    batches = backlog.batches()
    assert settle(backlog, next(batches)) == ["1", "2", "3"]
    assert backlog.put_sealed(sealed("6")), "behind the two that wait in the spool alone"
    assert backlog.put(job())
    order = settled(backlog, batches)
    # The first three share a file of the spool with the others, and come once more.
    assert order == ["1", "2", "3", "4", "5", "6", "job", "idle"]
    assert backlog.spool.waiting == 0


def test_what_an_earlier_process_left_comes_first_and_is_waited_for(
    tmp_path: Path, sealed: Callable[[str], SealedEvent]
) -> None:
    earlier = backlog_in(tmp_path)
    earlier.put_sealed(sealed("1"))
    earlier.spool.close()
    backlog = backlog_in(tmp_path)
    backlog.put_sealed(sealed("2"))
    left = backlog.left_behind()
    batch = next(left)
    assert not batch.from_memory
    assert not backlog.wait_until_settled(0)
    assert settle(backlog, batch) == ["1"]
    assert settled(backlog, left) == []
    assert not backlog.wait_until_settled(0), "one of this process is left"
    assert settled(backlog, backlog.batches()) == ["2", "idle"]
    assert backlog.wait_until_settled(0)


def test_an_empty_one_is_settled_once_the_spool_was_read(tmp_path: Path) -> None:
    backlog = backlog_in(tmp_path)
    assert not backlog.wait_until_settled(0)
    assert settled(backlog, backlog.left_behind()) == []
    assert backlog.wait_until_settled(0)


def test_closed_it_takes_nothing_in_and_leaves_the_spool_to_the_next_process(
    tmp_path: Path, sealed: Callable[[str], SealedEvent]
) -> None:
    backlog = backlog_in(tmp_path, items=1)
    settled(backlog, backlog.left_behind())
    backlog.put_sealed(sealed("1"))
    backlog.put_sealed(sealed("2"))
    backlog.close(10)
    until = backlog.give_up_at
    backlog.close(1_000)
    assert backlog.give_up_at == until
    assert not backlog.put_sealed(sealed("3"))
    assert not backlog.put(job())
    assert settled(backlog, backlog.batches()) == ["1"]
    assert backlog.counts()["dropped"] == 2
    backlog.spool.close()
    following = backlog_in(tmp_path)
    assert settled(following, following.left_behind()) == ["1", "2"]


def test_characters_are_limited_too_and_free_again_once_settled(
    tmp_path: Path, sealed: Callable[[str], SealedEvent]
) -> None:
    backlog = backlog_in(tmp_path, characters=Spooled(sealed("1"), None).characters + 1)
    settled(backlog, backlog.left_behind())
    batches = backlog.batches()
    for event_id in ("1", "2"):
        backlog.put_sealed(sealed(event_id))
        assert backlog.counts()["queued"] == 1
        assert settle(backlog, next(batches)) == [event_id]
    backlog.put_sealed(sealed("3"))
    backlog.put_sealed(sealed("4"))
    assert backlog.counts()["queued"] == 1, "the last waits in the spool alone"
    assert settled(backlog, batches) == ["3", "3", "4", "idle"]


def test_what_is_too_much_for_the_memory_waits_in_the_spool_and_keeps_its_order(
    path: Path, turns: Turns
) -> None:
    events = turns("talk-1", 600)
    with SessionLog.open(path, queue_size=10) as log, closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        record_all(log, events)
        assert log.health().dropped == 0
        assert log.health().spooled == len(events)
        assert not log.flush(0.05)
        other.rollback()
        assert log.flush(20)
        assert (log.health().written, log.health().spooled) == (len(events), 0)
    assert read_talk(path, "talk-1")[1] == events


def test_where_neither_memory_nor_spool_has_room_events_are_dropped_and_counted(
    path: Path, turns: Turns, caplog: pytest.LogCaptureFixture
) -> None:
    events = turns("talk-1", 600)
    with SessionLog.open(path, queue_size=10) as log, closing(sqlite3.connect(path)) as other:
        record_all(log, events[:4])
        assert log.flush(20)
        other.execute("BEGIN IMMEDIATE")
        log.places.spool.rename(log.places.spool.with_name("away"))
        log.places.spool.touch()
        log._backlog.spool.turn_over()  # so that the next line needs a new file
        taken = [log.record(event) for event in events[4:]]
        assert not all(taken)
        assert log.health().dropped == taken.count(False)
        assert log.health().spool_error in ("FileExistsError", "NotADirectoryError")
        assert "spool cannot be written" in caplog.text
        other.rollback()
        assert log.flush(20)
        assert log.health().written == 4 + taken.count(True)


def test_flushing_waits_for_what_waited_in_the_spool_alone(path: Path, turns: Turns) -> None:
    events = turns("talk-1", 3_000)
    with SessionLog.open(path, queue_size=5) as log, closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        record_all(log, events)
        other.rollback()
        assert log.flush(60)
        assert rows(path, "SELECT count(*) FROM events") == [(len(events),)]


def test_flushing_waits_for_what_an_earlier_process_left(path: Path, turns: Turns) -> None:
    log = SessionLog.open(path)
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        record_all(log, turns("talk-1", 1_000))
        assert log.close(timeout_s=0.1)
        other.rollback()
    with SessionLog.open(path) as log:
        assert log.flush(60)
        assert len(rows(path, "SELECT 1 FROM events")) == 1_004
        assert log.health().spooled == 0


def test_erasing_reaches_a_talk_that_waits_in_the_spool_alone(path: Path, talk: Talk, turns: Turns) -> None:
    with SessionLog.open(path, queue_size=4) as log, closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        record_all(log, [*turns("another", 10), *talk()])
        wait_until(lambda: log.health().failures > 0)
        other.rollback()
        wait_until(lambda: _erased(log))
        assert log.flush(20)
    assert list_talks(path)[0].erased_at is not None
    assert not any(isinstance(event, TurnHeard) for event in read_talk(path, "talk-1")[1])


def _erased(log: SessionLog) -> bool:
    try:
        return log.erase_talk("talk-1", timeout_s=20)
    except SessionLogError:  # no room for the job yet
        return False
