"""What the page of a talk shows, put together from its events; no pages and no database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from session_log.audit_events import AudioDeleted
from session_log.care_events import FlagMoved, LabelReviewed, NoteWritten
from session_log.events import (
    AlertStep,
    AudioKept,
    ConsentSet,
    CrisisFlagged,
    DisclosureGiven,
    DistressRated,
    HandedOff,
    LabelCorrected,
    MoodEstimated,
    ReplyGiven,
    ReplyHeard,
    SuggestionFeedback,
    SuggestionsShown,
    TalkEnded,
    TalkStarted,
    TurnHeard,
)
from session_log.kinds import AnyEvent

__all__ = ["MODALITIES", "OPEN_KINDS", "Consent", "Moment", "Reply", "TalkView", "Turn", "compose", "moments"]

MODALITIES = ("face", "speech", "text", "fused")
"""What can tell of a mood, in the order of the pictures."""

OPEN_KINDS: tuple[type, ...] = (
    TalkStarted,
    ConsentSet,
    DisclosureGiven,
    CrisisFlagged,
    HandedOff,
    AlertStep,
    FlagMoved,
    NoteWritten,
    TalkEnded,
)
"""What those who care for a person may see of a talk that the person does not share: its frame, what was done
about danger, and what they wrote themselves."""


@dataclass(frozen=True, slots=True)
class Consent:
    """A scope as it stood at the end of the talk: when it was granted last, and when it was revoked since."""

    scope: str
    granted_at: datetime | None
    revoked_at: datetime | None
    version: str
    given_by: str

    @property
    def in_force(self) -> bool:
        """Whether it is granted."""
        return self.granted_at is not None and self.revoked_at is None


@dataclass(slots=True)
class Reply:
    """A reply; `heard` is None where all of it was heard."""

    given: ReplyGiven
    heard: str | None


@dataclass(slots=True)
class Turn:
    """What belongs to one turn of the person.

    Attributes:
        number: from 1, in the order in which the turns are first told of.
        moods: the latest estimate of each modality.
        corrected: what the person said their mood was.
        reviews: what therapists hold it to be, the latest last.
        has_sound: whether the sound is kept.
    """

    turn_id: str
    number: int
    at: datetime
    heard: TurnHeard | None = None
    moods: dict[str, MoodEstimated] = field(default_factory=dict)
    corrected: LabelCorrected | None = None
    reviews: list[LabelReviewed] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    suggestions: list[SuggestionsShown] = field(default_factory=list)
    flags: list[CrisisFlagged] = field(default_factory=list)
    notes: list[NoteWritten] = field(default_factory=list)
    has_sound: bool = False

    @property
    def mood(self) -> MoodEstimated | None:
        """The estimate that counted: the fused one, else the one there is."""
        return self.moods.get("fused") or next(iter(self.moods.values()), None)


@dataclass(slots=True)
class TalkView:
    """A talk as its page shows it; what belongs to a turn is in `turns`."""

    turns: list[Turn] = field(default_factory=list)
    consents: list[Consent] = field(default_factory=list)
    disclosure: DisclosureGiven | None = None
    flags: list[CrisisFlagged] = field(default_factory=list)
    flag_moves: list[FlagMoved] = field(default_factory=list)
    hand_overs: list[HandedOff] = field(default_factory=list)
    alert_steps: list[AlertStep] = field(default_factory=list)
    distress: list[DistressRated] = field(default_factory=list)
    feedback: dict[str, bool] = field(default_factory=dict)
    notes: list[NoteWritten] = field(default_factory=list)

    def turn(self, turn_id: str) -> Turn | None:
        """The turn of an id."""
        return next((turn for turn in self.turns if turn.turn_id == turn_id), None)


def compose(events: Sequence[AnyEvent], *, shared: bool) -> TalkView:
    """Puts the page of a talk together.

    Args:
        events: of the talk, in the order of their writing.
        shared: whether the person shares the talk's content; else what tells of it is left out.
    """
    view = TalkView()
    turns: dict[str, Turn] = {}
    for event in events:
        if shared or isinstance(event, OPEN_KINDS):
            _of_talk(view, event if shared else _without_content(event))
            if shared:
                _of_turn(turns, event)
    for event in events:  # a reply's rest and the sound may be written in any order
        if shared and isinstance(event, AudioDeleted) and event.turn_id in turns:
            turns[event.turn_id].has_sound = False
    view.turns = list(turns.values())
    known = {turn.turn_id for turn in view.turns}
    view.notes = [note for note in view.notes if note.turn_id not in known]
    return view


def _without_content(event: AnyEvent) -> AnyEvent:
    if isinstance(event, HandedOff):
        return replace(event, reason="withheld")
    return event


def _of_talk(view: TalkView, event: AnyEvent) -> None:
    match event:
        case ConsentSet():
            _note_consent(view.consents, event)
        case DisclosureGiven():
            view.disclosure = event
        case CrisisFlagged():
            view.flags.append(event)
        case FlagMoved():
            view.flag_moves.append(event)
        case HandedOff():
            view.hand_overs.append(event)
        case AlertStep():
            view.alert_steps.append(event)
        case DistressRated():
            view.distress.append(event)
        case SuggestionFeedback():
            view.feedback[event.suggestion_id] = event.helped
        case NoteWritten():
            view.notes.append(event)


def _note_consent(consents: list[Consent], event: ConsentSet) -> None:
    earlier = next((each for each in consents if each.scope == event.scope), None)
    granted_at = event.at if event.granted else earlier.granted_at if earlier else None
    now = Consent(event.scope, granted_at, None if event.granted else event.at, event.version, event.given_by)
    if earlier is None:
        consents.append(now)
    else:
        consents[consents.index(earlier)] = now


def _of_turn(turns: dict[str, Turn], event: AnyEvent) -> None:
    turn_id = getattr(event, "turn_id", None)
    if turn_id is None:
        return
    if turn_id not in turns:
        if not isinstance(event, (TurnHeard, MoodEstimated, ReplyGiven, SuggestionsShown, AudioKept)):
            return
        turns[turn_id] = Turn(turn_id, len(turns) + 1, event.at)
    turn = turns[turn_id]
    match event:
        case TurnHeard():
            turn.heard, turn.at = event, event.at
        case MoodEstimated():
            turn.moods[event.modality] = event
        case LabelCorrected():
            turn.corrected = event
        case LabelReviewed():
            turn.reviews.append(event)
        case ReplyGiven():
            whole = event.heard_text is None or event.heard_text.split() == event.text.split()
            turn.replies.append(Reply(event, None if whole else event.heard_text))
        case ReplyHeard():
            if turn.replies:
                turn.replies[-1].heard = event.heard_text
        case SuggestionsShown():
            turn.suggestions.append(event)
        case CrisisFlagged():
            turn.flags.append(event)
        case NoteWritten():
            turn.notes.append(event)
        case AudioKept():
            turn.has_sound = True


@dataclass(frozen=True, slots=True)
class Moment:
    """A point of the picture: a turn with estimates of its mood, or a rating of distress."""

    at: datetime
    turn: Turn | None = None
    distress: DistressRated | None = None


def moments(view: TalkView) -> list[Moment]:
    """The points of the picture of a talk, in the order of time."""
    points = [Moment(turn.at, turn=turn) for turn in view.turns if turn.moods]
    points += [Moment(rating.at, distress=rating) for rating in view.distress]
    return sorted(points, key=lambda point: point.at)
