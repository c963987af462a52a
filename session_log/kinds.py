"""The names of all events, and which of their fields are content and therefore sealed."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any, Union

from session_log import audit_events as audit
from session_log import care_events as care
from session_log import events as talk

__all__ = [
    "ALL_EVENTS",
    "KINDS",
    "AnyEvent",
    "about",
    "join",
    "owner",
    "person",
    "person_owner",
    "sealed_fields",
    "split",
    "talk_of",
    "talk_owner",
]

AnyEvent = Union[  # noqa: UP007 - also a runtime value
    talk.Event,
    care.NoteWritten,
    care.LabelReviewed,
    care.FlagMoved,
    care.GoalSet,
    care.TechniquePreferred,
    care.QuestionnaireAnswered,
    care.PersonConsentSet,
    audit.AccessNoted,
    audit.AccountChanged,
    audit.AudioDeleted,
    audit.Erased,
    audit.ChainBroken,
]
"""Any event."""

KINDS: dict[type, str] = {
    talk.TalkStarted: "talk_started",
    talk.ConsentSet: "consent_set",
    talk.DisclosureGiven: "disclosure_given",
    talk.TurnHeard: "turn_heard",
    talk.MoodEstimated: "mood_estimated",
    talk.ReplyGiven: "reply_given",
    talk.ReplyHeard: "reply_heard",
    talk.SuggestionsShown: "suggestions_shown",
    talk.SuggestionFeedback: "suggestion_feedback",
    talk.DistressRated: "distress_rated",
    talk.LabelCorrected: "label_corrected",
    talk.CrisisFlagged: "crisis_flagged",
    talk.HandedOff: "handed_off",
    talk.AlertStep: "alert_step",
    talk.AudioKept: "audio_kept",
    talk.TalkEnded: "talk_ended",
    care.NoteWritten: "note_written",
    care.LabelReviewed: "label_reviewed",
    care.FlagMoved: "flag_moved",
    care.GoalSet: "goal_set",
    care.TechniquePreferred: "technique_preferred",
    care.QuestionnaireAnswered: "questionnaire_answered",
    care.PersonConsentSet: "person_consent_set",
    audit.AccessNoted: "access_noted",
    audit.AccountChanged: "account_changed",
    audit.AudioDeleted: "audio_deleted",
    audit.Erased: "erased",
    audit.ChainBroken: "chain_broken",
}
"""Event class → its name in the column `events.event_kind` and in JSON."""

ALL_EVENTS: dict[str, type] = {name: kind for kind, name in KINDS.items()}
"""Name → event class."""

_IN_COLUMNS = frozenset(("event_id", "talk_id", "at"))
_SEALED_WHOLE = frozenset(
    (
        talk.MoodEstimated,
        talk.ReplyGiven,
        talk.ReplyHeard,
        talk.SuggestionsShown,
        talk.SuggestionFeedback,
        talk.DistressRated,
        talk.LabelCorrected,
        talk.AudioKept,
    )
)
_SEALED_FIELDS: dict[type, frozenset[str]] = {
    talk.TurnHeard: frozenset(("turn_id", "text", "confidence", "duration_ms")),
    talk.HandedOff: frozenset(("reason",)),
    care.NoteWritten: frozenset(("turn_id", "text")),
    care.LabelReviewed: frozenset(("turn_id", "was", "emotion")),
    care.FlagMoved: frozenset(("remark",)),
    care.GoalSet: frozenset(("text",)),
    care.TechniquePreferred: frozenset(("technique", "preference")),
    care.QuestionnaireAnswered: frozenset(("answers",)),
}


_WITHOUT_CONTENT: dict[type, dict[str, object]] = {
    talk.HandedOff: {"reason": "withheld"},
    care.FlagMoved: {"remark": None},
}
"""What stands for the content of events that make sense without it, withheld or erased."""


def sealed_fields(kind: type) -> frozenset[str]:
    """The names of an event's fields that are content; the others stand in the database as they are."""
    if kind in _SEALED_WHOLE:
        return frozenset(field.name for field in dataclasses.fields(kind)) - _IN_COLUMNS
    return _SEALED_FIELDS.get(kind, frozenset())


def split(event: AnyEvent) -> tuple[str, bytes | None]:
    """An event's facts as JSON text, and its content as JSON bytes, None where it has none."""
    kind = type(event)
    hidden = sealed_fields(kind)
    values = {
        field.name: getattr(event, field.name)
        for field in dataclasses.fields(kind)
        if field.name not in _IN_COLUMNS
    }
    facts = {name: value for name, value in values.items() if name not in hidden}
    content = {name: value for name, value in values.items() if name in hidden}
    bare = not hidden or content == _WITHOUT_CONTENT.get(kind)
    return _json(facts), None if bare else _json(content).encode()


def join(kind: str, columns: Mapping[str, Any], facts: str, content: bytes | None) -> AnyEvent:
    """The event of a row.

    Raises:
        ValueError, TypeError, KeyError: where the row holds no event of this version.
    """
    event_class = ALL_EVENTS[kind]
    opened = _WITHOUT_CONTENT.get(event_class, {}) if content is None else json.loads(content)
    values: dict[str, Any] = {**json.loads(facts), **opened}
    own = {field.name for field in dataclasses.fields(event_class)}
    values.update({name: value for name, value in columns.items() if name in own})
    event: AnyEvent = event_class(**values)
    return event


def owner(event: AnyEvent) -> str:
    """Whose key seals the content of an event: its talk's, else its person's."""
    talk_id = talk_of(event)
    if talk_id is not None:
        return talk_owner(talk_id)
    subject = person(event)
    if subject is None:
        raise TypeError(f"{type(event).__name__} has no content")
    return person_owner(subject)


def talk_owner(talk_id: str) -> str:
    """The owner of the key of a talk's content."""
    return f"talk:{talk_id}"


def person_owner(subject: str) -> str:
    """The owner of the key of what is kept about a person beyond single talks."""
    return f"person:{subject}"


def talk_of(event: AnyEvent) -> str | None:
    """The talk to which an event belongs; None where it is about a person or the log."""
    return getattr(event, "talk_id", None)


def person(event: AnyEvent) -> str | None:
    """The pseudonym of the person under whom an event beyond talks is filed.

    An AccessNoted names a person in its facts and is filed under none: what is filed under a person is
    shown, taken along and erased as theirs, and the audit has to outlive that.
    """
    return getattr(event, "subject", None)


def about(event_id: str, kind: str) -> str:
    """What sealed content is bound to."""
    return f"{kind} {event_id}"


def _json(values: Mapping[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
