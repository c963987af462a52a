"""An utterance in the recogniser's encoder, in a short window or the full one of 30 s.

Whisper was trained on windows of 30 s, but its encoder takes shorter ones: at least 1.5 s of silence behind
the words, in a window of at least 8 s. `SpeechEncoder` gives states alone, as the speech emotion learns from.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from faster_whisper.feature_extractor import FeatureExtractor
from numpy.typing import NDArray

from bot.speech_evidence import speech_stretches, voice_probabilities
from bot.voice_activity import load_voice_activity_model
from bot.whisper_encoder import STATES_PER_S, WhisperEncoder
from bot.whisper_weights import read_weights

__all__ = ["LONGEST_STRETCH_SAMPLES", "SAMPLE_RATE_HZ", "SpeechEncoder", "SpeechWindow"]

SAMPLE_RATE_HZ = 16_000
LONGEST_STRETCH_SAMPLES = 28 * SAMPLE_RATE_HZ
"""Longer speech is cut at its longest pause."""

_FULL_WINDOW_FRAMES = 3_000
_PADDING_SAMPLES = 24_000
_SHORTEST_WINDOW_SAMPLES = 8 * SAMPLE_RATE_HZ
"""In shorter windows the decoder often says a short sentence twice or for ever; the time is small."""


class SpeechWindow:
    """Log-mel frames of an utterance in a window that the encoder takes.

    Args:
        mels: bands of a frame: 80 in Whisper base.
    """

    def __init__(self, mels: int) -> None:
        self._features = FeatureExtractor(feature_size=mels)

    def short(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """(1, mels, frames) of (n,) samples at 16 kHz with silence behind them, frames even."""
        # Without silence behind it the decoder does not notice the end and starts over.
        padding = max(_PADDING_SAMPLES, _SHORTEST_WINDOW_SAMPLES - len(samples))
        mel = self._features(np.pad(samples, (0, padding)))
        # The encoder halves the frames.
        even = min(mel.shape[1] // 2 * 2, _FULL_WINDOW_FRAMES)
        return np.ascontiguousarray(mel[np.newaxis, :, :even])

    def full(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """(1, mels, 3000): the window that Whisper was trained on."""
        mel = self._features(samples)[:, :_FULL_WINDOW_FRAMES]
        missing = _FULL_WINDOW_FRAMES - mel.shape[1]
        return np.ascontiguousarray(np.pad(mel, ((0, 0), (0, missing)))[np.newaxis])


class SpeechEncoder:
    """States of speech as the recogniser has them in a talk, without its decoder.

    Args:
        encoder: of the recogniser.
        voice_model: Silero VAD.
        sha256: of the model's file, in hexadecimal: states of one model are noise to another's reader.
    """

    def __init__(
        self, encoder: WhisperEncoder, voice_model: onnxruntime.InferenceSession, sha256: str
    ) -> None:
        self._encoder = encoder
        self._voice_model = voice_model
        self._window = SpeechWindow(encoder.shape.mels)
        self.sha256 = sha256

    @classmethod
    def load(cls, model_dir: Path, *, layers: Sequence[int], threads: int = 1) -> SpeechEncoder:
        """Loads a model.

        Raises:
            OSError: if a file can't be read.
            ValueError: if the encoder has no such layer.
            WeightsFormatError: if the file is not that of a Whisper in float16 or float32.
        """
        path = model_dir / "model.bin"
        encoder = WhisperEncoder(read_weights(path), threads=threads, layers=layers)
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return cls(encoder, load_voice_activity_model(), sha256)

    def encode(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """States (n, d) of all that is speech in a recording, in a row; all of it where nothing surely is.

        Args:
            samples: (m,), mono 16 kHz, −1 to 1, m ≥ 1.
        """
        voice = voice_probabilities(samples, self._voice_model)
        stretches = speech_stretches(voice, len(samples), LONGEST_STRETCH_SAMPLES)
        if not stretches:
            starts = range(0, len(samples), LONGEST_STRETCH_SAMPLES)
            stretches = [(start, start + LONGEST_STRETCH_SAMPLES) for start in starts]
        return np.concatenate([self._stretch(samples[first:end]) for first, end in stretches])

    def _stretch(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        spoken = math.ceil(len(samples) * STATES_PER_S / SAMPLE_RATE_HZ)
        return self._encoder.encode(self._window.short(samples)).states[:spoken]
