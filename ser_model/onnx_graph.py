"""The trained network as an ONNX graph, written node by node.

Keras keeps channels last, ONNX first; apart from the turned kernels the graph is the one of
`model.build_network` without dropout, and training checks that both agree to 1e-4.
Needs the package `onnx`: only training imports this module.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from ser_model.features import BANDS
from ser_model.model import NORM_EPSILON, VARIANCE_FLOOR

__all__ = ["onnx_bytes"]

_OPSET = 17
_IR_VERSION = 8  # read by every onnxruntime since 1.14


def onnx_bytes(model: Any) -> bytes:
    """Converts a network of `model.build_network`.

    Args:
        model: the `keras.Model`.

    Returns:
        A serialised graph from "log_mel" (batch, time, 64) to "logits" (batch, outputs); time ≥ 4.
    """
    graph = _Graph()
    bands = model.get_layer("bands")
    mean = np.asarray(bands.mean, dtype=np.float32).reshape(BANDS)
    deviation = np.sqrt(np.asarray(bands.variance, dtype=np.float32)).reshape(BANDS)
    x = graph.node("Sub", "log_mel", graph.constant("band_mean", mean))
    x = graph.node("Div", x, graph.constant("band_deviation", deviation))
    x = graph.node("Unsqueeze", x, graph.constant("channel_axis", np.array([1], dtype=np.int64)))

    for number, pool in ((1, (2, 2)), (2, (2, 4))):
        kernel = _weights(model, f"convolution_{number}")[0].transpose(3, 2, 0, 1)
        time, band = kernel.shape[2:]
        x = graph.node(
            "Conv",
            x,
            graph.constant(f"kernel_{number}", kernel),
            pads=[time // 2, band // 2, time // 2, band // 2],
        )
        x = graph.node("MaxPool", x, kernel_shape=pool, strides=pool)
        x = graph.normalisation(model, f"norm_{number}", x)
        x = graph.node("Relu", x)

    # Keras: (steps, bands x channels, filters), one row of bands; here: (filters, channels, steps, bands).
    flat = _weights(model, "convolution_3")[0]
    steps, _, filters = flat.shape
    kernel = flat.reshape(steps, BANDS // 8, -1, filters).transpose(3, 2, 0, 1)
    x = graph.node("Conv", x, graph.constant("kernel_3", kernel), pads=[steps // 2, 0, steps // 2, 0])
    x = graph.normalisation(model, "norm_3", x)
    x = graph.node("Relu", x)
    x = graph.node("Squeeze", x, graph.constant("band_axis", np.array([3], dtype=np.int64)))
    x = graph.node("Transpose", x, perm=[0, 2, 1])

    pooled = graph.attentive_pooling(model, x)
    weight, bias = _weights(model, "emotion")
    graph.node(
        "Gemm", pooled, graph.constant("dense", weight), graph.constant("dense_bias", bias), output="logits"
    )
    return graph.serialised(outputs=len(bias))


class _Graph:
    """Nodes and constants in the order in which they are added."""

    def __init__(self) -> None:
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def constant(self, name: str, value: NDArray[Any]) -> str:
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, kind: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        name = output or f"{kind.lower()}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def normalisation(self, model: Any, layer: str, x: str) -> str:
        parts = zip(("scale", "offset", "mean", "variance"), _weights(model, layer), strict=True)
        names = [self.constant(f"{layer}_{part}", value) for part, value in parts]
        return self.node("BatchNormalization", x, *names, epsilon=NORM_EPSILON)

    def attentive_pooling(self, model: Any, x: str) -> str:
        hidden_weight, hidden_bias = _weights(model, "attention_hidden")
        hidden = self.node("MatMul", x, self.constant("attention_hidden", hidden_weight))
        hidden = self.node("Add", hidden, self.constant("attention_bias", hidden_bias))
        scores = self.node(
            "MatMul",
            self.node("Tanh", hidden),
            self.constant("attention_score", _weights(model, "attention_score")[0]),
        )
        weights = self.node("Softmax", scores, axis=1)
        time_axis = self.constant("time_axis", np.array([1], dtype=np.int64))
        mean = self.node("ReduceSum", self.node("Mul", weights, x), time_axis, keepdims=0)
        squares = self.node("Mul", weights, self.node("Mul", x, x))
        square = self.node("ReduceSum", squares, time_axis, keepdims=0)
        variance = self.node("Sub", square, self.node("Mul", mean, mean))
        floor = self.constant("variance_floor", np.array(VARIANCE_FLOOR, dtype=np.float32))
        deviation = self.node("Sqrt", self.node("Max", variance, floor))
        return self.node("Concat", mean, deviation, axis=1)

    def serialised(self, outputs: int) -> bytes:
        graph = helper.make_graph(
            self._nodes,
            "paper_cnn",
            [helper.make_tensor_value_info("log_mel", TensorProto.FLOAT, ["batch", "time", BANDS])],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", outputs])],
            self._constants,
        )
        opset = helper.make_opsetid("", _OPSET)
        model = helper.make_model(
            graph, opset_imports=[opset], ir_version=_IR_VERSION, producer_name="hamdel"
        )
        onnx.checker.check_model(model, full_check=True)
        return bytes(model.SerializeToString())


def _weights(model: Any, layer: str) -> list[NDArray[np.float32]]:
    return [np.asarray(value, dtype=np.float32) for value in model.get_layer(layer).get_weights()]
