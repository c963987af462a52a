"""What another way of choosing would have been worth, from what was logged under this one.

Self-normalised inverse propensity estimates (Swaminathan and Joachims, NIPS 2015) and doubly robust ones
(Dudík, Langford and Li, ICML 2011), with intervals by resampling persons, since one person's answers are
alike. Each place of an offer is one decision, given the places before it. As corrections are bounded, so are
the weights.

Both rest on rewards that are missing by chance, given context and technique; where displeased people leave
without a word, both are too kind to every policy, and to the difference between two only as far as they leave
after one technique rather than another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.bandit import Learning, LearntPreferences
from recommender.decisions import DecisionTable

__all__ = ["Comparison", "Estimate", "Verdict", "compare", "pays", "policy_probabilities"]

_Numbers = NDArray[np.float64]

_FOLDS = 4
_RESAMPLES = 1000
_FEWEST_PERSONS = 40
_FEWEST_DECISIONS = 500
_LEAST_GAIN = 0.002
# Where all techniques do equally well, 7 of 120 simulated logs had both lower ends above 0 (four parts are
# not independent), the highest at 0.0004; and the question is asked again and again.


@dataclass(frozen=True)
class Estimate:
    """A mean and its 95 % interval, bootstrapped over persons."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:+.3f} ({self.low:+.3f} to {self.high:+.3f})"


@dataclass(frozen=True)
class Comparison:
    """The learnt policy beside the rules alone, in mean reward (0–1) of a decision.

    Attributes:
        rules: value of the rules' own policy (self-normalised).
        snips: learnt − rules, self-normalised inverse propensity.
        doubly_robust: learnt − rules, doubly robust.
        persons: who gave feedback.
        decisions: with a reward.
    """

    rules: Estimate
    snips: Estimate
    doubly_robust: Estimate
    persons: int
    decisions: int


@dataclass(frozen=True)
class Verdict:
    """Whether learning is switched on, and why, in one sentence; no comparison where there is too little."""

    pays: bool
    reason: str
    comparison: Comparison | None = None


def policy_probabilities(alternatives: _Numbers, corrections: _Numbers, weight: float = 1.0) -> _Numbers:
    """Probabilities of the techniques in their places with corrected scores, (n, techniques).

    Args:
        alternatives: probabilities by the rules alone, (n, techniques); what is 0 stays 0.
        corrections: (n, techniques), as `LearntPreferences.correction_table` gives them.
        weight: 0–1, of the corrections.
    """
    moved = alternatives * np.exp(weight * corrections)
    return np.asarray(moved / moved.sum(axis=1, keepdims=True))


def compare(
    table: DecisionTable, corrections: _Numbers, predictions: _Numbers, *, weight: float = 1.0, seed: int = 0
) -> Comparison:
    """Estimates what the learnt policy is worth beside the rules.

    Args:
        table: usable decisions, n of at least one, of persons from whom nothing was learnt.
        corrections: (n, techniques).
        predictions: expected reward of each technique, (n, techniques).
        weight: of the corrections.
        seed: of the resampling.
    """
    rows = np.arange(len(table))
    learnt = policy_probabilities(table.alternatives, corrections, weight)
    rules = table.alternatives
    of_learnt = table.evidence * learnt[rows, table.technique] / table.propensity
    of_rules = table.evidence * rules[rows, table.technique] / table.propensity
    missed = table.reward - predictions[rows, table.technique]
    model = table.evidence * ((learnt - rules) * predictions).sum(axis=1)
    columns = np.column_stack(
        [
            of_learnt * table.reward,
            of_learnt,
            of_rules * table.reward,
            of_rules,
            model,
            table.evidence,
            of_learnt * missed,
            of_rules * missed,
        ]
    )
    persons, number = np.unique(table.person, return_inverse=True)
    sums = np.zeros((len(persons), columns.shape[1]))
    np.add.at(sums, number.ravel(), columns)
    random = np.random.default_rng(seed)
    drawn = random.multinomial(len(persons), np.full(len(persons), 1.0 / len(persons)), size=_RESAMPLES)
    samples = np.vstack([sums.sum(axis=0), drawn @ sums])

    def estimate(values: _Numbers) -> Estimate:
        low, high = np.percentile(values[1:], [2.5, 97.5])
        return Estimate(float(values[0]), float(low), float(high))

    learnt_reward, learnt_weight, rules_reward, rules_weight, modelled, evidence, learnt_rest, rules_rest = (
        samples.T
    )
    return Comparison(
        rules=estimate(rules_reward / rules_weight),
        snips=estimate(learnt_reward / learnt_weight - rules_reward / rules_weight),
        doubly_robust=estimate(modelled / evidence + learnt_rest / learnt_weight - rules_rest / rules_weight),
        persons=len(persons),
        decisions=len(table),
    )


def pays(
    table: DecisionTable,
    families: Mapping[str, str],
    learning: Learning = Learning(),  # noqa: B008 - frozen
    *,
    weight: float = 1.0,
    seed: int = 0,
) -> Verdict:
    """Whether what is learnt from some persons serves others better than the rules alone.

    Persons are split into four parts; each part is judged by what the others taught. Learning pays where the
    lower ends of both intervals of learnt − rules, doubly robust and self-normalised, are above 0 by
    0.002, since the question is asked again and again. Personal preferences are no part of this.

    Args:
        table: decisions under any policies whose propensities were logged.
        families: technique → family, in the order of the table's columns.
        learning: how it is learnt.
        weight: of the corrections.
        seed: of splits and resampling.
    """
    usable = table.usable()
    judged = usable.where(_standing(usable))
    persons = np.unique(judged.person)
    if len(persons) < _FEWEST_PERSONS or len(judged) < _FEWEST_DECISIONS:
        return Verdict(
            False,
            f"The rules are kept: {len(judged)} answers of {len(persons)} persons are too few to judge, "
            f"{_FEWEST_DECISIONS} of {_FEWEST_PERSONS} are needed.",
        )
    part = np.random.default_rng(seed).permutation(len(persons)) % _FOLDS
    of_row = part[np.searchsorted(persons, judged.person)]
    corrections = np.zeros(judged.alternatives.shape)
    predictions = np.zeros(judged.alternatives.shape)
    for fold in range(_FOLDS):
        held_out = of_row == fold
        learnt = LearntPreferences(families, learning)
        learnt.learn(judged.where(~held_out))
        corrections[held_out] = learnt.correction_table(judged.features[held_out])
        predictions[held_out] = learnt.predictions(judged.features[held_out], judged.place[held_out])
    comparison = compare(judged, corrections, predictions, weight=weight, seed=seed)
    robust, weighed = comparison.doubly_robust, comparison.snips
    measured = f"learnt − rules {robust} doubly robust and {weighed} by propensities, on held-out persons"
    if min(robust.low, weighed.low) > _LEAST_GAIN:
        return Verdict(True, f"Learning is on: {measured}.", comparison)
    return Verdict(False, f"The rules are kept, since a gain is not certain: {measured}.", comparison)


def _standing(table: DecisionTable) -> NDArray[np.bool_]:
    # A row whose alternatives are damaged, or lack what was chosen, can't be weighed. A single alternative
    # is the same under every policy.
    alternatives = table.alternatives
    with np.errstate(invalid="ignore"):
        possible = (alternatives >= 0.0).all(axis=1) & (np.abs(alternatives.sum(axis=1) - 1.0) < 1e-3)
    chosen = alternatives[np.arange(len(table)), table.technique] > 0.0
    return np.asarray(possible & chosen)
