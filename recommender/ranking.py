"""Choosing among scored suggestions by chance that follows the scores, under rules of variety.

Plackett–Luce sampling: each place is filled with a probability proportional to exp(score) among those
that may still stand there, so that every shown suggestion comes with the probability of its choice
and feedback on it can be weighed later (inverse propensity scoring).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from recommender.suggestions import Suggestion

__all__ = ["HIGH_EFFORT", "Choice", "choose"]

HIGH_EFFORT = 4
"""Of suggestions with this effort or more, at most one is shown while there are others."""


@dataclass(frozen=True)
class Choice:
    """A suggestion in its place.

    Attributes:
        suggestion: what was chosen.
        score: the score it was chosen with.
        propensity: probability of this choice in this place, given the places before it, in (0, 1].
        technique_propensity: probability of its technique in this place, in (0, 1].
        alternatives: technique → probability in this place by the scores alone, of all that might have stood
            there; sums to 1.
    """

    suggestion: Suggestion
    score: float
    propensity: float
    technique_propensity: float
    alternatives: dict[str, float]


def choose(
    candidates: Sequence[Suggestion],
    scores: Sequence[float],
    *,
    count: int,
    random: Random,
    corrections: Mapping[str, float] | None = None,
) -> list[Choice]:
    """Fills up to `count` places without repetition.

    The last place never leaves all of them in one technique family: where only that family remains,
    it stays empty. While others remain, no technique comes twice and at most one suggestion takes
    much effort.

    Args:
        candidates: all that may be shown.
        scores: one for each candidate, finite.
        count: places, at least 1.
        random: source of chance; seeded for a repeatable choice.
        corrections: technique → what is added to the scores of its suggestions, finite.

    Returns:
        At most `count` choices in the order of their places.
    """
    added = corrections or {}
    remaining = list(zip(candidates, scores, strict=True))
    chosen: list[Choice] = []
    while remaining and len(chosen) < count:
        allowed = _allowed(remaining, [choice.suggestion for choice in chosen], count)
        if not allowed:
            break
        by_scores = _shares([score for _, score in allowed])
        shares = (
            _shares([score + added.get(suggestion.technique, 0.0) for suggestion, score in allowed])
            if added
            else by_scores
        )
        place = _draw(shares, random)
        suggestion, score = allowed[place]
        chosen.append(
            Choice(
                suggestion,
                score + added.get(suggestion.technique, 0.0),
                shares[place],
                _of_techniques(allowed, shares)[suggestion.technique],
                _of_techniques(allowed, by_scores),
            )
        )
        remaining = [pair for pair in remaining if pair[0].id != suggestion.id]
    return chosen


def _shares(scores: list[float]) -> list[float]:
    highest = max(scores)
    weights = [math.exp(score - highest) for score in scores]
    total = sum(weights)
    return [weight / total for weight in weights]


def _of_techniques(allowed: list[tuple[Suggestion, float]], shares: list[float]) -> dict[str, float]:
    summed: dict[str, float] = {}
    for (suggestion, _), share in zip(allowed, shares, strict=True):
        summed[suggestion.technique] = summed.get(suggestion.technique, 0.0) + share
    return summed


def _allowed(
    remaining: list[tuple[Suggestion, float]], shown: list[Suggestion], count: int
) -> list[tuple[Suggestion, float]]:
    families = {suggestion.family for suggestion in shown}
    if len(shown) == count - 1 and len(families) == 1:
        remaining = [pair for pair in remaining if pair[0].family not in families]
    techniques = {suggestion.technique for suggestion in shown}
    remaining = _preferred(remaining, lambda suggestion: suggestion.technique not in techniques)
    if any(suggestion.effort >= HIGH_EFFORT for suggestion in shown):
        remaining = _preferred(remaining, lambda suggestion: suggestion.effort < HIGH_EFFORT)
    return remaining


def _preferred(
    pairs: list[tuple[Suggestion, float]], condition: Callable[[Suggestion], bool]
) -> list[tuple[Suggestion, float]]:
    return [pair for pair in pairs if condition(pair[0])] or pairs


def _draw(shares: list[float], random: Random) -> int:
    threshold = random.random()
    total = 0.0
    for place, share in enumerate(shares):
        total += share
        if threshold < total:
            return place
    return len(shares) - 1
