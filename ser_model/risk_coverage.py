"""What abstention buys: the share of wrong answers when only the surest clips are answered.

Figures of selective classification (El-Yaniv and Wiener, JMLR 2010). Every threshold is tried on the clips at
hand: that describes a ranking; a threshold for use is chosen elsewhere (`metrics.abstention_threshold`).
Clips of equal confidence are answered together or not at all. Numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["RiskCoverageCurve", "coverage_at_risk", "risk_at_coverage", "risk_coverage_curve"]

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class RiskCoverageCurve:
    """One point for each confidence that occurs, by falling confidence.

    Attributes:
        thresholds: shape (m,): clips of this confidence or more are answered.
        coverage: shape (m,), share of the clips that are answered, over 0, rising to 1.
        risk: shape (m,), share of wrong answers among those.
    """

    thresholds: Floats
    coverage: Floats
    risk: Floats


def risk_coverage_curve(confidence: Floats, right: Booleans) -> RiskCoverageCurve:
    """The curve for confidences of shape (n,), n from 1, and whether each answer is right."""
    order = np.argsort(-confidence, kind="stable")
    falling = confidence[order]
    last_of_its_kind = np.append(falling[1:] != falling[:-1], True)
    answered = np.arange(1, len(order) + 1)
    wrong = np.cumsum(~right[order])
    return RiskCoverageCurve(
        thresholds=falling[last_of_its_kind],
        coverage=(answered / len(order))[last_of_its_kind],
        risk=(wrong / answered)[last_of_its_kind],
    )


def coverage_at_risk(confidence: Floats, right: Booleans, risk: float) -> float:
    """Greatest share of clips, 0–1, that can be answered with at most this risk; 0 where none can."""
    curve = risk_coverage_curve(confidence, right)
    return float(curve.coverage[curve.risk <= risk].max(initial=0.0))


def risk_at_coverage(confidence: Floats, right: Booleans, coverage: float) -> float:
    """Share of wrong answers, 0–1, among the surest clips, which are at least this share of all."""
    curve = risk_coverage_curve(confidence, right)
    reached = np.flatnonzero(curve.coverage >= min(coverage, 1.0) - 1e-12)
    return float(curve.risk[reached[0]])
