from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from log_files import rows

from session_log.batch import GivenUpError, Item, Job, Outcome, Spooled, resolve, write_batch
from session_log.care_events import NoteWritten
from session_log.data_keys import DataKeys
from session_log.erasure import erase_talk
from session_log.events import Event, TalkEnded, TurnHeard
from session_log.kinds import AnyEvent
from session_log.location import LogPlaces
from session_log.log_file import LogFile
from session_log.reader import reading
from session_log.schema import SessionLogError
from session_log.sealed import seal
from session_log.transaction import Transaction
from session_log.undecided import UNDECIDED, shut

Talk = Callable[..., list[Event]]
Many = Callable[..., list[AnyEvent]]


@pytest.fixture
def file(places: LogPlaces) -> Iterator[LogFile]:
    opened = LogFile(places)
    opened.database.execute("PRAGMA busy_timeout = 0")
    yield opened
    opened.close()


@pytest.fixture
def spooled(file: LogFile, talk: Talk) -> list[Item]:
    key, wrapped = DataKeys(file.keys.masters).make("talk:talk-1")
    return [Spooled(seal(event, key, wrapped), number) for number, event in enumerate(talk())]


def job(run: Callable[[Transaction], Any]) -> Job:
    return Job(run, Future())


def count(path: Path) -> int:
    return int(str(rows(path, "SELECT count(*) FROM events")[0][0]))


def test_a_batch_is_written_in_order_and_each_event_counted(
    path: Path, file: LogFile, spooled: list[Item], talk: Talk
) -> None:
    nobody = TalkEnded(talk_id="nobody", at=talk()[0].at, reason="idle")
    late = replace(next(event for event in talk() if isinstance(event, TurnHeard)), event_id="late")
    unconsented = replace(late, talk_id="other", event_id="other")
    key = DataKeys(file.keys.masters).make(UNDECIDED)
    undecided = [Spooled(shut(event, *key), 1) for event in (nobody, late, replace(late), unconsented)]
    outcome = write_batch(file, [*spooled, spooled[0], *undecided])
    assert outcome.counts == {"written": len(spooled) + 1, "repeated": 2, "refused": 1, "withheld": 1}
    assert count(path) == len(spooled) + 1 == outcome.transaction.head.sequence


def test_a_batch_that_cannot_be_written_leaves_nothing_and_can_be_written_again(
    path: Path, file: LogFile, spooled: list[Item], talk: Talk, care: Many
) -> None:
    notes = [event for event in care() if isinstance(event, NoteWritten)]
    write_batch(file, spooled)
    before = count(path)
    appended = job(lambda transaction: [transaction.append(note) for note in notes])
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            write_batch(file, [appended])
        other.execute("ROLLBACK")
    pages = file.database.execute("PRAGMA page_count").fetchone()[0]
    file.database.execute(f"PRAGMA max_page_count = {pages}")
    many = [replace(notes[1], event_id=str(number), text="x" * 5_000) for number in range(50)]
    filling = job(lambda transaction: [transaction.append(note) for note in (*notes, *many)])
    with pytest.raises(sqlite3.OperationalError, match="full"):
        write_batch(file, [filling])
    assert count(path) == before
    file.database.execute("PRAGMA max_page_count = 1000000")
    # The key of the person was made in the transaction that failed; content must not be sealed with it.
    write_batch(file, [filling])
    with reading(path) as reader:
        assert reader.events_of_person("subject-1", (NoteWritten,)) == [*notes, *many]


def test_a_job_gets_its_result_and_sees_what_came_before_it(file: LogFile, spooled: list[Item]) -> None:
    seen = job(lambda transaction: transaction.database.execute("SELECT count(*) FROM events").fetchone()[0])
    outcome = write_batch(file, [*spooled, seen])
    resolve(seen, outcome)
    assert seen.done.result(0) == len(spooled)


