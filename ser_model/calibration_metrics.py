"""How far confidence and accuracy are apart, and how far they would be by chance alone.

A perfectly calibrated model seems miscalibrated when it is measured on few clips. So the figure here is
debiased, and beside it stands what a perfectly calibrated model would get on as many clips. Numpy only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "BINS",
    "ReliabilityBin",
    "debiased_calibration_error",
    "perfect_calibration_band",
    "reliability",
    "wilson_interval",
]

Integers = NDArray[np.intp]
Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

BINS = 10

_CHUNK = 4_000_000


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Clips of like confidence.

    Attributes:
        confidence: mean, 0–1.
        accuracy: share of right answers, 0–1.
        low: of Wilson's 95 % interval of the accuracy.
        high: likewise.
        expected_low: of the range in which the accuracy of a perfectly calibrated model lies in 95 %.
        expected_high: likewise.
        n: clips.
    """

    confidence: float
    accuracy: float
    low: float
    high: float
    expected_low: float
    expected_high: float
    n: int


def debiased_calibration_error(confidence: Floats, right: Booleans, bins: int = BINS) -> float:
    """Debiased L2 calibration error of the likeliest label over bins of equal mass.

    The square of the plugin estimate is too high by the variance of each bin's accuracy; that is estimated
    and taken off: √Σ nᵦ/n · [(mean confidence − accuracy)² − accuracy · (1 − accuracy) / (nᵦ − 1)], and 0
    where the sum is negative (Kumar, Liang, Ma: Verified uncertainty calibration, NeurIPS 2019, section 5;
    before them Bröcker 2012, Ferro and Fricker 2012). It is a root mean square: one bin that is far off
    weighs more than in ECE, which is a mean of distances.

    Args:
        confidence: shape (n,), 0–1, probability of the likeliest label.
        right: shape (n,), whether that label was true.
        bins: most bins; equal confidences share one, and no bin has fewer than two clips.

    Returns:
        0–1.

    Raises:
        ValueError: for fewer than two clips a bin.
    """
    order = np.argsort(confidence, kind="stable")
    starts = _starts(confidence[order], bins)
    return float(_errors(confidence[order], right[order][None], starts)[0])


def perfect_calibration_band(
    confidence: Floats,
    bins: int = BINS,
    *,
    level: float = 0.95,
    draws: int = 2_000,
    seed: int = 0,
) -> tuple[float, float]:
    """Where `debiased_calibration_error` lies for a perfectly calibrated model of the same confidences.

    Such a model is right on each clip with the probability that it says, each for itself; that is drawn many
    times. The figure has no less than 0 and 0 is no fault, so the band begins there and spends all of
    `1 - level` above.

    Args:
        confidence: shape (n,), 0–1, of the model at hand.
        bins: as above.
        level: share of the draws inside the band.
        draws: how many.
        seed: of the draws.

    Raises:
        ValueError: for fewer than two clips a bin.
    """
    ordered = np.sort(confidence)
    starts = _starts(ordered, bins)
    random = np.random.default_rng(seed)
    at_once = max(1, _CHUNK // len(ordered))
    errors = [
        _errors(ordered, random.random((min(at_once, draws - done), len(ordered))) < ordered, starts)
        for done in range(0, draws, at_once)
    ]
    return 0.0, float(np.quantile(np.concatenate(errors), level))


def reliability(confidence: Floats, right: Booleans, bins: int = BINS) -> list[ReliabilityBin]:
    """The bins of a reliability diagram, of equal mass, by rising confidence.

    Raises:
        ValueError: for fewer than two clips a bin.
    """
    order = np.argsort(confidence, kind="stable")
    starts = _starts(confidence[order], bins)
    made = []
    for clips in np.split(order, starts[1:]):
        low, high = wilson_interval(int(right[clips].sum()), len(clips))
        expected_low, expected_high = _expected_accuracy(confidence[clips])
        made.append(
            ReliabilityBin(
                confidence=float(confidence[clips].mean()),
                accuracy=float(right[clips].mean()),
                low=low,
                high=high,
                expected_low=expected_low,
                expected_high=expected_high,
                n=len(clips),
            )
        )
    return made


def wilson_interval(hits: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Score interval of a share (Wilson, 1927): `hits` of `n`, from 1."""
    z = NormalDist().inv_cdf(0.5 + 0.5 * level)
    share = hits / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, centre - reach), min(1.0, centre + reach)


def _starts(ordered: Floats, bins: int) -> Integers:
    """First position of each bin in the rising confidences."""
    if len(ordered) < 2 * bins:
        raise ValueError(f"{bins} bins need {2 * bins} clips or more, not {len(ordered)}")
    cuts = [len(ordered) * number // bins for number in range(1, bins)]
    starts = [0]
    for cut in cuts:
        # Equal confidences stay together, so that the order of the clips decides nothing.
        start = int(np.searchsorted(ordered, ordered[cut], side="left"))
        if start - starts[-1] >= 2:
            starts.append(start)
    return np.array(starts, dtype=np.intp)


def _errors(ordered: Floats, right: Booleans, starts: Integers) -> Floats:
    """The debiased error of each row of `right`, shape (draws, n), for confidences in rising order."""
    counts = np.diff(np.append(starts, len(ordered)))
    confidence = np.add.reduceat(ordered, starts) / counts
    accuracy = np.add.reduceat(right.astype(np.float64), starts, axis=1) / counts
    squares = (confidence - accuracy) ** 2 - accuracy * (1.0 - accuracy) / (counts - 1)
    return np.asarray(np.sqrt(np.maximum(squares @ (counts / len(ordered)), 0.0)))


def _expected_accuracy(confidence: Floats) -> tuple[float, float]:
    """Central 95 % of the share of right answers where each clip is right with its own probability."""
    chances = np.ones(1)
    for probability in confidence:
        chances = np.convolve(chances, [1.0 - probability, probability])
    low, high = np.searchsorted(np.cumsum(chances), [0.025, 0.975])
    return float(low) / len(confidence), float(min(high, len(confidence))) / len(confidence)
