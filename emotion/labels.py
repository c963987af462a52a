"""The label set, in one place, and how the labels of public corpora map onto it."""

from __future__ import annotations

from enum import Enum

__all__ = ["CORPUS_LABELS", "MOODS", "NEGATIVE_MOODS", "UNCLEAR", "Emotion"]


class Emotion(str, Enum):
    """What a detector may name: the six classes of ShEMO, and disgust.

    Disgust is known to CREMA-D, EMO-DB and FER-2013 but not to the dialogue, for which it is
    "unclear" with a negative valence.
    """

    NEUTRAL = "neutral"
    HAPPINESS = "happiness"
    SURPRISE = "surprise"
    SADNESS = "sadness"
    ANGER = "anger"
    FEAR = "fear"
    DISGUST = "disgust"


UNCLEAR = "unclear"
"""What is said instead of a guess; the dialogue then asks how the person feels."""

MOODS = (
    Emotion.NEUTRAL.value,
    Emotion.HAPPINESS.value,
    Emotion.SURPRISE.value,
    Emotion.SADNESS.value,
    Emotion.ANGER.value,
    Emotion.FEAR.value,
)
"""The moods on which the dialogue acts; `UNCLEAR` stands beside them."""

NEGATIVE_MOODS = (Emotion.ANGER.value, Emotion.FEAR.value, Emotion.SADNESS.value)
"""The moods that are acknowledged in the same turn and answered with suggestions."""

CORPUS_LABELS: dict[str, dict[str, Emotion | None]] = {
    # None: the corpus's label has no counterpart and its clips are left out.
    "crema-d": {
        "ANG": Emotion.ANGER,
        "DIS": Emotion.DISGUST,
        "FEA": Emotion.FEAR,
        "HAP": Emotion.HAPPINESS,
        "NEU": Emotion.NEUTRAL,
        "SAD": Emotion.SADNESS,
    },
    "emo-db": {
        "W": Emotion.ANGER,
        "L": None,
        "E": Emotion.DISGUST,
        "A": Emotion.FEAR,
        "F": Emotion.HAPPINESS,
        "T": Emotion.SADNESS,
        "N": Emotion.NEUTRAL,
    },
    "shemo": {
        "A": Emotion.ANGER,
        "F": Emotion.FEAR,
        "H": Emotion.HAPPINESS,
        "N": Emotion.NEUTRAL,
        "S": Emotion.SADNESS,
        "W": Emotion.SURPRISE,
    },
}
"""Corpus name → label as the corpus writes it → ours."""
