"""Which suggestions may be shown at all: rules that no score and nothing learnt can overrule."""

from __future__ import annotations

from collections.abc import Sequence

from recommender.suggestions import Suggestion
from recommender.vocabulary import GENERAL

__all__ = ["allowed", "without_presumption"]

_NIGHT_STARTS, _NIGHT_ENDS = 21, 6


def allowed(
    suggestions: Sequence[Suggestion],
    *,
    exclude: frozenset[str],
    contraindications: frozenset[str],
    distress: float,
    hour: int | None,
) -> list[Suggestion]:
    """Those that were not shown, harm nobody with these contraindications, and fit distress and hour.

    Args:
        suggestions: of one mood.
        exclude: identifiers of suggestions already shown.
        contraindications: that hold for the person.
        distress: 0–10.
        hour: 0–23 on the person's clock; None where unknown.
    """
    return [
        suggestion
        for suggestion in suggestions
        if suggestion.id not in exclude
        and not suggestion.contraindications & contraindications
        and suggestion.distress_min <= distress <= suggestion.distress_max
        and _fits_hour(suggestion, hour)
    ]


def without_presumption(
    candidates: list[Suggestion], heard: frozenset[str], hour: int | None, *, needed: int
) -> list[Suggestion]:
    """Those that presume no situation or time of day which nobody spoke of; all where these are too few.

    Args:
        candidates: of `allowed`.
        heard: situations that the person spoke of.
        hour: 0–23 on the person's clock; None where unknown.
        needed: how many are to be shown, of at least two technique families.
    """
    fitting = [
        suggestion
        for suggestion in candidates
        if (GENERAL in suggestion.situation or heard & set(suggestion.situation))
        and (suggestion.time == "any" or hour is not None or "night" in heard)
    ]
    enough = len(fitting) >= needed and len({suggestion.family for suggestion in fitting}) > 1
    return fitting if enough else candidates


def _fits_hour(suggestion: Suggestion, hour: int | None) -> bool:
    if hour is None or suggestion.time == "any":
        return True
    night = hour >= _NIGHT_STARTS or hour < _NIGHT_ENDS
    return (suggestion.time == "night") == night
