"""Events to rows and back, one at a time, over an open database; no threads and no consents.

Whoever calls a writing function has a transaction open. The columns of a kind's table are the
fields of its event, so that what was written reads back as an equal event.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from session_log.consent import CONTENT_EVENTS
from session_log.events import (
    EVENT_CLASSES,
    AlertStep,
    ConsentSet,
    CrisisFlagged,
    DisclosureGiven,
    DistressRated,
    Event,
    HandedOff,
    LabelCorrected,
    MoodEstimated,
    ReplyGiven,
    ReplyHeard,
    ShownSuggestion,
    SuggestionFeedback,
    SuggestionsShown,
    TalkEnded,
    TalkStarted,
    TurnHeard,
)

__all__ = [
    "KINDS",
    "UnfittingEventError",
    "erase_content",
    "insert_event",
    "is_erased",
    "read_alert_steps",
    "read_events",
]

KINDS: dict[type[Event], str] = {
    TalkStarted: "talk_started",
    ConsentSet: "consent_set",
    DisclosureGiven: "disclosure_given",
    TurnHeard: "turn_heard",
    MoodEstimated: "mood_estimated",
    ReplyGiven: "reply_given",
    ReplyHeard: "reply_heard",
    SuggestionsShown: "suggestions_shown",
    SuggestionFeedback: "suggestion_feedback",
    DistressRated: "distress_rated",
    LabelCorrected: "label_corrected",
    CrisisFlagged: "crisis_flagged",
    HandedOff: "handed_off",
    AlertStep: "alert_step",
    TalkEnded: "talk_ended",
}
"""Event class → its name in the column `events.event_kind` and in JSON."""

_TABLES: dict[type[Event], str] = {
    ConsentSet: "consents",
    DisclosureGiven: "disclosures",
    TurnHeard: "turns",
    MoodEstimated: "moods",
    ReplyGiven: "replies",
    ReplyHeard: "reply_corrections",
    SuggestionFeedback: "suggestion_feedback",
    DistressRated: "distress_ratings",
    LabelCorrected: "label_corrections",
    CrisisFlagged: "crisis_flags",
    HandedOff: "handovers",
    AlertStep: "alert_steps",
    TalkEnded: "talk_ends",
}

_IN_EVENTS_TABLE = ("talk_id", "at", "event_id")

# S608 below: table and column names are this package's own constants, values are always bound.
_INSERTS = {
    kind: "INSERT INTO {} ({}) VALUES ({})".format(  # noqa: S608
        table,
        ", ".join(("sequence", *columns)),
        ", ".join("?" * (len(columns) + 1)),
    )
    for kind, table in _TABLES.items()
    for columns in [[f.name for f in dataclasses.fields(kind) if f.name not in _IN_EVENTS_TABLE]]
}
_INSERT_EVENT = "INSERT INTO events (event_id, talk_id, event_kind, at) VALUES (?, ?, ?, ?)"
_INSERT_SUGGESTION = """INSERT INTO suggestions
    (sequence, position, turn_id, suggestion_id, technique, score, propensity) VALUES (?, ?, ?, ?, ?, ?, ?)"""
_INSERT_TALK = """INSERT INTO talks (talk_id, started_at, subject, clinic, purpose, language, country, client)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (talk_id) DO UPDATE SET started_at = excluded.started_at, subject = excluded.subject,
        clinic = excluded.clinic, purpose = excluded.purpose, language = excluded.language,
        country = excluded.country, client = excluded.client
    WHERE talks.purpose IS NULL"""
_INSERT_UNKNOWN_TALK = (
    "INSERT INTO talks (talk_id, started_at) VALUES (?, ?) ON CONFLICT (talk_id) DO NOTHING"
)

_DECODERS: dict[str, Any] = {
    "datetime": datetime.fromisoformat,
    "bool": bool,
    "Mapping[str, float]": json.loads,
    "tuple[str, ...]": lambda text: tuple(json.loads(text)),
}


class UnfittingEventError(Exception):
    """An event of a talk that never began, or the second beginning of one that did."""


def insert_event(database: Database, event: Event) -> bool:
    """Writes the rows of one event.

    Returns:
        False where an event of this id is stored already; nothing is written then.

    Raises:
        UnfittingEventError: where the event's talk is not known, or begins for the second time.
            A crisis flag or a step of an alert makes an unknown talk known: they must not be lost with the
            beginning.
    """
    if database.execute("SELECT 1 FROM events WHERE event_id = ?", (event.event_id,)).fetchone():
        return False
    at = _encoded(event.at)
    if isinstance(event, TalkStarted):
        row = (event.subject, event.clinic, event.purpose, event.language, event.country, event.client)
        if database.execute(_INSERT_TALK, (event.talk_id, at, *row)).rowcount == 0:
            raise UnfittingEventError
    elif isinstance(event, CrisisFlagged | AlertStep):
        database.execute(_INSERT_UNKNOWN_TALK, (event.talk_id, at))
    elif not database.execute("SELECT 1 FROM talks WHERE talk_id = ?", (event.talk_id,)).fetchone():
        raise UnfittingEventError
    cursor = database.execute(_INSERT_EVENT, (event.event_id, event.talk_id, KINDS[type(event)], at))
    sequence = cursor.lastrowid
    if isinstance(event, SuggestionsShown):
        for shown in event.suggestions:
            details = (shown.suggestion_id, shown.technique, shown.score, shown.propensity)
            database.execute(_INSERT_SUGGESTION, (sequence, shown.position, event.turn_id, *details))
    elif not isinstance(event, TalkStarted):
        fields = dataclasses.fields(event)
        values = [_encoded(getattr(event, f.name)) for f in fields if f.name not in _IN_EVENTS_TABLE]
        database.execute(_INSERTS[type(event)], (sequence, *values))
    return True


def read_events(
    database: Database, talk_id: str, kinds: Sequence[type[Event]] = EVENT_CLASSES
) -> list[Event]:
    """Returns the stored events of a talk, of some kinds or of all, in the order of their writing."""
    numbered: list[tuple[int, Event]] = []
    for kind in kinds:
        if kind is SuggestionsShown:
            numbered.extend(_read_suggestions(database, talk_id))
            continue
        if kind is TalkStarted:
            join = "JOIN talks USING (talk_id)"
        else:
            join = f"JOIN {_TABLES[kind]} USING (sequence)"
        rows = database.query(
            f"SELECT * FROM events {join} WHERE events.talk_id = ? AND events.event_kind = ?",  # noqa: S608
            (talk_id, KINDS[kind]),
        )
        numbered.extend((row["sequence"], _decoded(kind, row)) for row in rows)
    return [event for _, event in sorted(numbered, key=lambda pair: pair[0])]


def read_alert_steps(database: Database, since: datetime) -> list[tuple[str | None, AlertStep]]:
    """Returns the steps of all alerts raised since a moment, in the order of their writing.

    Returns:
        Pairs of the subject of the talk (None where it is anonymous or not known) and a step.
    """
    rows = database.query(
        """SELECT subject, events.*, alert_steps.*
        FROM alert_steps JOIN events USING (sequence) JOIN talks USING (talk_id)
        WHERE alert_id IN (SELECT alert_id FROM alert_steps CROSS JOIN events USING (sequence)
            WHERE step = 'raised' AND at >= ?)
        ORDER BY sequence""",
        (_encoded(since),),
    )
    steps = []
    for row in rows:
        step = _decoded(AlertStep, row)
        assert isinstance(step, AlertStep)  # noqa: S101 - for the type checker
        steps.append((row["subject"], step))
    return steps


def erase_content(database: Database, talk_id: str, at: datetime) -> bool:
    """Deletes all that a talk tells of a person's inner life, and notes when in its talk row.

    Returns:
        False where there is no such talk.
    """
    erasure = "UPDATE talks SET erased_at = coalesce(erased_at, ?) WHERE talk_id = ?"
    if database.execute(erasure, (_encoded(at), talk_id)).rowcount == 0:
        return False
    for kind in CONTENT_EVENTS:
        database.execute("DELETE FROM events WHERE talk_id = ? AND event_kind = ?", (talk_id, KINDS[kind]))
    return True


def is_erased(database: Database, talk_id: str) -> bool:
    """Whether the content of a talk was erased."""
    query = "SELECT 1 FROM talks WHERE talk_id = ? AND erased_at IS NOT NULL"
    return database.execute(query, (talk_id,)).fetchone() is not None


def _read_suggestions(database: Database, talk_id: str) -> Iterator[tuple[int, Event]]:
    rows = database.query(
        """SELECT * FROM events JOIN suggestions USING (sequence)
        WHERE talk_id = ? ORDER BY sequence, position""",
        (talk_id,),
    )
    together: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        together.setdefault(row["sequence"], []).append(row)
    for sequence, shown in together.items():
        suggestions = tuple(
            ShownSuggestion(*(row[name] for name in ShownSuggestion._fields)) for row in shown
        )
        yield sequence, _decoded(SuggestionsShown, {**shown[0], "suggestions": suggestions})


def _encoded(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    if isinstance(value, Mapping | tuple):
        return json.dumps(value, ensure_ascii=False)
    return int(value) if isinstance(value, bool) else value


def _decoded(kind: type[Event], row: Mapping[str, Any]) -> Event:
    values = {f.name: _DECODERS.get(str(f.type), _unchanged)(row[f.name]) for f in dataclasses.fields(kind)}
    return kind(**values)


def _unchanged(value: object) -> object:
    return value
