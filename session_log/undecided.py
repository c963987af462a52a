"""An event whose consents stand in the database, shut till the writer has asked them.

Till then nobody may read any of it on a disk, its kind and facts included. So it is sealed whole, with a key
for this alone: of one process, wrapped by the master key, and in no database. Whose it is stays open, so that
it is found when that talk or person is erased.
"""

from __future__ import annotations

import json
from datetime import datetime

from session_log.data_keys import DataKey, SealError, WrappedKey
from session_log.kinds import KINDS, AnyEvent, about, join, person, split, talk_of
from session_log.master_keys import MasterKeys
from session_log.sealed import SealedEvent

__all__ = ["UNDECIDED", "open_undecided", "shut"]

UNDECIDED = "undecided"
"""Stands in place of the kind, and for the owner of the key."""


def shut(event: AnyEvent, key: DataKey, wrapped: WrappedKey) -> SealedEvent:
    """Seals an event whole; the line brings its key."""
    facts, content = split(event)
    whole = json.dumps([KINDS[type(event)], facts, None if content is None else content.decode()])
    return SealedEvent(
        event_id=event.event_id,
        talk_id=talk_of(event),
        person=person(event),
        kind=UNDECIDED,
        at=event.at.isoformat(timespec="microseconds"),
        facts="{}",
        content=key.seal(whole.encode(), about(event.event_id, UNDECIDED)),
        key=wrapped,
    )


def open_undecided(row: SealedEvent, masters: MasterKeys) -> AnyEvent:
    """The event that was shut.

    Raises:
        SealError: where it does not open, or is none of this version.
        WrongKeyError: where the master key is another.
    """
    if row.content is None or row.key is None:
        raise SealError
    key = DataKey(masters.unwrap(UNDECIDED, row.key.master_id, row.key.wrapped))
    whole = key.open(row.content, about(row.event_id, UNDECIDED))
    columns = {"event_id": row.event_id, "talk_id": row.talk_id, "at": datetime.fromisoformat(row.at)}
    try:
        kind, facts, content = json.loads(whole)
        return join(kind, columns, facts, None if content is None else content.encode())
    except (ValueError, TypeError, KeyError) as error:
        raise SealError from error
