"""Trained networks as an ONNX graph, written node by node.

Keras keeps channels last, ONNX first; apart from the turned kernels a graph is the network without dropout,
and training checks that both agree to 1e-4. Needs the package `onnx`: only training imports this module.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from ser_model.attentive_pooling import VARIANCE_FLOOR

__all__ = ["LAYER_NORM_EPSILON", "NORM_EPSILON", "Graph", "weights_of"]

NORM_EPSILON = 1e-3
LAYER_NORM_EPSILON = 1e-3

_OPSET = 17
_IR_VERSION = 8  # read by every onnxruntime since 1.14


class Graph:
    """Nodes and constants in the order in which they are added; each method names what it computes."""

    def __init__(self) -> None:
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def constant(self, value: NDArray[Any]) -> str:
        """A constant."""
        name = f"c{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def integers(self, values: Sequence[int]) -> str:
        """A constant of integers, such as axes."""
        return self.constant(np.array(values, dtype=np.int64))

    def node(self, kind: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        """One operation."""
        name = output or f"n{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def standardised(self, model: Any, layer: str, x: str) -> str:
        """A Normalization layer over the last axis."""
        found = model.get_layer(layer)
        mean = np.asarray(found.mean, dtype=np.float32).reshape(-1)
        deviation = np.sqrt(np.asarray(found.variance, dtype=np.float32)).reshape(-1)
        return self.node("Div", self.node("Sub", x, self.constant(mean)), self.constant(deviation))

    def normalisation(self, model: Any, layer: str, x: str) -> str:
        """A BatchNormalization layer, channels first."""
        parts = [self.constant(part) for part in weights_of(model, layer)]
        return self.node("BatchNormalization", x, *parts, epsilon=NORM_EPSILON)

    def layer_normalisation(self, model: Any, layer: str, x: str) -> str:
        """A LayerNormalization layer over the last axis."""
        parts = [self.constant(part) for part in weights_of(model, layer)]
        return self.node("LayerNormalization", x, *parts, axis=-1, epsilon=LAYER_NORM_EPSILON)

    def gelu(self, x: str) -> str:
        """The Gaussian error linear unit, exact."""
        root, one, half = (
            self.constant(np.array([value], dtype=np.float32)) for value in (math.sqrt(0.5), 1.0, 0.5)
        )
        outer = self.node("Add", self.node("Erf", self.node("Mul", x, root)), one)
        return self.node("Mul", self.node("Mul", x, outer), half)

    def convolution_2d(self, model: Any, layer: str, x: str, *, strides: tuple[int, int] = (1, 1)) -> str:
        """A Conv2D layer with odd kernels and as much padding as keeps its size, channels first."""
        kernel = weights_of(model, layer)[0].transpose(3, 2, 0, 1)
        time, band = kernel.shape[2] // 2, kernel.shape[3] // 2
        return self.node("Conv", x, self.constant(kernel), pads=[time, band, time, band], strides=strides)

    def convolution_1d(self, model: Any, layer: str, x: str) -> str:
        """A Conv1D layer with a bias over (batch, time, channels)."""
        kernel, bias = weights_of(model, layer)
        margin = len(kernel) // 2
        x = self.node("Transpose", x, perm=[0, 2, 1])
        x = self.node(
            "Conv", x, self.constant(kernel.transpose(2, 1, 0)), self.constant(bias), pads=[margin, margin]
        )
        return self.node("Transpose", x, perm=[0, 2, 1])

    def sequence_convolution(self, model: Any, layer: str, x: str) -> str:
        """A Conv1D layer over all that is left of the bands: (batch, filters, time) of an image."""
        # Keras: (steps, bands x channels, filters), one row of bands; here: (filters, channels, steps, bands)
        flat = weights_of(model, layer)[0]
        steps, joined, filters = flat.shape
        bands = joined // model.get_layer("sequence").input.shape[-1]
        kernel = flat.reshape(steps, bands, -1, filters).transpose(3, 2, 0, 1)
        x = self.node("Conv", x, self.constant(kernel), pads=[steps // 2, 0, steps // 2, 0])
        return self.node("Squeeze", x, self.integers([3]))

    def attentive_pooling(self, model: Any, x: str) -> str:
        """`attentive_statistics` over (batch, time, channels)."""
        hidden_weight, hidden_bias = weights_of(model, "attention_hidden")
        hidden = self.node("MatMul", x, self.constant(hidden_weight))
        hidden = self.node("Tanh", self.node("Add", hidden, self.constant(hidden_bias)))
        scores = self.node("MatMul", hidden, self.constant(weights_of(model, "attention_score")[0]))
        weights = self.node("Softmax", scores, axis=1)
        axis = self.integers([1])
        mean = self.node("ReduceSum", self.node("Mul", weights, x), axis, keepdims=0)
        squares = self.node("Mul", weights, self.node("Mul", x, x))
        square = self.node("ReduceSum", squares, axis, keepdims=0)
        variance = self.node("Sub", square, self.node("Mul", mean, mean))
        floor = self.constant(np.array(VARIANCE_FLOOR, dtype=np.float32))
        deviation = self.node("Sqrt", self.node("Max", variance, floor))
        return self.node("Concat", mean, deviation, axis=1)

    def serialised(self, *, name: str, given: str, width: int, outputs: int) -> bytes:
        """The graph from `given` (batch, time, width) to "logits" (batch, outputs)."""
        graph = helper.make_graph(
            self._nodes,
            name,
            [helper.make_tensor_value_info(given, TensorProto.FLOAT, ["batch", "time", width])],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", outputs])],
            self._constants,
        )
        opset = helper.make_opsetid("", _OPSET)
        model = helper.make_model(
            graph, opset_imports=[opset], ir_version=_IR_VERSION, producer_name="hamdel"
        )
        onnx.checker.check_model(model, full_check=True)
        return bytes(model.SerializeToString())


def weights_of(model: Any, layer: str) -> list[NDArray[np.float32]]:
    """The weights of a layer by its name, in Keras's order."""
    return [np.asarray(value, dtype=np.float32) for value in model.get_layer(layer).get_weights()]
