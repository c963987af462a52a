"""The sound of turns as the log knows of it: what was kept and not deleted yet, and its deletion."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from session_log import store
from session_log.admission import Admission
from session_log.audio import delete_audio
from session_log.audit_events import AudioDeleted
from session_log.care_events import PersonConsentSet
from session_log.events import AudioKept, ConsentSet
from session_log.kinds import AnyEvent
from session_log.transaction import Transaction

__all__ = ["delete_kept_audio", "delete_kept_audio_of_person", "deletion_by"]

_REVOKED = "consent_revoked"


def delete_kept_audio(
    transaction: Transaction,
    folder: Path,
    talk_id: str,
    *,
    reason: str,
    turn_ids: Collection[str] | None = None,
) -> int:
    """Deletes the sound of a talk's turns, and notes that in the log.

    The files go first: a transaction that fails is run again, and what is not there needs no deleting.

    Args:
        transaction: under way.
        folder: of the sealed files.
        talk_id: of the talk.
        reason: a code for why.
        turn_ids: which turns; None: all.

    Returns:
        How many turns it was.

    Raises:
        OSError: where a file cannot be deleted.
    """
    events = store.read_events(transaction.database, transaction.keys, talk_id, (AudioKept, AudioDeleted))
    gone = {event.turn_id for event in events if isinstance(event, AudioDeleted)}
    kept = {event.turn_id for event in events if isinstance(event, AudioKept)} - gone
    chosen = sorted(kept if turn_ids is None else kept.intersection(turn_ids))
    if turn_ids is None:
        delete_audio(folder, talk_id)
    for turn_id in chosen:
        delete_audio(folder, talk_id, turn_id)
        now = datetime.now(UTC)
        transaction.append(AudioDeleted(talk_id=talk_id, turn_id=turn_id, at=now, reason=reason))
    return len(chosen)


def delete_kept_audio_of_person(transaction: Transaction, folder: Path, person: str, *, reason: str) -> int:
    """Deletes the sound of all talks of a person as `delete_kept_audio`; returns how many turns it was."""
    rows = transaction.database.execute("SELECT talk_id FROM talks WHERE person = ?", (person,)).fetchall()
    return sum(delete_kept_audio(transaction, folder, row[0], reason=reason) for row in rows)


def deletion_by(event: AnyEvent, admission: Admission, folder: Path) -> Callable[[Transaction], int] | None:
    """The job that deletes the sound to which an event revokes the consent; None where it revokes none.

    Args:
        event: that is about to be admitted.
        admission: knows which talks can have sound at all.
        folder: of the sealed files.
    """
    if not isinstance(event, ConsentSet | PersonConsentSet) or event.granted or event.scope != "store_audio":
        return None
    if isinstance(event, PersonConsentSet):
        return partial(delete_kept_audio_of_person, folder=folder, person=event.subject, reason=_REVOKED)
    if not admission.may_have_audio(event.talk_id):
        return None
    return partial(delete_kept_audio, folder=folder, talk_id=event.talk_id, reason=_REVOKED)
