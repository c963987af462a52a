"""Learning the two regressions out of labelled sentences. Needs scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from emotion import MOODS
from recommender.configuration import RegressionSettings
from recommender.features import WordVectors
from recommender.learning import Example, targets
from recommender.ngrams import COLUMNS, ngram_counts, weighted
from recommender.regressions import Regressions

__all__ = ["fit_regressions"]

_NEVER = -12.0
"""Logit of a technique that no example has."""

_ROUNDS = 1000


def fit_regressions(
    settings: RegressionSettings,
    situations: Sequence[Example],
    suggestions: Sequence[Example],
    techniques: Sequence[str],
    vectors: WordVectors,
) -> Regressions:
    """Learns both from situations, the one by letters a little from suggestions too.

    Args:
        settings: regularisation, and the weight of a suggestion's sentence.
        situations: at least one for each of two techniques.
        suggestions: their own sentences; what they ask to do resembles what people say about it.
        techniques: of the outputs, in order.
        vectors: the frozen word vectors.
    """
    rarity = _rarity([*situations, *suggestions])
    letters = sparse.vstack([_letters(example, rarity) for example in (*situations, *suggestions)])
    weights = [1.0] * len(situations) + [settings.suggestion_weight] * len(suggestions)
    ngrams, ngram_moods = _fit(
        letters, [*situations, *suggestions], weights, techniques, settings.letters_inverse_regularisation
    )
    directions = np.stack([vectors.smooth_direction(example.words) for example in situations])
    words, word_moods = _fit(
        sparse.csr_matrix(settings.direction_length * directions),
        situations,
        [1.0] * len(situations),
        techniques,
        settings.words_inverse_regularisation,
    )
    return Regressions(
        rarity=rarity,
        ngrams=ngrams.astype(np.float16),
        ngram_moods=ngram_moods.astype(np.float32),
        words=(settings.direction_length * words).astype(np.float32),
        word_moods=word_moods.astype(np.float32),
    )


def _rarity(examples: Sequence[Example]) -> NDArray[np.float32]:
    """Smoothed inverse document frequency; 0 for what occurs in one text alone."""
    occurrences = np.zeros(COLUMNS)
    for example in examples:
        occurrences[list(ngram_counts(example.folded))] += 1
    rarity = np.log((1 + len(examples)) / (1 + occurrences)) + 1.0
    return np.where(occurrences >= 2, rarity, 0.0).astype(np.float32)


def _letters(example: Example, rarity: NDArray[np.float32]) -> sparse.csr_matrix:
    columns, values = weighted(ngram_counts(example.folded), rarity)
    return sparse.csr_matrix((values, columns, [0, len(columns)]), shape=(1, COLUMNS))


def _fit(
    features: sparse.csr_matrix,
    examples: Sequence[Example],
    weights: Sequence[float],
    techniques: Sequence[str],
    inverse_regularisation: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weights of the features, (features, techniques), and of moods with the bias, (moods, techniques)."""
    moods = np.array([[float(example.mood == mood) for mood in MOODS] for example in examples])
    goals = targets(examples, techniques)
    rows, columns = np.nonzero(goals)
    model = LogisticRegression(C=inverse_regularisation, max_iter=_ROUNDS)
    model.fit(
        sparse.hstack([features, sparse.csr_matrix(moods)]).tocsr()[rows],
        columns,
        sample_weight=goals[rows, columns] * np.asarray(weights)[rows],
    )
    coefficients = np.zeros((features.shape[1] + len(MOODS), len(techniques)))
    bias = np.full(len(techniques), _NEVER)
    coefficients[:, model.classes_] = model.coef_.T
    bias[model.classes_] = model.intercept_
    return coefficients[: features.shape[1]], coefficients[features.shape[1] :] + bias
