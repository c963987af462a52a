"""The runtime class: samples of an utterance in, a calibrated emotion estimate out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from emotion import UNCLEAR, EmotionEstimate, estimate_from_probabilities
from ser_model.errors import ModelFileError
from ser_model.features import SAMPLE_RATE_HZ, checked_samples, log_mel, normalised
from ser_model.metrics import softmax
from ser_model.model_card import DEFAULT_DIRECTORY, ModelCard, read_card, read_weights

__all__ = ["SHORTEST_S", "SILENCE_RMS", "SpeechEmotionDetector"]

_INPUT = "log_mel"
_REMEDY = "train anew with `make train-ser`"

SHORTEST_S = 0.3
"""No emotion is read from less: it is shorter than a word."""

SILENCE_RMS = 3e-4
"""-70 dB of full scale; the quietest recording of the corpora is 24 dB louder."""


class SpeechEmotionDetector:
    """Names the emotion of an utterance; safe to call from any thread, several at once.

    onnxruntime computes on one thread without spinning and releases the interpreter lock meanwhile.
    """

    def __init__(self, card: ModelCard, session: Any) -> None:
        self._card = card
        self._session = session
        self._columns = [place for place, emotion in enumerate(card.outputs) if emotion in card.trained]
        self._labels = [emotion.value for emotion in card.trained]

    @classmethod
    def load(cls, directory: Path | None = None) -> SpeechEmotionDetector:
        """Loads `card.json` and the weights that it names.

        Args:
            directory: folder of the card; by default this package's own.

        Raises:
            ModelFileError: where card or weights are missing, damaged or do not fit each other.
        """
        folder = DEFAULT_DIRECTORY if directory is None else directory
        card = read_card(folder)
        path = folder / card.weights
        session = _session_of(read_weights(folder, card), path)
        outputs = _try_once(session, path)
        if outputs.shape != (1, len(card.outputs)):
            raise ModelFileError(
                f"{path}: has {outputs.shape[-1]} outputs, the card names {len(card.outputs)}; {_REMEDY}"
            )
        return cls(card, session)

    @property
    def card(self) -> ModelCard:
        """What the detector knows of its model."""
        return self._card

    @property
    def model(self) -> str:
        """Name and version of the model, such as "paper_cnn-1"."""
        return f"{self._card.name}-{self._card.version}"

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that can get a probability; an untrained one is not among them."""
        return tuple(self._labels)

    def estimate(self, samples: NDArray[np.float32], *, language: str) -> EmotionEstimate:
        """Estimates the emotion of one utterance.

        Args:
            samples: shape (n,), float32, mono at 16 kHz, full scale at ±1.
            language: code such as "en", "de" or "fa"; says only whether the model was validated.

        Returns:
            Calibrated probabilities of the trained emotions, and the likeliest mood or "unclear".
            Less than 0.3 s, or silence, gives equal probabilities and "unclear".

        Raises:
            ValueError: for samples of another type or shape, or with NaN or infinity.
        """
        checked_samples(samples)
        validated = language in self._card.validated_languages
        if len(samples) < SHORTEST_S * SAMPLE_RATE_HZ or _is_silent(samples):
            return EmotionEstimate(
                label=UNCLEAR,
                probabilities=dict.fromkeys(self._labels, 1.0 / len(self._labels)),
                modality="speech",
                model=self.model,
                threshold=self._card.threshold,
                validated=validated,
            )
        probabilities = softmax(self.logits(samples), self._card.temperature)
        return estimate_from_probabilities(
            dict(zip(self._labels, probabilities.tolist(), strict=True)),
            modality="speech",
            model=self.model,
            threshold=self._card.threshold,
            validated=validated,
        )

    def logits(self, samples: NDArray[np.float32]) -> NDArray[np.float64]:
        """Outputs of the network for the trained emotions, shape (k,), in the order of `labels`."""
        spectrogram = normalised(log_mel(samples))
        (outputs,) = self._session.run(None, {_INPUT: spectrogram[None]})
        return np.asarray(outputs[0, self._columns], dtype=np.float64)


def _is_silent(samples: NDArray[np.float32]) -> bool:
    # Without its mean: a microphone's constant offset is no sound.
    return float(np.std(samples, dtype=np.float64)) < SILENCE_RMS


def _session_of(weights: bytes, path: Path) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own classes share no public base
        raise ModelFileError(
            f"{path}: onnxruntime cannot load it ({type(error).__name__}); {_REMEDY}"
        ) from error


def _try_once(session: Any, path: Path) -> NDArray[np.float32]:
    # A network of another make is found now, and not in the first talk.
    hiss = np.random.default_rng(0).normal(0.0, 0.1, SAMPLE_RATE_HZ).astype(np.float32)
    try:
        outputs = np.asarray(session.run(None, {_INPUT: normalised(log_mel(hiss))[None]})[0])
    except Exception as error:  # as above
        raise ModelFileError(f"{path}: is another network ({type(error).__name__}); {_REMEDY}") from error
    if outputs.ndim != 2 or not np.isfinite(outputs).all():
        raise ModelFileError(f"{path}: is another network, or gives no numbers; {_REMEDY}")
    return outputs
