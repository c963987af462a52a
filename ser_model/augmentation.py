"""Variations of a training clip, made on its log-mel spectrogram so that they cost almost nothing.

Each imitates something that differs between an actor's studio and a person at home: another tempo
and pitch, a room's noise, a microphone's colour and gain, silence around the words. Masks are
those of SpecAugment (Park et al., 2019), mixtures those of mixup (Zhang et al., 2018).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ser_model.configuration import Augmentation
from ser_model.features import BANDS, normalised

__all__ = ["mixed", "varied"]

_TILT = np.linspace(-1.0, 1.0, BANDS, dtype=np.float32)

_NEPER = np.float32(np.log(10.0) / 10.0)
"""Decibels of power to natural logarithms."""


def varied(
    decibels: NDArray[np.float32], frames: int, how: Augmentation, random: np.random.Generator
) -> NDArray[np.float32]:
    """One variation of a clip, cut or filled to a given length and normalised.

    Args:
        decibels: shape (t, 64) of `features.log_mel`.
        frames: length of the result.
        how: how far to go.
        random: where chance comes from.

    Returns:
        Shape (frames, 64), as from `features.normalised`.
    """
    clip = _stretched(decibels, how, random)
    clip = _fitted(clip, frames, random)
    clip = clip + np.float32(random.normal(0.0, how.colour_db)) * _TILT
    if random.random() < how.noise_probability:
        clip = _noisy(clip, how, random)
    clip = normalised(clip) + np.float32(random.normal(0.0, how.gain))
    return _masked(clip, how, random)


def mixed(
    clips: NDArray[np.float32], targets: NDArray[np.float32], strength: float, random: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mixup: each clip with a share of another one, and the targets likewise.

    Args:
        clips: shape (n, t, 64).
        targets: shape (n, k), probabilities.
        strength: parameter of the beta distribution; 0 leaves all as it is.
        random: where chance comes from.

    Returns:
        Arrays of the same shapes.
    """
    if strength <= 0.0:
        return clips, targets
    share = random.beta(strength, strength, size=len(clips)).astype(np.float32)
    share = np.maximum(share, 1.0 - share)
    other = random.permutation(len(clips))
    blended = clips[other]  # in place from here on: a batch of encoder states has tens of megabytes
    blended -= clips
    blended *= 1.0 - share[:, None, None]
    blended += clips
    by_target = share[:, None]
    return blended, by_target * targets + (1.0 - by_target) * targets[other]


def _stretched(
    decibels: NDArray[np.float32], how: Augmentation, random: np.random.Generator
) -> NDArray[np.float32]:
    """Another tempo, and another place on the mel axis (higher or lower pitch and formants)."""
    tempo = np.exp(random.uniform(-how.tempo, how.tempo))
    shift = random.uniform(-how.shift_bands, how.shift_bands)
    times = np.arange(0.0, len(decibels) - 1, tempo)
    low = times.astype(np.intp)
    part = (times - low).astype(np.float32)[:, None]
    clip = decibels[low] * (1.0 - part) + decibels[np.minimum(low + 1, len(decibels) - 1)] * part
    bands = np.clip(np.arange(BANDS) + shift, 0.0, BANDS - 1.001)
    low = bands.astype(np.intp)
    part = (bands - low).astype(np.float32)
    return np.asarray(clip[:, low] * (1.0 - part) + clip[:, low + 1] * part)


def _fitted(clip: NDArray[np.float32], frames: int, random: np.random.Generator) -> NDArray[np.float32]:
    """A random part of a long clip; a short one between stretches of its own background."""
    surplus = len(clip) - frames
    if surplus >= 0:
        start = random.integers(0, surplus + 1)
        return clip[start : start + frames]
    before = random.integers(0, -surplus + 1)
    background = np.percentile(clip, 5.0, axis=0).astype(np.float32)
    filled = background + random.normal(0.0, 4.0, size=(frames, BANDS)).astype(np.float32)
    filled[before : before + len(clip)] = clip
    return filled


def _noisy(clip: NDArray[np.float32], how: Augmentation, random: np.random.Generator) -> NDArray[np.float32]:
    """Stationary noise of a random level and slope, added in power."""
    loud = np.percentile(clip.max(axis=1), 90.0)
    level = loud - random.uniform(how.noise_nearest_db, how.noise_farthest_db)
    slope = random.uniform(-10.0, 4.0) * _TILT
    noise = level + slope + random.normal(0.0, 4.0, size=clip.shape)
    return np.asarray(np.logaddexp(clip * _NEPER, noise.astype(np.float32) * _NEPER) / _NEPER)


def _masked(clip: NDArray[np.float32], how: Augmentation, random: np.random.Generator) -> NDArray[np.float32]:
    """Hides stretches of time and groups of bands behind the clip's mean."""
    clip = clip.copy()
    mean = clip.mean()
    for _ in range(how.masks):
        width = int(random.integers(0, how.mask_frames + 1))
        start = random.integers(0, max(1, len(clip) - width))
        clip[start : start + width] = mean
        width = int(random.integers(0, how.mask_bands + 1))
        start = random.integers(0, BANDS - width + 1)
        clip[:, start : start + width] = mean
    return clip
