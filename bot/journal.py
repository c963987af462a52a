"""Remembers each step of a talk as an event for the session log. No I/O.

What is kept of them is the log's decision, by consent; nothing is filtered here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bot.commands import Record
from bot.outbox import Outbox
from bot.phrases import DISCLOSURE_VERSION
from bot.talk_state import TalkIdentity, Turn
from emotion import EmotionEstimate
from session_log import events as log

__all__ = ["Journal"]


class Journal:
    """Writes a talk's events, stamped with the time of the step."""

    def __init__(self, identity: TalkIdentity, outbox: Outbox) -> None:
        self._identity = identity
        self._talk_id = identity.talk_id
        self._outbox = outbox

    def talk_started(self) -> None:
        """The talk begins."""
        identity = self._identity
        self._record(
            log.TalkStarted(
                talk_id=self._talk_id,
                at=self._outbox.now,
                subject=identity.subject,
                clinic=identity.clinic,
                purpose=identity.purpose,
                language=identity.language or "und",
                country=identity.country or identity.default_country,
                client=identity.client,
            )
        )

    def talk_ended(self, reason: str) -> None:
        """The talk is over."""
        self._record(log.TalkEnded(talk_id=self._talk_id, at=self._outbox.now, reason=reason))

    def consent(self, scope: str, granted: bool, version: str, given_by: str) -> None:
        """A consent was given or withdrawn."""
        self._record(
            log.ConsentSet(
                talk_id=self._talk_id,
                at=self._outbox.now,
                scope=scope,
                granted=granted,
                version=version,
                given_by=given_by,
            )
        )

    def disclosure(self, language: str, *, spoken: bool, shown: bool) -> None:
        """The user was told that this is a machine."""
        self._record(
            log.DisclosureGiven(
                talk_id=self._talk_id,
                at=self._outbox.now,
                version=DISCLOSURE_VERSION,
                language=language,
                spoken=spoken,
                shown=shown,
            )
        )

    def turn(self, turn: Turn, *, confidence: float | None, duration_ms: int | None) -> None:
        """The user said or typed something."""
        self._record(
            log.TurnHeard(
                talk_id=self._talk_id,
                turn_id=turn.item_id,
                at=self._outbox.now,
                language=turn.language,
                text=turn.text,
                source=turn.source,
                confidence=confidence,
                duration_ms=duration_ms,
            )
        )

    def mood(self, turn: Turn, estimate: EmotionEstimate) -> None:
        """A detector gave its estimate."""
        self._record(
            log.MoodEstimated(
                talk_id=self._talk_id,
                turn_id=turn.item_id,
                at=self._outbox.now,
                modality=estimate.modality,
                label=estimate.label,
                probabilities=dict(estimate.probabilities),
                model=estimate.model,
                threshold=estimate.threshold,
                abstained=estimate.abstained,
                validated=estimate.validated,
            )
        )

    def reply(
        self, turn_id: str, text: str, *, language: str, intent: str | None, heard_text: str, status: str
    ) -> None:
        """A reply is over: "completed" or "cancelled", and what of it was heard."""
        self._record(
            log.ReplyGiven(
                talk_id=self._talk_id,
                turn_id=turn_id,
                at=self._outbox.now,
                language=language,
                text=text,
                intent=intent,
                heard_text=heard_text,
                status=status,
            )
        )

    def heard(self, turn_id: str, heard_text: str, *, over_ms: float) -> None:
        """More is known of what was heard of the latest reply to a turn, which was over at this time."""
        self._record(
            log.ReplyHeard(
                talk_id=self._talk_id,
                turn_id=turn_id,
                at=datetime.fromtimestamp(over_ms / 1000, tz=UTC),  # under the consents of then
                heard_text=heard_text,
            )
        )

    def suggestions(
        self, turn: Turn, items: Sequence[Mapping[str, Any]], context: Mapping[str, Any] | None = None
    ) -> None:
        """Suggestions were offered, in this order, chosen for this mood, distress and time of day."""
        moment = context or {}
        self._record(
            log.SuggestionsShown(
                talk_id=self._talk_id,
                turn_id=turn.item_id,
                at=self._outbox.now,
                suggestions=tuple(
                    log.ShownSuggestion(
                        suggestion_id=item["id"],
                        technique=item["technique"],
                        score=float(item["score"]),
                        propensity=float(item["propensity"]),
                        position=position,
                        technique_propensity=item.get("technique_propensity"),
                        alternatives=item.get("alternatives"),
                    )
                    for position, item in enumerate(items)
                ),
                mood=moment.get("mood"),
                distress=moment.get("distress"),
                night=moment.get("night"),
            )
        )

    def feedback(self, suggestion_id: str, helped: bool) -> None:
        """The user said whether a suggestion helped."""
        self._record(
            log.SuggestionFeedback(
                talk_id=self._talk_id, at=self._outbox.now, suggestion_id=suggestion_id, helped=helped
            )
        )

    def distress(self, value: int, moment: str) -> None:
        """The user rated their distress, 0–10."""
        self._record(
            log.DistressRated(talk_id=self._talk_id, at=self._outbox.now, value=value, moment=moment)
        )

    def label_corrected(self, turn_id: str, emotion: str) -> None:
        """The user said that a mood was heard wrongly."""
        self._record(
            log.LabelCorrected(talk_id=self._talk_id, at=self._outbox.now, turn_id=turn_id, emotion=emotion)
        )

    def crisis(
        self, turn: Turn, *, level: int, kind: str, country: str | None, lines: tuple[str, ...]
    ) -> None:
        """Danger was heard; level, time and what was shown, no words."""
        self._record(
            log.CrisisFlagged(
                talk_id=self._talk_id,
                turn_id=turn.item_id,
                at=self._outbox.now,
                level=level,
                country=country,
                kind=kind,
                lines_shown=lines,
            )
        )

    def handed_off(self, queue: str, reason: str, *, reached: bool) -> None:
        """The talk was given to people; `reached` says whether anybody took it."""
        self._record(
            log.HandedOff(
                talk_id=self._talk_id, at=self._outbox.now, queue=queue, reason=reason, reached=reached
            )
        )

    def _record(self, event: log.Event) -> None:
        self._outbox.emit(Record(event))
