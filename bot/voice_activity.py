"""Voice probabilities of a stream, by Silero VAD (MIT), which comes with faster-whisper."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
from faster_whisper.utils import get_assets_path
from numpy.typing import NDArray

__all__ = ["FRAME_SAMPLES", "VoiceActivity", "load_voice_activity_model"]

FRAME_SAMPLES = 512
"""32 ms at 16 kHz, the model's frame."""

_CONTEXT_SAMPLES = 64


def load_voice_activity_model() -> onnxruntime.InferenceSession:
    """Loads the model; one session serves any number of streams, from any thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        str(Path(get_assets_path()) / "silero_vad_v6.onnx"), options, providers=["CPUExecutionProvider"]
    )


class VoiceActivity:
    """The state of one stream."""

    def __init__(self, model: onnxruntime.InferenceSession) -> None:
        self._model = model
        self._hidden = np.zeros((1, 1, 128), dtype=np.float32)
        self._cell = np.zeros((1, 1, 128), dtype=np.float32)
        self._context = np.zeros(_CONTEXT_SAMPLES, dtype=np.float32)

    def probabilities(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Voice probability (n,), 0–1, of each of the next n frames.

        Args:
            samples: (n × 512,), mono 16 kHz, −1 to 1.
        """
        if len(samples) == 0:
            return np.zeros(0, dtype=np.float32)
        stream = np.concatenate((self._context, samples))
        self._context = stream[-_CONTEXT_SAMPLES:]
        windows = np.lib.stride_tricks.sliding_window_view(stream, FRAME_SAMPLES + _CONTEXT_SAMPLES)
        output, self._hidden, self._cell = self._model.run(
            None,
            {
                "input": np.ascontiguousarray(windows[::FRAME_SAMPLES]),
                "h": self._hidden,
                "c": self._cell,
            },
        )
        probabilities: NDArray[np.float32] = output.reshape(-1)
        return probabilities
