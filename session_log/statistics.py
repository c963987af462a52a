"""How much a log holds, by clinic, month, language and so on, such that no small group can be made out.

A number below `SMALLEST_GROUP` is not shown, and neither is one of talks of fewer persons. Where a total
would give away the only hidden number of a table, the next smallest is hidden with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from session_log.reader import LogReader
from session_log.summaries import TalkDigest

__all__ = ["HIDDEN", "SMALLEST_GROUP", "TABLES", "Statistics", "count", "statistics_lines"]

SMALLEST_GROUP = 5
"""The fewest persons of whom a number may tell."""

HIDDEN = "<5"
"""Stands for a number that is too small to be shown."""

ALSO_HIDDEN = "not shown"
"""Stands for a number from which a hidden one could be worked out."""

TABLES = ("clinic", "month", "language", "purpose", "crisis_level", "consents", "feedback")
"""What talks are counted by. A talk may be in several rows of `consents` and `feedback`."""

_PARTITIONS = frozenset(("clinic", "month", "language", "purpose", "crisis_level"))
_UNKNOWN = "unknown"
_GRANTED = """SELECT talk_id, json_extract(facts, '$.scope') AS scope,
        json_extract(facts, '$.granted') AS granted
    FROM events WHERE event_kind = 'consent_set' AND facts IS NOT NULL ORDER BY sequence"""

Progress = Callable[[Iterable[Any], int], Iterable[Any]]


@dataclass(frozen=True, slots=True)
class Statistics:
    """Talks by what they have in common; numbers, `HIDDEN` or `ALSO_HIDDEN`.

    Attributes:
        talks, persons: all of them.
        tables: name (of `TABLES`) → row → number of talks.
    """

    talks: int | str
    persons: int | str
    tables: dict[str, dict[str, int | str]]


class _Group:
    """The talks of one row. An anonymous talk stands for a person of its own."""

    def __init__(self) -> None:
        self.talks = 0
        self.persons: set[Hashable] = set()

    def add(self, talk_id: str, person: str | None) -> None:
        self.talks += 1
        self.persons.add((person,) if person is not None else talk_id)

    @property
    def shown(self) -> int | str:
        return self.talks if len(self.persons) >= SMALLEST_GROUP else HIDDEN


def count(reader: LogReader, progress: Progress = lambda rows, total: rows) -> Statistics:
    """Counts the talks of a log.

    Raises:
        SessionLogError: where the key, which opens what persons said of suggestions, is missing or another.
    """
    groups: dict[str, defaultdict[str, _Group]] = {name: defaultdict(_Group) for name in TABLES}
    everything, persons = _Group(), set()
    granted = _granted(reader)
    talks = reader.database.execute(
        "SELECT talk_id, person, clinic, started_at, language, purpose, crisis_level FROM talks"
    ).fetchall()
    for talk_id, person, clinic, started_at, language, purpose, level in progress(talks, len(talks)):
        everything.add(talk_id, person)
        if person is not None:
            persons.add(person)
        digest = reader.digests((talk_id,)).get(talk_id)
        rows = {
            "clinic": (clinic or "none",),
            "month": (started_at[:7],),
            "language": (_UNKNOWN if language in (None, "auto", "und") else language,),
            "purpose": (purpose or _UNKNOWN,),
            "crisis_level": (str(level or 0),),
            "consents": granted.get(talk_id, ()),
            "feedback": _feedback(digest),
        }
        for table, names in rows.items():
            for name in names:
                groups[table][name].add(talk_id, person)
    return Statistics(
        talks=everything.shown,
        persons=len(persons) if len(persons) >= SMALLEST_GROUP else HIDDEN,
        tables={name: _shown(found, name in _PARTITIONS) for name, found in groups.items()},
    )


def statistics_lines(statistics: Statistics) -> Iterator[str]:
    """Yields lines for a terminal."""
    yield f"talks    {statistics.talks}"
    yield f"persons  {statistics.persons}"
    for table, rows in statistics.tables.items():
        yield ""
        yield f"talks by {table.replace('_', ' ')}"
        width = max(map(len, rows), default=0)
        for name, number in rows.items():
            yield f"  {name:<{width}}  {number}"
        if not rows:
            yield "  none"


def _granted(reader: LogReader) -> dict[str, set[str]]:
    scopes: defaultdict[str, set[str]] = defaultdict(set)
    for row in reader.database.query(_GRANTED):
        if row["granted"]:
            scopes[row["talk_id"]].add(row["scope"])
        else:
            scopes[row["talk_id"]].discard(row["scope"])
    return scopes


def _feedback(digest: TalkDigest | None) -> tuple[str, ...]:
    if digest is None:
        return ()
    found = (("helped", digest.helped), ("unhelpful", digest.unhelpful))
    return tuple(name for name, number in found if number)


def _shown(groups: dict[str, _Group], is_partition: bool) -> dict[str, int | str]:
    shown = {name: groups[name].shown for name in sorted(groups)}
    hidden = [name for name, number in shown.items() if number == HIDDEN]
    open_ = [name for name in shown if name not in hidden]
    if is_partition and len(hidden) == 1 and open_:
        shown[min(open_, key=lambda name: groups[name].talks)] = ALSO_HIDDEN
    return shown
