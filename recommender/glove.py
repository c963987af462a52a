"""GloVe after Pennington, Socher and Manning (2014): word vectors out of co-occurrence counts.

Minimises the sum over cells of f(x) (w·c + b_w + b_c − log x)² with AdaGrad, f(x) = min(1, (x/x_max)^α),
and gives w + c. One thread, so that a seed gives the same vectors again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numba  # type: ignore[import-not-found, unused-ignore]
import numpy as np
from numpy.typing import NDArray

from recommender.cooccurrence import Cooccurrences
from recommender.errors import ConfigurationError

__all__ = ["GloveSettings", "learn"]

_STEEPEST = 10.0


@dataclass(frozen=True)
class GloveSettings:
    """What a run may choose; the defaults are the paper's, but for `x_max`, which suits millions of words.

    Attributes:
        dimensions: of a vector.
        epochs: rounds over all cells.
        rate: first step of AdaGrad.
        x_max: count from which on a cell has full weight.
        exponent: α of the weight below that.
        seed: of first values and order.
    """

    dimensions: int = 100
    epochs: int = 50
    rate: float = 0.05
    x_max: float = 10.0
    exponent: float = 0.75
    seed: int = 0

    def __post_init__(self) -> None:
        if self.dimensions < 1 or self.epochs < 1 or self.rate <= 0.0 or self.x_max <= 0.0:
            raise ConfigurationError("dimensions, epochs, rate and x_max must be above 0")


def learn(
    cooccurrences: Cooccurrences,
    settings: GloveSettings,
    *,
    after_part: Callable[[int, float], None] = lambda epoch, loss: None,
) -> NDArray[np.float32]:
    """Vectors of all words of the matrix: (words, dimensions).

    Args:
        cooccurrences: from `count_pairs`.
        settings: of the run.
        after_part: called with the epoch, from 0, and the mean loss of the cells of the part just read.

    Raises:
        ConfigurationError: where learning diverges.
    """
    words, dimensions = cooccurrences.words, settings.dimensions
    source = np.random.default_rng(settings.seed)
    # The last column is the bias, learnt like the rest against a constant.
    word = ((source.random((words, dimensions + 1)) - 0.5) / dimensions).astype(np.float32)
    context = ((source.random((words, dimensions + 1)) - 0.5) / dimensions).astype(np.float32)
    word_squares, context_squares = np.ones_like(word), np.ones_like(context)
    for epoch in range(settings.epochs):
        for number in source.permutation(len(cooccurrences.paths)):
            cells = cooccurrences.part(int(number))
            if not len(cells.counts):
                continue
            order = source.permutation(len(cells.counts)).astype(np.int32)
            loss = _SWEEP(
                cells.rows[order],
                cells.columns[order],
                cells.counts[order],
                word,
                context,
                word_squares,
                context_squares,
                np.float32(settings.rate),
                np.float32(settings.x_max),
                np.float32(settings.exponent),
            ) / len(order)
            if not np.isfinite(loss):
                raise ConfigurationError("learning diverged: choose a smaller rate")
            after_part(epoch, float(loss))
    vectors: NDArray[np.float32] = word[:, :dimensions] + context[:, :dimensions]
    return vectors


def _sweep(
    rows: NDArray[np.int32],
    columns: NDArray[np.int32],
    counts: NDArray[np.float32],
    word: NDArray[np.float32],
    context: NDArray[np.float32],
    word_squares: NDArray[np.float32],
    context_squares: NDArray[np.float32],
    rate: np.float32,
    x_max: np.float32,
    exponent: np.float32,
) -> float:
    """One step of AdaGrad for each cell; the summed weighted squares before the steps."""
    bias = word.shape[1] - 1
    total = 0.0
    for cell in range(len(rows)):
        w, c = word[rows[cell]], context[columns[cell]]
        w_squares, c_squares = word_squares[rows[cell]], context_squares[columns[cell]]
        product = np.float32(0.0)
        for d in range(bias):
            product += w[d] * c[d]
        count = counts[cell]
        difference = product + w[bias] + c[bias] - np.float32(np.log(count))
        weight = np.float32(1.0) if count >= x_max else np.float32((count / x_max) ** exponent)
        slope = weight * difference
        total += 0.5 * slope * difference
        slope = min(max(slope, np.float32(-_STEEPEST)), np.float32(_STEEPEST)) * rate
        for d in range(bias):
            w_step, c_step = slope * c[d], slope * w[d]
            w[d] -= w_step / np.sqrt(w_squares[d])
            c[d] -= c_step / np.sqrt(c_squares[d])
            w_squares[d] += w_step * w_step
            c_squares[d] += c_step * c_step
        w[bias] -= slope / np.sqrt(w_squares[bias])
        c[bias] -= slope / np.sqrt(c_squares[bias])
        w_squares[bias] += slope * slope
        c_squares[bias] += slope * slope
    return total


_NJIT: Any = numba.njit
_SWEEP: Any = _NJIT(_sweep, fastmath={"contract", "reassoc", "nsz", "arcp", "afn"})
