"""Networks of the voices, opened to run on one core."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from tts_voices.voice import VoiceError

__all__ = ["open_session", "run_network"]


def open_session(path: Path) -> onnxruntime.InferenceSession:
    """A session of one thread that does not spin while it waits; raises `VoiceError` for a bad file."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise VoiceError(f"{path} can't be read ({error.strerror}): install the voice again") from error
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors have no common class of their own
        raise VoiceError(f"{path} is no network of a voice: install the voice again") from error


def run_network(
    session: onnxruntime.InferenceSession, outputs: Sequence[str], given: dict[str, NDArray[Any]]
) -> list[NDArray[np.float32]]:
    """Those outputs of a network; raises `VoiceError` where it is not the network that it is taken for."""
    try:
        results: list[NDArray[np.float32]] = session.run(list(outputs), given)
    except Exception as error:  # onnxruntime's errors have no common class of their own
        names = ", ".join(outputs)
        raise VoiceError(f"a network of the voice can't give {names}: install the voice again") from error
    return results
