"""What an action needs to know of the turn it acts in."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from rasa_sdk import Tracker

__all__ = ["ACTED_MOODS", "Turn", "has_had_crisis", "read_turn"]

ACTED_MOODS = ("anger", "fear", "sadness", "happiness")
"""Moods for which there is something to suggest."""

_HIGHEST_DISTRESS = 10
_NAMED_SUGGESTIONS = ("first", "second", "third")
_LARGEST_CORRECTION = 1.5
_MOST_CORRECTIONS = 256
_MOST_HELPED = 10
_LONGEST_IDENTIFIER = 64


@dataclass(frozen=True)
class Turn:
    """A turn as actions see it.

    Attributes:
        text: the person's words as they came.
        intent: the intent on which the rules acted.
        mood: this turn's mood, "unclear" where nobody could tell.
        felt_mood: the last mood out of `ACTED_MOODS` in this talk, None before the first.
        language: "en" or "fa".
        distress: 0–10 as the person rated it, None where not asked.
        exclude: ids of suggestions that the gateway has seen shown.
        in_crisis: whether suggestions are frozen.
        named_suggestion: "first", "second" or "third" where a misheard answer was understood so.
        corrections: mood → technique → what feedback adds to its score, -1.5–1.5.
        helped_before: at most 10 ids of suggestions that helped this person in earlier talks, newest first;
            none without their consent.
    """

    text: str
    intent: str | None
    mood: str
    felt_mood: str | None
    language: str
    distress: int | None
    exclude: frozenset[str]
    in_crisis: bool
    named_suggestion: str | None = None
    corrections: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    helped_before: tuple[str, ...] = ()


def read_turn(tracker: Tracker) -> Turn:
    """Reads the tracker; metadata that isn't valid counts as not said."""
    user_events = [event for event in tracker.events if event.get("event") == "user"]
    latest: Mapping[str, Any] = user_events[-1] if user_events else {}
    metadata = latest.get("metadata")
    if not isinstance(metadata, Mapping):
        metadata = {}
    return Turn(
        text=latest.get("text") or "",
        intent=(tracker.latest_message.get("intent") or {}).get("name"),
        mood=tracker.get_slot("mood") or "unclear",
        felt_mood=_felt_mood(user_events),
        language="fa" if tracker.get_slot("language") == "fa" else "en",
        distress=_distress(metadata.get("distress")),
        exclude=_identifiers(metadata.get("exclude")),
        in_crisis=has_had_crisis(tracker),
        named_suggestion=_named_suggestion(tracker.latest_message.get("entities") or []),
        corrections=_corrections(metadata.get("corrections")),
        helped_before=_helped(metadata.get("helped_before")),
    )


def has_had_crisis(tracker: Tracker) -> bool:
    """Whether a talk has ever been in a crisis, even if an event has emptied the slot since."""
    return bool(tracker.get_slot("crisis")) or any(
        event.get("event") == "slot" and event.get("name") == "crisis" and event.get("value") is True
        for event in tracker.events
    )


def _felt_mood(user_events: list[dict[str, Any]]) -> str | None:
    for event in reversed(user_events):
        for entity in (event.get("parse_data") or {}).get("entities") or []:
            if entity.get("entity") == "mood" and entity.get("value") in ACTED_MOODS:
                return str(entity["value"])
    return None


def _named_suggestion(entities: list[dict[str, Any]]) -> str | None:
    named = [entity.get("value") for entity in entities if entity.get("entity") == "closed_answer"]
    return named[-1] if named and named[-1] in _NAMED_SUGGESTIONS else None


def _distress(raw: Any) -> int | None:
    if isinstance(raw, bool) or not isinstance(raw, (int, float)) or not 0 <= raw <= _HIGHEST_DISTRESS:
        return None
    return round(raw)


def _identifiers(raw: Any) -> frozenset[str]:
    if not isinstance(raw, list):
        return frozenset()
    return frozenset(item for item in raw if isinstance(item, str))


def _corrections(raw: Any) -> dict[str, dict[str, float]]:
    if not isinstance(raw, Mapping):
        return {}
    return {mood: _of_techniques(raw[mood]) for mood in ACTED_MOODS if isinstance(raw.get(mood), Mapping)}


def _of_techniques(raw: Mapping[Any, Any]) -> dict[str, float]:
    return {
        technique: float(max(-_LARGEST_CORRECTION, min(_LARGEST_CORRECTION, value)))
        for technique, value in islice(raw.items(), _MOST_CORRECTIONS)
        if isinstance(technique, str) and _is_number(value)
    }


def _is_number(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _helped(raw: Any) -> tuple[str, ...]:
    if not isinstance(raw, list):
        return ()
    return tuple(
        item for item in raw[:_MOST_HELPED] if isinstance(item, str) and len(item) <= _LONGEST_IDENTIFIER
    )
