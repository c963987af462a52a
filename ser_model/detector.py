"""The runtime classes: an utterance in, a calibrated emotion estimate out.

`SpeechEmotionDetector` needs samples alone. `StatesEmotionDetector` reads what the recogniser's encoder made
of them, which costs nothing where the words are recognised anyway; `EncodingDetector` joins it with an
encoder, for recordings outside a talk.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from emotion import EmotionEstimate
from ser_model.encoder_states import StatesSource, averaged_pairs, checked_states
from ser_model.features import log_mel, normalised
from ser_model.gates import gate
from ser_model.model_card import DEFAULT_DIRECTORY, STANDALONE_DIRECTORY, ModelCard
from ser_model.network import EmotionNetwork

__all__ = ["EncodingDetector", "RecordingDetector", "SpeechEmotionDetector", "StatesEmotionDetector"]


class RecordingDetector(Protocol):
    """Whatever names the emotion of samples; safe to call from any thread, several at once."""

    @property
    def card(self) -> ModelCard:
        """What the detector knows of its model."""

    @property
    def model(self) -> str:
        """Name and version of the model, such as "logmel_cnn-1"."""

    def estimate(self, samples: NDArray[np.float32], *, language: str) -> EmotionEstimate:
        """See `SpeechEmotionDetector.estimate`."""


class SpeechEmotionDetector:
    """Names the emotion of an utterance from its log-mel spectrogram."""

    def __init__(self, network: EmotionNetwork) -> None:
        self._network = network

    @classmethod
    def load(cls, directory: Path | None = None) -> SpeechEmotionDetector:
        """Loads a model that reads log-mel spectrograms.

        Args:
            directory: folder of its card; by default that of the one that comes with this package.

        Raises:
            ModelFileError: where card or weights are missing, damaged or do not fit each other.
        """
        folder = STANDALONE_DIRECTORY if directory is None else directory
        return cls(EmotionNetwork.load(folder, kind="log_mel"))

    @property
    def card(self) -> ModelCard:
        """What the detector knows of its model."""
        return self._network.card

    @property
    def model(self) -> str:
        """Name and version of the model, such as "logmel_cnn-1"."""
        return self._network.model

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that can get a probability; an untrained one is not among them."""
        return self._network.labels

    def estimate(self, samples: NDArray[np.float32], *, language: str) -> EmotionEstimate:
        """Estimates the emotion of one utterance.

        Args:
            samples: shape (n,), float32, mono at 16 kHz, full scale at ±1.
            language: code such as "en", "de" or "fa"; says only whether the model was validated.

        Returns:
            Calibrated probabilities of the trained emotions, and the likeliest mood or "unclear". What a gate
            holds back (too short, silent, too quiet, clipped, noisy) gives equal probabilities and "unclear".

        Raises:
            ValueError: for samples of another type or shape, or with NaN or infinity.
        """
        if gate(samples) is not None:
            return self._network.unread(language=language)
        return self._network.estimate(normalised(log_mel(samples)), language=language)


class StatesEmotionDetector:
    """Names the emotion of an utterance from the states of the recogniser's encoder."""

    def __init__(self, network: EmotionNetwork) -> None:
        self._network = network

    @classmethod
    def load(cls, directory: Path | None = None) -> StatesEmotionDetector:
        """Loads a model that reads encoder states; see `SpeechEmotionDetector.load`."""
        folder = DEFAULT_DIRECTORY if directory is None else directory
        return cls(EmotionNetwork.load(folder, kind="states"))

    @property
    def card(self) -> ModelCard:
        """What the detector knows of its model; `card.encoder` names the recogniser."""
        return self._network.card

    @property
    def model(self) -> str:
        """Name and version of the model, such as "whisper_cnn-1"."""
        return self._network.model

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that can get a probability; an untrained one is not among them."""
        return self._network.labels

    def unread(self, *, language: str) -> EmotionEstimate:
        """What is said of an utterance that no emotion should be read of."""
        return self._network.unread(language=language)

    def estimate(
        self, states: NDArray[np.float32], *, samples: NDArray[np.float32], language: str
    ) -> EmotionEstimate:
        """Estimates the emotion of one utterance.

        Args:
            states: shape (n, d), float32, 50 a second, of the layers that the card names, side by side; all
                stretches of speech in a row.
            samples: the utterance itself, for the gates alone; see `SpeechEmotionDetector.estimate`.
            language: as there.

        Raises:
            ValueError: for states or samples of another type or shape, or with NaN or infinity.
        """
        checked_states(states, self.card.width)
        if gate(samples) is not None:
            return self._network.unread(language=language)
        return self._network.estimate(averaged_pairs(states), language=language)


class EncodingDetector:
    """Names the emotion of an utterance by an encoder and a detector that reads its states."""

    def __init__(self, encoder: StatesSource, detector: StatesEmotionDetector) -> None:
        self._encoder = encoder
        self._detector = detector

    @property
    def card(self) -> ModelCard:
        """What the detector knows of its model."""
        return self._detector.card

    @property
    def model(self) -> str:
        """Name and version of the model."""
        return self._detector.model

    def estimate(self, samples: NDArray[np.float32], *, language: str) -> EmotionEstimate:
        """See `SpeechEmotionDetector.estimate`."""
        if gate(samples) is not None or not len(samples):
            return self._detector.unread(language=language)
        return self._detector.estimate(self._encoder.encode(samples), samples=samples, language=language)
