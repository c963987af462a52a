"""μ-law of ITU-T G.711 (11/88), table 2: the fifteen segments themselves, not the curve they follow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["mu_law_decoded", "mu_law_encoded"]

_FULL_SCALE = 8_192.0
"""Of the 14-bit numbers that the recommendation works with."""

_LARGEST = 8_158
_BIAS = 33


def mu_law_encoded(samples: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Compresses samples, full scale at ±1 and clipped there, to one octet each (as sent: inverted)."""
    scaled = np.clip(np.round(samples * np.float32(_FULL_SCALE)), -_LARGEST, _LARGEST).astype(np.int32)
    biased = np.abs(scaled) + _BIAS
    segment = np.frexp(biased.astype(np.float32))[1].astype(np.int32) - 6
    step = (biased >> (segment + 1)) & 0x0F
    sign = np.where(scaled < 0, 0x80, 0)
    return np.asarray(~(sign | segment << 4 | step) & 0xFF, dtype=np.uint8)


def mu_law_decoded(octets: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Expands octets to samples, full scale at ±1."""
    codes = ~octets.astype(np.int32) & 0xFF
    magnitude = (((codes & 0x0F) * 2 + _BIAS) << ((codes >> 4) & 0x07)) - _BIAS
    signed = np.where(codes & 0x80, -magnitude, magnitude)
    return (signed / _FULL_SCALE).astype(np.float32)
