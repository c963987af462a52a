"""Rows of the log, one at a time, over an open database; no threads and no consents.

Whoever calls a writing function has a transaction open.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlite_utils import Database

from session_log.chain import FIRST_LINK, Head, LinkedRow, digest, link
from session_log.data_keys import DataKey, DataKeys, SealError
from session_log.derived import UnfittingEventError, derive
from session_log.events import AlertStep
from session_log.kinds import ALL_EVENTS, KINDS, AnyEvent, person_owner, talk_owner
from session_log.master_keys import WrongKeyError
from session_log.sealed import SealedEvent, unseal

__all__ = [
    "Chain",
    "UnfittingEventError",
    "is_erased",
    "last_row",
    "linked_row",
    "read_alert_steps",
    "read_events",
    "read_legible_events",
    "read_person_events",
    "read_refusals",
    "read_refusals_of",
    "unsealed",
]

_INSERT = """INSERT INTO events
    (sequence, event_id, talk_id, person, event_kind, at, facts, content, link)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_COLUMNS = "sequence, event_id, talk_id, person, event_kind, at, facts, content"


class Row(NamedTuple):
    """The columns of an event that hold it."""

    sequence: int
    event_id: str
    talk_id: str | None
    person: str | None
    event_kind: str
    at: str
    facts: str
    content: bytes | None


class Chain:
    """Appends rows to the log, each linked to the one before.

    Args:
        database: with a transaction open, for which alone this object is good.
        key: the log's own key.

    Attributes:
        head: the newest row.
    """

    def __init__(self, database: Database, key: bytes) -> None:
        self._database = database
        self._key = key
        self.head = last_row(database)

    def append(self, event: SealedEvent) -> bool:
        """Writes an event and what follows from it.

        Returns:
            False where an event of this id is stored already; nothing is written then.

        Raises:
            UnfittingEventError: as `derived.derive`, or where the event brings content to an erased talk, or
                another key than the stored one.
        """
        database = self._database
        if database.execute("SELECT 1 FROM events WHERE event_id = ?", (event.event_id,)).fetchone():
            return False
        if event.content is not None and event.talk_id is not None and is_erased(database, event.talk_id):
            raise UnfittingEventError
        derive(database, event.kind, event.at, event.talk_id, event.facts)
        if event.key is not None:
            self._keep_key(event)
        sequence = self.head.sequence + 1
        row = LinkedRow(
            sequence,
            event.event_id,
            event.talk_id,
            event.kind,
            event.at,
            digest(event.facts.encode()),
            digest(event.content),
        )
        head = Head(sequence, link(self._key, self.head.link, row))
        columns = (
            event.event_id,
            event.talk_id,
            event.person,
            event.kind,
            event.at,
            event.facts,
            event.content,
        )
        database.execute(_INSERT, (sequence, *columns, head.link))
        self.head = head
        return True

    def _keep_key(self, event: SealedEvent) -> None:
        key = event.key
        assert key is not None  # noqa: S101 - for the type checker
        query = "INSERT INTO keys (owner, master_id, wrapped) VALUES (?, ?, ?) ON CONFLICT (owner) DO NOTHING"
        if self._database.execute(query, (key.owner, key.master_id, key.wrapped)).rowcount:
            return
        found = self._database.execute("SELECT wrapped FROM keys WHERE owner = ?", (key.owner,)).fetchone()
        if bytes(found[0]) != key.wrapped:
            raise UnfittingEventError


def last_row(database: Database) -> Head:
    """The newest row; sequence 0 where there is none."""
    query = "SELECT sequence, link FROM events ORDER BY sequence DESC LIMIT 1"
    row = database.execute(query).fetchone()
    return Head(0, FIRST_LINK) if row is None else Head(row[0], bytes(row[1]))


def linked_row(columns: dict[str, Any]) -> LinkedRow:
    """What of a stored row is linked; of an erased one by its digests."""
    facts, content = columns["facts"], columns["content"]
    facts = columns["facts_digest"] if facts is None else digest(facts.encode())
    content = columns["content_digest"] if content is None else digest(content)
    return LinkedRow(
        columns["sequence"],
        columns["event_id"],
        columns["talk_id"],
        columns["event_kind"],
        columns["at"],
        bytes(facts or b""),
        bytes(content or b""),
    )


def read_events(
    database: Database, keys: DataKeys, talk_id: str, kinds: Collection[type] | None = None
) -> list[AnyEvent]:
    """Returns the stored events of a talk, of some kinds or of all, in the order of their writing.

    Raises:
        SealError: where content was changed, or a row holds no event of this version.
        WrongKeyError: where the master key is another.
    """
    rows = _rows(database, "talk_id = ?", (talk_id,), kinds)
    return list(unsealed(database, keys, rows))


