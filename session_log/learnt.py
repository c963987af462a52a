"""What the feedback of all has taught, as a row of its own beside the events: sealed, and replaced whole.

It follows from the events, holds nothing of any one person, and is no part of the chain. A row that does not
open, or that its reader can make nothing of, is set aside under a name with the time, to be looked into; an
erasure deletes what was set aside, since the one who was erased is among those whom it sums up.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlite_utils import Database

from session_log.data_keys import DataKey, DataKeys, SealError
from session_log.master_keys import WrongKeyError
from session_log.schema import SessionLogError
from session_log.transaction import Transaction

__all__ = [
    "DamagedLearntError",
    "Learnt",
    "forget_learnt",
    "forget_set_aside",
    "is_anything_learnt",
    "keep_learnt",
    "read_learnt",
    "set_aside",
    "set_aside_names",
]

_NAME = "population"
_KEY_OWNER = "learnt"
_STAMP = "%Y%m%dT%H%M%S%fZ"


class DamagedLearntError(SessionLogError):
    """What was learnt can't be read: it was changed, or its key is gone."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """What was learnt, and whether it is to be used.

    Attributes:
        at: when, UTC.
        preferences: as `recommender.learnt_state` writes them.
        pays: whether it serves people better than the rules alone.
        reason: why, in a sentence of numbers.
    """

    at: datetime
    preferences: str
    pays: bool
    reason: str


def keep_learnt(transaction: Transaction, learnt: Learnt) -> None:
    """Replaces what was learnt before."""
    content = {"preferences": learnt.preferences, "pays": learnt.pays, "reason": learnt.reason}
    at = learnt.at.astimezone(UTC).isoformat(timespec="microseconds")
    sealed = transaction.key_of(_KEY_OWNER).seal(json.dumps(content).encode(), _about(at))
    transaction.database.execute(
        """INSERT INTO learnt (name, at, content) VALUES (?, ?, ?)
        ON CONFLICT (name) DO UPDATE SET at = excluded.at, content = excluded.content""",
        (_NAME, at, sealed),
    )


def read_learnt(database: Database, keys: DataKeys) -> Learnt | None:
    """What was learnt last; None where nothing was.

    Raises:
        DamagedLearntError: where it can't be read.
    """
    row = database.execute("SELECT at, content FROM learnt WHERE name = ?", (_NAME,)).fetchone()
    if row is None:
        return None
    try:
        key = _find(keys, database)
        if key is None:
            raise SealError
        content = json.loads(key.open(bytes(row[1]), _about(row[0])))
        return Learnt(
            at=datetime.fromisoformat(row[0]),
            preferences=content["preferences"],
            pays=content["pays"] is True,
            reason=str(content["reason"]),
        )
    except (SealError, ValueError, TypeError, KeyError) as error:
        raise DamagedLearntError(f"What was learnt cannot be read ({type(error).__name__}).") from None


def is_anything_learnt(database: Database) -> bool:
    """Whether a row of what was learnt is there, set aside or not."""
    return database.execute("SELECT 1 FROM learnt LIMIT 1").fetchone() is not None


def set_aside(transaction: Transaction, at: datetime) -> None:
    """Renames the row of what was learnt, so that a fresh one can be begun.

    Args:
        transaction: open.
        at: the time that its name tells, UTC.
    """
    name = f"{_NAME}.{at.astimezone(UTC):{_STAMP}}.damaged"
    transaction.database.execute("UPDATE OR REPLACE learnt SET name = ? WHERE name = ?", (name, _NAME))
    if _find(transaction.keys, transaction.database) is None:  # nothing could be sealed with it any more
        transaction.database.execute("DELETE FROM keys WHERE owner = ?", (_KEY_OWNER,))


def set_aside_names(database: Database) -> list[str]:
    """The names of what was set aside, the oldest first."""
    query = "SELECT name FROM learnt WHERE name <> ? ORDER BY name"
    return [row[0] for row in database.execute(query, (_NAME,))]


def forget_set_aside(transaction: Transaction) -> None:
    """Deletes what was set aside."""
    transaction.database.execute("DELETE FROM learnt WHERE name <> ?", (_NAME,))


def forget_learnt(transaction: Transaction) -> None:
    """Deletes all that was learnt, with its key."""
    transaction.database.execute("DELETE FROM learnt")
    transaction.database.execute("DELETE FROM keys WHERE owner = ?", (_KEY_OWNER,))
    transaction.keys.forget(_KEY_OWNER)


def _find(keys: DataKeys, database: Database) -> DataKey | None:
    keys.forget(_KEY_OWNER)  # what stands in the database counts
    try:
        return keys.find(database, _KEY_OWNER)
    except WrongKeyError:
        return None


def _about(at: str) -> str:
    return f"learnt {at}"
