"""Emotion labels, estimates and mappings: the one vocabulary of every detector and of the dialogue.

In: probabilities of a detector over its own labels. Out: an `EmotionEstimate` over ours, with the
model's version and an honest "unclear". Standard library only, Python 3.10: the gateway, Rasa, the
action server and every training program import it.
"""

from emotion.estimate import EmotionEstimate, estimate_from_probabilities
from emotion.fusion import fuse
from emotion.labels import MOODS, NEGATIVE_MOODS, UNCLEAR, Emotion

__all__ = [
    "MOODS",
    "NEGATIVE_MOODS",
    "UNCLEAR",
    "Emotion",
    "EmotionEstimate",
    "estimate_from_probabilities",
    "fuse",
]
