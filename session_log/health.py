"""How the writer of a session log fares."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Health"]


@dataclass(frozen=True, slots=True)
class Health:
    """Counts since the log was opened; nothing of any event.

    Attributes:
        queued: events handed in and not settled yet.
        written: events stored.
        withheld: events that no consent allowed to store.
        repeated: events whose id was stored already.
        refused: events of a talk that never began, or that began twice.
        dropped: events lost, because neither memory nor spool had room, or the log was closed.
        failures: transactions that had to be tried again.
        last_error: class of the error of the latest transaction, None when it succeeded.
        spooled: events that stand in the spool and not in the database yet.
        spool_error: class of the error of the latest try to write the spool, None when it succeeded.
        spool_rejected: lines of the spool that were cut off or not ours.
        head_error: class of the error of the latest try to write the head, None when it succeeded.
        sound_to_delete: talks whose consent to sound was revoked and whose sound may not all be deleted yet.
        sound_error: class of the error of the latest try to delete it, None when it succeeded.
    """

    queued: int
    written: int
    withheld: int
    repeated: int
    refused: int
    dropped: int
    failures: int
    last_error: str | None
    spooled: int
    spool_error: str | None
    spool_rejected: int
    head_error: str | None
    sound_to_delete: int
    sound_error: str | None
