"""What happens to a voice between a mouth and a model: noise, rooms, codecs, microphones, levels.

Pure functions on samples of shape (n,), float32, mono at 16 kHz, full scale at ±1. The result is as
long as the input (but for `faster` and `trimmed`) and may go beyond full scale (but for `at_level`
and `through_mu_law`, which clip).
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, log2
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

from ser_model.features import SAMPLE_RATE_HZ
from ser_model.g711 import mu_law_decoded, mu_law_encoded
from ser_model.speech_level import FRAME_SAMPLES, active_frames, active_level_db, frame_levels_db

__all__ = [
    "at_level",
    "band_limited",
    "faster",
    "full_band",
    "in_room",
    "through_mu_law",
    "tilted",
    "trimmed",
    "with_noise",
]

_Gain = Callable[[NDArray[np.floating[Any]]], NDArray[np.float64]]
"""From frequencies in Hz to factors."""

_TELEPHONE_HZ = 8_000
_LOWEST_HZ = 50.0
"""Slopes are level below: no microphone of a voice hears much there."""

_PIVOT_HZ = 1_000.0
_EDGE_OCTAVES = 1.0 / 6.0


def with_noise(
    samples: NDArray[np.float32], snr_db: float, random: np.random.Generator, slope: float
) -> NDArray[np.float32]:
    """Adds steady coloured noise; a recording without speech stays as it is.

    Args:
        samples: shape (n,).
        snr_db: level of the active speech (ITU-T P.56) above that of the noise, dB.
        random: where the noise comes from.
        slope: of the noise's spectrum, dB per octave: 0 is white, -3 pink, -6 brown.
    """
    level_db = active_level_db(samples)
    if level_db <= -120.0:
        return samples.copy()
    white = random.standard_normal(len(samples), dtype=np.float32)
    noise = _filtered(white, _slope_gain(slope))
    wanted = 10.0 ** ((level_db - snr_db) / 20.0)
    return samples + noise * np.float32(wanted / max(float(np.std(noise, dtype=np.float64)), 1e-12))


def in_room(
    samples: NDArray[np.float32],
    reverberation_s: float,
    direct_to_reverberant_db: float,
    random: np.random.Generator,
) -> NDArray[np.float32]:
    """Adds the reverberation of a room: noise that decays exponentially (Polack's model, 1988).

    Args:
        samples: shape (n,).
        reverberation_s: time until the tail has fallen by 60 dB (RT60), above 0.
        direct_to_reverberant_db: energy of the direct sound against that of the whole tail, dB.
        random: where the room comes from.
    """
    count = max(1, int(reverberation_s * SAMPLE_RATE_HZ))
    first = int(random.uniform(0.002, 0.008) * SAMPLE_RATE_HZ)  # until the nearest wall answers
    decay = np.exp(np.arange(count) * (-3.0 * np.log(10.0) / (reverberation_s * SAMPLE_RATE_HZ)))
    tail = random.standard_normal(count) * decay
    tail *= 10.0 ** (-direct_to_reverberant_db / 20.0) / max(float(np.sqrt(np.sum(tail**2))), 1e-12)
    response = np.concatenate([[1.0], np.zeros(first), tail])
    size = _fast_size(len(samples) + len(response))
    spectrum = np.fft.rfft(samples, size) * np.fft.rfft(response, size)
    return np.fft.irfft(spectrum, size)[: len(samples)].astype(np.float32)


def through_mu_law(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """A digital telephone line: 8 kHz, μ-law of ITU-T G.711, and back to 16 kHz; clips at ±1."""
    if not len(samples):
        return samples.copy()
    narrow = soxr.resample(samples, SAMPLE_RATE_HZ, _TELEPHONE_HZ)
    decoded = mu_law_decoded(mu_law_encoded(narrow))
    return _of_length(soxr.resample(decoded, _TELEPHONE_HZ, SAMPLE_RATE_HZ), len(samples))


def band_limited(samples: NDArray[np.float32], low_hz: float, high_hz: float) -> NDArray[np.float32]:
    """Keeps what lies between two frequencies, without delay; edges fall over a sixth of an octave.

    Args:
        samples: shape (n,).
        low_hz: half of the amplitude is left here; 0 keeps all below.
        high_hz: likewise; 8,000 and more keeps all above.
    """

    def gain(hz: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        octaves = np.log2(np.maximum(hz, 1.0))
        kept = np.ones_like(hz)
        if low_hz > 0.0:
            kept *= _edge(octaves - np.log2(low_hz))
        if high_hz < SAMPLE_RATE_HZ / 2:
            kept *= _edge(np.log2(high_hz) - octaves)
        return kept

    return _filtered(samples, gain)


def full_band(
    samples: NDArray[np.float32], level_db: float, random: np.random.Generator
) -> NDArray[np.float32]:
    """Gives a recording that ends at 5.5 kHz a plausible upper band, so that no cut-off can be learnt.

    The spectrum is folded (Makhoul and Berouti, 1979): what lies below a frequency is mirrored above
    it and keeps its envelope in time. The mirror stands anywhere from 4.8 to 5.3 kHz, below the slope
    of the original's filter, and replaces what was above.

    Args:
        samples: shape (n,).
        level_db: gain of the upper band against its mirror image, dB.
        random: where the mirror's place and the band's own slope (-12 to 0 dB per octave) come from.
    """
    mirror_hz = random.uniform(4_800.0, 5_300.0)
    slope = random.uniform(-12.0, 0.0)
    size = _fast_size(len(samples))
    spectrum = np.fft.rfft(samples, size)
    hz = np.fft.rfftfreq(size, 1.0 / SAMPLE_RATE_HZ)
    mirror = round(mirror_hz * size / SAMPLE_RATE_HZ)
    above = np.arange(mirror + 1, len(spectrum))
    gain_db = level_db + slope * np.log2(hz[above] / mirror_hz)
    spectrum[above] = np.conj(spectrum[2 * mirror - above]) * 10.0 ** (gain_db / 20.0)
    return np.fft.irfft(spectrum, size)[: len(samples)].astype(np.float32)


def at_level(samples: NDArray[np.float32], change_db: float) -> NDArray[np.float32]:
    """Turns the gain by `change_db` and clips at full scale."""
    louder = samples * np.float32(10.0 ** (change_db / 20.0))
    return np.asarray(np.clip(louder, -1.0, 1.0), dtype=np.float32)


def faster(samples: NDArray[np.float32], factor: float) -> NDArray[np.float32]:
    """Plays faster by a factor (below 1: slower), tempo and pitch alike; length n / factor."""
    if not len(samples):
        return samples.copy()
    played = soxr.resample(samples, SAMPLE_RATE_HZ * factor, SAMPLE_RATE_HZ)
    return _of_length(played, round(len(samples) / factor))


def tilted(samples: NDArray[np.float32], db_per_octave: float) -> NDArray[np.float32]:
    """Another colour of microphone or distance: a slope from 50 Hz on that leaves 1 kHz as it is.

    Args:
        samples: shape (n,).
        db_per_octave: above 0 brighter, below 0 duller.
    """
    return _filtered(samples, _slope_gain(db_per_octave))


def trimmed(samples: NDArray[np.float32], before_s: float, after_s: float) -> NDArray[np.float32]:
    """Leaves so much before the first speech and after the last; what is not there is not added.

    Args:
        samples: shape (n,); comes back whole where nobody speaks.
        before_s: seconds, to 20 ms.
        after_s: likewise.
    """
    speech = np.flatnonzero(active_frames(frame_levels_db(samples)))
    if not len(speech):
        return samples.copy()
    start = speech[0] * FRAME_SAMPLES - int(before_s * SAMPLE_RATE_HZ)
    end = (speech[-1] + 1) * FRAME_SAMPLES + int(after_s * SAMPLE_RATE_HZ)
    return samples[max(0, start) : end].copy()


def _filtered(samples: NDArray[np.float32], gain: _Gain) -> NDArray[np.float32]:
    # Padded by 0.1 s, so that the end does not ring into the beginning.
    size = _fast_size(len(samples) + SAMPLE_RATE_HZ // 10)
    spectrum = np.fft.rfft(samples, size) * gain(np.fft.rfftfreq(size, 1.0 / SAMPLE_RATE_HZ))
    return np.fft.irfft(spectrum, size)[: len(samples)].astype(np.float32)


def _slope_gain(db_per_octave: float) -> _Gain:
    def gain(hz: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        octaves = np.log2(np.maximum(hz, _LOWEST_HZ) / _PIVOT_HZ)
        return np.asarray(10.0 ** (db_per_octave * octaves / 20.0))

    return gain


def _edge(octaves_inside: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(0.5 + 0.5 * np.sin(np.pi * np.clip(octaves_inside / _EDGE_OCTAVES, -0.5, 0.5)))


def _fast_size(least: int) -> int:
    """The next length of the form 2^a, 3 · 2^a or 5 · 2^a, whose transform is fast."""
    return min(odd << max(0, ceil(log2(max(least, 2) / odd))) for odd in (1, 3, 5))


def _of_length(samples: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    if len(samples) < count:
        samples = np.pad(samples, (0, count - len(samples)))
    return np.ascontiguousarray(samples[:count], dtype=np.float32)
