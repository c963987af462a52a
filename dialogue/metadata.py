"""What the gateway tells about a turn beside its words, checked before anyone relies on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emotion import MOODS
from language import LANGUAGES

__all__ = ["PURPOSES", "TurnMetadata", "read_metadata"]

PURPOSES = ("therapy", "service")
_HIGHEST_CRISIS_LEVEL = 3
_MOST_ALTERNATIVES, _LONGEST_ALTERNATIVE = 4, 500


@dataclass(frozen=True)
class TurnMetadata:
    """The facts of a turn on which the dialogue acts; unknown ones are None or their neutral value.

    Attributes:
        language: "en" or "fa", the language in which to reply; None where the words have to tell.
        mood: the detectors' fused label, one of `emotion.MOODS`; None where they abstained.
        purpose: "therapy" or "service".
        country: two-letter country code in capitals, None where unknown.
        crisis_level: 0–3, what the gateway's own guard found; from 2 on it has already replied.
        in_crisis: whether an earlier turn of the talk was a crisis for the gateway; should this process
            have been away then, it learns of it now.
        gateway: whether the gateway's guard has read the turn; it also knows whether people are on call.
        spoken: whether the words come from a recogniser.
        confidence: how sure it is of them, 0–1; 1 of typed words.
        alternatives: what else it may have heard, likeliest first.
    """

    language: str | None = None
    mood: str | None = None
    purpose: str = "therapy"
    country: str | None = None
    crisis_level: int = 0
    in_crisis: bool = False
    gateway: bool = False
    spoken: bool = False
    confidence: float = 1.0
    alternatives: tuple[str, ...] = ()


def read_metadata(raw: object) -> TurnMetadata:
    """Takes what is valid out of a message's metadata; anything else counts as not said.

    A turn is never refused for its metadata: somebody's words are at stake, and every field has a
    safe neutral value.
    """
    if not isinstance(raw, Mapping):
        return TurnMetadata()
    language = raw.get("language")
    purpose = raw.get("purpose")
    level = _crisis_level(raw.get("crisis_level"))
    return TurnMetadata(
        language=language if language in LANGUAGES else None,
        mood=_mood_label(raw.get("mood")),
        purpose=purpose if purpose in PURPOSES else "therapy",
        country=_country_code(raw.get("country")),
        crisis_level=level or 0,
        in_crisis=raw.get("in_crisis") is True,
        gateway=level is not None,
        spoken=isinstance(raw.get("recognition"), Mapping),
        confidence=_confidence(raw.get("recognition")),
        alternatives=_alternatives(raw.get("recognition")),
    )


def _confidence(raw: Any) -> float:
    sure = raw.get("confidence") if isinstance(raw, Mapping) else None
    if isinstance(sure, bool) or not isinstance(sure, (int, float)) or not 0 <= sure <= 1:
        return 1.0
    return float(sure)


def _alternatives(raw: Any) -> tuple[str, ...]:
    said = raw.get("alternatives") if isinstance(raw, Mapping) else None
    if not isinstance(said, list):
        return ()
    return tuple(
        words[:_LONGEST_ALTERNATIVE] for words in said[:_MOST_ALTERNATIVES] if isinstance(words, str)
    )


def _mood_label(raw: Any) -> str | None:
    label = raw.get("label") if isinstance(raw, Mapping) else None
    return label if isinstance(label, str) and label in MOODS else None


def _country_code(raw: Any) -> str | None:
    if isinstance(raw, str) and len(raw) == 2 and raw.isascii() and raw.isalpha():
        return raw.upper()
    return None


def _crisis_level(raw: Any) -> int | None:
    if isinstance(raw, bool) or not isinstance(raw, int) or raw < 0:
        return None
    return min(raw, _HIGHEST_CRISIS_LEVEL)
