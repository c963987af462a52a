"""Where in a recording a voice speaks, if anywhere. Silero VAD decides."""

from __future__ import annotations

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from bot.voice_activity import FRAME_SAMPLES, VoiceActivity

__all__ = ["speech_stretches", "voice_probabilities"]

_LOUDNESS_QUANTILE = 0.995
_WANTED_LEVEL = 0.3
_HIGHEST_GAIN = 100.0
_CERTAIN_FRAMES = 4
"""128 ms: less than the vowel of the shortest word, more than any tone, sweep or knock reaches."""
_CERTAIN_PROBABILITY = 0.6
_VOICED_PROBABILITY = 0.3
_MARGIN_FRAMES = 13
"""About 400 ms around the voice for consonants that the detector does not count as voice."""
_LONGEST_SILENCE_FRAMES = 94
_SMOOTHING_FRAMES = 9


def voice_probabilities(
    samples: NDArray[np.float32], model: onnxruntime.InferenceSession
) -> NDArray[np.float32]:
    """Voice probability (n,), 0–1, of each frame of 512 samples, whatever the recording's level.

    Args:
        samples: (m,), mono 16 kHz, not empty.
        model: Silero VAD, from `bot.voice_activity`.
    """
    padded = np.pad(samples, (0, -len(samples) % FRAME_SAMPLES))
    # A quantile, not the peak: one click must not leave a quiet voice below the detector's ear.
    loudness = float(np.quantile(np.abs(samples), _LOUDNESS_QUANTILE))
    gain = min(_HIGHEST_GAIN, _WANTED_LEVEL / max(loudness, 1e-9))
    return VoiceActivity(model).probabilities((padded * gain).astype(np.float32))


def speech_stretches(
    probabilities: NDArray[np.float32], sample_count: int, longest_samples: int
) -> list[tuple[int, int]]:
    """The stretches of a recording in which somebody speaks, each of at most `longest_samples`.

    Silence at both ends and silences of more than three seconds are left out; a stretch that is too long
    is cut where the voice rests longest.

    Args:
        probabilities: (n,), of `voice_probabilities`.
        sample_count: length of the recording.
        longest_samples: the longest stretch wanted.

    Returns:
        First sample and the one after the last of each stretch; none where too few frames are surely a
        voice, as in noise and music.
    """
    if np.count_nonzero(probabilities >= _CERTAIN_PROBABILITY) < _CERTAIN_FRAMES:
        return []
    voiced = np.flatnonzero(probabilities >= _VOICED_PROBABILITY)
    # The mean over about 300 ms is lowest in the middle of the longest pause, not in a stop consonant.
    window = np.ones(_SMOOTHING_FRAMES) / _SMOOTHING_FRAMES
    smooth = np.convolve(probabilities, window, mode="same")
    longest = longest_samples // FRAME_SAMPLES
    stretches = []
    for run in np.split(voiced, np.flatnonzero(np.diff(voiced) > _LONGEST_SILENCE_FRAMES) + 1):
        first = max(0, int(run[0]) - _MARGIN_FRAMES)
        end = min(len(probabilities), int(run[-1]) + 1 + _MARGIN_FRAMES)
        while end - first > longest:
            cut = _quietest(smooth, first + longest // 3, first + longest)
            stretches.append((first, cut))
            first = cut
        stretches.append((first, end))
    return [
        (first * FRAME_SAMPLES, min(end * FRAME_SAMPLES, sample_count))
        for first, end in stretches
        if probabilities[first:end].max() >= _CERTAIN_PROBABILITY
    ]


def _quietest(smooth: NDArray[np.float64], first: int, end: int) -> int:
    places = np.flatnonzero(smooth[first:end] <= smooth[first:end].min() + 0.02)
    # Of equally quiet places the middle one of the latest run, so that stretches are few.
    run = np.split(places, np.flatnonzero(np.diff(places) > 1) + 1)[-1]
    return first + int(run[len(run) // 2])
