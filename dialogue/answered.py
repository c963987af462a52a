"""Finds the answer to a turn in Rasa's own record of the talk.

The record is saved before the end of a turn is told. If Rasa dies in between, the gateway sends the turn
again, and the new Rasa finds it here instead of answering it a second time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rasa.shared.core.events import BotUttered
from rasa.shared.core.trackers import DialogueStateTracker

from dialogue.entities import values_of_entities
from dialogue.heard import SAID_BY_GATEWAY, events_of_turn

__all__ = ["Answered", "answer_to"]


@dataclass(frozen=True)
class Answered:
    """What Rasa has made of a turn.

    Attributes:
        messages: in Rasa's form, in the order in which they were said.
        outcome: intent, entities, mood, language and crisis, as they were at the turn's end.
    """

    messages: tuple[Mapping[str, Any], ...]
    outcome: Mapping[str, Any]


def answer_to(tracker: DialogueStateTracker | None, turn_id: str) -> Answered | None:
    """The answer to a turn; None where the record does not have it."""
    events = list(tracker.events) if tracker is not None else []
    turn = events_of_turn(events, turn_id)
    if tracker is None or not turn:
        return None
    said = [event for event in turn if isinstance(event, BotUttered)]
    if turn[-1] is not events[-1]:  # others came after it
        end = next(at for at, event in enumerate(events, start=1) if event is turn[-1])
        tracker = DialogueStateTracker.from_events(tracker.sender_id, events[:end], tracker.slots.values())
    return Answered(
        messages=tuple(event.message() for event in said if SAID_BY_GATEWAY not in event.metadata),
        outcome=_outcome(tracker),
    )


def _outcome(tracker: DialogueStateTracker) -> Mapping[str, Any]:
    latest = tracker.latest_message
    values = values_of_entities(latest.entities)
    return {
        "intent": {
            "name": latest.intent.get("name"),
            "confidence": latest.intent.get("confidence", 0.0),
        },
        "entities": latest.entities,
        "mood": values.get("mood") or "unclear",
        "language": tracker.get_slot("language"),
        "crisis": bool(tracker.get_slot("crisis")),
        "crisis_level": tracker.get_slot("crisis_level"),
        "crisis_kind": tracker.get_slot("crisis_kind"),
    }
