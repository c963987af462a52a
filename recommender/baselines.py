"""What the LSTM is compared with: the commonest techniques of a mood, and a bag of GloVe vectors.

Needs scikit-learn.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from emotion import MOODS
from recommender.features import DIMENSIONS, WordVectors
from recommender.learning import Example, targets

__all__ = ["logistic_regression", "majority_in_mood"]


def majority_in_mood(
    learnt: Sequence[Example], asked: Sequence[Example], techniques: Sequence[str]
) -> NDArray[np.float64]:
    """How often each technique was right in the same mood and kind of sentence: (asked, techniques)."""
    goals = targets(learnt, techniques).astype(np.float64)
    keys = [(example.mood, example.kind) for example in learnt]
    answers = np.full((len(asked), len(techniques)), 1e-9)
    for row, example in enumerate(asked):
        same = [index for index, key in enumerate(keys) if key == (example.mood, example.kind)]
        answers[row] += goals[same].sum(axis=0)
    shares: NDArray[np.float64] = answers / answers.sum(axis=1, keepdims=True)
    return shares


def logistic_regression(
    learnt: Sequence[Example],
    asked: Sequence[Example],
    techniques: Sequence[str],
    vectors: WordVectors,
    *,
    suggestion_weight: float,
    inverse_regularisation: float = 1.0,
) -> NDArray[np.float64]:
    """Multinomial regression on the mean word vector and the mood: (asked, techniques)."""
    goals = targets(learnt, techniques)
    features = _bags(learnt, vectors)
    rows, columns = np.nonzero(goals)
    kinds = np.array([suggestion_weight if e.kind == "suggestion" else 1.0 for e in learnt])
    model = LogisticRegression(C=inverse_regularisation, max_iter=2000)
    model.fit(features[rows], columns, sample_weight=goals[rows, columns] * kinds[rows])
    answers = np.zeros((len(asked), len(techniques)))
    answers[:, model.classes_] = model.predict_proba(_bags(asked, vectors))
    return answers


def _bags(examples: Sequence[Example], vectors: WordVectors) -> NDArray[np.float64]:
    bags = np.zeros((len(examples), DIMENSIONS + len(MOODS)))
    for row, example in enumerate(examples):
        known = vectors.vectors(list(example.words))
        if len(known):
            bags[row, :DIMENSIONS] = known.mean(axis=0)
        bags[row, DIMENSIONS + MOODS.index(example.mood)] = 1.0
    return bags
