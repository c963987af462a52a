"""What lists and searches need, kept beside the events: each row follows from the facts of events alone.

`derive` is called for each event as it is written, and again for all of them when the log is verified or a
talk was erased: so that these tables can't say anything that the events don't.
"""

from __future__ import annotations

import json
from typing import Any

from sqlite_utils import Database

__all__ = ["ALERTING_LEVEL", "UnfittingEventError", "derive", "derive_talk_anew", "recount_person"]

ALERTING_LEVEL = 2
"""The crisis level from which a talk carries a flag that people have to close."""

_OF_NO_TALK = frozenset(("crisis_flagged", "alert_step"))


class UnfittingEventError(Exception):
    """An event of a talk that never began, or the second beginning of one that did."""


def derive(database: Database, kind: str, at: str, talk_id: str | None, facts: str | None) -> None:
    """Takes note of one event.

    Args:
        database: with a transaction open.
        kind: its name.
        at: its time.
        talk_id: its talk.
        facts: what is no content, as JSON; None where it was erased.

    Raises:
        UnfittingEventError: where the event's talk is not known, or begins for the second time. A crisis
        flag or
            a step of an alert makes an unknown talk known: they must not be lost with the beginning.
    """
    values: dict[str, Any] = {} if facts is None else json.loads(facts)
    if talk_id is not None and kind != "talk_started":
        if kind in _OF_NO_TALK:
            query = "INSERT INTO talks (talk_id, started_at) VALUES (?, ?) ON CONFLICT (talk_id) DO NOTHING"
            database.execute(query, (talk_id, at))
        elif not database.execute("SELECT 1 FROM talks WHERE talk_id = ?", (talk_id,)).fetchone():
            raise UnfittingEventError
    if kind == "talk_started" and talk_id is not None:
        _begin(database, at, talk_id, values)
    elif kind == "erased":
        _set(database, talk_id, "erased_at = coalesce(erased_at, ?)", at)
    elif facts is None:
        return
    elif kind == "turn_heard":
        _set(database, talk_id, "turns = turns + 1, language = ?", values["language"])
    elif kind == "disclosure_given":
        _set(
            database, talk_id, "language = iif(language IN ('und', 'auto'), ?, language)", values["language"]
        )
    elif kind == "consent_set" and values["scope"] == "share":
        _set(database, talk_id, "shared = ?", int(values["granted"]))
    elif kind == "crisis_flagged":
        _flag(database, talk_id, values["level"])
    elif kind == "flag_moved":
        _set(database, talk_id, "flag_state = ?", values["state"])
        _recount_person_of(database, talk_id)
    elif kind == "talk_ended":
        _set(database, talk_id, "ended_at = ?, end_reason = ?", at, values["reason"])
    elif kind == "person_consent_set":
        _consent_of_person(database, at, values)


def derive_talk_anew(database: Database, talk_id: str) -> None:
    """Makes the row of a talk from what is left of its events."""
    row = database.execute("SELECT person FROM talks WHERE talk_id = ?", (talk_id,)).fetchone()
    person = None if row is None else row[0]
    database.execute("DELETE FROM talks WHERE talk_id = ?", (talk_id,))
    events = database.execute(
        """SELECT talk_id, event_kind, at, facts FROM events
        WHERE talk_id = ? OR (person = ? AND event_kind = 'person_consent_set') ORDER BY sequence""",
        (talk_id, person),
    )
    for own, kind, at, facts in events.fetchall():
        if own is not None:
            derive(database, kind, at, talk_id, facts)
        elif facts is not None and _stops_sharing(json.loads(facts)):
            _set(database, talk_id, "shared = 0")
    if person is not None:
        recount_person(database, person)


def recount_person(database: Database, person: str) -> None:
    """Makes the row of a person from their talks; without any there is none."""
    database.execute("DELETE FROM persons WHERE person = ?", (person,))
    database.execute(
        """INSERT INTO persons (person, clinic, first_at, last_at, talks, open_flags)
        SELECT person,
            (SELECT clinic FROM talks WHERE person = ?1 ORDER BY started_at DESC, talk_id DESC LIMIT 1),
            min(started_at), max(started_at), count(*), count(*) FILTER (WHERE flag_state <> 'closed')
        FROM talks WHERE person = ?1 GROUP BY person""",
        (person,),
    )


def _begin(database: Database, at: str, talk_id: str, values: dict[str, Any]) -> None:
    names = ("clinic", "purpose", "language", "country", "client")
    person = values.get("subject")
    row = (talk_id, at, person, *(values.get(name) for name in names))
    cursor = database.execute(
        """INSERT INTO talks (talk_id, started_at, person, clinic, purpose, language, country, client)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (talk_id) DO UPDATE SET started_at = excluded.started_at, person = excluded.person,
            clinic = excluded.clinic, purpose = excluded.purpose, language = excluded.language,
            country = excluded.country, client = excluded.client
        WHERE talks.purpose IS NULL""",
        row,
    )
    if cursor.rowcount == 0:
        raise UnfittingEventError
    if person is not None:
        recount_person(database, person)


def _recount_person_of(database: Database, talk_id: str | None) -> None:
    row = database.execute("SELECT person FROM talks WHERE talk_id = ?", (talk_id,)).fetchone()
    if row is not None and row[0] is not None:
        recount_person(database, row[0])


def _flag(database: Database, talk_id: str | None, level: int) -> None:
    _set(database, talk_id, "crisis_level = max(coalesce(crisis_level, 0), ?)", level)
    if level < ALERTING_LEVEL:
        return
    _set(database, talk_id, "flag_state = ?", "open")
    _recount_person_of(database, talk_id)


def _consent_of_person(database: Database, at: str, values: dict[str, Any]) -> None:
    person, scope = values["subject"], values["scope"]
    if values["granted"]:
        database.execute("DELETE FROM refusals WHERE person = ? AND scope = ?", (person, scope))
        return
    query = """INSERT INTO refusals (person, scope, at) VALUES (?, ?, ?)
        ON CONFLICT (person, scope) DO UPDATE SET at = excluded.at"""
    database.execute(query, (person, scope, at))
    if _stops_sharing(values):
        database.execute("UPDATE talks SET shared = 0 WHERE person = ?", (person,))


def _stops_sharing(values: dict[str, Any]) -> bool:
    return values["scope"] == "share" and not values["granted"]


def _set(database: Database, talk_id: str | None, assignment: str, *values: object) -> None:
    # S608: the assignments are this module's own constants, values are always bound.
    database.execute(f"UPDATE talks SET {assignment} WHERE talk_id = ?", (*values, talk_id))  # noqa: S608
