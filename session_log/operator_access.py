"""The log in the hands of whoever has the command line: opened as its only writer, and audited."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TypeVar

from session_log.audit_events import AccessNoted
from session_log.location import LogPlaces
from session_log.schema import SessionLogError, open_for_reading
from session_log.writer import SessionLog
from session_log.writer_lock import LogInUseError

__all__ = ["OPERATOR", "note_access", "operating", "operator_name", "settled"]

OPERATOR = "operator"
"""The role under which commands are audited."""

_LOOK_S = 1.0
_FAILURES = 5
_Result = TypeVar("_Result")


def operator_name() -> str:
    """The name of the user who runs this process, else its number."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


@contextmanager
def operating(places: LogPlaces, meanwhile: str = "") -> Iterator[SessionLog]:
    """Opens an existing log for a command; what waits in the spool is written first.

    Args:
        places: where it lies.
        meanwhile: who does the same beside a running server, if anybody, for the message that one is.

    Raises:
        LogInUseError: where a server writes it.
        SessionLogError: where there is no log of this version, or its key is missing or another.
    """
    open_for_reading(places.database).close()  # a command makes no log, and brings none up to date
    try:
        log = SessionLog.open(places)
    except LogInUseError:
        raise LogInUseError(
            f"A server is writing {places.database}, and the audit with it: "
            f"{meanwhile}{', or ' if meanwhile else ''}stop the server and call this again."
        ) from None
    with log:
        yield log


def note_access(
    log: SessionLog,
    action: str,
    *,
    person: str | None = None,
    talk_id: str | None = None,
    detail: str | None = None,
) -> None:
    """Writes into the audit what the operator is about to do.

    Raises:
        SessionLogError: where it cannot be written; then it must not be done.
    """
    noted = AccessNoted(
        at=datetime.now(UTC),
        actor=operator_name(),
        role=OPERATOR,
        action=action,
        person=person,
        about_talk=talk_id,
        detail=detail,
    )
    settled(log, log.perform(lambda transaction: transaction.append(noted)))


def settled(log: SessionLog, future: Future[_Result]) -> _Result:
    """Waits for a job of the writer, as long as the database can be written.

    Raises:
        SessionLogError: where it cannot.
    """
    failures = log.health().failures
    while True:
        try:
            return future.result(_LOOK_S)
        except TimeoutError:
            health = log.health()
            if health.failures - failures >= _FAILURES:
                raise SessionLogError(
                    f"{log.places.database} cannot be written now ({health.last_error}); check the rights to "
                    "it, the free space, and that no other program holds it."
                ) from None
