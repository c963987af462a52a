from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from log_files import record_all, wait_until

from session_log.care_events import PersonConsentSet
from session_log.erasure import erase_person
from session_log.events import Event, new_event_id
from session_log.kinds import AnyEvent
from session_log.refusals import Refusals
from session_log.sealed import seal
from session_log.transaction import Transaction
from session_log.writer import SessionLog

Talk = Callable[..., list[Event]]


@pytest.fixture
def revoked(care: Callable[..., list[AnyEvent]]) -> PersonConsentSet:
    decision = care()[-1]
    assert isinstance(decision, PersonConsentSet)
    return decision


def test_the_latest_decision_of_a_scope_counts(revoked: PersonConsentSet) -> None:
    refusals = Refusals({"subject-1": {"memory"}})
    assert refusals.of("subject-1") == {"memory"}
    refusals.note(revoked)
    assert refusals.of("subject-1") == {"memory", "share"}
    refusals.note(replace(revoked, granted=True, event_id="2"))
    refusals.note(replace(revoked, granted=True, event_id="3"))
    assert refusals.of("subject-1") == {"memory"}
    assert refusals.of("nobody") == frozenset()


def test_what_the_database_says_counts_under_what_still_waits(revoked: PersonConsentSet) -> None:
    refusals = Refusals({"subject-1": {"memory"}, "subject-2": {"memory"}})
    refusals.note(revoked)
    refusals.note(replace(revoked, scope="research", event_id="2"))
    refusals.follow({"subject-1": frozenset(("share",))}, [revoked.event_id])
    assert refusals.of("subject-1") == {"share", "research"}
    refusals.follow({"subject-1": frozenset()}, ["2"])
    assert refusals.of("subject-1") == frozenset()
    assert refusals.of("subject-2") == {"memory"}


def test_what_it_was_given_is_not_changed(revoked: PersonConsentSet) -> None:
    stored = {"subject-1": {"memory"}}
    refusals = Refusals(stored)
    refusals.note(revoked)
    refusals.follow({"subject-1": frozenset()}, [revoked.event_id])
    assert stored == {"subject-1": {"memory"}}


def test_decisions_in_the_spool_count_and_nothing_else_there_does(
    revoked: PersonConsentSet, talk: Talk
) -> None:
    refusals = Refusals({})
    refusals.note_left_behind([seal(talk()[0], None)])
    refusals.note_left_behind([replace(seal(revoked, None), facts='{"of": "a version to come"}')])
    assert refusals.of("subject-1") == frozenset()
    refusals.note_left_behind([seal(revoked, None)])
    assert refusals.of("subject-1") == {"share"}


def test_a_revocation_holds_from_the_moment_it_is_handed_in(path: Path, revoked: PersonConsentSet) -> None:
    with SessionLog.open(path) as log:
        assert log.record(revoked)
        assert log.refusals("subject-1") == {"share"}
    with SessionLog.open(path) as log:
        assert log.refusals("subject-1") == {"share"}


def test_a_revocation_that_a_job_appends_holds_once_it_is_written(
    path: Path, revoked: PersonConsentSet
) -> None:
    def failing(transaction: Transaction) -> None:
        transaction.append(replace(revoked, scope="memory", event_id="undone"))
        raise ValueError("changed its mind")

    with SessionLog.open(path) as log:
        log.perform(lambda transaction: transaction.append(revoked)).result(30)
        assert log.refusals("subject-1") == {"share"}
        with pytest.raises(ValueError, match="changed its mind"):
            log.perform(failing).result(30)
        assert log.refusals("subject-1") == {"share"}
        log.perform(
            lambda transaction: transaction.append(replace(revoked, granted=True, event_id="2"))
        ).result(30)
        assert log.refusals("subject-1") == frozenset()