@pytest.mark.parametrize(
    "error", [ValueError("no"), sqlite3.IntegrityError("no"), KeyError("no"), SessionLogError("no")]
)
def test_a_job_that_raises_is_undone_alone_and_told(
    path: Path, file: LogFile, spooled: list[Item], talk: Talk, error: Exception
) -> None:
    def failing(transaction: Transaction) -> None:
        for event in talk("talk-2"):
            transaction.append(event)
        erase_talk(transaction, "talk-1")
        raise error

    failed, after = job(failing), job(lambda transaction: transaction.append(talk("talk-3")[0]))
    outcome = write_batch(file, [*spooled, failed, after])
    resolve(failed, outcome)
    resolve(after, outcome)
    with pytest.raises(type(error)):
        failed.done.result(0)
    assert after.done.result(0) is True
    assert outcome.transaction.erased_talks == set()
    assert rows(path, "SELECT talk_id FROM talks ORDER BY talk_id") == [("talk-1",), ("talk-3",)]
    assert count(path) == len(spooled) + 1


def test_a_mistake_in_a_jobs_sql_is_the_jobs_and_not_the_disks(file: LogFile, spooled: list[Item]) -> None:
    failed = job(lambda transaction: transaction.database.execute("SELECT * FROM no_such_table"))
    outcome = write_batch(file, [*spooled, failed])
    resolve(failed, outcome)
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        failed.done.result(0)
    assert outcome.counts["written"] == len(spooled)


def test_an_event_sealed_with_another_key_is_refused_and_the_next_ones_are_not(
    file: LogFile, spooled: list[Item], talk: Talk
) -> None:
    key, wrapped = DataKeys(file.keys.masters).make("talk:talk-1")
    heard = next(event for event in talk() if isinstance(event, TurnHeard))
    foreign = Spooled(seal(replace(heard, event_id="foreign"), key, wrapped), None)
    outcome = write_batch(file, [*spooled[:6], foreign, *spooled[6:]])
    assert outcome.counts == {"written": len(spooled), "refused": 1}


@pytest.mark.parametrize("facts", ["[]", "{", '{"language": {}}'])
def test_an_event_that_nobody_can_read_is_refused_and_holds_up_no_other(
    path: Path, file: LogFile, spooled: list[Item], facts: str
) -> None:
    heard = next(item for item in spooled if isinstance(item, Spooled) and item.event.kind == "turn_heard")
    odd = Spooled(replace(heard.event, event_id="odd", facts=facts), 99)
    outcome = write_batch(file, [spooled[0], odd, *spooled[1:]])
    assert (outcome.counts["refused"], outcome.counts["written"]) == (1, len(spooled))
    assert count(path) == len(spooled)


def test_a_job_without_an_outcome_was_given_up() -> None:
    given_up = job(lambda transaction: None)
    resolve(given_up, None)
    with pytest.raises(GivenUpError, match="closed before this could be done"):
        given_up.done.result(0)


def test_a_job_that_nobody_waits_for_any_more_is_left(file: LogFile) -> None:
    cancelled = job(lambda transaction: None)
    assert cancelled.done.cancel()
    resolve(cancelled, write_batch(file, [cancelled]))
    assert cancelled.done.cancelled()


def test_what_could_not_be_done_beside_the_database_is_told_to_every_job(file: LogFile) -> None:
    done = job(partial(erase_talk, talk_id="nobody"))
    outcome = write_batch(file, [done])
    outcome.incomplete = SessionLogError("not all files")
    resolve(done, outcome)
    with pytest.raises(SessionLogError, match="not all files"):
        done.done.result(0)


def test_the_size_of_a_spooled_event_is_that_of_its_facts_and_content(
    file: LogFile, spooled: list[Item]
) -> None:
    for item in spooled:
        assert isinstance(item, Spooled)
        assert item.characters == len(item.event.facts) + len(item.event.content or b"")
    assert isinstance(write_batch(file, spooled), Outcome)
