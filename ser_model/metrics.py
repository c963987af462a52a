"""Figures of a classifier: recall, F1, calibration, abstention, and intervals by resampling.

Labels are integers 0 … k-1; probabilities have shape (n, k) and rows that sum to 1. Numpy only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "ClassFigures",
    "abstention_threshold",
    "bootstrap_interval",
    "class_figures",
    "confusion",
    "coverage_and_risk",
    "expected_calibration_error",
    "macro_f1",
    "recall_at_precision",
    "renormalised",
    "unweighted_average_recall",
]

Integers = NDArray[np.intp]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """Figures of one class, each 0–1 but the count."""

    recall: float
    precision: float
    f1: float
    n: int


def confusion(truth: Integers, predicted: Integers, classes: int) -> Integers:
    """Counts of shape (classes, classes): row = truth, column = prediction."""
    counts = np.zeros((classes, classes), dtype=np.intp)
    np.add.at(counts, (truth, predicted), 1)
    return counts


def class_figures(counts: Integers) -> list[ClassFigures]:
    """Figures of each class from `confusion`; a class without clips, or never named, has zeros."""
    hits = np.diag(counts)
    truths, named = counts.sum(axis=1), counts.sum(axis=0)
    return [
        ClassFigures(
            recall=_ratio(hit, truth),
            precision=_ratio(hit, name),
            f1=_ratio(2 * hit, truth + name),
            n=int(truth),
        )
        for hit, truth, name in zip(hits, truths, named, strict=True)
    ]


def unweighted_average_recall(truth: Integers, predicted: Integers, classes: int) -> float:
    """Mean recall of the classes that occur (UAR): every emotion counts alike, however rare."""
    counts = confusion(truth, predicted, classes)
    present = counts.sum(axis=1) > 0
    if not present.any():
        return 0.0
    return float(np.mean(np.diag(counts)[present] / counts.sum(axis=1)[present]))


def macro_f1(counts: Integers) -> float:
    """Mean F1 of the classes that occur in the truth or among the predictions."""
    seen = (counts.sum(axis=1) + counts.sum(axis=0)) > 0
    figures = [figure.f1 for figure, present in zip(class_figures(counts), seen, strict=True) if present]
    return float(np.mean(figures)) if figures else 0.0


def recall_at_precision(scores: Floats, truth: NDArray[np.bool_], precision: float) -> float:
    """Greatest recall of one class at a threshold where its precision is high enough; 0 where none is.

    The threshold is chosen on these very clips, so with few of them the figure is too good; clips of equal
    scores are named together.

    Args:
        scores: shape (n,), the higher the surer.
        truth: shape (n,), whether the clip is of the class.
        precision: least share of right ones among those named, 0–1.
    """
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(truth[order])
    reached = hits >= precision * np.arange(1, len(order) + 1) - 1e-9
    reached &= np.append(scores[order][1:] != scores[order][:-1], True)
    return _ratio(int(hits[reached].max(initial=0)), int(truth.sum()))


def renormalised(probabilities: Floats, classes: Sequence[int]) -> Floats:
    """Probabilities given that the truth is one of some classes: shape (n, len(classes)), in their order.

    Rows that leave nothing to these classes become equal probabilities.
    """
    kept = probabilities[:, list(classes)]
    sums = kept.sum(axis=1, keepdims=True)
    return np.where(sums > 0.0, kept / np.where(sums > 0.0, sums, 1.0), 1.0 / len(classes))


def expected_calibration_error(probabilities: Floats, truth: Integers, bins: int = 15) -> float:
    """Mean distance of confidence and accuracy over equal bins of confidence (Guo et al., 2017)."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    place = np.minimum((confidence * bins).astype(np.intp), bins - 1)
    error = 0.0
    for index in range(bins):
        inside = place == index
        if inside.any():
            error += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    return float(error)


def coverage_and_risk(right: NDArray[np.bool_], covered: NDArray[np.bool_]) -> tuple[float, float | None]:
    """Share of clips that are answered, and share of wrong answers among those (None: no answers)."""
    if not covered.any():
        return 0.0, None
    return float(covered.mean()), float(1.0 - right[covered].mean())


def abstention_threshold(
    confidence: Floats,
    right: NDArray[np.bool_],
    speakers: Sequence[str],
    *,
    risk: float,
    certainty: float = 0.95,
    resamples: int = 2_000,
    seed: int = 0,
) -> float:
    """The lowest confidence from which on answers are seldom wrong, for speakers that are like these.

    A bound that only just holds for the few speakers at hand is broken by the next ones. So the
    speakers are drawn anew, with repeats, many times, and the bound has to hold in most draws: at the
    threshold and, so that no lucky dip is taken for the answer, at every higher one.

    Args:
        confidence: shape (n,), 0–1, of the clips for which an answer is possible.
        right: shape (n,), whether the answer would be right.
        speakers: n names.
        risk: largest share of wrong answers, 0–1.
        certainty: share of the draws in which the bound has to hold.
        resamples: number of draws.
        seed: of the draws.

    Returns:
        A threshold in 0–1, in steps of 0.01; 1 where none keeps the bound, or nothing can be answered.
    """
    if not len(speakers):
        return 1.0
    thresholds = np.arange(0, 101) / 100.0
    names = np.array(sorted(set(speakers)))
    belongs = (names[:, None] == np.array(speakers)[None, :]).astype(np.float64)
    answered = (confidence[:, None] >= thresholds[None, :]).astype(np.float64)
    random = np.random.default_rng(seed)
    drawn = random.multinomial(len(names), np.full(len(names), 1.0 / len(names)), size=resamples)
    answers = drawn @ (belongs @ answered)
    wrong = drawn @ (belongs @ (answered * ~right[:, None]))
    holds = np.mean(wrong <= risk * answers, axis=0) >= certainty
    broken = np.flatnonzero(~holds)
    lowest = broken[-1] + 1 if len(broken) else 0
    return float(thresholds[lowest]) if lowest < len(thresholds) else 1.0


def bootstrap_interval(
    figure: Callable[[Integers], float],
    groups: Sequence[object],
    *,
    resamples: int = 2_000,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[float, float]:
    """Percentile interval of a figure under resampling of whole groups, such as speakers.

    Args:
        figure: the figure of the clips with the given positions (repeats allowed).
        groups: group of each clip; give each clip a group of its own to resample clips.
        resamples: number of draws.
        level: share of the draws inside the interval.
        seed: of the draws.
    """
    names = {group: number for number, group in enumerate(dict.fromkeys(groups))}
    of_clip = np.array([names[group] for group in groups], dtype=np.intp)
    members = [np.flatnonzero(of_clip == number) for number in range(len(names))]
    random = np.random.default_rng(seed)
    draws = []
    for _ in range(resamples):
        chosen = random.integers(0, len(members), size=len(members))
        draws.append(figure(np.concatenate([members[number] for number in chosen])))
    tail = 50.0 * (1.0 - level)
    low, high = np.percentile(draws, [tail, 100.0 - tail])
    return float(low), float(high)


def _ratio(part: int, whole: int) -> float:
    return float(part) / float(whole) if whole else 0.0
