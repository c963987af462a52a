"""A new master key in place of the old one: every wrapped key is wrapped anew, content stays as it is.

The steps are such that the key file opens the whole log at every moment: first the new key is written before
the old one, then all keys are wrapped with it in one transaction, then the old one is dropped. Killed
between them, a rotation is gone on with by calling it again. Practice of NIST SP 800-57 part 1, 5.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from session_log.audit_events import AccessNoted
from session_log.master_keys import KEY_VARIABLE, MasterKeys, MissingKeyError
from session_log.operator_access import OPERATOR, operator_name, settled
from session_log.schema import SessionLogError
from session_log.transaction import Transaction
from session_log.writer import SessionLog

__all__ = ["Rotated", "rotate"]


@dataclass(frozen=True, slots=True)
class Rotated:
    """What came of a rotation.

    Attributes:
        key_id: of the master key that wraps all keys now.
        dropped: the ids of those that open nothing any more.
        keys: how many keys were wrapped anew.
    """

    key_id: str
    dropped: tuple[str, ...]
    keys: int


def rotate(log: SessionLog) -> Rotated:
    """Rotates the master key of a log in which no talk is under way.

    Raises:
        MissingKeyError: where the key comes from the environment, or its file cannot be written.
        WrongKeyError: where a wrapped key does not open; the old keys stay in the file then.
        SessionLogError: where the database cannot be written.
    """
    masters = MasterKeys.load(log.places.key_file)
    if masters.path is None:
        raise MissingKeyError(
            f"The key comes from {KEY_VARIABLE}, which no command can change. Write it into a file that its "
            "owner alone can read, name that with --key-file or HAMDEL_LOG_KEY_FILE, unset the variable, and "
            "call this again."
        )
    if len(masters.ids) == 1:  # otherwise an earlier rotation was broken off
        masters = masters.with_new_key()
        masters.save()

    def wrap_anew(transaction: Transaction) -> int:
        rows = _of_older_keys(transaction, masters)
        for owner, master_id, wrapped in rows:
            anew = masters.wrap(owner, masters.unwrap(owner, master_id, wrapped))
            transaction.database.execute(
                "UPDATE keys SET master_id = ?, wrapped = ? WHERE owner = ?",
                (masters.current_id, anew, owner),
            )
        noted = AccessNoted(
            at=datetime.now(UTC),
            actor=operator_name(),
            role=OPERATOR,
            action="key_rotated",
            detail=f"to {masters.current_id}",
        )
        transaction.append(noted)
        return len(rows)

    keys = settled(log, log.perform(wrap_anew))
    if settled(log, log.perform(lambda transaction: _of_older_keys(transaction, masters))):
        raise SessionLogError("Keys were made during the rotation; the old key stays. Call this again.")
    masters.current_alone().save()
    return Rotated(masters.current_id, masters.ids[1:], keys)


def _of_older_keys(transaction: Transaction, masters: MasterKeys) -> list[tuple[str, str, bytes]]:
    query = "SELECT owner, master_id, wrapped FROM keys WHERE master_id <> ?"
    return [
        (owner, master_id, bytes(wrapped))
        for owner, master_id, wrapped in transaction.database.execute(query, (masters.current_id,))
    ]
