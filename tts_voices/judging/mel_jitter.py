"""Small random changes of log-mel frames, so that what learns from one speaker carries over to another sound.

Pace and length of the vocal tract (after Jaitly and Hinton, 2013), level and tilt of the spectrum, blur, a
noise floor, grain, and masks (Park and others, 2019), each mild enough that every phone stays what it is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["jittered"]

_PACE = 0.15
_BANDS = 0.03
_LEVEL = 0.5
_TILT = 0.7
_BLUR_SHARE = 0.3
_NOISE_SHARE = 0.5
_NOISE_FROM, _NOISE_TO = -10.0, -5.0
_GRAIN = 0.3
_MASKED_BANDS = 8
_MASKED_FRAMES = 3

Mel = NDArray[np.float32]


def jittered(mel: Mel, random: np.random.Generator) -> Mel:
    """A changed copy of log-mel frames [n, bands]: [m, bands], m within 15 % of n."""
    changed = _stretched(mel, random)
    bands = changed.shape[1]
    tilt = np.linspace(-1, 1, bands, dtype=np.float32) * random.uniform(-_TILT, _TILT)
    changed = changed + (tilt + random.uniform(-_LEVEL, _LEVEL)).astype(np.float32)
    if random.random() < _BLUR_SHARE:
        changed = _blurred(changed, axis=int(random.integers(2)))
    if random.random() < _NOISE_SHARE:
        changed = np.logaddexp(changed, np.float32(random.uniform(_NOISE_FROM, _NOISE_TO)))
    grain = random.standard_normal(changed.shape, dtype=np.float32)
    changed = changed + grain * np.float32(random.uniform(0, _GRAIN))
    _mask(changed, random)
    return changed.astype(np.float32)


def _stretched(mel: Mel, random: np.random.Generator) -> Mel:
    frames, bands = mel.shape
    count = max(2, round(frames * random.uniform(1 - _PACE, 1 + _PACE)))
    moved = _interpolated(mel, np.linspace(0, frames - 1, count))
    places = np.clip(np.arange(bands) * random.uniform(1 - _BANDS, 1 + _BANDS), 0, bands - 1)
    return _interpolated(moved.T, places).T


def _interpolated(rows: Mel, places: NDArray[np.float64]) -> Mel:
    lower = np.minimum(places.astype(np.intp), max(0, len(rows) - 2))
    upper = np.minimum(lower + 1, len(rows) - 1)
    share = (places - lower).astype(np.float32)[:, None]
    between: Mel = rows[lower] * (1 - share) + rows[upper] * share
    return between


def _blurred(mel: Mel, axis: int) -> Mel:
    padded = np.pad(mel, [(1, 1) if place == axis else (0, 0) for place in range(2)], mode="edge")
    before, after = (padded[:-2], padded[2:]) if axis == 0 else (padded[:, :-2], padded[:, 2:])
    return 0.5 * mel + 0.25 * (before + after)


def _mask(mel: Mel, random: np.random.Generator) -> None:
    average = mel.mean()
    first, width = random.integers(mel.shape[1]), random.integers(_MASKED_BANDS + 1)
    mel[:, first : first + width] = average
    first, width = random.integers(mel.shape[0]), random.integers(_MASKED_FRAMES + 1)
    mel[first : first + width] = average
