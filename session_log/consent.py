"""What of a talk may be stored: pure rules over consents, without any input or output.

The writer asks before each write. The sources of the rules are the consent table of the safety
document and GDPR Art. 7 and 9: consent is explicit, by scope, and revocable at any moment; a
revocation does not reach back, and a grant does not either – words said before a scope was granted
are not covered by it. A crisis flag, the steps of its alert and the frame of a talk (beginning, consents,
disclosure, hand-over, end) carry no words and are always kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from session_log.care_events import QuestionnaireAnswered
from session_log.events import (
    AudioKept,
    ConsentSet,
    CrisisFlagged,
    DistressRated,
    Event,
    HandedOff,
    LabelCorrected,
    MoodEstimated,
    ReplyGiven,
    ReplyHeard,
    SuggestionFeedback,
    SuggestionsShown,
    TalkStarted,
    TurnHeard,
)
from session_log.kinds import AnyEvent

__all__ = ["CONTENT_EVENTS", "WITHHELD", "ConsentLedger"]

CONTENT_EVENTS: tuple[type[Event], ...] = (
    TurnHeard,
    MoodEstimated,
    ReplyGiven,
    ReplyHeard,
    SuggestionsShown,
    SuggestionFeedback,
    DistressRated,
    LabelCorrected,
    AudioKept,
)
"""What tells something about a person's inner life; all but sound needs `store_text` at least."""

WITHHELD = "withheld"
"""What stands in place of a hand-over's reason that may not be stored."""

_EMOTION_EVENTS = (MoodEstimated, LabelCorrected)


@dataclass(slots=True)
class _TalkConsents:
    anonymous: bool
    erased: bool = False
    granted_since: dict[str, datetime] = field(default_factory=dict)
    revoked_at: dict[str, datetime] = field(default_factory=dict)


class ConsentLedger:
    """The consents of the talks it was told of, and what they allow to be stored.

    Events have to be applied in the order in which they happened. Where clocks disagree, the more
    private reading holds: a revocation always counts, a grant not later than a known revocation never.
    """

    def __init__(self) -> None:
        self._talks: dict[str, _TalkConsents] = {}

    def knows(self, talk_id: str) -> bool:
        """Whether the beginning of this talk was applied."""
        return talk_id in self._talks

    def talk_ids(self) -> tuple[str, ...]:
        """The talks that it was told of and has not forgotten."""
        return tuple(self._talks)

    def apply(self, event: AnyEvent) -> None:
        """Takes note of a beginning or a consent; other events change nothing.

        A talk that began cannot begin anew, and a consent to an unknown talk is ignored.
        """
        if isinstance(event, TalkStarted):
            self._talks.setdefault(event.talk_id, _TalkConsents(anonymous=event.subject is None))
        elif isinstance(event, ConsentSet) and event.talk_id in self._talks:
            talk = self._talks[event.talk_id]
            revoked_at = talk.revoked_at.get(event.scope)
            if not event.granted:
                talk.granted_since.pop(event.scope, None)
                talk.revoked_at[event.scope] = max(event.at, revoked_at or event.at)
            elif revoked_at is None or event.at > revoked_at:
                talk.granted_since.setdefault(event.scope, event.at)

    def mark_erased(self, talk_id: str) -> None:
        """Forbids to store any further content of a talk whose content was erased."""
        if talk_id in self._talks:
            self._talks[talk_id].erased = True

    def forget(self, talk_id: str) -> None:
        """Drops what is known of a talk, to free its memory."""
        self._talks.pop(talk_id, None)

    def granted(self, talk_id: str, scope: str) -> bool:
        """Whether a scope is granted now; False for an unknown talk."""
        talk = self._talks.get(talk_id)
        return talk is not None and scope in talk.granted_since

    def may_store(self, event: AnyEvent) -> AnyEvent | None:
        """Returns the event as it may be written: whole, reduced, or None where it may not be.

        Content of an anonymous, an erased or an unknown talk is never stored. Where turns are not
        stored, a crisis flag loses the reference to its turn, and a hand-over its reason, which
        follows from what was said. Without the consent to emotion an offer loses the mood it was made for.
        """
        if isinstance(event, CrisisFlagged):
            return event if self.covers(event, "store_text") else replace(event, turn_id=None)
        if isinstance(event, HandedOff):
            return event if self.covers(event, "store_text") else replace(event, reason=WITHHELD)
        if isinstance(event, QuestionnaireAnswered):
            return event if self.covers(event, "store_text") else None
        if not isinstance(event, CONTENT_EVENTS):
            return event
        needed = ["store_audio" if isinstance(event, AudioKept) else "store_text"]
        if isinstance(event, _EMOTION_EVENTS):
            needed.append("emotion")
        if isinstance(event, MoodEstimated) and event.modality == "face":
            needed.append("camera")
        if not all(self.covers(event, scope) for scope in needed):
            return None
        if isinstance(event, SuggestionsShown) and not self.covers(event, "emotion"):
            return replace(event, mood=None, distress=None, night=None)
        return event

    def covers(self, event: Event | QuestionnaireAnswered, scope: str) -> bool:
        """Whether a scope is granted, and was when the event happened; False of anonymous or erased talks."""
        talk = None if event.talk_id is None else self._talks.get(event.talk_id)
        if talk is None or talk.anonymous or talk.erased:
            return False
        since = talk.granted_since.get(scope)
        return since is not None and event.at >= since
