"""Calibration: logits to probabilities that mean what they say, fitted on validation speakers.

Temperature scaling divides all logits by one number; vector scaling has a factor and an addend for each class
(Guo, Pleiss, Sun, Weinberger: On calibration of modern neural networks, ICML 2017). Numpy only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Calibration",
    "choose",
    "cross_validated_loss",
    "fit_temperature",
    "fit_vector",
    "fitted_temperature",
    "log_loss",
    "softmax",
]

Integers = NDArray[np.intp]
Floats = NDArray[np.float64]

_LEAST_TEMPERATURE, _GREATEST_TEMPERATURE = 0.2, 5.0
_PULL = 4.0
_FOLDS = 5


@dataclass(frozen=True, slots=True)
class Calibration:
    """Logits are multiplied by `scale` and `bias` is added, class by class; then softmax.

    Attributes:
        scale: k factors.
        bias: k addends.
    """

    scale: tuple[float, ...]
    bias: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.scale) != len(self.bias) or not self.scale:
            raise ValueError("a calibration has as many factors as addends, and one of each at least")

    def apply(self, logits: Floats) -> Floats:
        """Probabilities of logits of shape (n, k) or (k,), in the same shape."""
        return softmax(np.asarray(logits, dtype=np.float64) * np.array(self.scale) + np.array(self.bias))

    @property
    def is_temperature(self) -> bool:
        """Whether one temperature does it all."""
        return len(set(self.scale)) == 1 and not any(self.bias)


def softmax(logits: Floats, temperature: float = 1.0) -> Floats:
    """Probabilities of logits of shape (n, k) or (k,), divided by the temperature."""
    scaled = np.asarray(logits, dtype=np.float64) / temperature
    exponentials = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=-1, keepdims=True))


def log_loss(logits: Floats, truth: Integers) -> float:
    """Mean negative log-likelihood of the truth, in nats, for logits of shape (n, k)."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    own = shifted[np.arange(len(truth)), truth]
    return float(np.mean(np.log(np.exp(shifted).sum(axis=1)) - own))


def fitted_temperature(logits: Floats, truth: Integers) -> float:
    """The temperature from 0.2 to 5 at which the logits have the least log loss.

    The loss is convex in the inverse temperature; its slope is halved into.
    """
    logits = np.asarray(logits, dtype=np.float64)
    own = logits[np.arange(len(truth)), truth]
    low, high = 1.0 / _GREATEST_TEMPERATURE, 1.0 / _LEAST_TEMPERATURE
    for _ in range(50):
        middle = 0.5 * (low + high)
        slope = np.mean((softmax(logits * middle) * logits).sum(axis=1) - own)
        if slope > 0.0:
            high = middle
        else:
            low = middle
    return float(2.0 / (low + high))


def fit_temperature(logits: Floats, truth: Integers) -> Calibration:
    """Temperature scaling of logits of shape (n, k), for truth of shape (n,)."""
    classes = logits.shape[1]
    return Calibration((1.0 / fitted_temperature(logits, truth),) * classes, (0.0,) * classes)


def fit_vector(logits: Floats, truth: Integers, pull: float = _PULL) -> Calibration:
    """Vector scaling, pulled towards temperature scaling; by Newton's method, the same each time.

    The penalty is that of a normal prior about the fitted temperature: each relative change of a factor, and
    each addend, has the standard deviation 1 / √pull. So a class with few clips hardly moves, and the more
    clips there are the less the pull matters.

    Args:
        logits: shape (n, k).
        truth: shape (n,).
        pull: over 0.
    """
    temperature = fitted_temperature(logits, truth)
    start = np.asarray(logits, dtype=np.float64) / temperature
    classes = start.shape[1]
    # z = start · (1 + change) + bias is linear in the parameters (change, bias): the loss is convex.
    spread = np.concatenate([start, np.ones_like(start)], axis=1)
    classes_of = np.tile(np.arange(classes), 2)
    aims = np.eye(classes)[truth]
    parameters = np.zeros(2 * classes)

    def moved(at: Floats) -> Floats:
        return np.asarray(start * (1.0 + at[:classes]) + at[classes:])

    def penalised(at: Floats) -> float:
        return len(truth) * log_loss(moved(at), truth) + 0.5 * pull * float(at @ at)

    loss = penalised(parameters)
    for _ in range(100):
        shares = softmax(moved(parameters))[:, classes_of]
        gradient = (spread * (shares - aims[:, classes_of])).sum(axis=0) + pull * parameters
        weighted = spread * shares
        same_class = classes_of[:, None] == classes_of[None, :]
        curvature = same_class * (weighted.T @ spread) - weighted.T @ weighted + pull * np.eye(2 * classes)
        step = np.linalg.solve(curvature, gradient)
        decrement = float(gradient @ step)
        if decrement < 1e-9:
            break
        length = 1.0
        while (better := penalised(parameters - length * step)) > loss - 1e-4 * length * decrement:
            length *= 0.5
            if length < 1e-8:
                return _of_parameters(parameters, temperature)
        parameters = parameters - length * step
        loss = better
    return _of_parameters(parameters, temperature)


def cross_validated_loss(
    fit: Callable[[Floats, Integers], Calibration],
    logits: Floats,
    truth: Integers,
    speakers: Sequence[str],
) -> float:
    """Mean log loss for each clip with the calibration that was fitted on other speakers only.

    Raises:
        ValueError: for fewer than two speakers.
    """
    fold_of = _folds_of(speakers)
    total = 0.0
    for number in range(fold_of.max() + 1):
        held = fold_of == number
        calibration = fit(logits[~held], truth[~held])
        shifted = logits[held] * np.array(calibration.scale) + np.array(calibration.bias)
        total += log_loss(shifted, truth[held]) * float(held.sum())
    return total / len(truth)


def choose(logits: Floats, truth: Integers, speakers: Sequence[str]) -> Calibration:
    """Vector scaling where it does better on speakers that it wasn't fitted on, else temperature scaling.

    With one speaker there is nothing to compare: temperature scaling.

    Args:
        logits: shape (n, k).
        truth: shape (n,).
        speakers: n names.
    """
    if len(set(speakers)) < 2:
        return fit_temperature(logits, truth)
    losses = [cross_validated_loss(fit, logits, truth, speakers) for fit in (fit_temperature, fit_vector)]
    return fit_vector(logits, truth) if losses[1] < losses[0] else fit_temperature(logits, truth)


def _of_parameters(parameters: Floats, temperature: float) -> Calibration:
    change, bias = np.split(parameters, 2)
    return Calibration(tuple(((1.0 + change) / temperature).tolist()), tuple(bias.tolist()))


def _folds_of(speakers: Sequence[str]) -> Integers:
    """Fold of each clip: whole speakers, the largest first, to the fold with the fewest clips."""
    sizes = Counter(speakers)
    if len(sizes) < 2:
        raise ValueError("cross-validation over speakers needs two or more")
    filled = [0] * min(_FOLDS, len(sizes))
    fold_of = {}
    for speaker in sorted(sizes, key=lambda name: (-sizes[name], name)):
        fold = filled.index(min(filled))
        fold_of[speaker] = fold
        filled[fold] += sizes[speaker]
    return np.array([fold_of[speaker] for speaker in speakers], dtype=np.intp)
