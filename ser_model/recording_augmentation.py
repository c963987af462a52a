"""Variations of a recording for training: what lies between an actor's studio and a person at home."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ser_model.degradations import (
    at_level,
    band_limited,
    faster,
    full_band,
    in_room,
    through_mu_law,
    tilted,
    trimmed,
    with_noise,
)

__all__ = ["varied_recording"]


def varied_recording(samples: NDArray[np.float32], random: np.random.Generator) -> NDArray[np.float32]:
    """One variation: margins, speed, colour, room, band or line, noise, and level, in this order.

    Args:
        samples: shape (n,), float32, mono at 16 kHz, full scale at ±1.
        random: where chance comes from; the same generator state gives the same variation.

    Returns:
        Shape (m,), within ±1; m differs from n by margins and up to 13 % of speed.
    """
    varied = trimmed(samples, random.uniform(0.02, 0.3), random.uniform(0.02, 0.3))
    varied = faster(varied, float(np.exp(random.uniform(-0.12, 0.12))))
    if random.random() < 0.6:
        varied = tilted(varied, random.uniform(-3.0, 3.0))
    if random.random() < 0.3:
        varied = in_room(varied, random.uniform(0.15, 0.8), random.uniform(-3.0, 12.0), random)
    line = random.random()
    if line < 0.45:
        varied = full_band(varied, random.uniform(-15.0, 0.0), random)
    elif line < 0.55:
        varied = band_limited(varied, random.uniform(150.0, 350.0), random.uniform(3_000.0, 4_000.0))
    elif line < 0.65:
        varied = through_mu_law(varied)
    if random.random() < 0.5:
        varied = with_noise(varied, random.uniform(8.0, 35.0), random, random.uniform(-6.0, 0.0))
    return at_level(varied, random.uniform(-12.0, 6.0))