def test_a_revocation_outlives_a_process_that_could_not_write_it(
    path: Path, revoked: PersonConsentSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = SessionLog.open(path)
    assert log.flush(30)
    database = log._file.database
    database.execute("PRAGMA query_only = ON")
    record_all(log, [revoked])
    assert log.close(timeout_s=0.1)
    with SessionLog.open(path) as log:
        wait_until(lambda: log.refusals("subject-1") == {"share"})


def test_an_erased_person_has_no_refusals_any_more(path: Path, revoked: PersonConsentSet) -> None:
    with SessionLog.open(path) as log:
        record_all(log, [revoked, replace(revoked, subject="subject-2", event_id="2")])
        log.perform(partial(erase_person, person="subject-1")).result(30)
        assert log.refusals("subject-1") == frozenset()
        assert log.refusals("subject-2") == {"share"}
    with SessionLog.open(path) as log:
        assert log.refusals("subject-1") == frozenset()
        assert log.refusals("subject-2") == {"share"}


def test_an_erasure_that_is_undone_leaves_the_refusals(path: Path, revoked: PersonConsentSet) -> None:
    def failing(transaction: Transaction) -> None:
        erase_person(transaction, "subject-1")
        raise ValueError("changed its mind")

    with SessionLog.open(path) as log:
        record_all(log, [revoked])
        with pytest.raises(ValueError, match="changed its mind"):
            log.perform(failing).result(30)
        assert log.refusals("subject-1") == {"share"}


def test_a_revocation_handed_in_behind_an_erasure_holds_while_it_waits_and_after(
    path: Path, revoked: PersonConsentSet
) -> None:
    go_on = threading.Event()
    with SessionLog.open(path) as log:
        record_all(log, [revoked])
        erased = log.perform(partial(erase_person, person="subject-1"))
        waits = log.perform(lambda transaction: go_on.wait(60))
        record_all(log, [replace(revoked, scope="memory", event_id="later")])
        go_on.set()
        assert waits.result(30)
        assert erased.result(30) == 0
        assert log.refusals("subject-1") == {"memory"}
        assert log.flush(30)
        assert log.refusals("subject-1") == {"memory"}
    with SessionLog.open(path) as log:
        assert log.refusals("subject-1") == {"memory"}


def test_the_decision_handed_in_last_counts_before_and_after_jobs_append_theirs(
    path: Path, revoked: PersonConsentSet
) -> None:
    go_on = threading.Event()

    def append(transaction: Transaction) -> bool:
        go_on.wait(60)
        return transaction.append(revoked)

    with SessionLog.open(path) as log:
        appended = log.perform(append)
        record_all(log, [replace(revoked, granted=True, event_id="later")])
        go_on.set()
        assert appended.result(30)
        assert log.refusals("subject-1") == frozenset()
        assert log.flush(30)
        assert log.refusals("subject-1") == frozenset()


def test_a_decision_outweighs_an_older_one_that_an_earlier_process_left(
    path: Path, revoked: PersonConsentSet
) -> None:
    log = SessionLog.open(path)
    assert log.flush(30)
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        record_all(log, [revoked])
        assert log.close(timeout_s=0.1)
        other.rollback()
    # What a process does that is handed a decision before its thread has read the spool.
    refusals = Refusals({})
    refusals.note(replace(revoked, granted=True, event_id="later"))
    refusals.note_left_behind([seal(revoked, None)])
    assert refusals.of("subject-1") == frozenset()
    with SessionLog.open(path) as log:
        record_all(log, [replace(revoked, granted=True, event_id="later")])
        assert log.flush(30)
        assert log.refusals("subject-1") == frozenset()


def test_a_decision_for_which_there_was_no_room_changes_nothing(
    path: Path, revoked: PersonConsentSet, talk: Talk
) -> None:
    with SessionLog.open(path, queue_size=1) as log, closing(sqlite3.connect(path)) as other:
        record_all(log, [revoked])
        assert log.flush(30)
        other.execute("BEGIN IMMEDIATE")
        log.places.spool.rename(log.places.spool.with_name("away"))
        log.places.spool.touch()
        while log.record(replace(talk()[0], subject=None, event_id=new_event_id())):
            pass
        assert not log.record(replace(revoked, granted=True, event_id="dropped"))
        assert log.refusals("subject-1") == {"share"}
        other.rollback()
