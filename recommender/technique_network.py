"""The trained LSTM at run time: word vectors in, a probability for each technique out."""

from __future__ import annotations

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from recommender.errors import ModelFileError
from recommender.features import DIMENSIONS

__all__ = ["TechniqueNetwork"]


class TechniqueNetwork:
    """An ONNX session on one thread, which a sentence of some twenty words needs for less than 1 ms.

    Args:
        content: the ONNX file.
        outputs: number of techniques that it must answer with.

    Raises:
        ModelFileError: where the content is no such network.
    """

    def __init__(self, content: bytes, outputs: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's own classes share no public root
            raise ModelFileError(f"the network is unreadable ({type(error).__name__})") from None
        # A network of another make is found now, and not in the first talk.
        try:
            answer = self.probabilities(np.zeros((1, DIMENSIONS), dtype=np.float32))
        except Exception as error:  # as above
            raise ModelFileError(f"the network is another one ({type(error).__name__})") from None
        if answer.shape != (outputs,):
            raise ModelFileError(
                f"the network has {answer.shape[-1] if answer.ndim else 1} outputs for the {outputs} "
                "techniques of the card"
            )
        if not np.isfinite(answer).all() or answer.min() < 0.0:
            raise ModelFileError("the network gives no probabilities")

    def probabilities(self, sequence: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probabilities of the techniques, (techniques,), for a sequence (time ≥ 1, 100)."""
        answer: NDArray[np.float32] = self._session.run(None, {"words": sequence[np.newaxis]})[0][0]
        return answer
