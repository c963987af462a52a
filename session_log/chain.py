"""The chain of the log's rows, and its head, which is kept outside the database.

Every row is linked to the one before: `link` = HMAC-SHA256 over the previous link and the row, with the
log's own key, so that whoever can write the database but has no key can neither change, remove, insert nor
append a row unseen. What a chain alone can't show is that its tail was cut off: therefore the newest
sequence and link are also written to a file of their own (`Head`), which belongs on another disk. Facts
and content enter a link by their digests alone, so that the chain still holds when they have been erased.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "CONFLICT_STAMP",
    "FIRST_LINK",
    "Head",
    "HeadError",
    "LinkedRow",
    "digest",
    "link",
    "read_head",
    "write_head",
]

CONFLICT_STAMP = "%Y%m%dT%H%M%S%f"
"""In the name of a head that was set aside: the moment (UTC) of the event that tells of it."""

FIRST_LINK = bytes(32)
"""What stands for the link before the first row."""

_ROW, _HEAD = b"hamdel session log row 1", b"hamdel session log head 1"


class HeadError(Exception):
    """The file of the head is damaged, or was written with another key."""


@dataclass(frozen=True, slots=True)
class LinkedRow:
    """What of a row is linked; digests are SHA-256, that of content empty where the row has none."""

    sequence: int
    event_id: str
    talk_id: str | None
    kind: str
    at: str
    facts_digest: bytes
    content_digest: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """The newest row of the chain."""

    sequence: int
    link: bytes


def digest(value: bytes | None) -> bytes:
    """The SHA-256 of facts or sealed content; of nothing, nothing."""
    return b"" if value is None else hashlib.sha256(value).digest()


def link(key: bytes, previous: bytes, row: LinkedRow) -> bytes:
    """The link of a row to the one before it, 32 bytes."""
    mac = hmac.new(key, _ROW, hashlib.sha256)
    talk_id = b"\x00" if row.talk_id is None else b"\x01" + row.talk_id.encode()
    sequence = row.sequence.to_bytes(8, "big")
    text = (row.event_id.encode(), talk_id, row.kind.encode(), row.at.encode())
    for part in (previous, sequence, *text, row.facts_digest, row.content_digest):
        mac.update(len(part).to_bytes(8, "big"))
        mac.update(part)
    return mac.digest()


def write_head(path: Path, key: bytes, head: Head) -> None:
    """Replaces the file of the head, all of it or nothing.

    Raises:
        OSError: where it cannot be written; the older head is still there then.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.new")
    values = {"sequence": head.sequence, "link": head.link.hex(), "mac": _mac(key, head)}
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(json.dumps(values) + "\n")
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def read_head(path: Path, key: bytes) -> Head | None:
    """The head; None where there is no file.

    Raises:
        HeadError: where the file holds something else, or was not written with this key.
    """
    try:
        values = json.loads(path.read_text(encoding="ascii"))
        head = Head(int(values["sequence"]), bytes.fromhex(values["link"]))
        given = str(values["mac"]).encode()
        if not 0 <= head.sequence < 2**63:
            raise ValueError("sequence")
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise HeadError(f"{path} holds no head of a session log ({type(error).__name__}).") from None
    if not hmac.compare_digest(given, _mac(key, head).encode()):
        raise HeadError(f"{path} was changed, or belongs to another session log.")
    return head


def _mac(key: bytes, head: Head) -> str:
    message = _HEAD + head.sequence.to_bytes(8, "big") + head.link
    return hmac.new(key, message, hashlib.sha256).hexdigest()
