"""An event as it is written to disk: facts in the open, content sealed, with the key where it is new."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime

from session_log.data_keys import DataKey, WrappedKey
from session_log.kinds import KINDS, AnyEvent, about, join, person, split, talk_of

__all__ = ["SealedEvent", "decode", "encode", "seal", "unseal"]


@dataclass(frozen=True, slots=True)
class SealedEvent:
    """A row of `events` before it has its place in the chain.

    Attributes:
        event_id, talk_id, person, kind, at: as the columns; `at` is ISO 8601 in UTC with microseconds.
        facts: what is no content, as JSON text.
        content: nonce and ciphertext; None where the event has none.
        key: the wrapped key that opens the content, where the database may not hold it yet.
    """

    event_id: str
    talk_id: str | None
    person: str | None
    kind: str
    at: str
    facts: str
    content: bytes | None
    key: WrappedKey | None = None


def seal(event: AnyEvent, key: DataKey | None, new_key: WrappedKey | None = None) -> SealedEvent:
    """Seals an event's content with `key`, which may be None for an event without."""
    facts, content = split(event)
    kind = KINDS[type(event)]
    if content is not None and key is None:
        raise TypeError(f"the content of a {kind} needs a key")
    sealed = None
    if content is not None and key is not None:
        sealed = key.seal(content, about(event.event_id, kind))
    return SealedEvent(
        event_id=event.event_id,
        talk_id=talk_of(event),
        person=person(event),
        kind=kind,
        at=event.at.isoformat(timespec="microseconds"),
        facts=facts,
        content=sealed,
        key=None if sealed is None else new_key,
    )


def unseal(row: SealedEvent, key: DataKey | None) -> AnyEvent:
    """The event of a row.

    Raises:
        SealError: where the content does not open.
        ValueError, TypeError, KeyError: where the row holds no event of this version.
    """
    content = None
    if row.content is not None:
        if key is None:
            raise KeyError("key")
        content = key.open(row.content, about(row.event_id, row.kind))
    columns = {"event_id": row.event_id, "talk_id": row.talk_id, "at": datetime.fromisoformat(row.at)}
    return join(row.kind, columns, row.facts, content)


def encode(row: SealedEvent) -> str:
    """A sealed event as one line of JSON."""
    key = row.key
    return json.dumps(
        {
            "event_id": row.event_id,
            "talk_id": row.talk_id,
            "person": row.person,
            "kind": row.kind,
            "at": row.at,
            "facts": row.facts,
            "content": None if row.content is None else base64.b64encode(row.content).decode(),
            "key": None
            if key is None
            else [key.owner, key.master_id, base64.b64encode(key.wrapped).decode()],
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def decode(line: str) -> SealedEvent:
    """The sealed event of such a line.

    Raises:
        ValueError: where it is none.
    """
    try:
        values = json.loads(line)
        key, content = values.pop("key"), values.pop("content")
        return SealedEvent(
            **values,
            content=None if content is None else base64.b64decode(content, validate=True),
            key=None if key is None else WrappedKey(key[0], key[1], base64.b64decode(key[2], validate=True)),
        )
    except (KeyError, TypeError, IndexError, AttributeError, binascii.Error) as error:
        raise ValueError(f"no sealed event ({type(error).__name__})") from None
