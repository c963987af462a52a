"""What can be told of spoken sound by measuring it: level, loudness, clipping, silence and pace.

Loudness is that of ITU-R BS.1770-4 in LUFS: K-weighting, blocks of 400 ms overlapping by three quarters, the
absolute gate at -70 LUFS and the relative one 10 LU below. Sound shorter than a block is one block. Needs
only numpy.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tts_voices.voice import VoiceError

__all__ = ["SoundCheck", "SoundSummary", "Spread", "check_sound", "loudness_lufs", "summarise"]

SILENCE = 0.01
"""Samples of this magnitude or less (-40 dB of full scale) are silence."""

LONGEST_AT_ENDS_MS = 150.0
LONGEST_INSIDE_MS = 800.0
LOWEST_PEAK, HIGHEST_PEAK = 0.2, 0.99
SHORTEST_PHONE_MS, LONGEST_PHONE_MS = 45.0, 110.0
TARGET_LUFS, TOLERANCE_LU = -20.0, 1.0

_FULL_SCALE = 32_767 / 32_768
_FLAT_FROM = 0.5
_FLAT_SAMPLES = 3
_BLOCK_S = 0.4
_OVERLAP = 4
_ABSOLUTE_GATE = -70.0
_RELATIVE_GATE = -10.0
_OFFSET = -0.691
_WARM_UP_S = 0.5

Signal = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SoundCheck:
    """One utterance, measured.

    Attributes:
        duration_s: length of the whole.
        peak: greatest magnitude, 1 = full scale.
        clipped_samples: samples at full scale, or on a flat top of three or more at a peak above 0.5.
        not_finite_samples: NaN or infinite; all else is measured with 0 in their place.
        silence_before_ms, silence_after_ms: up to the first and from the last sample louder than `SILENCE`;
            of a silent sound the first is the whole and the second 0.
        longest_pause_ms: the longest silence between the two.
        ms_per_phone: length without the silence at the ends over the number of phones, None without phones.
        loudness_lufs: None where every block is below the absolute gate.
    """

    duration_s: float
    peak: float
    clipped_samples: int
    not_finite_samples: int
    silence_before_ms: float
    silence_after_ms: float
    longest_pause_ms: float
    ms_per_phone: float | None
    loudness_lufs: float | None


@dataclass(frozen=True, slots=True)
class Spread:
    """Lowest, 5 %, middle, 95 % and highest of a figure; None where nothing has the figure."""

    low: float | None
    p5: float | None
    median: float | None
    p95: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class SoundSummary:
    """Many utterances: how their figures spread, and how many break which limit of this module."""

    utterances: int
    seconds: float
    peak: Spread
    silence_before_ms: Spread
    silence_after_ms: Spread
    longest_pause_ms: Spread
    ms_per_phone: Spread
    loudness_lufs: Spread
    empty: int
    not_finite: int
    clipped: int
    peak_out_of_range: int
    silence_at_ends_too_long: int
    pause_too_long: int
    pace_out_of_range: int
    loudness_out_of_range: int


def check_sound(
    samples: NDArray[np.float32] | NDArray[np.int16], sample_rate_hz: int, phones: int = 0
) -> SoundCheck:
    """Measures one utterance.

    Args:
        samples: shape [n], mono; int16, or floats of -1 to 1.
        sample_rate_hz: 8,000 to 192,000.
        phones: how many phones it should hold, for the pace; 0 leaves the pace out.

    Raises:
        VoiceError: for samples of another shape or kind, or a sample rate out of range.
    """
    signal = _signal(samples, sample_rate_hz)
    finite = np.isfinite(signal)
    signal = np.where(finite, signal, 0.0)
    ms = 1000 / sample_rate_hz
    loud = np.flatnonzero(np.abs(signal) > SILENCE)
    before, after = (int(loud[0]), len(signal) - 1 - int(loud[-1])) if len(loud) else (len(signal), 0)
    spoken_ms = (len(signal) - before - after) * ms
    return SoundCheck(
        duration_s=len(signal) / sample_rate_hz,
        peak=float(np.max(np.abs(signal), initial=0.0)),
        clipped_samples=_clipped(signal),
        not_finite_samples=int(np.count_nonzero(~finite)),
        silence_before_ms=before * ms,
        silence_after_ms=after * ms,
        longest_pause_ms=float(np.max(np.diff(loud) - 1, initial=0)) * ms,
        ms_per_phone=spoken_ms / phones if phones else None,
        loudness_lufs=loudness_lufs(signal, sample_rate_hz),
    )


def loudness_lufs(samples: NDArray[np.float64], sample_rate_hz: int) -> float | None:
    """Integrated loudness of mono samples of -1 to 1, shape [n]; None if no block passes the gate at -70."""
    block = min(round(_BLOCK_S * sample_rate_hz), len(samples))
    if not block:
        return None
    power = np.concatenate([[0.0], np.cumsum(np.square(_k_weighted(samples, sample_rate_hz)))])
    starts = np.arange(0, len(samples) - block + 1, max(1, block // _OVERLAP))
    blocks = (power[starts + block] - power[starts]) / block
    loud = blocks[blocks > _power(_ABSOLUTE_GATE)]
    if not len(loud):
        return None
    loud = loud[loud > _power(_level(float(loud.mean())) + _RELATIVE_GATE)]
    return _level(float(loud.mean()))


def summarise(checks: Sequence[SoundCheck]) -> SoundSummary:
    """The figures of many utterances, and how many of them break which limit."""
    return SoundSummary(
        utterances=len(checks),
        seconds=round(sum(one.duration_s for one in checks), 2),
        peak=_spread([one.peak for one in checks]),
        silence_before_ms=_spread([one.silence_before_ms for one in checks]),
        silence_after_ms=_spread([one.silence_after_ms for one in checks]),
        longest_pause_ms=_spread([one.longest_pause_ms for one in checks]),
        ms_per_phone=_spread([one.ms_per_phone for one in checks if one.ms_per_phone is not None]),
        loudness_lufs=_spread([one.loudness_lufs for one in checks if one.loudness_lufs is not None]),
        empty=sum(one.peak <= SILENCE for one in checks),
        not_finite=sum(one.not_finite_samples > 0 for one in checks),
        clipped=sum(one.clipped_samples > 0 for one in checks),
        # A peak of 0.99 may lie half a step of 16 bits above it.
        peak_out_of_range=sum(not LOWEST_PEAK <= one.peak <= HIGHEST_PEAK + 2**-16 for one in checks),
        silence_at_ends_too_long=sum(
            max(one.silence_before_ms, one.silence_after_ms) > LONGEST_AT_ENDS_MS for one in checks
        ),
        pause_too_long=sum(one.longest_pause_ms > LONGEST_INSIDE_MS for one in checks),
        pace_out_of_range=sum(
            one.ms_per_phone is not None and not SHORTEST_PHONE_MS <= one.ms_per_phone <= LONGEST_PHONE_MS
            for one in checks
        ),
        loudness_out_of_range=sum(
            one.loudness_lufs is None or abs(one.loudness_lufs - TARGET_LUFS) > TOLERANCE_LU for one in checks
        ),
    )


def _signal(samples: NDArray[np.float32] | NDArray[np.int16], sample_rate_hz: int) -> Signal:
    if samples.ndim != 1 or not (samples.dtype == np.int16 or np.issubdtype(samples.dtype, np.floating)):
        raise VoiceError(f"samples must be one row of int16 or floats, not {samples.shape} {samples.dtype}")
    if not 8_000 <= sample_rate_hz <= 192_000:
        raise VoiceError(f"the sample rate must be between 8,000 and 192,000 Hz, not {sample_rate_hz}")
    return samples.astype(np.float64) / (32_768 if samples.dtype == np.int16 else 1)


def _clipped(signal: Signal) -> int:
    magnitude = np.abs(signal)
    peak = float(np.max(magnitude, initial=0.0))
    at_full = magnitude >= _FULL_SCALE
    if peak < _FLAT_FROM:
        return 0
    at_peak = np.concatenate([[False], magnitude >= peak - 1e-9, [False]])
    edges = np.flatnonzero(np.diff(at_peak.astype(np.int8)))
    flat = np.zeros(len(signal), dtype=bool)
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        flat[start:end] = end - start >= _FLAT_SAMPLES
    return int(np.count_nonzero(at_full | flat))


def _k_weighted(samples: Signal, sample_rate_hz: int) -> Signal:
    """Both filters of the recommendation at once, by their response: exact once their ringing has room."""
    size = 1 << (len(samples) + round(_WARM_UP_S * sample_rate_hz) - 1).bit_length()
    step = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    response = np.ones(len(step), dtype=np.complex128)
    for above, below in _k_filters(sample_rate_hz):
        response *= np.polyval(above[::-1], step) / np.polyval(below[::-1], step)
    return np.asarray(np.fft.irfft(np.fft.rfft(samples, size) * response, size))[: len(samples)]


def _k_filters(sample_rate_hz: int) -> tuple[tuple[Signal, Signal], tuple[Signal, Signal]]:
    """Numerators and denominators of shelf and high-pass, for any rate.

    The recommendation gives them for 48 kHz alone; these analogue prototypes (Mansbridge and others, 2012)
    are those of its tables.
    """
    gain, frequency, quality = 3.999843853973347, 1681.974450955533, 0.7071752369554196
    warped = math.tan(math.pi * frequency / sample_rate_hz)
    high = 10 ** (gain / 20)
    band = high**0.4996667741545416
    scale = 1 + warped / quality + warped**2
    shelf_above = np.array(
        [
            (high + band * warped / quality + warped**2) / scale,
            2 * (warped**2 - high) / scale,
            (high - band * warped / quality + warped**2) / scale,
        ]
    )
    shelf_below = _denominator(warped, quality)
    frequency, quality = 38.13547087602444, 0.5003270373238773
    below = _denominator(math.tan(math.pi * frequency / sample_rate_hz), quality)
    return (shelf_above, shelf_below), (np.array([1.0, -2.0, 1.0]), below)


def _denominator(warped: float, quality: float) -> Signal:
    scale = 1 + warped / quality + warped**2
    return np.array([1.0, 2 * (warped**2 - 1) / scale, (1 - warped / quality + warped**2) / scale])


def _level(power: float) -> float:
    return _OFFSET + 10 * math.log10(power)


def _power(level: float) -> float:
    return float(10 ** ((level - _OFFSET) / 10))


def _spread(values: Sequence[float]) -> Spread:
    if not values:
        return Spread(None, None, None, None, None)
    return Spread(*(round(float(value), 4) for value in np.percentile(values, [0, 5, 50, 95, 100])))
