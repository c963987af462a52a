"""How long the phonemes of a voice last, in frames, as its network has them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from tts_voices.glow_voice import GlowVoice
from tts_voices.joined_voice import JoinedVoice
from tts_voices.pronunciation.phones import MARKS
from tts_voices.voice import Voice

__all__ = ["LONGEST", "SHORTEST", "Durations", "own_voice", "phoneme_durations"]

SHORTEST, LONGEST = 1, 40


@dataclass(frozen=True, slots=True)
class Durations:
    """Phonemes, and how many frames they last; all 0 where there are none.

    Attributes:
        phonemes: how many there are; pauses and melody marks do not count.
        shortest, median, p99, longest: in frames.
        too_short, too_long: how many last less than 1 frame, or more than 40 (0.46 s at a hop of 256).
    """

    phonemes: int
    shortest: int
    median: float
    p99: float
    longest: int
    too_short: int
    too_long: int


def own_voice(voice: Voice, language: str) -> GlowVoice | None:
    """The one that speaks `language` from symbols of our own readers; None where there is none."""
    each = voice.voices if isinstance(voice, JoinedVoice) else (voice,)
    return next(
        (
            one
            for one in each
            if isinstance(one, GlowVoice) and language in one.languages and one.description.reader == "hamdel"
        ),
        None,
    )


def phoneme_durations(voice: GlowVoice, utterances: Iterable[list[str]]) -> Durations:
    """The durations of all phonemes of the utterances, at speed 1."""
    frames = [
        int(lasting)
        for symbols in utterances
        for symbol, lasting in zip(symbols, voice.durations(symbols), strict=True)
        if symbol not in MARKS
    ]
    if not frames:
        return Durations(0, 0, 0.0, 0.0, 0, 0, 0)
    low, median, p99, high = np.percentile(frames, [0, 50, 99, 100])
    return Durations(
        phonemes=len(frames),
        shortest=int(low),
        median=float(median),
        p99=float(p99),
        longest=int(high),
        too_short=sum(lasting < SHORTEST for lasting in frames),
        too_long=sum(lasting > LONGEST for lasting in frames),
    )
