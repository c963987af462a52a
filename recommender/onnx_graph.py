"""The trained network as an ONNX graph, written node by node from the weights of `model.build_network`.

One sentence at a time and without padding, which is what the runtime needs. Keras orders the gates of
an LSTM input, forget, cell, output; ONNX wants input, output, forget, cell. Needs the package `onnx`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from recommender.features import DIMENSIONS

__all__ = ["onnx_bytes"]

_OPSET = 17
_IR_VERSION = 8  # read by every onnxruntime since 1.14


def onnx_bytes(model: Any) -> bytes:
    """A serialised graph from "words" (1, time, 100) to "probabilities" (1, techniques)."""
    kernel, recurrent, bias = (np.asarray(weight) for weight in model.get_layer("lstm").get_weights())
    dense, dense_bias = (np.asarray(weight) for weight in model.get_layer("technique").get_weights())
    units = recurrent.shape[0]
    constants = {
        "kernel": _gates(kernel.T)[np.newaxis],
        "recurrent": _gates(recurrent.T)[np.newaxis],
        "bias": np.concatenate([_gates(bias), np.zeros_like(bias)])[np.newaxis],
        "dense": dense,
        "dense_bias": dense_bias,
        "directions": np.array([1], dtype=np.int64),
    }
    nodes = [
        helper.make_node("Transpose", ["words"], ["time_first"], perm=[1, 0, 2]),
        helper.make_node(
            "LSTM", ["time_first", "kernel", "recurrent", "bias"], ["states"], hidden_size=units
        ),
        helper.make_node("Squeeze", ["states", "directions"], ["squeezed"]),
        helper.make_node("ReduceMean", ["squeezed"], ["mean"], axes=[0], keepdims=0),
        helper.make_node("Gemm", ["mean", "dense", "dense_bias"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "paper_lstm",
        [helper.make_tensor_value_info("words", TensorProto.FLOAT, [1, "time", DIMENSIONS])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [1, dense.shape[1]])],
        [numpy_helper.from_array(np.ascontiguousarray(array), name) for name, array in constants.items()],
    )
    written = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)])
    written.ir_version = _IR_VERSION
    onnx.checker.check_model(written)
    content: bytes = written.SerializeToString()
    return content


def _gates(stacked: NDArray[np.float32]) -> NDArray[np.float32]:
    enter, forget, cell, leave = np.split(stacked, 4, axis=0)
    return np.concatenate([enter, leave, forget, cell], axis=0)
