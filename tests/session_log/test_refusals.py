from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from log_files import record_all, wait_until

from session_log.care_events import PersonConsentSet
from session_log.erasure import erase_person
from session_log.events import Event
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
    refusals.note(replace(revoked, granted=True))
    refusals.note(replace(revoked, granted=True))
    assert refusals.of("subject-1") == {"memory"}
    assert refusals.of("nobody") == frozenset()


def test_what_it_was_given_is_not_changed(revoked: PersonConsentSet) -> None:
    stored = {"subject-1": {"memory"}}
    Refusals(stored).note(revoked)
    assert stored == {"subject-1": {"memory"}}


def test_decisions_in_the_spool_count_and_nothing_else_there_does(
    revoked: PersonConsentSet, talk: Talk
) -> None:
    refusals = Refusals({})
    refusals.note_left_behind(seal(talk()[0], None))
    refusals.note_left_behind(replace(seal(revoked, None), facts='{"of": "a version to come"}'))
    assert refusals.of("subject-1") == frozenset()
    refusals.note_left_behind(seal(revoked, None))
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


def test_an_erased_person_has_no_refusals_in_the_database(path: Path, revoked: PersonConsentSet) -> None:
    with SessionLog.open(path) as log:
        record_all(log, [revoked])
        log.perform(partial(erase_person, person="subject-1")).result(30)
    with SessionLog.open(path) as log:
        assert log.refusals("subject-1") == frozenset()
