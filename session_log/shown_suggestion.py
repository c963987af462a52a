"""One suggestion of an offer as the log keeps it, and the check of all that were shown together."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from session_log import field_checks as checks

__all__ = ["MOST_ALTERNATIVES", "ShownSuggestion", "shown_suggestions"]

MOST_ALTERNATIVES = 64
"""Techniques that may have stood in one place."""

_TOLERANCE = 1e-3
_OLDEST, _NEWEST = 5, 7  # values of an item: without what learning needs, and with it
_REQUIREMENT = (
    "must be 1 to 20 of (suggestion_id, technique, score, propensity, position), "
    "perhaps with technique_propensity and alternatives"
)


class ShownSuggestion(NamedTuple):
    """One suggestion of those shown.

    Attributes:
        suggestion_id, technique: what it is.
        score: natural logarithm of an unnormalised preference.
        propensity: probability of its being chosen for its place, 0–1.
        position: its place, from 0.
        technique_propensity: probability of its technique in this place, in (0, 1].
        alternatives: technique → probability in this place by the rules alone, of at most
            `MOST_ALTERNATIVES`; sums to 1 within 0.001.

    Without the last two, as in older offers, nothing can be learnt from it.
    """

    suggestion_id: str
    technique: str
    score: float
    propensity: float
    position: int
    technique_propensity: float | None = None
    alternatives: Mapping[str, float] | None = None


def shown_suggestions(value: object) -> tuple[ShownSuggestion, ...]:
    """Checks the suggestions of one offer, plain tuples or lists among them, and puts them in their order.

    Raises:
        ValueError: where they are not 1 to 20, one of them is none, or two have the same place.
    """
    if not isinstance(value, tuple | list) or not 1 <= len(value) <= 20:
        raise ValueError(_REQUIREMENT)
    if not all(isinstance(item, tuple | list) and _OLDEST <= len(item) <= _NEWEST for item in value):
        raise ValueError(_REQUIREMENT)
    shown = tuple(_shown(*item) for item in value)
    if len({item.position for item in shown}) != len(shown):
        raise ValueError("must have each position once")
    return tuple(sorted(shown, key=lambda item: item.position))


def _shown(
    suggestion_id: object,
    technique: object,
    score: object,
    propensity: object,
    position: object,
    technique_propensity: object = None,
    alternatives: object = None,
) -> ShownSuggestion:
    return ShownSuggestion(
        suggestion_id=checks.identifier(suggestion_id),
        technique=checks.line(technique),
        score=checks.number()(score),
        propensity=checks.number(0.0, 1.0)(propensity),
        position=checks.integer(0, 99)(position),
        technique_propensity=checks.optional(_of_what_happened)(technique_propensity),
        alternatives=checks.optional(_distribution)(alternatives),
    )


def _of_what_happened(value: object) -> float:
    probability = float(checks.number(0.0, 1.0)(value))
    if probability == 0.0:
        raise ValueError("must have probabilities above 0 of what was chosen")
    return probability


def _distribution(value: object) -> dict[str, float]:
    if not isinstance(value, Mapping) or not 1 <= len(value) <= MOST_ALTERNATIVES:
        raise ValueError(f"must map 1 to {MOST_ALTERNATIVES} alternatives to probabilities")
    plain = {checks.line(name): checks.number(0.0, 1.0)(share) for name, share in value.items()}
    if not math.isclose(sum(plain.values()), 1.0, rel_tol=0.0, abs_tol=_TOLERANCE):
        raise ValueError("must have alternatives whose probabilities sum to 1")
    return plain
