"""The key that seals what Rasa keeps of talks.

It is 32 random bytes in URL-safe base64, from `HAMDEL_TRACKER_KEY` or from a file that only its owner can
read. Each save of a talk is sealed with a fresh data key, which the master key wraps: AES-256-GCM (NIST
SP 800-38D) both times, the talk's row as additional data, so that nothing opens in another's place. A row is
named by an HMAC of the sender's id, which tells nobody who it was.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

__all__ = ["KEY_VARIABLE", "SealBrokenError", "TrackerKey", "TrackerKeyError"]

KEY_VARIABLE = "HAMDEL_TRACKER_KEY"
_KEY_BYTES = 32
_NONCE_BYTES = 12


class TrackerKeyError(Exception):
    """There is no key, or not the one that fits."""


class SealBrokenError(Exception):
    """What was sealed has been changed, or was sealed for another place."""


class TrackerKey:
    """A master key.

    Args:
        secret: 32 bytes.
    """

    def __init__(self, secret: bytes) -> None:
        self._master = AESGCM(secret)
        self._rows = hmac.digest(secret, b"hamdel tracker rows", "sha256")
        self.id = hashlib.sha256(secret).hexdigest()[:16]

    @classmethod
    def load(cls, path: Path, environment: Mapping[str, str], *, create: bool) -> TrackerKey:
        """Reads the key from the environment, else from the file.

        Args:
            path: the file.
            environment: of the process.
            create: whether a file that is not there is made.

        Raises:
            TrackerKeyError: where there is none, or something else than a key.
            OSError: where the file can't be made.
        """
        given = environment.get(KEY_VARIABLE, "").strip()
        if given:
            return cls(_decoded(given, KEY_VARIABLE))
        if create and not path.exists():
            _make(path)
        try:
            text = path.read_text(encoding="ascii")
        except FileNotFoundError:
            raise TrackerKeyError(
                f"The key of the dialogue's trackers is not at {path}. Put it back, or give it in "
                f"{KEY_VARIABLE}, or delete the trackers: then Rasa has forgotten the talks under way."
            ) from None
        except (OSError, UnicodeDecodeError) as error:
            raise TrackerKeyError(f"{path} can't be read as a key ({type(error).__name__}).") from None
        return cls(_decoded(text, str(path)))

    def row_of(self, sender: str) -> bytes:
        """The name of a sender's row: 32 bytes."""
        return hmac.digest(self._rows, sender.encode("utf-8", "surrogatepass"), "sha256")

    def seal(self, row: bytes, content: bytes) -> tuple[bytes, bytes]:
        """Seals content for a row; returns the wrapped data key and the sealed content."""
        data_key = AESGCM.generate_key(256)
        return _encrypt(self._master, data_key, row), _encrypt(AESGCM(data_key), content, row)

    def unseal(self, row: bytes, wrapped: bytes, sealed: bytes) -> bytes:
        """Opens what `seal` gave.

        Raises:
            SealBrokenError: where a byte of it is another, or the row.
        """
        try:
            data_key = _decrypt(self._master, wrapped, row)
            return _decrypt(AESGCM(data_key), sealed, row)
        except (InvalidTag, ValueError):
            raise SealBrokenError("a sealed tracker was changed") from None


def _encrypt(cipher: AESGCM, content: bytes, row: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, content, row)


def _decrypt(cipher: AESGCM, sealed: bytes, row: bytes) -> bytes:
    return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], row)


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(base64.urlsafe_b64encode(secrets.token_bytes(_KEY_BYTES)).decode() + "\n")
            file.flush()
            os.fsync(file.fileno())
        # Of two processes that start at once, both take the key of the first.
        with suppress(FileExistsError):
            os.link(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def _decoded(text: str, where: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _KEY_BYTES:
        raise TrackerKeyError(f"{where} holds something else than a key of 32 bytes in URL-safe base64.")
    return key
