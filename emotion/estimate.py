"""What a detector says of one utterance, face or text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from emotion.labels import MOODS, UNCLEAR, Emotion

__all__ = ["EmotionEstimate", "estimate_from_probabilities"]

_KNOWN = frozenset(emotion.value for emotion in Emotion)


@dataclass(frozen=True)
class EmotionEstimate:
    """One detector's answer.

    Attributes:
        label: one of `MOODS`, or "unclear" where the detector abstains.
        probabilities: calibrated, by label, summing to 1; labels the detector never learnt are absent.
        modality: "speech", "text", "face" or "fused".
        model: name and version of the model, such as "paper_cnn-1".
        threshold: probability below which the detector abstains, 0–1.
        validated: whether the model was validated on speech (or text) of this language.
    """

    label: str
    probabilities: Mapping[str, float]
    modality: str
    model: str
    threshold: float
    validated: bool

    @property
    def abstained(self) -> bool:
        """Whether the detector named no mood."""
        return self.label == UNCLEAR


def estimate_from_probabilities(
    probabilities: Mapping[str, float],
    *,
    modality: str,
    model: str,
    threshold: float,
    validated: bool,
) -> EmotionEstimate:
    """Names the likeliest mood, or "unclear" below the threshold or where it is no mood (disgust).

    Raises:
        ValueError: for an unknown label, a probability outside 0–1, or a sum that is not 1.
    """
    unknown = set(probabilities) - _KNOWN
    if unknown:
        raise ValueError(f"unknown emotion labels {sorted(unknown)}; known are {sorted(_KNOWN)}")
    if not probabilities or not all(0.0 <= p <= 1.0 for p in probabilities.values()):
        raise ValueError("probabilities must be a non-empty mapping of numbers between 0 and 1")
    if not math.isclose(sum(probabilities.values()), 1.0, abs_tol=1e-3):
        raise ValueError(f"probabilities must sum to 1, not {sum(probabilities.values()):.4f}")
    best = max(probabilities, key=lambda label: probabilities[label])
    certain = probabilities[best] >= threshold and best in MOODS
    return EmotionEstimate(
        label=best if certain else UNCLEAR,
        probabilities=dict(probabilities),
        modality=modality,
        model=model,
        threshold=threshold,
        validated=validated,
    )
