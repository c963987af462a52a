"""What people's feedback teaches about techniques, as a small correction of the rules' scores.

A contextual bandit whose exploration is the rules' own chance (`recommender.ranking`): nothing is tried out
for the sake of learning, what is learnt only shifts the odds. A Bayesian linear model of the reward: each
technique's coefficients are drawn from its family's, each family's from those of all techniques together
(hierarchical shrinkage), so that a technique that few have met counts like its family, and a family that few
have met counts nothing. The difference to what all techniques reach in this context is the advantage; it
moves the score by at most `Learning.bound`, so that the rules always dominate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from recommender.decisions import FEATURES, MOST_PLACES, Context, DecisionTable
from recommender.shrinkage import posterior_means

__all__ = ["Learning", "LearntPreferences", "PersonalPreferences", "corrected"]

_Numbers = NDArray[np.float64]

_ASSUMED_REWARD = 0.5  # before any feedback


@dataclass(frozen=True)
class Learning:
    """The numbers that steer learning.

    Attributes:
        bound: largest correction in units of the natural logarithm; odds change by exp(2·bound) at most.
        gain: correction for each unit of advantage.
        noise: variance of a fully known reward.
        family_spread: variance of a family's coefficients around those of all.
        technique_spread: variance of a technique's coefficients around its family's.
        context_share: variance of a context's coefficients, as a share of that of the coefficient "any".
        personal_spread: variances of a person's families and techniques around the population's.
        usual_propensity: a decision with this propensity counts once; rarer ones more, commoner ones less.
        largest_weight: of a decision (clipped inverse propensity).
        half_life_days: after which feedback counts half, since people and suggestions change.
    """

    bound: float = 1.5
    gain: float = 12.0
    noise: float = 0.2
    family_spread: float = 0.01
    technique_spread: float = 0.01
    context_share: float = 0.5
    personal_spread: float = 0.005
    usual_propensity: float = 0.1
    largest_weight: float = 3.0
    half_life_days: float = 90.0


class LearntPreferences:
    """What the population's feedback taught; sufficient statistics alone, nothing of any one person.

    Args:
        families: technique → family, of all techniques that may be suggested.
        learning: the numbers that steer it.

    Attributes:
        precision: Σ w·x·xᵀ/noise of each technique, (techniques, features, features).
        response: Σ w·x·y/noise of each technique, (techniques, features); y is the reward less 0.5 and
            less what its place gives.
        places: weight and weighted sum of rewards at each place, (MOST_PLACES, 2): what stands first is
            taken more often, whatever it is.
        day: of the newest feedback; None before any.
    """

    def __init__(self, families: Mapping[str, str], learning: Learning = Learning()) -> None:  # noqa: B008
        self.techniques = tuple(families)
        self.learning = learning
        names = tuple(dict.fromkeys(families.values()))
        self.families = np.array([names.index(families[name]) for name in self.techniques], dtype=np.int64)
        shape = (len(self.techniques), len(FEATURES))
        self.precision: _Numbers = np.zeros((*shape, len(FEATURES)))
        self.response: _Numbers = np.zeros(shape)
        self.places: _Numbers = np.zeros((MOST_PLACES, 2))
        self.day: float | None = None
        self._numbers = {name: number for number, name in enumerate(self.techniques)}
        self._advantage: _Numbers = np.zeros(shape)
        self._root: _Numbers = np.zeros(len(FEATURES))

    def learn(self, table: DecisionTable) -> int:
        """Adds feedback, forgetting older feedback with its age; returns how many decisions were usable.

        Decisions without a reward, or with impossible numbers, teach nothing.
        """
        usable = table.usable()
        if not len(usable):
            return 0
        newest = float(usable.day.max())
        if self.day is not None:
            newest = max(newest, self.day)
            self._forget(newest - self.day)
        self.day = newest
        weights = _weights(usable, newest, self.learning)
        np.add.at(self.places[:, 0], usable.place, weights)
        np.add.at(self.places[:, 1], usable.place, weights * usable.reward)
        rewards = usable.reward - _ASSUMED_REWARD - self.place_effects()[usable.place]
        scaled = usable.features * (weights / self.learning.noise)[:, None]
        for number in np.unique(usable.technique):
            rows = usable.technique == number
            self.precision[number] += scaled[rows].T @ usable.features[rows]
            self.response[number] += scaled[rows].T @ rewards[rows]
        self.refresh()
        return len(usable)

    def refresh(self) -> None:
        """Computes the coefficients from the statistics; needed after setting these by hand."""
        learning = self.learning
        share = np.full(len(FEATURES), learning.context_share)
        share[0] = 1.0
        self._root, means = posterior_means(
            self.precision,
            self.response,
            self.families,
            root_variance=share,
            family_variance=learning.family_spread * share,
            technique_variance=learning.technique_spread * share,
        )
        self._advantage = means - self._root

    def place_effects(self) -> _Numbers:
        """How much more than the mean is rewarded at each place, whatever stands there, (MOST_PLACES,)."""
        total = self.places.sum(axis=0)
        if not total[0]:
            return np.zeros(MOST_PLACES)
        mean = total[1] / total[0]
        # One worth of prior weight keeps a place that was hardly used near the mean.
        return np.asarray((self.places[:, 1] + mean) / (self.places[:, 0] + 1.0) - mean)

    def predictions(self, features: _Numbers, places: NDArray[np.int64]) -> _Numbers:
        """Expected reward of every technique, (n, techniques).

        Args:
            features: (n, features).
            places: from 0, (n,).
        """
        level = _ASSUMED_REWARD + features @ self._root + self.place_effects()[places]
        return np.asarray(level[:, None] + features @ self._advantage.T)

    def correction_table(self, features: _Numbers, personal: _Numbers | float = 0.0) -> _Numbers:
        """Corrections of all techniques, within ±bound, (n, techniques).

        Args:
            features: (n, features).
            personal: advantages for the persons themselves, (n, techniques) or (techniques,).
        """
        bound = self.learning.bound
        moved = self.learning.gain * (features @ self._advantage.T + personal)
        # Bent, not cut: what did best still stands before what did well.
        return np.asarray(bound * np.tanh(moved / bound))

    def corrections(self, context: Context, personal: PersonalPreferences | None = None) -> dict[str, float]:
        """Technique → what its score is to be raised by, within ±bound.

        Args:
            context: the moment.
            personal: of a person who wants to be remembered (consent `memory`); None for all others.
        """
        own = 0.0 if personal is None else personal.advantages(self)
        row = self.correction_table(context.features()[None, :], own)[0]
        return dict(zip(self.techniques, row.tolist(), strict=True))

    def _forget(self, days: float) -> None:
        kept = float(_kept(np.float64(days), self.learning))
        self.precision *= kept
        self.response *= kept
        self.places *= kept


@dataclass(frozen=True)
class PersonalPreferences:
    """What helped one person more or less than others; kept with that person's consent alone.

    Attributes:
        weight: Σ w/noise of each technique that the person met.
        response: Σ w·(reward − what the population gives)/noise of each.
        day: of the newest feedback; None before any.
    """

    weight: Mapping[str, float]
    response: Mapping[str, float]
    day: float | None = None

    @classmethod
    def none(cls) -> PersonalPreferences:
        """Of a person of whom nothing is known."""
        return cls({}, {})

    def learnt(self, table: DecisionTable, population: LearntPreferences) -> PersonalPreferences:
        """With more feedback of this person, none of which is needed afterwards."""
        usable = table.usable()
        if not len(usable):
            return self
        learning = population.learning
        newest = float(usable.day.max()) if self.day is None else max(float(usable.day.max()), self.day)
        kept = 1.0 if self.day is None else float(_kept(np.float64(newest - self.day), learning))
        weight = {name: value * kept for name, value in self.weight.items()}
        response = {name: value * kept for name, value in self.response.items()}
        expected = population.predictions(usable.features, usable.place)
        surprise = usable.reward - expected[np.arange(len(usable)), usable.technique]
        # One person's answers are too few to weigh by propensity as well.
        weights = usable.evidence * _kept(newest - usable.day, learning) / learning.noise
        for number, gained, moved in zip(usable.technique, weights, weights * surprise, strict=True):
            name = population.techniques[number]
            weight[name] = weight.get(name, 0.0) + float(gained)
            response[name] = response.get(name, 0.0) + float(moved)
        return replace(self, weight=weight, response=response, day=newest)

    def advantages(self, population: LearntPreferences) -> _Numbers:
        """How much more each technique does for this person than for others, (techniques,)."""
        names = population.techniques
        spread = np.array([population.learning.personal_spread])
        root, means = posterior_means(
            np.array([[[self.weight.get(name, 0.0)]] for name in names]),
            np.array([[self.response.get(name, 0.0)] for name in names]),
            population.families,
            root_variance=np.array([0.05]),
            family_variance=spread,
            technique_variance=spread,
        )
        return np.asarray((means - root)[:, 0])


def corrected(
    scores: Sequence[float],
    techniques: Sequence[str],
    corrections: Mapping[str, float],
    weight: float = 1.0,
) -> list[float]:
    """Scores with what was learnt: score + weight · correction; unknown techniques keep theirs.

    Args:
        scores: of the candidates, by the rules.
        techniques: of the candidates, in the same order.
        corrections: technique → correction.
        weight: 0–1.
    """
    return [
        score + weight * corrections.get(technique, 0.0)
        for score, technique in zip(scores, techniques, strict=True)
    ]


def _weights(table: DecisionTable, newest: float, learning: Learning) -> _Numbers:
    least = learning.usual_propensity / learning.largest_weight
    rarity = learning.usual_propensity / np.maximum(table.propensity, least)
    return np.asarray(table.evidence * rarity * _kept(newest - table.day, learning))


def _kept(days: _Numbers | np.float64, learning: Learning) -> _Numbers:
    return np.asarray(0.5 ** (days / learning.half_life_days))
