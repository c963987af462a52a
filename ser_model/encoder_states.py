"""States of the recogniser's encoder as the input of a network, and their variations in training.

The recogniser gives 50 states a second (`bot.speech_encoder`); feelings change more slowly, so two are
averaged into a frame of 40 ms. Numpy only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ser_model.configuration import Augmentation

__all__ = ["FRAMES_PER_S", "StatesSource", "averaged_pairs", "checked_states", "varied_states"]

FRAMES_PER_S = 25


class StatesSource(Protocol):
    """Whatever encodes speech as the recogniser does, such as `bot.speech_encoder.SpeechEncoder`."""

    sha256: str
    """Of the model's file, in hexadecimal."""

    def encode(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """States (n, d), 50 a second, of samples (m,) at 16 kHz, m ≥ 1."""


def checked_states(states: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    """The states as they are, once they are known to be usable.

    Raises:
        ValueError: for another type or shape than float32 (n, width), n ≥ 1, or where a number is not finite.
    """
    if not isinstance(states, np.ndarray) or states.dtype != np.float32:
        raise ValueError("states must be a float32 array")
    if states.ndim != 2 or states.shape[1] != width or not len(states):
        raise ValueError(f"states must have the shape (n, {width}) with n of 1 or more, not {states.shape}")
    if not np.isfinite(states).all():
        raise ValueError("states hold NaN or infinity")
    return states


def averaged_pairs(states: NDArray[np.float32]) -> NDArray[np.float32]:
    """Means of two states each: (n, d) to (n // 2, d), at least one frame."""
    if len(states) < 2:
        return states.astype(np.float32)
    even = states[: len(states) // 2 * 2].astype(np.float32)
    return np.asarray(0.5 * (even[0::2] + even[1::2]), dtype=np.float32)


def varied_states(
    versions: Sequence[NDArray[np.float16]],
    frames: int,
    how: Augmentation,
    random: np.random.Generator,
) -> NDArray[np.float32]:
    """One variation of a clip, cut to a given length, or repeated until it has that length.

    Args:
        versions: shape (t, d) each: the recording, and others made of it.
        frames: length of the result.
        how: how far to go.
        random: where chance comes from.

    Returns:
        Shape (frames, d).
    """
    clip = versions[int(random.integers(len(versions)))]
    if len(clip) >= frames:
        start = int(random.integers(0, len(clip) - frames + 1))
        cut = clip[start : start + frames].astype(np.float32)
    else:
        cut = np.concatenate([clip] * -(-frames // len(clip)))[:frames].astype(np.float32)
    mean = cut.mean(axis=0)
    for _ in range(how.masks):
        width = int(random.integers(0, how.mask_frames + 1))
        start = int(random.integers(0, max(1, frames - width)))
        cut[start : start + width] = mean
    return cut
