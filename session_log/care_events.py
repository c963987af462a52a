"""What people who care for somebody write about them, and what a person decides beyond a single talk.

The same immutable, checked values as in `session_log.events`. `author` is the user id of whoever wrote.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from emotion.labels import UNCLEAR, Emotion
from session_log import field_checks as checks
from session_log.events import GIVERS, SCOPES, new_event_id

__all__ = [
    "CARE_EVENTS",
    "FLAG_STATES",
    "GOAL_STATES",
    "PREFERENCES",
    "QUESTIONNAIRES",
    "FlagMoved",
    "GoalSet",
    "LabelReviewed",
    "NoteWritten",
    "PersonConsentSet",
    "QuestionnaireAnswered",
    "TechniquePreferred",
]

FLAG_STATES = ("open", "seen", "acted", "closed")
"""How far people have come with a crisis flag of a talk."""

GOAL_STATES = ("open", "reached", "dropped")
"""What became of a goal."""

PREFERENCES = ("excluded", "preferred", "neither")
"""Whether a technique may be suggested to a person."""

QUESTIONNAIRES = {"sus": 10}
"""Questionnaire → number of its items; `sus` is the System Usability Scale (Brooke 1996), answers 1–5."""

_LABELS = (*(emotion.value for emotion in Emotion), UNCLEAR)
_CODE = {"check": checks.code}
_IDENTIFIER = {"check": checks.identifier}
_OPTIONAL_IDENTIFIER = {"check": checks.optional(checks.identifier)}
_UTC = {"check": checks.utc}
_WORDS = {"check": checks.words}


def _answers(value: object) -> tuple[int, ...]:
    if not isinstance(value, tuple | list) or not 1 <= len(value) <= 50:
        raise ValueError("must be 1 to 50 answers")
    return tuple(checks.integer(1, 5)(answer) for answer in value)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteWritten:
    """A note about a person, a talk or one of its turns."""

    subject: str = field(metadata=_IDENTIFIER)
    talk_id: str | None = field(default=None, metadata=_OPTIONAL_IDENTIFIER)
    turn_id: str | None = field(default=None, metadata=_OPTIONAL_IDENTIFIER)
    at: datetime = field(metadata=_UTC)
    author: str = field(metadata=_IDENTIFIER)
    text: str = field(repr=False, metadata=_WORDS)
    event_id: str = field(default_factory=new_event_id, metadata=_IDENTIFIER)

    def __post_init__(self) -> None:
        checks.check_fields(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelReviewed:
    """What a therapist holds to be the mood of a turn that a detector had named otherwise."""

    subject: str = field(metadata=_IDENTIFIER)
    talk_id: str = field(metadata=_IDENTIFIER)
    turn_id: str = field(metadata=_IDENTIFIER)
    at: datetime = field(metadata=_UTC)
    author: str = field(metadata=_IDENTIFIER)
    was: str = field(metadata={"check": checks.choice(_LABELS)})
    emotion: str = field(metadata={"check": checks.choice(_LABELS)})
    model: str = field(metadata={"check": checks.line})
    event_id: str = field(default_factory=new_event_id, metadata=_IDENTIFIER)

    def __post_init__(self) -> None:
        checks.check_fields(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagMoved:
    """A talk's crisis flag was taken up, acted on, closed or opened again."""

    subject: str = field(metadata=_IDENTIFIER)
    talk_id: str = field(metadata=_IDENTIFIER)
    at: datetime = field(metadata=_UTC)
    author: str = field(metadata=_IDENTIFIER)
    state: str = field(metadata={"check": checks.choice(FLAG_STATES)})
    remark: str | None = field(default=None, repr=False, metadata={"check": checks.optional(checks.words)})
    event_id: str = field(default_factory=new_event_id, metadata=_IDENTIFIER)

    def __post_init__(self) -> None:
        checks.check_fields(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalSet:
    """A goal that a person and their therapist agreed on; the latest event of a `goal_id` counts."""

    subject: str = field(metadata=_IDENTIFIER)
    at: datetime = field(metadata=_UTC)
    author: str = field(metadata=_IDENTIFIER)
    goal_id: str = field(metadata=_IDENTIFIER)
    text: str = field(repr=False, metadata=_WORDS)
    state: str = field(metadata={"check": checks.choice(GOAL_STATES)})
    event_id: str = field(default_factory=new_event_id, metadata=_IDENTIFIER)

    def __post_init__(self) -> None:
        checks.check_fields(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class TechniquePreferred:
    """A technique is excluded from a person's suggestions, preferred, or neither; the latest counts."""

    subject: str = field(metadata=_IDENTIFIER)
    at: datetime = field(metadata=_UTC)
    author: str = field(metadata=_IDENTIFIER)
    technique: str = field(metadata=_CODE)
    preference: str = field(metadata={"check": checks.choice(PREFERENCES)})
    event_id: str = field(default_factory=new_event_id, metadata=_IDENTIFIER)

    def __post_init__(self) -> None:
        checks.check_fields(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionnaireAnswered:
    """A person's answers to a questionnaire, each 1–5 in the order of its items."""

    subject: str = field(metadata=_IDENTIFIER)
    talk_id: str | None = field(default=None, metadata=_OPTIONAL_IDENTIFIER)
    at: datetime = field(metadata=_UTC)
    questionnaire: str = field(metadata={"check": checks.choice(tuple(QUESTIONNAIRES))})
    answers: tuple[int, ...] = field(metadata={"check": _answers})
    event_id: str = field(default_factory=new_event_id, metadata=_IDENTIFIER)

    def __post_init__(self) -> None:
        checks.check_fields(self)
        if len(self.answers) != QUESTIONNAIRES[self.questionnaire]:
            raise ValueError("QuestionnaireAnswered.answers must have one answer for each item")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonConsentSet:
    """A person granted or revoked one scope for all talks, on their own page or through the API.

    A revocation holds for talks under way and to come, whatever a token says, until the person grants anew.
    """

    subject: str = field(metadata=_IDENTIFIER)
    at: datetime = field(metadata=_UTC)
    scope: str = field(metadata={"check": checks.choice(SCOPES)})
    granted: bool = field(metadata={"check": checks.boolean})
    version: str = field(metadata={"check": checks.line})
    given_by: str = field(metadata={"check": checks.choice(GIVERS)})
    event_id: str = field(default_factory=new_event_id, metadata=_IDENTIFIER)

    def __post_init__(self) -> None:
        checks.check_fields(self)


CARE_EVENTS: tuple[type, ...] = (
    NoteWritten,
    LabelReviewed,
    FlagMoved,
    GoalSet,
    TechniquePreferred,
    QuestionnaireAnswered,
    PersonConsentSet,
)
"""The classes of this module's events."""
