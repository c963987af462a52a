"""A trained network with its card: frames in, a calibrated emotion estimate out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from emotion import UNCLEAR, EmotionEstimate, estimate_from_probabilities
from ser_model.calibration import Calibration
from ser_model.errors import ModelFileError
from ser_model.model_card import ModelCard, read_card, read_weights

__all__ = ["EmotionNetwork"]

_REMEDY = "train anew with `make train-ser`"
_TRIED_FRAMES = 60


class EmotionNetwork:
    """Judges frames; safe to call from any thread, several at once.

    onnxruntime computes on one thread without spinning and releases the interpreter lock meanwhile.
    """

    def __init__(self, card: ModelCard, session: Any) -> None:
        self.card = card
        self._session = session
        self._columns = [place for place, emotion in enumerate(card.outputs) if emotion in card.trained]
        self.labels = tuple(emotion.value for emotion in card.trained)
        self._calibration = Calibration(card.calibration.scale, card.calibration.bias)

    @classmethod
    def load(cls, folder: Path, *, kind: str) -> EmotionNetwork:
        """Loads `card.json` and the weights that it names.

        Args:
            folder: of the card.
            kind: the input that the caller can give, `log_mel` or `states`.

        Raises:
            ModelFileError: where card or weights are missing, damaged or do not fit each other or the kind.
        """
        card = read_card(folder)
        path = folder / card.weights
        if card.input != kind:
            raise ModelFileError(f"{folder / 'card.json'}: reads {card.input}, not {kind}; {_REMEDY}")
        session = _session_of(read_weights(folder, card), path)
        outputs = _try_once(session, card, path)
        if outputs.shape != (1, len(card.outputs)):
            raise ModelFileError(
                f"{path}: has {outputs.shape[-1]} outputs, the card names {len(card.outputs)}; {_REMEDY}"
            )
        return cls(card, session)

    @property
    def model(self) -> str:
        """Name and version of the model, such as "logmel_cnn-1"."""
        return f"{self.card.name}-{self.card.version}"

    def logits(self, frames: NDArray[np.float32]) -> NDArray[np.float64]:
        """Outputs for the trained emotions, shape (k,), in the order of `labels`, of frames (t, d)."""
        (outputs,) = self._session.run(None, {self.card.input: frames[None]})
        return np.asarray(outputs[0, self._columns], dtype=np.float64)

    def estimate(self, frames: NDArray[np.float32], *, language: str) -> EmotionEstimate:
        """Calibrated probabilities of the trained emotions, and the likeliest mood or "unclear"."""
        shares = self._calibration.apply(self.logits(frames))
        return estimate_from_probabilities(
            dict(zip(self.labels, shares.tolist(), strict=True)),
            modality="speech",
            model=self.model,
            threshold=self.card.threshold,
            validated=language in self.card.validated_languages,
        )

    def unread(self, *, language: str) -> EmotionEstimate:
        """What is said of an utterance that no emotion should be read of: all alike, "unclear"."""
        return EmotionEstimate(
            label=UNCLEAR,
            probabilities=dict.fromkeys(self.labels, 1.0 / len(self.labels)),
            modality="speech",
            model=self.model,
            threshold=self.card.threshold,
            validated=language in self.card.validated_languages,
        )


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


def _try_once(session: Any, card: ModelCard, path: Path) -> NDArray[np.float32]:
    # A network of another make is found now, and not in the first talk.
    hiss = np.random.default_rng(0).normal(0.0, 1.0, (1, _TRIED_FRAMES, card.width)).astype(np.float32)
    try:
        outputs = np.asarray(session.run(None, {card.input: hiss})[0])
    except Exception as error:  # as above
        raise ModelFileError(f"{path}: is another network ({type(error).__name__}); {_REMEDY}") from error
    if outputs.ndim != 2 or not np.isfinite(outputs).all():
        raise ModelFileError(f"{path}: is another network, or gives no numbers; {_REMEDY}")
    return outputs
