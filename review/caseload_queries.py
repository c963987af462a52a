"""What the caseload shows of each person, read with few queries.

Lists come from the derived tables, which hold no content; moods and distress come from the sealed summaries
of the latest shared talks, so that no turn has to be opened.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from review.roles import User, visible_talks
from session_log.reader import LogReader
from session_log.summaries import TalkDigest

__all__ = ["PAGE_SIZE", "Asked", "Case", "Caseload", "OpenFlag", "read_caseload"]

PAGE_SIZE = 25
"""Persons on a page."""

TREND_TALKS = 8
"""How many of a person's latest shared talks their trend and commonest mood are taken from."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the caseload is narrowed down to.

    Attributes:
        search: part of the pseudonym.
        flagged: only persons with an open flag.
        language: only persons with a talk in it.
        days: only persons with a talk in so many days.
        page: from 1.
    """

    search: str = ""
    flagged: bool = False
    language: str = ""
    days: int = 0
    page: int = 1


@dataclass(frozen=True, slots=True)
class OpenFlag:
    """A crisis flag that nobody has closed; `at` is when it was raised last."""

    talk_id: str
    level: int
    state: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Case:
    """One person.

    Attributes:
        shares: whether any of the latest talks is shared; else there is neither trend nor mood.
        trend: distress before and after each of the latest shared talks that was rated, the oldest first.
        mood: the commonest of these talks.
    """

    person: str
    last_at: datetime
    talks: int
    flags: tuple[OpenFlag, ...]
    shares: bool
    trend: tuple[tuple[int | None, int | None], ...]
    mood: str | None


@dataclass(frozen=True, slots=True)
class Caseload:
    """A page of it; `total` counts persons."""

    cases: tuple[Case, ...]
    total: int
    page: int
    pages: int


def read_caseload(reader: LogReader, user: User, asked: Asked, now: datetime) -> Caseload:
    """Reads one page: persons with open flags first, then those who talked last.

    Args:
        reader: of the log.
        user: who asks; of each person only the talks that this user may know of count.
        asked: what it is narrowed down to; a page beyond the last becomes the last.
        now: UTC.
    """
    query, values = _persons(user, asked, now)
    rows = reader.database.execute(query, values).fetchall()
    pages = max(1, -(-len(rows) // PAGE_SIZE))
    page = min(max(asked.page, 1), pages)
    shown = rows[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    return Caseload(tuple(_case(reader, user, *row) for row in shown), len(rows), page, pages)


def _persons(user: User, asked: Asked, now: datetime) -> tuple[str, tuple[object, ...]]:
    visible, visible_values = visible_talks(user)
    where, having = [f"({visible})", "talks.person IS NOT NULL"], ["1"]
    of_rows: list[object] = [*visible_values]
    of_groups: list[object] = []
    if asked.search:
        where.append("instr(lower(talks.person), lower(?)) > 0")
        of_rows.append(asked.search)
    if asked.flagged:
        having.append("flags > 0")
    if asked.days:
        having.append("last_at >= ?")
        of_groups.append((now - timedelta(days=asked.days)).isoformat(timespec="microseconds"))
    if asked.language:
        having.append("max(language = ?)")
        of_groups.append(asked.language)
    # S608: conditions are constants of this module and of `review.roles`, values are always bound.
    query = f"""SELECT person, max(started_at) AS last_at, count(*), total(flag_state <> 'closed') AS flags
        FROM talks WHERE {" AND ".join(where)} GROUP BY person HAVING {" AND ".join(having)}
        ORDER BY flags > 0 DESC, last_at DESC, person"""  # noqa: S608
    return query, (*of_rows, *of_groups)


def _case(reader: LogReader, user: User, person: str, last_at: str, talks: int, open_flags: float) -> Case:
    visible, values = visible_talks(user)
    query = f"""SELECT talk_id FROM talks WHERE person = ? AND {visible} AND shared AND erased_at IS NULL
        ORDER BY started_at DESC LIMIT ?"""  # noqa: S608
    latest = reader.database.execute(query, (person, *values, TREND_TALKS)).fetchall()
    shared = [row[0] for row in reversed(latest)]
    digests = reader.digests(shared)
    ordered = [digests[talk_id] for talk_id in shared if talk_id in digests]
    return Case(
        person=person,
        last_at=datetime.fromisoformat(last_at),
        talks=talks,
        flags=_flags(reader, user, person) if open_flags else (),
        shares=bool(shared),
        trend=tuple(
            (digest.distress_before, digest.distress_after)
            for digest in ordered
            if digest.distress_before is not None or digest.distress_after is not None
        ),
        mood=_commonest(ordered),
    )


def _flags(reader: LogReader, user: User, person: str) -> tuple[OpenFlag, ...]:
    visible, values = visible_talks(user)
    query = f"""SELECT talk_id, crisis_level, flag_state, coalesce((SELECT max(at) FROM events
            WHERE events.talk_id = talks.talk_id AND event_kind = 'crisis_flagged'), started_at) AS raised_at
        FROM talks WHERE person = ? AND {visible} AND flag_state <> 'closed'
        ORDER BY crisis_level DESC, raised_at DESC"""  # noqa: S608
    rows = reader.database.execute(query, (person, *values)).fetchall()
    return tuple(OpenFlag(row[0], row[1], row[2], datetime.fromisoformat(row[3])) for row in rows)


def _commonest(digests: Sequence[TalkDigest]) -> str | None:
    moods: Counter[str] = Counter()
    for digest in digests:
        moods.update(digest.moods)
    return max(sorted(moods), key=lambda mood: moods[mood]) if moods else None
