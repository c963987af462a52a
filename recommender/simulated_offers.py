"""What could be offered in a round, as the recommender would score it, for many rounds at once.

The network's real answers to the labelled situations, the real suggestions' moods, distress ranges and times,
and the card's ranking numbers; but by technique instead of by suggestion, without the words' similarity, cues
and the limit on effort, because a simulation needs millions of offers.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emotion import MOODS
from recommender.model_card import RankingRules, read_card
from recommender.recommender import SUGGESTIONS_SHOWN, Recommender
from recommender.situations import read_labelled_situations
from recommender.suggestions import HIGHEST_DISTRESS
from recommender.vocabulary import GENERAL, read_vocabulary

__all__ = ["Places", "SimulatedOffers", "fill_places", "read_offers"]

_Numbers = NDArray[np.float64]
_Integers = NDArray[np.int64]


@dataclass(frozen=True)
class SimulatedOffers:
    """What the rules say; s situations, m moods, t techniques.

    Attributes:
        families: technique → family.
        moods: of each situation, a place in `emotion.MOODS`, (s,).
        scores: by the network, (s, t).
        allowed: mood, distress 0–10, night → whether something of a technique may be offered, (m, 11, 2, t).
        effort: what is taken off at a distress of 10, (m, t).
    """

    families: dict[str, str]
    moods: _Integers
    scores: _Numbers
    allowed: NDArray[np.bool_]
    effort: _Numbers

    @property
    def family_numbers(self) -> _Integers:
        """Number of each technique's family, (t,)."""
        names = tuple(dict.fromkeys(self.families.values()))
        return np.array([names.index(family) for family in self.families.values()], dtype=np.int64)

    def score(self, situations: _Integers, distress: _Numbers, night: NDArray[np.bool_]) -> _Numbers:
        """The rules' scores, −inf for what may not be offered, (n, t)."""
        moods = self.moods[situations]
        scores = self.scores[situations] - self.effort[moods] * distress[:, None] / HIGHEST_DISTRESS
        allowed = self.allowed[moods, np.rint(distress).astype(np.int64), night.astype(np.int64)]
        return np.where(allowed, scores, -np.inf)


@dataclass(frozen=True)
class Places:
    """Offers; n rounds, p places, t techniques.

    Attributes:
        techniques: −1 where a place stayed empty, (n, p).
        propensity: of each, (n, p).
        open: whether a technique might have stood in the place, given the places before, (n, p, t).
    """

    techniques: _Integers
    propensity: _Numbers
    open: NDArray[np.bool_]


def fill_places(scores: _Numbers, families: _Integers, random: np.random.Generator | None) -> Places:
    """Fills the places of many offers as `recommender.ranking.choose` fills those of one.

    Args:
        scores: −inf for what may not be offered, (n, t).
        families: (t,).
        random: source of chance; None takes the highest score each time.
    """
    rounds = np.arange(len(scores))
    shown = np.full((len(scores), SUGGESTIONS_SHOWN), -1, dtype=np.int64)
    propensity = np.ones(shown.shape)
    open_techniques = np.zeros((*shown.shape, scores.shape[1]), dtype=bool)
    still = np.isfinite(scores)
    for place in range(SUGGESTIONS_SHOWN):
        allowed = still.copy()
        if place == SUGGESTIONS_SHOWN - 1:
            before = families[shown[:, :place]]
            lonely = (before == before[:, :1]).all(axis=1)
            allowed[lonely] &= families[None, :] != before[lonely, :1]
        filled = allowed.any(axis=1)
        open_techniques[:, place] = allowed
        weights = probabilities(scores, allowed)
        if random is None:
            drawn = np.where(allowed, scores, -np.inf).argmax(axis=1)
        else:
            passed = weights.cumsum(axis=1) > random.random((len(scores), 1)) * weights.sum(
                axis=1, keepdims=True
            )
            drawn = passed.argmax(axis=1)
            propensity[:, place] = np.where(filled, weights[rounds, drawn], 1.0)
        shown[filled, place] = drawn[filled]
        still[rounds, drawn] = False
    return Places(shown, propensity, open_techniques)


def probabilities(scores: _Numbers, allowed: NDArray[np.bool_]) -> _Numbers:
    """exp(score) over its sum among the allowed, along the last axis; all 0 where nothing is allowed."""
    masked = np.where(allowed, scores, -np.inf)
    highest = masked.max(axis=-1, keepdims=True)
    weights = np.exp(masked - np.where(np.isfinite(highest), highest, 0.0))
    total = weights.sum(axis=-1, keepdims=True)
    return np.asarray(weights / np.where(total > 0.0, total, 1.0))


def read_offers(model: Path, suggestions: Path, situations: Path) -> SimulatedOffers:
    """Asks the shipped recommender's model about every labelled situation.

    Raises:
        ModelFileError: for a model that cannot be loaded.
        SuggestionDataError: for data that is not as it should be.
    """
    recommender = Recommender.load(model, suggestions)
    vocabulary = read_vocabulary(suggestions)
    rules = read_card(model).ranking
    techniques = tuple(vocabulary.techniques)
    labelled = read_labelled_situations(situations, vocabulary)
    asked = [(one.mood, one.text, one.language) for one in labelled] + [(mood, "", "en") for mood in MOODS]
    scores = np.zeros((len(asked), len(techniques)))
    for number, (mood, text, language) in enumerate(asked):
        answer = recommender.technique_probabilities(mood, text, language)
        neutral = 1.0 / len(answer)
        likely = [max(answer.get(name, neutral), rules.probability_floor) for name in techniques]
        scores[number] = np.log(likely) / rules.temperature
    allowed, effort = _conditions(recommender, techniques, rules)
    return SimulatedOffers(
        families={name: technique.family for name, technique in vocabulary.techniques.items()},
        moods=np.array([MOODS.index(mood) for mood, *_ in asked], dtype=np.int64),
        scores=scores,
        allowed=allowed,
        effort=effort,
    )


def _conditions(
    recommender: Recommender, techniques: tuple[str, ...], rules: RankingRules
) -> tuple[NDArray[np.bool_], _Numbers]:
    allowed = np.zeros((len(MOODS), HIGHEST_DISTRESS + 1, 2, len(techniques)), dtype=bool)
    efforts: dict[tuple[int, int], list[int]] = {}
    for suggestion in recommender.suggestions:
        mood, technique = MOODS.index(suggestion.mood), techniques.index(suggestion.technique)
        efforts.setdefault((mood, technique), []).append(suggestion.effort)
        if GENERAL not in suggestion.situation:
            continue
        span = slice(suggestion.distress_min, suggestion.distress_max + 1)
        for night, time in enumerate(("day", "night")):
            if suggestion.time in ("any", time):
                allowed[mood, span, night, technique] = True
    effort = np.zeros((len(MOODS), len(techniques)))
    for (mood, technique), values in efforts.items():
        effort[mood, technique] = rules.effort * (float(np.mean(values)) - 1.0) / rules.temperature
    return allowed, effort
