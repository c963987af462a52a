"""Talks as people and programs read them: plain lines for a terminal, and values for JSON.

Words of a person are shown between direction isolates, so that Persian and English stand in one
line without changing places, and without control characters, so that they cannot steer a terminal.
"""

from __future__ import annotations

import dataclasses
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import singledispatch
from typing import Any

from session_log import audit_events, care_events, events
from session_log.consent import CONTENT_EVENTS
from session_log.kinds import KINDS, AnyEvent
from session_log.reader import TalkSummary

__all__ = ["event_values", "summary_values", "table_lines", "talk_lines"]

_UNKNOWN = "—"
"""Stands for what is not kept or not known."""
_ISOLATE, _END_OF_ISOLATE = "\u2068", "\u2069"
_DIRECTION_MARKS = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def summary_values(talk: TalkSummary) -> dict[str, Any]:
    """Returns a talk's summary as JSON can hold it; times are ISO 8601 in UTC."""
    return {name: _json_value(value) for name, value in dataclasses.asdict(talk).items()}


def event_values(event: AnyEvent) -> dict[str, Any]:
    """Returns an event as JSON can hold it, its kind under `event`; times are ISO 8601 in UTC."""
    fields = dataclasses.fields(event)
    return {"event": KINDS[type(event)], **{f.name: _json_value(getattr(event, f.name)) for f in fields}}


def table_lines(talks: Sequence[TalkSummary]) -> Iterator[str]:
    """Yields a heading and one line for each talk."""
    heading = ("TALK", "STARTED (UTC)", "LENGTH", "PURPOSE", "LANGUAGE", "TURNS", "CRISIS", "END")
    rows = [heading, *(_row(talk) for talk in talks)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(heading))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def talk_lines(talk: TalkSummary, happened: Sequence[AnyEvent]) -> Iterator[str]:
    """Yields a heading, then a line for each event: time since the beginning, kind, particulars."""
    about = [talk.purpose, talk.language, talk.country, talk.client]
    yield f"talk {talk.talk_id}  {talk.started_at:%Y-%m-%d %H:%M:%S} UTC  " + "  ".join(filter(None, about))
    if talk.purpose is None:
        yield "only a crisis is known of this talk; its beginning was lost"
    elif talk.subject:
        yield f"subject {talk.subject}" + (f"  clinic {talk.clinic}" if talk.clinic else "")
    else:
        yield "anonymous: nothing that was said or felt is kept"
    if talk.erased_at:
        yield f"content erased {talk.erased_at:%Y-%m-%d %H:%M:%S} UTC"
    elif talk.subject and not any(isinstance(event, CONTENT_EVENTS) for event in happened):
        yield "no content is stored: storing text was not consented to, or nothing was said"
    for event in happened:
        if not isinstance(event, events.TalkStarted):
            kind, particulars = _particulars(event)
            yield f"{_offset(event.at - talk.started_at)}  {kind:<13}{particulars}"


@singledispatch
def _particulars(event: AnyEvent) -> tuple[str, str]:
    raise TypeError(f"no line is known for {type(event).__name__}")


@_particulars.register
def _(event: events.ConsentSet) -> tuple[str, str]:
    verb = "granted" if event.granted else "revoked"
    return "consent", f"{event.scope} {verb} (version {event.version}, by {event.given_by})"


@_particulars.register
def _(event: events.DisclosureGiven) -> tuple[str, str]:
    ways = [way for way, taken in (("spoken", event.spoken), ("shown", event.shown)) if taken]
    return "disclosure", f"version {event.version}, {event.language}, {' and '.join(ways) or 'not delivered'}"


@_particulars.register
def _(event: events.TurnHeard) -> tuple[str, str]:
    about = [event.source, event.language]
    if event.duration_ms is not None:
        about.append(f"{event.duration_ms / 1000:.1f} s")
    if event.confidence is not None:
        about.append(f"confidence {event.confidence:.2f}")
    return "heard", f"{_quoted(event.text)}  ({', '.join(about)}) [{event.turn_id}]"


@_particulars.register
def _(event: events.MoodEstimated) -> tuple[str, str]:
    ranked = sorted(event.probabilities.items(), key=lambda item: -item[1])
    shares = ", ".join(f"{label} {share:.2f}" for label, share in ranked)
    validated = "validated" if event.validated else "not validated"
    limit = f"{'abstained below' if event.abstained else 'threshold'} {event.threshold:.2f}"
    return "mood", f"{event.modality}: {event.label}  ({shares}; {limit}; {event.model}, {validated})"


@_particulars.register
def _(event: events.ReplyGiven) -> tuple[str, str]:
    about = [event.status, event.language]
    if event.intent:
        about.append(f"intent {event.intent}")
    heard = "" if _heard_whole(event) else f"  heard: {_quoted(event.heard_text or '')}"
    return "reply", f"{_quoted(event.text)}  ({', '.join(about)}){heard}"


