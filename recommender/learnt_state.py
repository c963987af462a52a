"""What was learnt as plain JSON, and back again with every number checked."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.bandit import Learning, LearntPreferences, PersonalPreferences
from recommender.decisions import FEATURES, MOST_PLACES
from recommender.errors import RecommenderError

__all__ = [
    "VERSION",
    "LearntStateError",
    "personal_from_text",
    "personal_to_text",
    "preferences_from_text",
    "preferences_to_text",
]

VERSION = 1
"""Of the form below; another one is not read."""

_LARGEST = 1e12
_LAST_DAY = 1e6
_UPPER = np.triu_indices(len(FEATURES))
_REMEDY = "keep it aside for looking into, and start with a fresh one: the rules serve without it"


class LearntStateError(RecommenderError):
    """A stored state is damaged or of another version: says where, and what to do."""


def preferences_to_text(preferences: LearntPreferences) -> str:
    """JSON of the population's statistics; some tens of kilobytes, nothing of any one person.

    The form: `version`, `features`, `day`, `places` (weight and sum of each) and `techniques`: name →
    `precision` (upper triangle, row by row) and `response`; techniques without feedback are left out.
    """
    techniques = {
        name: {
            "precision": preferences.precision[number][_UPPER].tolist(),
            "response": preferences.response[number].tolist(),
        }
        for number, name in enumerate(preferences.techniques)
        if preferences.precision[number].any()
    }
    content = {
        "version": VERSION,
        "features": list(FEATURES),
        "day": preferences.day,
        "places": preferences.places.tolist(),
        "techniques": techniques,
    }
    return json.dumps(content, allow_nan=False)


def preferences_from_text(
    text: str,
    families: Mapping[str, str],
    learning: Learning = Learning(),  # noqa: B008 - frozen
) -> LearntPreferences:
    """Reads what `preferences_to_text` wrote.

    Techniques that are no longer known are dropped; new ones start without feedback.

    Args:
        text: JSON.
        families: technique → family, of today's techniques.
        learning: the numbers that steer further learning.

    Raises:
        LearntStateError: where anything is not as it was written.
    """
    content = _content(text)
    if content.get("features") != list(FEATURES):
        raise LearntStateError(f"the learnt state is about other features; {_REMEDY}")
    preferences = LearntPreferences(families, learning)
    preferences.day = _day(content.get("day"))
    places = _array(content.get("places"), (MOST_PLACES, 2), "places")
    if (places < 0.0).any() or (places[:, 1] > places[:, 0] * (1 + 1e-6) + 1e-9).any():
        raise LearntStateError(f"the learnt state has impossible places; {_REMEDY}")
    preferences.places = places
    for name, stored in _object(content.get("techniques"), "techniques").items():
        values = _object(stored, "a technique")
        precision = _symmetric(_array(values.get("precision"), (len(_UPPER[0]),), "precision"))
        response = _array(values.get("response"), (len(FEATURES),), "response")
        if name in families:
            number = preferences.techniques.index(name)
            preferences.precision[number] = precision
            preferences.response[number] = response
    preferences.refresh()
    return preferences


def personal_to_text(personal: PersonalPreferences) -> str:
    """JSON of one person's preferences, to be sealed with that person's key."""
    content = {
        "version": VERSION,
        "day": personal.day,
        "techniques": {
            name: [weight, personal.response.get(name, 0.0)] for name, weight in personal.weight.items()
        },
    }
    return json.dumps(content, allow_nan=False)


def personal_from_text(text: str, families: Mapping[str, str]) -> PersonalPreferences:
    """Reads what `personal_to_text` wrote; techniques that are no longer known are dropped.

    Raises:
        LearntStateError: where anything is not as it was written.
    """
    content = _content(text)
    pairs = {
        name: _array(pair, (2,), "a technique")
        for name, pair in _object(content.get("techniques"), "techniques").items()
    }
    if any(pair[0] < 0.0 for pair in pairs.values()):
        raise LearntStateError(f"the learnt state has a negative weight; {_REMEDY}")
    known = {name: pair for name, pair in pairs.items() if name in families}
    return PersonalPreferences(
        weight={name: float(pair[0]) for name, pair in known.items()},
        response={name: float(pair[1]) for name, pair in known.items()},
        day=_day(content.get("day")),
    )


def _content(text: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise LearntStateError(f"the learnt state is no JSON; {_REMEDY}") from None
    found = _object(content, "the whole")
    if found.get("version") != VERSION:
        raise LearntStateError(f"the learnt state is not of version {VERSION}; {_REMEDY}")
    return found


def _object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise LearntStateError(f"the learnt state: {name} must be an object; {_REMEDY}")
    return value


def _array(value: Any, shape: tuple[int, ...], name: str) -> NDArray[np.float64]:
    if not _shaped(value, shape):
        raise LearntStateError(f"the learnt state: {name} must be {shape} possible numbers; {_REMEDY}")
    return np.array(value, dtype=np.float64)


def _shaped(value: Any, shape: tuple[int, ...]) -> bool:
    if shape:
        fits = isinstance(value, list) and len(value) == shape[0]
        return fits and all(_shaped(part, shape[1:]) for part in value)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and -_LARGEST <= value <= _LARGEST


def _day(value: Any) -> float | None:
    if value is None:
        return None
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or not 0.0 <= value <= _LAST_DAY:
        raise LearntStateError(f"the learnt state: the day must be from 0 to {_LAST_DAY:.0f}; {_REMEDY}")
    return float(value)


def _symmetric(upper: NDArray[np.float64]) -> NDArray[np.float64]:
    matrix = np.zeros((len(FEATURES), len(FEATURES)))
    matrix[_UPPER] = upper
    matrix += np.triu(matrix, 1).T
    lowest = float(np.linalg.eigvalsh(matrix)[0])
    if lowest < -1e-6 * max(1.0, float(np.abs(matrix).max())):
        raise LearntStateError(f"the learnt state: a precision is no sum of squares; {_REMEDY}")
    return matrix
