"""Where somebody speaks in a recording, and how loudly: levels of 20 ms frames, in plain numpy.

The level is that of the active speech alone, as ITU-T P.56 defines it, so that pauses count neither
for it nor against it; frames take the place of that recommendation's envelope.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["FRAME_S", "FRAME_SAMPLES", "active_frames", "active_level_db", "frame_levels_db"]

FRAME_SAMPLES = 320
"""At 16 kHz."""

FRAME_S = 0.02

_LOWEST_DB = -120.0
_HEARD_DB = -70.0
_BELOW_LOUD_DB = 20.0
"""Unstressed syllables lie so far below the stressed ones; P.56 has 16 dB below the mean level."""

_ABOVE_FLOOR_DB = 5.0
"""Levels of steady noise in frames of 20 ms scatter by 1 to 2 dB."""


def frame_levels_db(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Level of each whole frame of 20 ms without its mean (a microphone's constant offset is no sound).

    Args:
        samples: shape (n,), mono at 16 kHz, full scale at ±1.

    Returns:
        Shape (n // 320,), dB of full scale (a square wave of full scale has 0), from -120.
    """
    frames = samples[: len(samples) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    square = np.einsum("ij,ij->i", frames, frames, dtype=np.float32) / FRAME_SAMPLES
    power = square - np.square(frames.mean(axis=1))
    return np.asarray(10.0 * np.log10(np.maximum(power, 10.0 ** (_LOWEST_DB / 10.0))), dtype=np.float32)


def active_frames(levels_db: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Frames in which somebody speaks: near the loud ones, and above the background.

    Args:
        levels_db: shape (t,), of `frame_levels_db`.

    Returns:
        Shape (t,); all False where nothing is heard above -70 dB of full scale.
    """
    heard = levels_db[levels_db > _HEARD_DB]
    if not len(heard):
        return np.zeros(len(levels_db), dtype=np.bool_)
    loud = float(np.percentile(heard, 95.0))
    floor = float(np.percentile(levels_db, 10.0))
    # Speech without a pause has no background to be seen, and its own weak frames are not one.
    least = max(_HEARD_DB, loud - _BELOW_LOUD_DB, min(floor + _ABOVE_FLOOR_DB, loud - _ABOVE_FLOOR_DB))
    return np.asarray(levels_db >= least)


def active_level_db(samples: NDArray[np.float32]) -> float:
    """Mean level of the frames in which somebody speaks, dB of full scale; -120 where nobody does."""
    levels_db = frame_levels_db(samples)
    speech = levels_db[active_frames(levels_db)]
    if not len(speech):
        return _LOWEST_DB
    return float(10.0 * np.log10(np.mean(10.0 ** (speech.astype(np.float64) / 10.0))))
