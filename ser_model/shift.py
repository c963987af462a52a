"""The conditions of the shift table: how a recording could reach the detector instead."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from ser_model.degradations import at_level, band_limited, full_band, through_mu_law, with_noise

__all__ = ["CONDITIONS", "Degradation", "clip_seed"]

Degradation = Callable[[NDArray[np.float32], int], NDArray[np.float32]]
"""From samples, shape (n,) at 16 kHz, and a seed of the clip to samples of the same shape."""

_PINK = -3.0
_UPPER_BAND_DB = -6.0


def clip_seed(name: str) -> int:
    """A seed that belongs to a clip: the same on every machine and in every order."""
    return int.from_bytes(sha256(name.encode("utf-8")).digest()[:8], "big")


def _noise(snr_db: float) -> Degradation:
    return lambda samples, seed: with_noise(samples, snr_db, np.random.default_rng(seed), _PINK)


CONDITIONS: tuple[tuple[str, Degradation], ...] = (
    ("original", lambda samples, seed: samples),
    (
        "full band",
        lambda samples, seed: full_band(samples, _UPPER_BAND_DB, np.random.default_rng(seed)),
    ),
    ("band limited to 3.4 kHz", lambda samples, seed: band_limited(samples, 0.0, 3_400.0)),
    ("8 kHz μ-law", lambda samples, seed: through_mu_law(samples)),
    ("noise 20 dB", _noise(20.0)),
    ("noise 10 dB", _noise(10.0)),
    ("noise 5 dB", _noise(5.0)),
    ("level -20 dB", lambda samples, seed: at_level(samples, -20.0)),
    ("level +20 dB", lambda samples, seed: at_level(samples, 20.0)),
)
"""Name → what happens to a clip. Noise is pink, against the level of the active speech; +20 dB clips."""
