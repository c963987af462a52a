"""Why no emotion is read of an utterance, decided from its sound before any network is asked.

A network answers for anything. What is too short, too quiet, clipped or buried in noise gets no
answer instead. The order of the checks is that of `Reason`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import gamma
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ser_model.features import checked_samples
from ser_model.speech_level import FRAME_S, FRAME_SAMPLES, active_frames, frame_levels_db

__all__ = [
    "LEAST_CREST_DB",
    "LEAST_LEVEL_DB",
    "LEAST_SNR_DB",
    "LEAST_SPEECH_S",
    "SILENCE_DB",
    "Gate",
    "Reason",
    "gate",
    "wada_snr_db",
]

Reason = Literal["too_short", "silent", "too_quiet", "clipped", "noisy"]

LEAST_SPEECH_S = 0.3
"""Sum of the frames in which somebody speaks: one and a half syllables (about 0.2 s each). A lone
"yes" has that; a cough, a click or half a vowel, which carry no contour to read, do not."""

SILENCE_DB = -70.0
"""Of full scale. The quietest recording of CREMA-D speaks 30 dB louder."""

LEAST_LEVEL_DB = -60.0
"""Active level of speech, dB of full scale. Below, the steps of an 8-bit line and a microphone's own
hiss reach the voice; 20 dB below the quietest recording of CREMA-D still passes."""

LEAST_CREST_DB = 2.5
"""Level that 95 % of the samples of speech do not exceed, above their mean level. Speech has 4 to 7 dB,
a square wave 0."""

LEAST_SNR_DB = -3.0
"""As `wada_snr_db` estimates it, which reads about 3 dB too low here: as much noise as voice."""

_CREST_PERCENTILE = 95.0
_CREST_OF_NOISE_DB = 4.5
"""Normally distributed noise has 5.8 dB. What seems noisy but has less lost its peaks to clipping, which
takes the rare large amplitudes away that `wada_snr_db` looks for."""

_HEARD_FRAMES = 2
"""A click of 20 ms, cut by a frame's edge, is still silence."""

_SMALLEST = 1e-6
"""A thirtieth of the step of 16 bits."""

_SPEECH_SHAPE = 0.4
_QUANTILES = 200


@dataclass(frozen=True, slots=True)
class Gate:
    """Why an utterance is not read.

    Attributes:
        reason: machine-readable.
        measured: seconds of speech ("too_short"), otherwise dB.
        least: what it would have needed, in the same unit.
    """

    reason: Reason
    measured: float
    least: float


def gate(samples: NDArray[np.float32]) -> Gate | None:
    """Says why no emotion should be read of an utterance, or None where nothing speaks against it.

    Args:
        samples: shape (n,), float32, mono at 16 kHz, full scale at ±1.

    Raises:
        ValueError: for samples of another type or shape, or with NaN or infinity.
    """
    checked_samples(samples)
    if len(samples) < LEAST_SPEECH_S / FRAME_S * FRAME_SAMPLES:
        return Gate("too_short", len(samples) / FRAME_SAMPLES * FRAME_S, LEAST_SPEECH_S)
    levels_db = frame_levels_db(samples)
    loudest_db = float(np.partition(levels_db, -_HEARD_FRAMES - 1)[-_HEARD_FRAMES - 1])
    if loudest_db < SILENCE_DB:
        return Gate("silent", loudest_db, SILENCE_DB)
    active = active_frames(levels_db)
    speech_s = float(np.count_nonzero(active)) * FRAME_S
    if speech_s < LEAST_SPEECH_S - FRAME_S / 2:
        return Gate("too_short", speech_s, LEAST_SPEECH_S)
    frames = samples[: len(levels_db) * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    speech = frames[active]
    level_db = float(10.0 * np.log10(np.mean(10.0 ** (levels_db[active].astype(np.float64) / 10.0))))
    if level_db < LEAST_LEVEL_DB:
        return Gate("too_quiet", level_db, LEAST_LEVEL_DB)
    magnitude = np.abs(speech - speech.mean()).ravel()
    rank = int(len(magnitude) * _CREST_PERCENTILE / 100.0)
    crest_db = float(20.0 * np.log10(np.partition(magnitude, rank)[rank])) - level_db
    if crest_db < LEAST_CREST_DB:
        return Gate("clipped", crest_db, LEAST_CREST_DB)
    snr_db = wada_snr_db(samples)
    if snr_db < LEAST_SNR_DB and crest_db < _CREST_OF_NOISE_DB:
        return Gate("clipped", crest_db, _CREST_OF_NOISE_DB)
    if snr_db < LEAST_SNR_DB:
        return Gate("noisy", snr_db, LEAST_SNR_DB)
    return None


def wada_snr_db(samples: NDArray[np.float32]) -> float:
    """Signal-to-noise ratio from the distribution of the amplitudes alone (WADA, Kim and Stern, 2008).

    Clean speech is taken to have amplitudes of a gamma distribution of shape 0.4, noise those of a
    normal one; the mean of their logarithms tells how much of each there is. The noise may have any
    colour and needs no pause to be heard in.

    Args:
        samples: shape (n,), n ≥ 1, mono at 16 kHz.

    Returns:
        dB, from -20 to 60.
    """
    magnitude = np.abs(samples - samples.mean())
    # Digital silence has no logarithm, and says nothing of the noise.
    sounding = magnitude[magnitude > _SMALLEST]
    if not len(sounding):
        return 60.0
    contrast = np.log(np.mean(sounding, dtype=np.float64)) - float(np.mean(np.log(sounding)))
    snrs_db, contrasts = _wada_table()
    return float(np.interp(contrast, contrasts, snrs_db))


@lru_cache(maxsize=1)
def _wada_table() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Ratios in dB and, for each, ln E|z| - E ln|z| of speech and noise together, rising."""
    snrs_db = np.arange(-20.0, 61.0, 2.0)
    # Quantiles of both distributions instead of chance: all pairs of them.
    shares = (np.arange(_QUANTILES) + 0.5) / _QUANTILES
    speech = _gamma_quantiles(shares)
    noise = np.array([NormalDist().inv_cdf(share) for share in shares])
    speech /= np.sqrt(np.mean(speech**2))
    noise /= np.sqrt(np.mean(noise**2))
    contrasts = []
    for snr_db in snrs_db:
        mixed = np.abs(speech[:, None] + noise[None, :] * 10.0 ** (-snr_db / 20.0))
        contrasts.append(np.log(mixed.mean()) - np.log(np.maximum(mixed, 1e-12)).mean())
    return snrs_db, np.maximum.accumulate(np.array(contrasts))


def _gamma_quantiles(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of the gamma distribution of shape 0.4: its series (Abramowitz and Stegun, 6.5.29), inverted."""
    x = np.geomspace(1e-12, 25.0, 4_000)
    term = np.full_like(x, 1.0 / gamma(_SPEECH_SHAPE + 1.0))
    total = term.copy()
    for k in range(1, 120):
        term = term * x / (_SPEECH_SHAPE + k)
        total += term
    below = x**_SPEECH_SHAPE * np.exp(-x) * total
    return np.exp(np.interp(shares, below, np.log(x)))