def read_legible_events(
    database: Database, keys: DataKeys, talk_id: str, kinds: Collection[type]
) -> tuple[list[AnyEvent], list[str]]:
    """Returns the stored events of some kinds of a talk as far as they can be read, in their order.

    Returns:
        The events, and of each row that somebody changed or whose key is gone, the name of its kind.
    """
    legible: list[AnyEvent] = []
    illegible: list[str] = []
    for row in _rows(database, "talk_id = ?", (talk_id,), kinds):
        try:
            legible.extend(unsealed(database, keys, [row]))
        except (SealError, WrongKeyError):
            illegible.append(row.event_kind)
    return legible, illegible


def read_person_events(
    database: Database, keys: DataKeys, person: str, kinds: Collection[type] | None = None
) -> list[AnyEvent]:
    """Returns what is stored about a person beyond talks; otherwise as `read_events`."""
    rows = _rows(database, "person = ?", (person,), kinds)
    return list(unsealed(database, keys, rows))


def read_alert_steps(database: Database, since: datetime) -> list[tuple[str | None, AlertStep]]:
    """Returns the steps of all alerts raised since a moment, in the order of their writing.

    Returns:
        Pairs of the subject of the talk (None where it is anonymous or not known) and a step.
    """
    query = f"""SELECT talks.person, {", ".join(f"events.{name}" for name in _COLUMNS.split(", "))}
        FROM events JOIN talks USING (talk_id)
        WHERE event_kind = 'alert_step' AND facts IS NOT NULL AND json_extract(facts, '$.alert_id') IN (
            SELECT json_extract(facts, '$.alert_id') FROM events
            WHERE event_kind = 'alert_step' AND at >= ? AND json_extract(facts, '$.step') = 'raised')
        ORDER BY sequence"""  # noqa: S608 - column names of this module
    steps = []
    for person, *columns in database.execute(query, (since.isoformat(timespec="microseconds"),)).fetchall():
        step = _unsealed(Row(*columns), None)
        assert isinstance(step, AlertStep)  # noqa: S101 - for the type checker
        steps.append((person, step))
    return steps


def unsealed(database: Database, keys: DataKeys, rows: Iterable[Row]) -> Iterator[AnyEvent]:
    """Yields the events of rows."""
    for row in rows:
        key = None
        if row.content is not None:
            owner = talk_owner(row.talk_id) if row.talk_id is not None else person_owner(str(row.person))
            key = keys.find(database, owner)
            if key is None:
                raise SealError
        yield _unsealed(row, key)


def is_erased(database: Database, talk_id: str) -> bool:
    """Whether the content of a talk was erased."""
    query = "SELECT 1 FROM talks WHERE talk_id = ? AND erased_at IS NOT NULL"
    return database.execute(query, (talk_id,)).fetchone() is not None


def read_refusals(database: Database) -> dict[str, set[str]]:
    """Returns the scopes that persons have revoked for all talks."""
    refusals: dict[str, set[str]] = {}
    for person, scope in database.execute("SELECT person, scope FROM refusals").fetchall():
        refusals.setdefault(person, set()).add(scope)
    return refusals


def read_refusals_of(database: Database, person: str) -> set[str]:
    """Returns the scopes that a person has revoked for all talks."""
    query = "SELECT scope FROM refusals WHERE person = ?"
    return {row[0] for row in database.execute(query, (person,)).fetchall()}


def _rows(
    database: Database, condition: str, values: Sequence[object], kinds: Collection[type] | None
) -> Iterator[Row]:
    names = [KINDS[kind] for kind in kinds] if kinds is not None else list(ALL_EVENTS)
    marks = ", ".join("?" * len(names))
    # S608: conditions and columns are this module's own constants, values are always bound.
    query = f"""SELECT {_COLUMNS} FROM events WHERE {condition} AND facts IS NOT NULL
        AND event_kind IN ({marks}) ORDER BY sequence"""  # noqa: S608
    for columns in database.execute(query, (*values, *names)).fetchall():
        yield Row(*columns)


def _unsealed(row: Row, key: DataKey | None) -> AnyEvent:
    try:
        return unseal(_sealed(row), key)
    except (ValueError, TypeError, KeyError, AttributeError) as error:  # a row that is none of ours
        raise SealError from error


def _sealed(row: Row) -> SealedEvent:
    content = None if row.content is None else bytes(row.content)
    return SealedEvent(row.event_id, row.talk_id, row.person, row.event_kind, row.at, row.facts, content)
