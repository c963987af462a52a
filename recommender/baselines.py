"""What the readers are compared with: the techniques that fit most often in a mood."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recommender.learning import Example, targets

__all__ = ["majority_in_mood"]


def majority_in_mood(
    learnt: Sequence[Example], asked: Sequence[Example], techniques: Sequence[str]
) -> NDArray[np.float64]:
    """How often each technique was right in the same mood, whatever was said: (asked, techniques)."""
    goals = targets(learnt, techniques).astype(np.float64)
    moods = np.array([example.mood for example in learnt])
    answers = np.stack([goals[moods == example.mood].sum(axis=0) for example in asked]) + 1e-9
    shares: NDArray[np.float64] = answers / answers.sum(axis=1, keepdims=True)
    return shares
