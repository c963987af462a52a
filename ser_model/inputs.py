"""What a network sees of a recording: a log-mel spectrogram, or the states of the recogniser's encoder.

Both have the same four abilities, so that learning, export and evaluation need not know which it is.
Numpy only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ser_model.augmentation import varied
from ser_model.configuration import Augmentation, Network, StatesNetwork
from ser_model.encoder_states import varied_states
from ser_model.features import BANDS, normalised

__all__ = ["LogMelInput", "NetworkInput", "StatesInput", "input_of"]

Frames = NDArray[np.float16] | NDArray[np.float32]

_STATE_WIDTH = 512
"""Of a layer of Whisper base."""
_MEASURED_CLIPS = 1_000
_LEAST_DEVIATION = 1e-3


class NetworkInput(Protocol):
    """One kind of input."""

    name: str
    """Of the input in the ONNX graph."""
    width: int
    """Numbers of a frame."""

    def statistics(
        self, clips: Sequence[Sequence[Frames]]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Mean and deviation, shape (width,) each, of what the network sees of the training clips."""

    def seen(self, recording: Frames) -> NDArray[np.float32]:
        """A whole recording as the network sees it: shape (t, width)."""

    def varied(
        self,
        versions: Sequence[Frames],
        frames: int,
        how: Augmentation,
        random: np.random.Generator,
    ) -> NDArray[np.float32]:
        """One variation of a training clip: shape (frames, width).

        Args:
            versions: the recording, and others made of it.
            frames: length of the result.
            how: how far to go.
            random: where chance comes from.
        """


class LogMelInput:
    """Log-mel spectrograms in dB, shape (t, 64), of `features.log_mel`."""

    name = "log_mel"
    width = BANDS

    def statistics(
        self, clips: Sequence[Sequence[Frames]]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Of the recordings, not of those made of them."""
        return _statistics([self.seen(versions[0]) for versions in _some(clips)])

    def seen(self, recording: Frames) -> NDArray[np.float32]:
        """Without the level of the recording."""
        return normalised(recording.astype(np.float32))

    def varied(
        self,
        versions: Sequence[Frames],
        frames: int,
        how: Augmentation,
        random: np.random.Generator,
    ) -> NDArray[np.float32]:
        """See `augmentation.varied`."""
        chosen = versions[int(random.integers(len(versions)))]
        return varied(chosen.astype(np.float32), frames, how, random)


class StatesInput:
    """Frames of encoder states, shape (t, layers · 512), of `encoder_states.averaged_pairs`.

    Args:
        layers: how many layers lie side by side.
    """

    name = "states"

    def __init__(self, layers: int) -> None:
        self.width = layers * _STATE_WIDTH

    def statistics(
        self, clips: Sequence[Sequence[Frames]]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Of the recordings and of those made of them."""
        frames = [version.astype(np.float32) for versions in _some(clips) for version in versions]
        return _statistics(frames)

    def seen(self, recording: Frames) -> NDArray[np.float32]:
        """As they are: the network standardises them."""
        return recording.astype(np.float32)

    def varied(
        self,
        versions: Sequence[Frames],
        frames: int,
        how: Augmentation,
        random: np.random.Generator,
    ) -> NDArray[np.float32]:
        """See `encoder_states.varied_states`."""
        halves = [version.astype(np.float16, copy=False) for version in versions]
        return varied_states(halves, frames, how, random)


def input_of(network: Network) -> NetworkInput:
    """The kind of input that a network takes."""
    if isinstance(network, StatesNetwork):
        return StatesInput(len(network.layers))
    return LogMelInput()


def _some(clips: Sequence[Sequence[Frames]]) -> Sequence[Sequence[Frames]]:
    return clips[:: max(1, len(clips) // _MEASURED_CLIPS)]


def _statistics(clips: Sequence[NDArray[np.float32]]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    frames = np.concatenate(clips)
    mean = frames.mean(axis=0, dtype=np.float64).astype(np.float32)
    deviation = frames.std(axis=0, dtype=np.float64).astype(np.float32)
    return mean, deviation + np.float32(_LEAST_DEVIATION)
