"""What must not be suggested in this talk: what a clinic set, and what the person said in any turn so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rasa_sdk import Tracker

from recommender.contraindications import ContraindicationCues

__all__ = ["SLOT", "held_contraindications"]

SLOT = "contraindications"
"""The slot, and the key of a turn's metadata."""

_MOST_NAMED = 20


def held_contraindications(tracker: Tracker, cues: ContraindicationCues) -> frozenset[str]:
    """Names that hold now: those of the slot, changed by what has come in since it was set.

    The slot is set where something is suggested; a turn in which nothing was is read later, once it counts.
    """
    held, since = _last_set(tracker)
    named: frozenset[str] = frozenset()
    for event in since:
        if event.get("event") != "user":
            continue
        named |= _known(_metadata(event).get(SLOT), cues)
        text = event.get("text")
        if isinstance(text, str):
            mentions = cues.mentions(text)
            held = (held | mentions.present) - mentions.over
    # What a clinic set in any turn is not the person's to take back.
    return (held & cues.names) | named


def _last_set(tracker: Tracker) -> tuple[frozenset[str], Iterable[Mapping[str, Any]]]:
    events = [event for event in tracker.events if isinstance(event, Mapping)]
    for place in range(len(events) - 1, -1, -1):
        event = events[place]
        is_slot = event.get("event") == "slot" and event.get("name") == SLOT
        if is_slot and isinstance(event.get("value"), list):
            return _names(event["value"]), events[place + 1 :]
    return _names(tracker.get_slot(SLOT)), events


def _metadata(event: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = event.get("metadata")
    return metadata if isinstance(metadata, Mapping) else {}


def _known(raw: Any, cues: ContraindicationCues) -> frozenset[str]:
    return _names(raw[:_MOST_NAMED] if isinstance(raw, list) else None) & cues.names


def _names(raw: Any) -> frozenset[str]:
    return frozenset(item for item in raw if isinstance(item, str)) if isinstance(raw, list) else frozenset()
