"""Late fusion: one mood of a turn out of whatever detectors had something to say."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from emotion.estimate import EmotionEstimate, estimate_from_probabilities

__all__ = ["fuse"]

_FLOOR = 1e-6


def fuse(
    estimates: Sequence[EmotionEstimate],
    *,
    weights: Mapping[str, float] | None = None,
    threshold: float | None = None,
) -> EmotionEstimate | None:
    """Adds weighted log-probabilities over the labels that any detector knows.

    A label unknown to one detector takes that detector's uniform probability, so that not having
    learnt a label speaks neither for nor against it. One estimate alone is passed through
    unchanged but for its modality.

    Args:
        estimates: at most one of each modality; may be empty.
        weights: weight of each modality, 1 where absent.
        threshold: abstention threshold of the result; by default the highest of the parts.

    Returns:
        The fused estimate, or None where there was nothing to fuse.
    """
    if not estimates:
        return None
    limit = threshold if threshold is not None else max(e.threshold for e in estimates)
    labels = sorted({label for estimate in estimates for label in estimate.probabilities})
    logits = dict.fromkeys(labels, 0.0)
    for estimate in estimates:
        weight = (weights or {}).get(estimate.modality, 1.0)
        uniform = 1.0 / len(labels)
        for label in labels:
            logits[label] += weight * math.log(max(estimate.probabilities.get(label, uniform), _FLOOR))
    highest = max(logits.values())
    exponentials = {label: math.exp(logit - highest) for label, logit in logits.items()}
    total = sum(exponentials.values())
    return estimate_from_probabilities(
        {label: value / total for label, value in exponentials.items()},
        modality="fused",
        model="+".join(estimate.model for estimate in estimates),
        threshold=limit,
        validated=all(estimate.validated for estimate in estimates),
    )
