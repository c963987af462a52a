"""Erasing: content and keys go, in every file of ours; a tombstone in the chain stays.

Rows keep their place, time and kind, and the digests that hold the chain together; facts and content are
overwritten (`secure_delete`), and the key is deleted, so that no copy of the content can be read. What is
not content of a talk (beginning, consents, disclosure, crisis flags, that people were called, end) stays
when a talk is erased. When a person is erased, nothing that names them stays but the audit, which has to
tell who looked at whose data (GDPR Art. 17(3)(b), HIPAA 45 CFR 164.316).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from session_log.audit_events import AUDIT_EVENTS, Erased
from session_log.care_events import CARE_EVENTS, FlagMoved
from session_log.chain import digest
from session_log.consent import CONTENT_EVENTS
from session_log.derived import derive_talk_anew, recount_person
from session_log.events import HandedOff, TalkStarted
from session_log.kinds import ALL_EVENTS, KINDS, person_owner, talk_owner
from session_log.learnt import forget_set_aside
from session_log.transaction import Transaction

__all__ = ["erase_person", "erase_talk", "sequences_digest"]

_WHOLE = tuple(KINDS[kind] for kind in (*CONTENT_EVENTS, *CARE_EVENTS) if kind is not FlagMoved)
_IN_PART = (KINDS[HandedOff], KINDS[FlagMoved])
"""That people were called, and how far they came, stays known; why, and what they remarked, doesn't."""
_NAMING_A_PERSON = (KINDS[TalkStarted], KINDS[FlagMoved])
_AUDIT = tuple(KINDS[kind] for kind in AUDIT_EVENTS)


def erase_talk(
    transaction: Transaction,
    talk_id: str,
    *,
    actor: str = "server",
    role: str = "server",
    reason: str = "asked",
) -> bool:
    """Erases what a talk tells of a person's inner life, and what was written about it.

    Returns:
        False where there is no such talk.
    """
    query = "SELECT 1 FROM talks WHERE talk_id = ?"
    if transaction.database.execute(query, (talk_id,)).fetchone() is None:
        return False
    _erase_of_talk(transaction, talk_id, _WHOLE, (actor, role, reason))
    return True


def erase_person(
    transaction: Transaction,
    person: str,
    *,
    actor: str = "server",
    role: str = "server",
    reason: str = "asked",
) -> int:
    """Erases all talks of a person, what was written about them, and whose talks they were.

    Returns:
        How many talks they were.
    """
    database = transaction.database
    talks = [row[0] for row in database.execute("SELECT talk_id FROM talks WHERE person = ?", (person,))]
    marks = ", ".join("?" * len(_AUDIT))
    # S608: the marks are as many question marks as there are values.
    query = f"""SELECT sequence, talk_id FROM events WHERE person = ? AND facts IS NOT NULL
        AND event_kind NOT IN ({marks}) ORDER BY sequence"""  # noqa: S608
    found = [row for row in database.execute(query, (person, *_AUDIT)) if row[1] not in talks]
    rows = [row[0] for row in found]
    database.execute("DELETE FROM keys WHERE owner = ?", (person_owner(person),))
    transaction.keys.forget(person_owner(person))
    if rows:
        _blank(transaction, rows, None, (actor, role, reason), tuple(ALL_EVENTS))
    # After the person's own rows, since what follows from talks is made anew without them.
    for talk_id in talks:
        _erase_of_talk(transaction, talk_id, (*_WHOLE, *_NAMING_A_PERSON), (actor, role, reason))
    for talk_id in {row[1] for row in found} - {None}:  # talks that are not known to be this person's
        derive_talk_anew(database, talk_id)
    database.execute("DELETE FROM refusals WHERE person = ?", (person,))
    database.execute("DELETE FROM review_assignments WHERE person = ?", (person,))
    recount_person(database, person)
    transaction.erased_persons.add(person)
    _forget_backups(transaction)
    return len(talks)


def sequences_digest(sequences: Sequence[int]) -> str:
    """The digest by which a tombstone names its rows."""
    return hashlib.sha256("".join(f"{number}\n" for number in sequences).encode()).hexdigest()


def _erase_of_talk(
    transaction: Transaction, talk_id: str, whole: Sequence[str], by: tuple[str, str, str]
) -> None:
    database = transaction.database
    query = """SELECT sequence, event_kind, content IS NULL FROM events
        WHERE talk_id = ? AND facts IS NOT NULL ORDER BY sequence"""
    rows = [
        sequence
        for sequence, kind, bare in database.execute(query, (talk_id,))
        if kind in whole or (kind in _IN_PART and not bare)
    ]
    database.execute("DELETE FROM keys WHERE owner = ?", (talk_owner(talk_id),))
    transaction.keys.forget(talk_owner(talk_id))
    _blank(transaction, rows, talk_id, by, whole)
    derive_talk_anew(database, talk_id)
    transaction.erased_talks.add(talk_id)
    _forget_backups(transaction)


def _blank(
    transaction: Transaction,
    rows: Sequence[int],
    talk_id: str | None,
    by: tuple[str, str, str],
    whole: Sequence[str],
) -> None:
    actor, role, reason = by
    tombstone = Erased(
        at=datetime.now(UTC),
        actor=actor,
        role=role,
        talk_id=talk_id,
        reason=reason,
        rows=len(rows),
        digest=sequences_digest(rows),
    )
    transaction.append(tombstone)
    database, sequence = transaction.database, transaction.head.sequence
    for row in rows:
        kind, facts, content = database.execute(
            "SELECT event_kind, facts, content FROM events WHERE sequence = ?", (row,)
        ).fetchone()
        database.execute(
            """UPDATE events SET content = NULL, content_digest = coalesce(content_digest, ?), erased_by = ?
            WHERE sequence = ?""",
            (digest(content), sequence, row),
        )
        if kind in whole:
            database.execute(
                "UPDATE events SET facts = NULL, person = NULL, facts_digest = ? WHERE sequence = ?",
                (digest(facts.encode()), row),
            )


def _forget_backups(transaction: Transaction) -> None:
    # Older copies of the whole log can't be erased from in part; they only served to undo a migration.
    for (path,) in transaction.database.execute("SELECT path FROM backups").fetchall():
        transaction.stale_backups.add(path)
    transaction.database.execute("DELETE FROM backups")
    forget_set_aside(transaction)
