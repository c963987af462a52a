"""Log-mel spectrograms in plain numpy: the one input of the network, in training and at run time.

The filters are those of Slaney's Auditory Toolbox (1998) as librosa computes them by default; a test
compares both. Bands end at 5 kHz because the recordings of CREMA-D and EMO-DB were made at
11,025 Hz: a network that sees more would learn their cut-off instead of the voice.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "BANDS",
    "HOP_SAMPLES",
    "SAMPLE_RATE_HZ",
    "checked_samples",
    "log_mel",
    "mel_filters",
    "normalised",
]

SAMPLE_RATE_HZ = 16_000
BANDS = 64
HOP_SAMPLES = 256
"""16 ms: 62.5 frames a second."""

_FFT_SAMPLES = 1024
_WINDOW_SAMPLES = 800  # 50 ms: long enough to part the harmonics of a voice, which carry its pitch
_LOWEST_HZ = 50.0
_HIGHEST_HZ = 5_000.0
_SMALLEST_POWER = 1e-10  # -100 dB: far below the noise of a 16-bit recording

_LOUD_PERCENTILE = 90.0
_FLOOR_DB = -60.0
_CENTRE_DB = -30.0
_SCALE_DB = 20.0


def checked_samples(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The samples as they are, once they are known to be usable.

    Args:
        samples: shape (n,), float32, mono at 16 kHz, full scale at ±1.

    Raises:
        ValueError: for another type or shape, or where a sample is not finite.
    """
    if not isinstance(samples, np.ndarray) or samples.dtype != np.float32:
        kind = getattr(samples, "dtype", type(samples).__name__)
        raise ValueError(f"samples must be a float32 array with full scale at ±1, not {kind}")
    if samples.ndim != 1:
        raise ValueError(f"samples must be mono, of shape (n,), not {samples.shape}")
    if not np.isfinite(samples).all():
        raise ValueError("samples hold NaN or infinity; decode the recording anew")
    return samples


def log_mel(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Power of each mel band in decibels.

    Args:
        samples: shape (n,), mono at 16 kHz.

    Returns:
        Shape (1 + n // 256, 64), dB, not below -100. Frame t is centred on sample 256 t; what lies
        outside the recording counts as zero.
    """
    padded = np.pad(samples, _FFT_SAMPLES // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FFT_SAMPLES)[::HOP_SAMPLES]
    spectrum = np.fft.rfft(frames * _window())
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    mel = power.astype(np.float32) @ mel_filters().T
    return np.asarray(10.0 * np.log10(np.maximum(mel, _SMALLEST_POWER)), dtype=np.float32)


def normalised(decibels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Takes the level of the recording out of a log-mel spectrogram and scales it for the network.

    The level is that of the loud frames, so that neither the gain of the microphone nor silence
    around the words changes what the network sees.

    Args:
        decibels: shape (t, 64) of `log_mel`, t ≥ 1.

    Returns:
        Shape (t, 64), about -1.5 to 3: 0 is 30 dB below the loud frames, one unit is 20 dB, and all
        that lies more than 60 dB below is cut off.
    """
    frame_level_db = decibels.max(axis=1)
    relative = decibels - np.float32(np.percentile(frame_level_db, _LOUD_PERCENTILE))
    return np.asarray((np.maximum(relative, _FLOOR_DB) - _CENTRE_DB) / _SCALE_DB, dtype=np.float32)


@lru_cache(maxsize=1)
def _window() -> NDArray[np.float32]:
    periodic_hann = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(_WINDOW_SAMPLES) / _WINDOW_SAMPLES)
    margin = (_FFT_SAMPLES - _WINDOW_SAMPLES) // 2
    return np.pad(periodic_hann, margin).astype(np.float32)


@lru_cache(maxsize=1)
def mel_filters() -> NDArray[np.float32]:
    """Triangular filters of equal area, shape (64, 513), from 50 to 5,000 Hz on Slaney's mel scale."""
    edges_hz = _mel_to_hz(np.linspace(_hz_to_mel(_LOWEST_HZ), _hz_to_mel(_HIGHEST_HZ), BANDS + 2))
    bins_hz = np.fft.rfftfreq(_FFT_SAMPLES, 1.0 / SAMPLE_RATE_HZ)
    lower, centre, upper = edges_hz[:-2, None], edges_hz[1:-1, None], edges_hz[2:, None]
    rising = (bins_hz - lower) / (centre - lower)
    falling = (upper - bins_hz) / (upper - centre)
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    return (triangles * 2.0 / (upper - lower)).astype(np.float32)


_LINEAR_HZ_PER_MEL = 200.0 / 3.0
_LOGARITHMIC_FROM_HZ = 1_000.0
_LOGARITHMIC_FROM_MEL = _LOGARITHMIC_FROM_HZ / _LINEAR_HZ_PER_MEL
_LOGARITHMIC_STEP = np.log(6.4) / 27.0


def _hz_to_mel(hz: float) -> float:
    if hz < _LOGARITHMIC_FROM_HZ:
        return hz / _LINEAR_HZ_PER_MEL
    return float(_LOGARITHMIC_FROM_MEL + np.log(hz / _LOGARITHMIC_FROM_HZ) / _LOGARITHMIC_STEP)


def _mel_to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    linear = mel * _LINEAR_HZ_PER_MEL
    logarithmic = _LOGARITHMIC_FROM_HZ * np.exp(_LOGARITHMIC_STEP * (mel - _LOGARITHMIC_FROM_MEL))
    return np.where(mel < _LOGARITHMIC_FROM_MEL, linear, logarithmic)
