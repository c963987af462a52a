"""The keys that seal content: one for each talk and one for each person, wrapped by a master key.

Deleting a talk's key makes its content unreadable wherever a copy of it may be; that is what erasing rests
on. Every record is sealed by itself (AES-256-GCM, 96-bit random nonces) with its event id and kind as
additional data, so that sealed content moved to another row does not open.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlite_utils import Database

from session_log.master_keys import MasterKeys, WrongKeyError

__all__ = ["LOG_OWNER", "DataKey", "DataKeys", "SealError", "WrappedKey"]

LOG_OWNER = "log"
"""Whose key the links of the chain, its head and the spool are authenticated with."""

_KEY_BYTES = 32
_NONCE_BYTES = 12
_REMEMBERED = 4096


class SealError(Exception):
    """What is stored does not open or is no event: it was changed, moved, or its key was erased."""


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key as the database holds it."""

    owner: str
    master_id: str
    wrapped: bytes


class DataKey:
    """One key that seals and opens content.

    Args:
        secret: 32 bytes.
    """

    def __init__(self, secret: bytes) -> None:
        self.secret = secret
        self._cipher = AESGCM(secret)

    def seal(self, content: bytes, about: str) -> bytes:
        """Returns nonce and ciphertext of `content`, bound to what it is about."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, content, about.encode())

    def open(self, sealed: bytes, about: str) -> bytes:
        """Returns the content.

        Raises:
            SealError: where it was changed or is about something else.
        """
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], about.encode())
        except (InvalidTag, ValueError):
            raise SealError from None


class DataKeys:
    """The data keys of one log, looked up in an open database, the latest kept in memory. Not thread-safe.

    Args:
        masters: what wraps them.
    """

    def __init__(self, masters: MasterKeys) -> None:
        self.masters = masters
        self._known: OrderedDict[str, DataKey] = OrderedDict()

    def known(self, owner: str) -> DataKey | None:
        """The key of an owner if it is in memory."""
        return self._known.get(owner)

    def find(self, database: Database, owner: str) -> DataKey | None:
        """The key of an owner; None where there is none (any more).

        Raises:
            WrongKeyError: where the master key that wrapped it is not given, or the row was changed.
        """
        known = self._known.get(owner)
        if known is not None:
            return known
        row = database.execute("SELECT master_id, wrapped FROM keys WHERE owner = ?", (owner,)).fetchone()
        if row is None:
            return None
        return self._remember(owner, DataKey(self.masters.unwrap(owner, row[0], bytes(row[1]))))

    def make(self, owner: str) -> tuple[DataKey, WrappedKey]:
        """A new key of an owner, and what the database has to hold of it."""
        secret = secrets.token_bytes(_KEY_BYTES)
        wrapped = WrappedKey(owner, self.masters.current_id, self.masters.wrap(owner, secret))
        return self._remember(owner, DataKey(secret)), wrapped

    def learn(self, key: WrappedKey) -> DataKey:
        """The key in a wrapping that did not come from the database.

        Raises:
            WrongKeyError: as `find`.
        """
        return self._remember(key.owner, DataKey(self.masters.unwrap(key.owner, key.master_id, key.wrapped)))

    def forget(self, owner: str) -> None:
        """Drops a key from memory."""
        self._known.pop(owner, None)

    def forget_all_but_the_log(self) -> None:
        """Drops all keys from memory but the log's own: the database is another one."""
        for owner in [owner for owner in self._known if owner != LOG_OWNER]:
            del self._known[owner]

    def log_key(self, database: Database) -> DataKey:
        """The log's own key, made with the log.

        Raises:
            WrongKeyError: where it does not open with the master keys given, or is not there.
        """
        key = self.find(database, LOG_OWNER)
        if key is None:
            raise WrongKeyError("The session log has lost its own key; restore a backup.")
        return key

    def _remember(self, owner: str, key: DataKey) -> DataKey:
        self._known[owner] = key
        self._known.move_to_end(owner)
        while len(self._known) > _REMEMBERED:
            oldest = next(name for name in self._known if name != LOG_OWNER)
            del self._known[oldest]
        return key
