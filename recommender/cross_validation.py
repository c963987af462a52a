"""K-fold cross-validation of the network and its baselines over all sentences; each is asked once.

No sentence is asked by a network that learnt it. The folds are stratified by kind of sentence and best
technique. Only techniques for which the mood has suggestions are ranked, for every system alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.baselines import logistic_regression, majority_in_mood
from recommender.configuration import Configuration
from recommender.features import WordVectors
from recommender.learning import Example, fit, probabilities
from recommender.metrics import hit, interval, precision
from recommender.vocabulary import Vocabulary

__all__ = ["cross_validate", "folds_of"]

_PLACES = 3


def folds_of(examples: Sequence[Example], folds: int, seed: int) -> NDArray[np.int64]:
    """Fold number of each example, 0 … folds − 1, strata dealt out in turn."""
    random = np.random.default_rng(seed)
    strata: dict[tuple[str, str], list[int]] = {}
    for index, example in enumerate(examples):
        strata.setdefault((example.kind, example.techniques[0]), []).append(index)
    assigned = np.zeros(len(examples), dtype=np.int64)
    dealt = 0
    for stratum in sorted(strata):
        for index in random.permutation(strata[stratum]):
            assigned[index] = dealt % folds
            dealt += 1
    return assigned


def cross_validate(
    configuration: Configuration,
    examples: Sequence[Example],
    vocabulary: Vocabulary,
    vectors: WordVectors,
    *,
    after_epoch: Callable[[float], None] | None = None,
) -> dict[str, Any]:
    """Figures of the LSTM, the majority and logistic regression, for situations and suggestions apart.

    Returns:
        `protocol`, `situations` and `suggestions`; under the latter two, by system, figures with
        bootstrap intervals over sentences, and the paired difference of LSTM and regression.
    """
    techniques = tuple(vocabulary.techniques)
    fold = folds_of(examples, configuration.folds, configuration.seed)
    systems = ("majority_in_mood", "bag_of_glove_logistic_regression", "lstm")
    answers = {name: np.zeros((len(examples), len(techniques))) for name in systems}
    for number in range(configuration.folds):
        learnt = [example for example, f in zip(examples, fold, strict=True) if f != number]
        asked = [example for example, f in zip(examples, fold, strict=True) if f == number]
        network = fit(configuration, learnt, techniques, vectors, after_epoch=after_epoch)
        rows = fold == number
        answers["lstm"][rows] = probabilities(network, asked, vectors)
        answers["majority_in_mood"][rows] = majority_in_mood(learnt, asked, techniques)
        answers["bag_of_glove_logistic_regression"][rows] = logistic_regression(
            learnt,
            asked,
            techniques,
            vectors,
            suggestion_weight=configuration.schedule.suggestion_weight,
        )
    figures: dict[str, Any] = {
        "protocol": f"{configuration.folds}-fold over sentences, stratified by kind and best technique, "
        f"seed {configuration.seed}; intervals: 95 % bootstrap over sentences",
        "techniques": len(techniques),
        "families": len(vocabulary.families),
    }
    for kind in ("situation", "suggestion"):
        rows = np.array([example.kind == kind for example in examples])
        chosen = [example for example in examples if example.kind == kind]
        figures[f"{kind}s"] = _figures(
            chosen, {name: answer[rows] for name, answer in answers.items()}, examples, vocabulary
        )
    return figures


def _figures(
    asked: Sequence[Example],
    answers: dict[str, NDArray[np.float64]],
    examples: Sequence[Example],
    vocabulary: Vocabulary,
) -> dict[str, Any]:
    techniques = tuple(vocabulary.techniques)
    available: dict[str, set[str]] = {}
    for example in examples:
        if example.kind == "suggestion":
            available.setdefault(example.mood, set()).update(example.techniques)
    figures: dict[str, Any] = {"n": len(asked)}
    single: dict[str, list[float]] = {}
    for name, answer in answers.items():
        ranked = [
            [techniques[i] for i in np.argsort(-row, kind="stable") if techniques[i] in available[e.mood]]
            for e, row in zip(asked, answer, strict=True)
        ]
        families = [
            float(
                vocabulary.techniques[r[0]].family in {vocabulary.techniques[t].family for t in e.techniques}
            )
            for e, r in zip(asked, ranked, strict=True)
        ]
        pairs = list(zip(asked, ranked, strict=True))
        single[name] = [hit(r, e.techniques, _PLACES) for e, r in pairs]
        figures[name] = {
            "hit_at_1": interval([hit(r, e.techniques, 1) for e, r in pairs]),
            "hit_at_3": interval(single[name]),
            "precision_at_3": interval([precision(r, e.techniques, _PLACES) for e, r in pairs]),
            "family_hit_at_1": interval(families),
        }
    difference = np.array(single["lstm"]) - np.array(single["bag_of_glove_logistic_regression"])
    figures["hit_at_3_lstm_minus_logistic_regression"] = interval(difference)
    return figures
