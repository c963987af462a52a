"""Speech in eight bits a sample: μ-law and A-law of ITU-T G.711, as telephones send it.

Decoding is the table of the recommendation. Encoding gives what libsndfile gives for every 16-bit sample: the
magnitude is cut to 13 bits (μ-law) or 11 (A-law), and takes the interval that it lies in.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["alaw_from_samples", "mulaw_from_samples", "samples_from_alaw", "samples_from_mulaw"]

_SIGN = 0x80
_MULAW_BIAS = 33  # of the magnitude: the first interval of each segment then begins at a power of two
_MULAW_MOST = 8_158
_ALAW_MASK = 0x55  # even bits are sent inverted


def samples_from_mulaw(data: bytes) -> NDArray[np.int16]:
    """Bytes of μ-law as samples (n,), −32124 to 32124."""
    return _mulaw_samples()[np.frombuffer(data, dtype=np.uint8)]


def samples_from_alaw(data: bytes) -> NDArray[np.int16]:
    """Bytes of A-law as samples (n,), −32256 to 32256."""
    return _alaw_samples()[np.frombuffer(data, dtype=np.uint8)]


def mulaw_from_samples(samples: NDArray[np.int16]) -> bytes:
    """Samples (n,) as bytes of μ-law."""
    return _mulaw_codes()[samples.view(np.uint16)].tobytes()


def alaw_from_samples(samples: NDArray[np.int16]) -> bytes:
    """Samples (n,) as bytes of A-law."""
    return _alaw_codes()[samples.view(np.uint16)].tobytes()


@cache
def _mulaw_samples() -> NDArray[np.int16]:
    code = ~np.arange(256) & 0xFF
    segment, step = code >> 4 & 0x7, code & 0xF
    magnitude = (((step << 1) + _MULAW_BIAS) << segment) - _MULAW_BIAS
    return _signed(magnitude << 2, code & _SIGN == 0)


@cache
def _alaw_samples() -> NDArray[np.int16]:
    code = np.arange(256) ^ _ALAW_MASK
    segment, step = code >> 4 & 0x7, code & 0xF
    linear = (step << 1) + 1
    magnitude = np.where(segment == 0, linear, (linear + 32) << np.maximum(segment - 1, 0))
    return _signed(magnitude << 3, code & _SIGN != 0)


@cache
def _mulaw_codes() -> NDArray[np.uint8]:
    samples = _every_sample()
    magnitude = np.minimum(np.abs(samples) >> 2, _MULAW_MOST) + _MULAW_BIAS
    segment = _highest_bit(magnitude) - 5
    code = segment << 4 | magnitude >> (segment + 1) & 0xF
    return _bytes(~np.where(samples < 0, code | _SIGN, code) & 0xFF)


@cache
def _alaw_codes() -> NDArray[np.uint8]:
    samples = _every_sample()
    magnitude = np.minimum(np.abs(samples) >> 4, 2_047)
    segment = np.maximum(_highest_bit(magnitude) - 3, 0)
    code = segment << 4 | magnitude >> np.maximum(segment - 1, 0) & 0xF
    return _bytes(np.where(samples < 0, code, code | _SIGN) ^ _ALAW_MASK)


def _signed(magnitude: NDArray[np.int_], positive: NDArray[np.bool_]) -> NDArray[np.int16]:
    return np.where(positive, magnitude, -magnitude).astype(np.int16)


def _bytes(codes: NDArray[np.int_]) -> NDArray[np.uint8]:
    return codes.astype(np.uint8)


def _every_sample() -> NDArray[np.int_]:
    """All 65,536 samples, in the order of their bits read as an unsigned number."""
    return np.arange(65_536).astype(np.uint16).view(np.int16).astype(int)


def _highest_bit(magnitude: NDArray[np.int_]) -> NDArray[np.int_]:
    """Position of the highest bit that is set, −1 for nought."""
    return np.frexp(magnitude)[1] - 1
