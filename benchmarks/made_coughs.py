"""Coughs, made of the three phases that a cough's sound has, so hard to tell from a voice as real ones.

A cough bursts (the glottis opens, 30–50 ms of broad noise), goes on as turbulent noise that throat and mouth
shape like a whispered vowel (150–250 ms), and often ends in a voice (100–150 ms) whose pitch falls (Korpáš,
Sadloňová and Vrabec, "Analysis of the cough sound: an overview", Pulmonary Pharmacology 9, 1996). People
cough one to three times in a row, 300–500 ms from onset to onset. All of that varies, by a seed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["made_cough"]

Samples = NDArray[np.float64]

_FORMANTS_HZ = ((730.0, 1_190.0, 2_540.0), (640.0, 1_290.0, 2_500.0), (500.0, 1_500.0, 2_500.0))
"""Of open and central vowels, of a man; a cough's mouth is open."""

_BANDWIDTHS_HZ = (110.0, 150.0, 240.0)
_SHORTER_TRACT = 1.17  # a woman's
_FADE_MS = 8.0


@dataclass(frozen=True, slots=True)
class _Throat:
    """Whose cough it is: the same in all of a row."""

    formants_hz: Samples
    pitch_hz: float


def made_cough(number: int, *, voiced: bool, rate_hz: int, seed: int) -> NDArray[np.float32]:
    """Makes a row of one to three coughs (n,), −1 to 1, the same in each run.

    Args:
        number: which one.
        voiced: whether they end in a voice.
        rate_hz: samples a second, 8,000 or more.
        seed: another one makes others.
    """
    chance = np.random.default_rng((seed, number))
    throat = _throat(chance)
    coughs = int(chance.integers(1, 4))
    starts_ms = np.concatenate(([0.0], np.cumsum(chance.uniform(300, 500, coughs - 1))))
    made = [_single(chance, throat, voiced=voiced, rate_hz=rate_hz) for _ in starts_ms]
    row = np.zeros(int(starts_ms[-1] * rate_hz / 1000) + max(map(len, made)))
    # The first is the loudest.
    for place, (start_ms, cough) in enumerate(zip(starts_ms, made, strict=True)):
        start = int(start_ms * rate_hz / 1000)
        row[start : start + len(cough)] += (
            cough * chance.uniform(0.6, 1.0) ** place
        )  # the first is the loudest
    row *= chance.uniform(0.1, 0.8) / np.abs(row).max()
    return row.astype(np.float32)


def _throat(chance: np.random.Generator) -> _Throat:
    female = bool(chance.integers(2))
    formants_hz = np.array(_FORMANTS_HZ[chance.integers(len(_FORMANTS_HZ))])
    formants_hz *= (_SHORTER_TRACT if female else 1.0) * chance.uniform(0.93, 1.07, 3)
    return _Throat(formants_hz, chance.uniform(180, 250) if female else chance.uniform(120, 180))


def _single(chance: np.random.Generator, throat: _Throat, *, voiced: bool, rate_hz: int) -> Samples:
    burst_ms, noise_ms, voice_ms = chance.uniform((30, 150, 100), (50, 250, 150))
    burst = _noise(chance, burst_ms, rate_hz)
    burst *= np.exp(-np.linspace(0, 2, len(burst)))
    noise = _shaped(_noise(chance, noise_ms, rate_hz), throat.formants_hz, rate_hz)
    noise *= np.exp(-np.linspace(0, 1.5 if voiced else 3.0, len(noise)))
    phases = [_level(burst, 1.0), _level(noise, chance.uniform(0.4, 0.8))]
    if voiced:
        voice = _shaped(_pulses(chance, throat.pitch_hz, voice_ms, rate_hz), throat.formants_hz, rate_hz)
        voice *= np.exp(-np.linspace(0, 2, len(voice)))
        phases.append(_level(voice, chance.uniform(0.3, 0.7)))
    return _joined(phases, rate_hz)


def _noise(chance: np.random.Generator, length_ms: float, rate_hz: int) -> Samples:
    return chance.normal(0, 1, int(length_ms * rate_hz / 1000))


def _pulses(chance: np.random.Generator, pitch_hz: float, length_ms: float, rate_hz: int) -> Samples:
    """Pulses of a glottis whose pitch falls by a quarter, rough, with breath between them."""
    length = int(length_ms * rate_hz / 1000)
    pulses = chance.normal(0, 0.05, length)
    at = 0.0
    while at < length:
        pulses[int(at)] += chance.uniform(0.8, 1.2)
        pitch_now_hz = pitch_hz * (1 - 0.25 * at / length)
        at += rate_hz / pitch_now_hz * chance.uniform(0.96, 1.04)
    spectrum = np.fft.rfft(pulses)
    spectrum /= 1 + (np.fft.rfftfreq(length, 1 / rate_hz) / 200) ** 1.5  # −9 dB an octave, as a pressed voice
    pulsing: Samples = np.fft.irfft(spectrum, length)
    return pulsing


def _shaped(sound: Samples, formants_hz: Samples, rate_hz: int) -> Samples:
    """Sound through resonances of the throat and mouth."""
    frequencies = np.fft.rfftfreq(len(sound), 1 / rate_hz)
    gain = np.full(len(frequencies), 0.02)
    for place, (formant_hz, bandwidth_hz) in enumerate(zip(formants_hz, _BANDWIDTHS_HZ, strict=True)):
        gain += 0.5**place / (1 + ((frequencies - formant_hz) / (bandwidth_hz / 2)) ** 2)
    shaped: Samples = np.fft.irfft(np.fft.rfft(sound) * gain, len(sound))
    return shaped


def _level(sound: Samples, peak: float) -> Samples:
    levelled: Samples = sound * (peak / np.abs(sound).max())
    return levelled


def _joined(phases: list[Samples], rate_hz: int) -> Samples:
    """One phase fades into the next, and the last one out; the onset is sharp."""
    overlap = int(_FADE_MS * rate_hz / 1000)
    fading = np.linspace(1, 0, overlap)
    joined = phases[0]
    for phase in phases[1:]:
        joined[-overlap:] *= fading
        phase[:overlap] *= fading[::-1]
        joined = np.concatenate((joined[:-overlap], joined[-overlap:] + phase[:overlap], phase[overlap:]))
    joined[-overlap:] *= fading
    return joined


if __name__ == "__main__":
    raise SystemExit(
        "This is a part of other benchmarks; `python -m benchmarks` lists those that can be run."
    )
