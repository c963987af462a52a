"""How well ranked techniques fit: hits, precision and their bootstrap intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["hit", "interval", "precision"]

_RESAMPLES = 2000


def hit(ranked: Sequence[str], fitting: Sequence[str], places: int) -> float:
    """1 where any of the first places holds a fitting technique, else 0."""
    return float(any(technique in fitting for technique in ranked[:places]))


def precision(ranked: Sequence[str], fitting: Sequence[str], places: int) -> float:
    """Share of fitting techniques among the first places; an empty place does not fit."""
    return sum(technique in fitting for technique in ranked[:places]) / places


def interval(values: Sequence[float] | NDArray[np.float64], *, seed: int = 0) -> dict[str, float]:
    """Mean and 95 % percentile bootstrap interval over items: `mean`, `low`, `high`.

    Args:
        values: one for each item, at least one.
        seed: of the resampling.
    """
    array = np.asarray(values, dtype=np.float64)
    random = np.random.default_rng(seed)
    means = array[random.integers(0, len(array), size=(_RESAMPLES, len(array)))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return {
        "mean": round(float(array.mean()), 4),
        "low": round(float(low), 4),
        "high": round(float(high), 4),
    }
