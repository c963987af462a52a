"""The sound of turns as the log knows of it, and its deletion once the consent to it is revoked.

What has to go follows from the tables alone: sound that was kept before a revocation, or of what was said
before it, and of which no deletion is noted. So whatever breaks a deletion off, it can be done anew.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils import Database

from session_log import store
from session_log.audio import delete_audio, talks_with_audio
from session_log.audit_events import AudioDeleted
from session_log.data_keys import SealError
from session_log.events import AudioKept
from session_log.master_keys import WrongKeyError
from session_log.transaction import Transaction, revokes_audio

__all__ = ["delete_revoked_audio", "talks_with_revoked_audio"]

_REASON = "consent_revoked"

_CONSENTS = """SELECT sequence, at, event_kind, facts FROM events
        WHERE talk_id = ?1 AND event_kind = 'consent_set' AND facts IS NOT NULL
    UNION ALL SELECT sequence, events.at, event_kind, facts FROM talks JOIN events USING (person)
        WHERE talks.talk_id = ?1 AND event_kind = 'person_consent_set' AND facts IS NOT NULL"""
_KEPT_BEFORE = """SELECT count(*) FROM events
    WHERE talk_id = ? AND event_kind = 'audio_kept' AND facts IS NOT NULL AND sequence < ?"""

_logger = logging.getLogger(__name__)


def talks_with_revoked_audio(transaction: Transaction, folder: Path) -> set[str]:
    """The talks to whose sound consent was revoked, and of which a folder is still there.

    Raises:
        OSError: where the folder cannot be read.
    """
    database = transaction.database
    talk_ids = (row[0] for row in database.execute("SELECT talk_id FROM talks").fetchall())
    with_audio = talks_with_audio(folder, talk_ids)
    return {talk_id for talk_id in with_audio if _last_revocation(database, talk_id) is not None}


def delete_revoked_audio(transaction: Transaction, folder: Path, talk_id: str) -> bool:
    """Deletes the sound of a talk that has to go, and notes each turn's deletion in the log, once.

    The files go first: a transaction that fails is run again, and what is not there needs no deleting.
    Where the log's rows do not open, nobody can tell which turns it is; all sound of the talk goes then.

    Args:
        transaction: under way.
        folder: of the sealed files.
        talk_id: of the talk.

    Returns:
        Whether any sound of the talk is kept still, since it was consented to anew.

    Raises:
        OSError: where a file cannot be deleted.
    """
    try:
        turn_ids, kept = _owed_and_kept(transaction, talk_id)
    except (SealError, WrongKeyError):
        _logger.error(
            "sound whose consent was revoked is deleted unaudited; run `python -m session_log verify`"
        )
        delete_audio(folder, talk_id)
        return False
    for turn_id in turn_ids:
        delete_audio(folder, talk_id, turn_id)
        now = datetime.now(UTC)
        transaction.append(AudioDeleted(talk_id=talk_id, turn_id=turn_id, at=now, reason=_REASON))
    return kept


def _owed_and_kept(transaction: Transaction, talk_id: str) -> tuple[list[str], bool]:
    database = transaction.database
    # Without a revocation all of it is kept.
    sequence, at = _last_revocation(database, talk_id) or (0, "")
    before = database.execute(_KEPT_BEFORE, (talk_id, sequence)).fetchone()[0]
    number = 0
    turns: dict[str, bool] = {}
    for event in store.read_events(database, transaction.keys, talk_id, (AudioKept, AudioDeleted)):
        if isinstance(event, AudioDeleted):
            turns.pop(event.turn_id, None)
        elif isinstance(event, AudioKept):
            number += 1
            # By their times too: the more private reading holds where the order says otherwise.
            turns[event.turn_id] = number <= before or event.at.isoformat(timespec="microseconds") <= at
    return [turn_id for turn_id, owed in turns.items() if owed], not all(turns.values())


def _last_revocation(database: Database, talk_id: str) -> tuple[int, str] | None:
    revocations = []
    for sequence, at, kind, facts in database.execute(_CONSENTS, (talk_id,)).fetchall():
        try:
            revoked = revokes_audio(kind, facts)
        except (ValueError, TypeError, KeyError):  # `verify` tells of changed rows
            continue
        if revoked:
            revocations.append((sequence, at))
    if not revocations:
        return None
    return max(sequence for sequence, _ in revocations), max(at for _, at in revocations)
