"""The encoder of a loaded Whisper: log-mel frames in, states out, for words and for feelings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from bot.whisper_graphs import WhisperShape, encoder_graph, shape_of
from bot.whisper_weights import WhisperWeights

__all__ = ["STATES_PER_S", "Encoded", "WhisperEncoder", "session_options"]

STATES_PER_S = 50
"""Encoder states for a second of audio."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """What the encoder makes of an utterance.

    Attributes:
        states: (n, d) float32, 50 for a second: what the chosen layers hold, side by side, d = layers ·
            width; without a choice the last layer's, normalised, as the decoder reads them.
        cross: the keys and values that the decoder attends to, by their name in the graph.
    """

    states: NDArray[np.float32]
    cross: Mapping[str, onnxruntime.OrtValue]


class WhisperEncoder:
    """Encodes utterances; its methods may be called from any thread.

    Args:
        weights: of the model.
        threads: processor threads for one utterance.
        layers: of the encoder, from 1, whose states are given out.

    Raises:
        ValueError: if the encoder has no such layer.
        WeightsFormatError: if weights are missing.
    """

    def __init__(self, weights: WhisperWeights, *, threads: int, layers: Sequence[int] = ()) -> None:
        self.shape: WhisperShape = shape_of(weights)
        if not all(1 <= layer <= self.shape.encoder_layers for layer in layers):
            raise ValueError(f"the encoder has the layers 1 to {self.shape.encoder_layers}, not {layers}")
        self._states = [f"layer_{layer}" for layer in layers] or ["states"]
        self._cross = [
            f"cross_{part}_{layer}" for layer in range(self.shape.decoder_layers) for part in ("key", "value")
        ]
        self._session = onnxruntime.InferenceSession(
            encoder_graph(weights, layers=layers),
            session_options(threads),
            providers=["CPUExecutionProvider"],
        )

    @property
    def width(self) -> int:
        """Numbers of a state."""
        return self.shape.width * len(self._states)

    def encode(self, mel: NDArray[np.float32]) -> Encoded:
        """Encodes (1, mels, frames) log-mel frames of 10 ms, an even number and at most 3,000."""
        found = self._session.run_with_ort_values(
            [*self._states, *self._cross], {"mel": onnxruntime.OrtValue.ortvalue_from_numpy(mel)}
        )
        states = np.concatenate([layer.numpy()[0] for layer in found[: len(self._states)]], axis=1)
        return Encoded(states, dict(zip(self._cross, found[len(self._states) :], strict=True)))


def session_options(threads: int) -> onnxruntime.SessionOptions:
    """Options of a session that shares the machine: so many threads, and none that waits by spinning."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options
