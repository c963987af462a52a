"""Voice probabilities of a stream, by Silero VAD (MIT), which comes with faster-whisper."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
from faster_whisper.utils import get_assets_path
from numpy.typing import NDArray

__all__ = ["FRAME_SAMPLES", "VoiceActivity", "VoiceActivityError", "load_voice_activity_model"]

FRAME_SAMPLES = 512
"""32 ms at 16 kHz, the model's frame."""

_CONTEXT_SAMPLES = 64
_MODEL_FILE = "silero_vad_v6.onnx"
_REMEDY = "Run: rm -r .venv && make serve (it belongs to the package faster-whisper)"


class VoiceActivityError(Exception):
    """The model's file is missing, damaged or another one; the message says how to get it back."""


def load_voice_activity_model(path: Path | None = None) -> onnxruntime.InferenceSession:
    """Loads the model and runs it once; one session serves any number of streams, from any thread.

    Args:
        path: the file; by default that of the package faster-whisper.

    Raises:
        VoiceActivityError: where it is missing, damaged or no Silero VAD of this version.
    """
    file = Path(get_assets_path()) / _MODEL_FILE if path is None else path
    if not file.is_file():
        raise VoiceActivityError(f"{file} is missing. {_REMEDY}")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    try:
        model = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        heard = VoiceActivity(model).probabilities(np.zeros(2 * FRAME_SAMPLES, dtype=np.float32))
    except Exception as error:  # onnxruntime's own classes share no public base
        name = type(error).__name__
        raise VoiceActivityError(f"{file} is damaged or another model ({name}). {_REMEDY}") from error
    if heard.shape != (2,) or not ((heard >= 0) & (heard <= 1)).all():
        raise VoiceActivityError(f"{file} is another model: it gives no probabilities. {_REMEDY}")
    return model


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
