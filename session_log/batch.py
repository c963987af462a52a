"""What has gathered for one transaction: sealed events, decided or not, and jobs."""

from __future__ import annotations

import logging
import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from session_log.kinds import KINDS
from session_log.log_file import LogFile
from session_log.schema import SessionLogError
from session_log.sealed import SealedEvent
from session_log.transaction import Transaction
from session_log.undecided import UNDECIDED, open_undecided

__all__ = ["GivenUpError", "Item", "Job", "Outcome", "Spooled", "resolve", "write_batch"]

_logger = logging.getLogger(__name__)


class GivenUpError(SessionLogError):
    """The log was closed and its time ran out before the database could be written."""


@dataclass(frozen=True, slots=True)
class Spooled:
    """An event that is sealed; without a ticket it stands in memory alone."""

    event: SealedEvent
    ticket: int | None

    @property
    def characters(self) -> int:
        """The size of its facts and content."""
        return len(self.event.facts) + len(self.event.content or b"")


@dataclass(frozen=True, slots=True)
class Job:
    """What somebody wants done in the transaction."""

    run: Callable[[Transaction], Any]
    done: Future[Any]


Item = Spooled | Job
"""What may wait to be written."""


@dataclass(slots=True)
class Outcome:
    """What came of a batch in its transaction.

    Attributes:
        transaction: that was committed.
        counts: events by what became of them: written, repeated, refused, withheld.
        results, errors: of jobs, by their identity.
        incomplete: what could not be done outside the database.
    """

    transaction: Transaction
    counts: Counter[str] = field(default_factory=Counter)
    results: dict[int, Any] = field(default_factory=dict)
    errors: dict[int, Exception] = field(default_factory=dict)
    incomplete: SessionLogError | None = None


def write_batch(file: LogFile, items: Sequence[Item]) -> Outcome:
    """Writes a batch in order, in one transaction.

    Raises:
        sqlite3.Error: where the transaction could not be written; nothing of it is then.
    """
    database = file.database
    committed = False
    try:
        outcome = Outcome(file.begin())
        for item in items:
            if isinstance(item, Job):
                _do(item, outcome)
            else:
                outcome.counts[_insert(item, outcome.transaction)] += 1
        outcome.transaction.finish()
        database.execute("COMMIT")
        committed = True
    finally:
        if not committed:
            database.rollback()
            file.keys.forget_all_but_the_log()  # one that was just made stands nowhere any more
    return outcome


def resolve(job: Job, outcome: Outcome | None) -> None:
    """Tells whoever waits for a job what came of it; without an outcome that it was given up."""
    if not job.done.set_running_or_notify_cancel():
        return
    if outcome is None:
        job.done.set_exception(GivenUpError("The session log was closed before this could be done."))
    elif id(job) in outcome.errors:
        job.done.set_exception(outcome.errors[id(job)])
    elif outcome.incomplete is not None:
        job.done.set_exception(outcome.incomplete)
    else:
        job.done.set_result(outcome.results[id(job)])


def _insert(item: Spooled, transaction: Transaction) -> str:
    name = item.event.kind
    before = transaction.savepoint()
    try:
        with transaction.database.atomic():
            if name == UNDECIDED:
                event = open_undecided(item.event, transaction.keys.masters)
                name = KINDS[type(event)]
                written = transaction.append_as_consented(event)
            else:
                written = transaction.append_unless_erased(item.event)
    except Exception as error:  # one odd event must not hold up all others
        if isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError:
            raise  # the disk's, not the event's
        transaction.undo_to_savepoint(before)
        _logger.warning("session log refused a %s (%s)", name, type(error).__name__)
        return "refused"
    return "withheld" if written is None else "written" if written else "repeated"


def _do(job: Job, outcome: Outcome) -> None:
    before = outcome.transaction.savepoint()
    try:
        with outcome.transaction.database.atomic():
            outcome.results[id(job)] = job.run(outcome.transaction)
    except Exception as error:  # whoever asked for the job is told
        if isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode != sqlite3.SQLITE_ERROR:
            raise  # the disk's, not the job's
        outcome.transaction.undo_to_savepoint(before)
        outcome.errors[id(job)] = error