def _heard_whole(event: events.ReplyGiven) -> bool:
    # What was heard is put together from sentences, so that the white space may differ.
    return event.heard_text is None or event.heard_text.split() == event.text.split()


@_particulars.register
def _(event: events.ReplyHeard) -> tuple[str, str]:
    return "reply", f"of it was heard: {_quoted(event.heard_text)}"


@_particulars.register
def _(event: events.SuggestionsShown) -> tuple[str, str]:
    shown = (f"{s.suggestion_id} ({s.technique}, {s.score:.2f})" for s in event.suggestions)
    return "suggestions", ", ".join(shown)


@_particulars.register
def _(event: events.SuggestionFeedback) -> tuple[str, str]:
    return "feedback", f"{event.suggestion_id} {'helped' if event.helped else 'did not help'}"


@_particulars.register
def _(event: events.DistressRated) -> tuple[str, str]:
    return "distress", f"{event.value} of 10 {event.moment}"


@_particulars.register
def _(event: events.LabelCorrected) -> tuple[str, str]:
    return "correction", f"turn {event.turn_id} was {event.emotion}"


@_particulars.register
def _(event: events.CrisisFlagged) -> tuple[str, str]:
    shown = "; ".join(_quoted(item) for item in event.lines_shown) or "nothing"
    return (
        "CRISIS",
        f"level {event.level}, {event.kind}, {event.country or 'country unknown'}; shown: {shown}",
    )


@_particulars.register
def _(event: events.HandedOff) -> tuple[str, str]:
    return (
        "hand-over",
        f"to {event.queue}, {event.reason}, {'reached' if event.reached else 'nobody reached'}",
    )


@_particulars.register
def _(event: events.AlertStep) -> tuple[str, str]:
    step = event.step.replace("_", " ")
    about = [f"level {event.level}", event.kind, event.clinic or "no clinic", event.alert_id]
    who = f" {_quoted(event.contact)}" if event.contact else ""
    way = f" by {event.channel}" if event.channel else ""
    return "alert", f"{step}{who}{way}  ({', '.join(about)})"


@_particulars.register
def _(event: events.AudioKept) -> tuple[str, str]:
    return "sound", f"{event.duration_ms / 1000:.1f} s kept [{event.turn_id}]"


@_particulars.register
def _(event: audit_events.AudioDeleted) -> tuple[str, str]:
    return "sound", f"deleted, {event.reason} [{event.turn_id}]"


@_particulars.register
def _(event: care_events.NoteWritten) -> tuple[str, str]:
    turn = f" [{event.turn_id}]" if event.turn_id else ""
    return "note", f"{_quoted(event.text)}  (by {event.author}){turn}"


@_particulars.register
def _(event: care_events.LabelReviewed) -> tuple[str, str]:
    return "review", f"{event.was} is rather {event.emotion}  (by {event.author}) [{event.turn_id}]"


@_particulars.register
def _(event: care_events.FlagMoved) -> tuple[str, str]:
    remark = f"  {_quoted(event.remark)}" if event.remark else ""
    return "flag", f"{event.state} (by {event.author}){remark}"


@_particulars.register
def _(event: care_events.QuestionnaireAnswered) -> tuple[str, str]:
    return "questions", f"{event.questionnaire}: {', '.join(map(str, event.answers))}"


@_particulars.register
def _(event: audit_events.Erased) -> tuple[str, str]:
    return "erased", f"{event.rows} records, {event.reason} (by {event.actor})"


@_particulars.register
def _(event: events.TalkEnded) -> tuple[str, str]:
    return "end", event.reason


def _row(talk: TalkSummary) -> tuple[str, ...]:
    return (
        talk.talk_id,
        f"{talk.started_at:%Y-%m-%d %H:%M:%S}",
        _offset(talk.ended_at - talk.started_at) if talk.ended_at else _UNKNOWN,
        talk.purpose or _UNKNOWN,
        talk.language or _UNKNOWN,
        "erased" if talk.erased_at else _UNKNOWN if talk.turns is None else str(talk.turns),
        _UNKNOWN if talk.crisis_level is None else str(talk.crisis_level),
        talk.end_reason or _UNKNOWN,
    )


def _offset(elapsed: timedelta) -> str:
    seconds = elapsed.total_seconds()
    minutes, rest = divmod(abs(seconds), 60)
    return f"{'-' if seconds < 0 else ''}{int(minutes):02d}:{rest:04.1f}"


def _quoted(text: str) -> str:
    harmless = "".join(
        " " if unicodedata.category(sign) in ("Cc", "Zl", "Zp") else sign
        for sign in text
        if sign not in _DIRECTION_MARKS
    )
    return f"{_ISOLATE}«{harmless}»{_END_OF_ISOLATE}"


def _json_value(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    if isinstance(value, tuple):
        return [item._asdict() if isinstance(item, events.ShownSuggestion) else item for item in value]
    return value
