"""What can happen in a talk, as far as the session log knows.

What people write about it later is in `session_log.care_events`, what happens to the log in
`session_log.audit_events`.

Every event is an immutable value checked when it is made: a wrong field raises ValueError with the
names of the event and the field. All fields are given by keyword. Times are UTC. `event_id` makes
writing idempotent: an event handed in twice is stored once. What a person or a reply said stays
out of `repr`, so that an event in a log line gives nothing away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from emotion.labels import UNCLEAR, Emotion
from session_log import field_checks as checks
from session_log.shown_suggestion import ShownSuggestion, shown_suggestions

__all__ = [
    "ALERT_STEPS",
    "EVENT_CLASSES",
    "GIVERS",
    "SCOPES",
    "AlertStep",
    "AudioKept",
    "ConsentSet",
    "CrisisFlagged",
    "DisclosureGiven",
    "DistressRated",
    "Event",
    "HandedOff",
    "LabelCorrected",
    "MoodEstimated",
    "ReplyGiven",
    "ReplyHeard",
    "ShownSuggestion",
    "SuggestionFeedback",
    "SuggestionsShown",
    "TalkEnded",
    "TalkStarted",
    "TurnHeard",
    "new_event_id",
]

SCOPES = ("talk", "emotion", "camera", "store_text", "store_audio", "share", "research", "memory")
"""What a person can consent to, each on its own."""

GIVERS = ("token", "widget", "client", "voice", "text", "page")
"""How a person consented: before the talk, in the widget, in another program, by saying or typing it, or on
their own page."""

ALERT_STEPS = (
    "raised",
    "delivered",
    "failed",
    "acknowledged",
    "escalated",
    "nobody_on_call",
    "unreached",
)
"""What can happen to an alert of on-call contacts."""

_LABELS = tuple(emotion.value for emotion in Emotion)
_MOODS = (*_LABELS, UNCLEAR)
_DAY_MS = 86_400_000


def new_event_id() -> str:
    """A random id of an event."""
    return uuid4().hex


def _language_or_auto(value: object) -> str:
    return "auto" if value == "auto" else str(checks.language(value))


_BOOLEAN = {"check": checks.boolean}
_CODE = {"check": checks.code}
_COUNTRY = {"check": checks.optional(checks.country)}
_IDENTIFIER = {"check": checks.identifier}
_LANGUAGE = {"check": checks.language}
_LINE = {"check": checks.line}
_OPTIONAL_IDENTIFIER = {"check": checks.optional(checks.identifier)}
_PROBABILITY = {"check": checks.number(0.0, 1.0)}
_UTC = {"check": checks.utc}
_WORDS = {"check": checks.words}


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkStarted:
    """A talk began, in a language or "auto" where the person's own choice of words decides.

    Without a subject the talk is anonymous, and nothing that is said in it is ever kept.
    """

    talk_id: str = field(metadata=_IDENTIFIER)
    at: datetime = field(metadata=_UTC)
    subject: str | None = field(default=None, metadata=_OPTIONAL_IDENTIFIER)
    clinic: str | None = field(default=None, metadata=_OPTIONAL_IDENTIFIER)
    purpose: str = field(metadata={"check": checks.choice(("therapy", "service", "kiosk"))})
    language: str = field(metadata={"check": _language_or_auto})
    country: str | None = field(default=None, metadata=_COUNTRY)
    client: str = field(metadata=_LINE)
    event_id: str = field(default_factory=new_event_id, metadata=_IDENTIFIER)

    def __post_init__(self) -> None:
        checks.check_fields(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentSet:
    """A person granted or revoked one scope, under one version of the consent text."""

    talk_id: str = field(metadata=_IDENTIFIER)
    at: datetime = field(metadata=_UTC)
    scope: str = field(metadata={"check": checks.choice(SCOPES)})
    granted: bool = field(metadata=_BOOLEAN)
    version: str = field(metadata=_LINE)
    given_by: str = field(metadata={"check": checks.choice(GIVERS)})
    event_id: str = field(default_factory=new_event_id, metadata=_IDENTIFIER)

    def __post_init__(self) -> None:
        checks.check_fields(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosureGiven:
    """The person was told that a machine speaks and that feelings may be inferred."""

    talk_id: str = field(metadata=_IDENTIFIER)
    at: datetime = field(metadata=_UTC)
    version: str = field(metadata=_LINE)
    language: str = field(metadata=_LANGUAGE)
    spoken: bool = field(metadata=_BOOLEAN)
    shown: bool = field(metadata=_BOOLEAN)
    event_id: str = field(default_factory=new_event_id, metadata=_IDENTIFIER)

    def __post_init__(self) -> None:
        checks.check_fields(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnHeard:
    """A turn of the person. Confidence 0–1 and duration are those of the recogniser, if it was asked."""

    talk_id: str = field(metadata=_IDENTIFIER)
    turn_id: str = field(metadata=_IDENTIFIER)
    at: datetime = field(metadata=_UTC)
    language: str = field(metadata=_LANGUAGE)
    text: str = field(repr=False, metadata=_WORDS)
    source: str = field(metadata={"check": checks.choice(("voice", "typed"))})
    confidence: float | None = field(
        default=None, metadata={"check": checks.optional(checks.number(0.0, 1.0))}
    )
    duration_ms: int | None = field(
        default=None, metadata={"check": checks.optional(checks.integer(0, _DAY_MS))}
    )
    event_id: str = field(default_factory=new_event_id, metadata=_IDENTIFIER)

    def __post_init__(self) -> None:
        checks.check_fields(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class MoodEstimated:
    """What one detector, or their fusion, made of a turn; fields as in `emotion.EmotionEstimate`."""

    talk_id: str = field(metadata=_IDENTIFIER)
    turn_id: str = field(metadata=_IDENTIFIER)
    at: datetime = field(metadata=_UTC)
    modality: str = field(metadata={"check": checks.choice(("speech", "text", "face", "fused"))})
    label: str = field(metadata={"check": checks.choice(_MOODS)})
    probabilities: Mapping[str, float] = field(hash=False, metadata={"check": checks.distribution(_LABELS)})
    model: str = field(metadata=_LINE)
    threshold: float = field(metadata=_PROBABILITY)
    abstained: bool = field(metadata=_BOOLEAN)
    validated: bool = field(metadata=_BOOLEAN)
    event_id: str = field(default_factory=new_event_id, metadata=_IDENTIFIER)

    def __post_init__(self) -> None:
        checks.check_fields(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyGiven:
    """A reply. `heard_text` is the part that was played before the person cut in; None: all of it."""

    talk_id: str = field(metadata=_IDENTIFIER)
    turn_id: str = field(metadata=_IDENTIFIER)
    at: datetime = field(metadata=_UTC)
    language: str = field(metadata=_LANGUAGE)
    text: str = field(repr=False, metadata=_WORDS)
    intent: str | None = field(default=None, metadata={"check": checks.optional(checks.line)})
    heard_text: str | None = field(
        default=None, repr=False, metadata={"check": checks.optional(checks.words)}
    )
    status: str = field(metadata={"check": checks.choice(("completed", "cancelled"))})
    event_id: str = field(default_factory=new_event_id, metadata=_IDENTIFIER)

    def __post_init__(self) -> None:
        checks.check_fields(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyHeard:
    """What was heard of the latest reply to a turn was less than its `ReplyGiven` says; the last one counts.

    `at` is when the reply was over.
    """

    talk_id: str = field(metadata=_IDENTIFIER)
    turn_id: str = field(metadata=_IDENTIFIER)
    at: datetime = field(metadata=_UTC)
    heard_text: str = field(repr=False, metadata=_WORDS)
    event_id: str = field(default_factory=new_event_id, metadata=_IDENTIFIER)

    def __post_init__(self) -> None:
        checks.check_fields(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestionsShown:
    """The suggestions offered after a turn; plain tuples become `ShownSuggestion`.

    Mood, distress (0–10) and whether it was night are those by which they were chosen; they are kept with
    the consent to emotion alone, and None where they are unknown, as in older offers.
    """

    talk_id: str = field(metadata=_IDENTIFIER)
    turn_id: str = field(metadata=_IDENTIFIER)
    at: datetime = field(metadata=_UTC)
    suggestions: tuple[ShownSuggestion, ...] = field(hash=False, metadata={"check": shown_suggestions})
    mood: str | None = field(default=None, metadata={"check": checks.optional(checks.choice(_MOODS))})
    distress: int | None = field(default=None, metadata={"check": checks.optional(checks.integer(0, 10))})
    night: bool | None = field(default=None, metadata={"check": checks.optional(checks.boolean)})
    event_id: str = field(default_factory=new_event_id, metadata=_IDENTIFIER)

    def __post_init__(self) -> None:
        checks.check_fields(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestionFeedback:
    """Whether a suggestion helped, by the person's own word."""

    talk_id: str = field(metadata=_IDENTIFIER)
    at: datetime = field(metadata=_UTC)
    suggestion_id: str = field(metadata=_IDENTIFIER)
    helped: bool = field(metadata=_BOOLEAN)
    event_id: str = field(default_factory=new_event_id, metadata=_IDENTIFIER)

    def __post_init__(self) -> None:
        checks.check_fields(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class DistressRated:
    """Distress from 0 (none) to 10 (worst imaginable), before or after a suggestion was tried."""

    talk_id: str = field(metadata=_IDENTIFIER)
    at: datetime = field(metadata=_UTC)
    value: int = field(metadata={"check": checks.integer(0, 10)})
    moment: str = field(metadata={"check": checks.choice(("before", "after"))})
    event_id: str = field(default_factory=new_event_id, metadata=_IDENTIFIER)

    def __post_init__(self) -> None:
        checks.check_fields(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelCorrected:
    """The mood of a turn was wrong, and this is the right one."""

    talk_id: str = field(metadata=_IDENTIFIER)
    at: datetime = field(metadata=_UTC)
    turn_id: str = field(metadata=_IDENTIFIER)
    emotion: str = field(metadata={"check": checks.choice(_MOODS)})
    event_id: str = field(default_factory=new_event_id, metadata=_IDENTIFIER)

    def __post_init__(self) -> None:
        checks.check_fields(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class CrisisFlagged:
    """The guard raised a crisis level (0–3): when, what kind, which help lines were shown; no words."""

    talk_id: str = field(metadata=_IDENTIFIER)
    turn_id: str | None = field(default=None, metadata=_OPTIONAL_IDENTIFIER)
    at: datetime = field(metadata=_UTC)
    level: int = field(metadata={"check": checks.integer(0, 3)})
    country: str | None = field(default=None, metadata=_COUNTRY)
    kind: str = field(metadata=_LINE)
    lines_shown: tuple[str, ...] = field(metadata={"check": checks.lines})
    event_id: str = field(default_factory=new_event_id, metadata=_IDENTIFIER)

    def __post_init__(self) -> None:
        checks.check_fields(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOff:
    """The talk was offered to people; `reached` tells whether anyone took it."""

    talk_id: str = field(metadata=_IDENTIFIER)
    at: datetime = field(metadata=_UTC)
    queue: str = field(metadata=_LINE)
    reason: str = field(metadata=_LINE)
    reached: bool = field(metadata=_BOOLEAN)
    event_id: str = field(default_factory=new_event_id, metadata=_IDENTIFIER)

    def __post_init__(self) -> None:
        checks.check_fields(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertStep:
    """A step of calling the clinic's contacts in a crisis; no words.

    `contact` is the name of the one who is called now ("raised", "escalated"), was reached or not by
    `channel` ("delivered", "failed"), or has acknowledged.
    """

    talk_id: str = field(metadata=_IDENTIFIER)
    at: datetime = field(metadata=_UTC)
    alert_id: str = field(metadata=_IDENTIFIER)
    step: str = field(metadata={"check": checks.choice(ALERT_STEPS)})
    level: int = field(metadata={"check": checks.integer(1, 3)})
    kind: str = field(metadata=_CODE)
    clinic: str | None = field(default=None, metadata=_OPTIONAL_IDENTIFIER)
    contact: str | None = field(default=None, metadata={"check": checks.optional(checks.line)})
    channel: str | None = field(
        default=None, metadata={"check": checks.optional(checks.choice(("webhook", "mail")))}
    )
    language: str | None = field(default=None, metadata={"check": checks.optional(checks.language)})
    country: str | None = field(default=None, metadata=_COUNTRY)
    event_id: str = field(default_factory=new_event_id, metadata=_IDENTIFIER)

    def __post_init__(self) -> None:
        checks.check_fields(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioKept:
    """The sound of a turn was kept, sealed, in a file beside the log; digest: SHA-256 of that file."""

    talk_id: str = field(metadata=_IDENTIFIER)
    turn_id: str = field(metadata=_IDENTIFIER)
    at: datetime = field(metadata=_UTC)
    duration_ms: int = field(metadata={"check": checks.integer(0, _DAY_MS)})
    digest: str = field(metadata=_CODE)
    event_id: str = field(default_factory=new_event_id, metadata=_IDENTIFIER)

    def __post_init__(self) -> None:
        checks.check_fields(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkEnded:
    """The talk is over, with a code for why, such as client_closed, idle or server_stopped."""

    talk_id: str = field(metadata=_IDENTIFIER)
    at: datetime = field(metadata=_UTC)
    reason: str = field(metadata=_CODE)
    event_id: str = field(default_factory=new_event_id, metadata=_IDENTIFIER)

    def __post_init__(self) -> None:
        checks.check_fields(self)


Event = (
    TalkStarted
    | ConsentSet
    | DisclosureGiven
    | TurnHeard
    | MoodEstimated
    | ReplyGiven
    | ReplyHeard
    | SuggestionsShown
    | SuggestionFeedback
    | DistressRated
    | LabelCorrected
    | CrisisFlagged
    | HandedOff
    | AlertStep
    | AudioKept
    | TalkEnded
)
"""Any event of a talk."""

EVENT_CLASSES: tuple[type[Event], ...] = (
    TalkStarted,
    ConsentSet,
    DisclosureGiven,
    TurnHeard,
    MoodEstimated,
    ReplyGiven,
    ReplyHeard,
    SuggestionsShown,
    SuggestionFeedback,
    DistressRated,
    LabelCorrected,
    CrisisFlagged,
    HandedOff,
    AlertStep,
    AudioKept,
    TalkEnded,
)
"""The classes of the events of a talk."""
