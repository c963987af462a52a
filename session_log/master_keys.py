"""The master keys of a session log: what wraps every other key, and never lies in the database.

A key is 32 random bytes, written in URL-safe base64. It comes from `HAMDEL_LOG_KEY`, or from a file of one
key a line, the first of which wraps new keys; the others still open what they wrapped before a rotation
was over. A key's id is the beginning of its SHA-256, so that nobody has to name it. Wrapping is
AES-256-GCM (NIST SP 800-38D) with the owner of the wrapped key as additional data: a wrapped key moved to
another owner does not open.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from session_log.schema import SessionLogError

__all__ = ["KEY_VARIABLE", "MasterKeys", "MissingKeyError", "WrongKeyError"]

KEY_VARIABLE = "HAMDEL_LOG_KEY"
_KEY_BYTES = 32
_NONCE_BYTES = 12


class MissingKeyError(SessionLogError):
    """There is no master key where one has to be."""


class WrongKeyError(SessionLogError):
    """The master key is not the one that the log was written with; nothing was changed."""


class MasterKeys:
    """One or more master keys, the first of which is current.

    Args:
        keys: 32 bytes each.
        path: the file that they came from; None where the environment gave them.

    Raises:
        MissingKeyError: where there is none.
    """

    def __init__(self, keys: tuple[bytes, ...], path: Path | None = None) -> None:
        if not keys:
            raise MissingKeyError(f"{path} holds no key of the session log; restore it from its backup.")
        self.path = path
        self._keys = keys
        self._by_id = {_id_of(key): AESGCM(key) for key in keys}

    @classmethod
    def load(
        cls, path: Path, environment: Mapping[str, str] | None = None, *, create: bool = False
    ) -> MasterKeys:
        """Reads the keys from the environment, else from the file.

        Args:
            path: the file of keys.
            environment: where to look for `HAMDEL_LOG_KEY`; by default the process's own.
            create: whether a file that is not there is made, readable by its owner alone.

        Raises:
            MissingKeyError: where there is neither, or the file cannot be read or made.
        """
        given = (os.environ if environment is None else environment).get(KEY_VARIABLE)
        if given:
            return cls((_decoded(given, KEY_VARIABLE),))
        if create and not path.exists():
            keys = cls((secrets.token_bytes(_KEY_BYTES),), path)
            keys.save()
            return keys
        try:
            lines = path.read_text(encoding="ascii").split()
        except FileNotFoundError:
            raise MissingKeyError(
                f"The session log's key is not at {path}. Restore it from its backup, or name its place with "
                f"session_log.key_file in endpoints.yml, or give the key in {KEY_VARIABLE}. Without it "
                "nothing that was said can be read. Nothing was changed."
            ) from None
        except (OSError, UnicodeDecodeError) as error:
            raise MissingKeyError(
                f"{path} cannot be read as a file of keys ({type(error).__name__})."
            ) from None
        return cls(tuple(_decoded(line, str(path)) for line in lines), path)

    @property
    def current_id(self) -> str:
        """The id of the key that wraps new keys."""
        return _id_of(self._keys[0])

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all keys, the current one first."""
        return tuple(self._by_id)

    def wrap(self, owner: str, key: bytes) -> bytes:
        """Wraps a key of `owner` with the current master key."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._by_id[self.current_id].encrypt(nonce, key, owner.encode())

    def unwrap(self, owner: str, master_id: str, wrapped: bytes) -> bytes:
        """Opens a wrapped key.

        Raises:
            WrongKeyError: where the master key is not among these, or the wrapped key was changed or moved.
        """
        cipher = self._by_id.get(master_id)
        if cipher is None:
            raise WrongKeyError(
                "The session log was written with another key than the one given; find that key (its id is "
                f"{master_id}). Nothing was changed."
            )
        try:
            return cipher.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], owner.encode())
        except (InvalidTag, ValueError):
            raise WrongKeyError("A wrapped key of the session log was changed; restore a backup.") from None

    def with_new_key(self) -> MasterKeys:
        """These keys behind a new current one; to be saved before anything is wrapped with it."""
        return MasterKeys((secrets.token_bytes(_KEY_BYTES), *self._keys), self.path)

    def current_alone(self) -> MasterKeys:
        """The current key without the older ones."""
        return MasterKeys(self._keys[:1], self.path)

    def save(self) -> None:
        """Writes the file anew, all of it or nothing, readable by its owner alone.

        Raises:
            MissingKeyError: where there is no file to write, or it cannot be written.
        """
        if self.path is None:
            raise MissingKeyError(
                f"The key comes from {KEY_VARIABLE}, which cannot be written; keep it in a file to rotate it."
            )
        text = "".join(base64.urlsafe_b64encode(key).decode() + "\n" for key in self._keys)
        beside = self.path.with_name(f"{self.path.name}.new")
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self.path)
            # What is wrapped with a new key must not outlive the new key's file when the power fails.
            folder = os.open(self.path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise MissingKeyError(
                f"The session log's key cannot be written to {self.path} ({error.strerror})."
            ) from None


def _id_of(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()[:16]


def _decoded(text: str, where: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _KEY_BYTES:
        raise WrongKeyError(f"{where} holds something else than a key of 32 bytes in URL-safe base64.")
    return key
