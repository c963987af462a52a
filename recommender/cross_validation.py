"""K-fold cross-validation of the readers and a baseline over the labelled situations; each is asked once.

No situation is asked of a model that learnt it. The folds are stratified by language and best technique.
The suggestions' own sentences are learnt from in every fold. Only techniques for which the mood has
suggestions are ranked, for every system alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from language import LANGUAGES
from recommender.baselines import majority_in_mood
from recommender.configuration import Configuration
from recommender.features import WordVectors
from recommender.learning import Example, fit, probabilities
from recommender.metrics import hit, interval, precision
from recommender.regression_learning import fit_regressions
from recommender.vocabulary import Vocabulary

__all__ = ["cross_validate", "folds_of"]

_PLACES = 3
_LEAST = 1e-9


def folds_of(examples: Sequence[Example], folds: int, seed: int) -> NDArray[np.int64]:
    """Fold number of each example, 0 … folds − 1, strata dealt out in turn."""
    random = np.random.default_rng(seed)
    strata: dict[tuple[str, str], list[int]] = {}
    for index, example in enumerate(examples):
        strata.setdefault((example.language, example.techniques[0]), []).append(index)
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
    """Figures of the majority, the three readers and their product, for each language.

    Returns:
        `protocol`, and by language, by system, figures with bootstrap intervals over situations.
    """
    techniques = tuple(vocabulary.techniques)
    situations = [example for example in examples if example.kind == "situation"]
    suggestions = [example for example in examples if example.kind == "suggestion"]
    fold = folds_of(situations, configuration.folds, configuration.seed)
    systems = ("majority_in_mood", "words_regression", "letters_regression", "paper_lstm")
    answers = {name: np.zeros((len(situations), len(techniques))) for name in systems}
    for number in range(configuration.folds):
        rows = fold == number
        learnt = [example for example, out in zip(situations, rows, strict=True) if not out]
        asked = [example for example, out in zip(situations, rows, strict=True) if out]
        network = fit(configuration, learnt, techniques, vectors, after_epoch=after_epoch)
        regressions = fit_regressions(configuration.regressions, learnt, suggestions, techniques, vectors)
        answers["majority_in_mood"][rows] = majority_in_mood(learnt, asked, techniques)
        answers["paper_lstm"][rows] = probabilities(network, asked, vectors)
        answers["words_regression"][rows] = [
            np.exp(regressions.by_words(example.mood, vectors.smooth_direction(example.words)))
            for example in asked
        ]
        answers["letters_regression"][rows] = [
            np.exp(regressions.by_letters(example.mood, example.folded)) for example in asked
        ]
    shares = configuration.shares
    answers["three_readers"] = (
        np.maximum(answers["letters_regression"], _LEAST) ** shares.letters
        * np.maximum(answers["words_regression"], _LEAST) ** shares.words
        * np.maximum(answers["paper_lstm"], _LEAST) ** shares.lstm
    )
    available: dict[str, set[str]] = {}
    for example in suggestions:
        available.setdefault(example.mood, set()).update(example.techniques)
    figures: dict[str, Any] = {
        "protocol": f"{configuration.folds}-fold over situations, stratified by language and best technique, "
        f"seed {configuration.seed}; intervals: 95 % bootstrap over situations. Shares and regularisation "
        "were chosen on such folds, so that the product's figures are somewhat too good.",
        "techniques": len(techniques),
        "families": len(vocabulary.families),
    }
    for language in LANGUAGES:
        rows = np.array([example.language == language for example in situations])
        chosen = [example for example in situations if example.language == language]
        figures[language] = {
            "n": len(chosen),
            **{
                name: _figures(chosen, answer[rows], available, vocabulary)
                for name, answer in answers.items()
            },
        }
    return figures


def _figures(
    asked: Sequence[Example],
    answers: NDArray[np.float64],
    available: dict[str, set[str]],
    vocabulary: Vocabulary,
) -> dict[str, Any]:
    techniques = tuple(vocabulary.techniques)
    family = {name: technique.family for name, technique in vocabulary.techniques.items()}
    measures: dict[str, list[float]] = {
        "hit_at_1": [],
        "precision_at_3": [],
        "family_hit_at_1": [],
        "family_precision_at_3": [],
    }
    for example, row in zip(asked, answers, strict=True):
        order = [techniques[place] for place in np.argsort(-row, kind="stable")]
        ranked = [technique for technique in order if technique in available[example.mood]]
        families = [family[technique] for technique in ranked]
        fitting = {family[technique] for technique in example.techniques}
        measures["hit_at_1"].append(hit(ranked, example.techniques, 1))
        measures["precision_at_3"].append(precision(ranked, example.techniques, _PLACES))
        measures["family_hit_at_1"].append(hit(families, tuple(fitting), 1))
        measures["family_precision_at_3"].append(precision(families, tuple(fitting), _PLACES))
    return {name: interval(values) for name, values in measures.items()}
