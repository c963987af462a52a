"""Trained networks as an ONNX graph, written node by node.

A graph is the network without dropout, and training checks that both agree to 1e-4. Weights are kept as
Keras has them, under "member/layer/number", so that training can go on from a graph (`stored_network.py`);
what ONNX wants otherwise (it has channels first) is turned by nodes, which onnxruntime folds away when it
loads the graph. Needs the package `onnx`: only training imports this module.
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

__all__ = ["LAYER_NORM_EPSILON", "NORM_EPSILON", "Graph"]

NORM_EPSILON = 1e-3
LAYER_NORM_EPSILON = 1e-3

_OPSET = 17
_IR_VERSION = 8  # read by every onnxruntime since 1.14


class Graph:
    """Nodes and constants in the order in which they are added; each method names what it computes."""

    def __init__(self) -> None:
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self.member = 0
        """Which network of an ensemble is being added."""

    def constant(self, value: NDArray[Any], name: str = "") -> str:
        """A constant."""
        name = name or f"c{len(self._constants)}"
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

    def weights(self, model: Any, layer: str) -> list[str]:
        """The weights of a layer, in Keras's order."""
        values = [np.asarray(value, dtype=np.float32) for value in model.get_layer(layer).get_weights()]
        return [self.constant(value, f"{self.member}/{layer}/{i}") for i, value in enumerate(values)]

    def standardised(self, model: Any, layer: str, x: str) -> str:
        """A Normalization layer over the last axis."""
        found = model.get_layer(layer)
        mean, variance = (
            self.constant(np.asarray(value, dtype=np.float32).reshape(-1), f"{self.member}/{layer}/{name}")
            for name, value in (("mean", found.mean), ("variance", found.variance))
        )
        return self.node("Div", self.node("Sub", x, mean), self.node("Sqrt", variance))

    def dense(self, model: Any, layer: str, x: str) -> str:
        """A Dense layer with a bias over the last axis."""
        weight, bias = self.weights(model, layer)
        return self.node("Add", self.node("MatMul", x, weight), bias)

    def normalisation(self, model: Any, layer: str, x: str) -> str:
        """A BatchNormalization layer, channels first."""
        parts = self.weights(model, layer)
        return self.node("BatchNormalization", x, *parts, epsilon=NORM_EPSILON)

    def layer_normalisation(self, model: Any, layer: str, x: str) -> str:
        """A LayerNormalization layer over the last axis."""
        parts = self.weights(model, layer)
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
        time, band = (size // 2 for size in model.get_layer(layer).kernel_size)
        kernel = self.node("Transpose", self.weights(model, layer)[0], perm=[3, 2, 0, 1])
        return self.node("Conv", x, kernel, pads=[time, band, time, band], strides=strides)

    def convolution_1d(self, model: Any, layer: str, x: str) -> str:
        """A Conv1D layer with a bias over (batch, time, channels)."""
        kernel, bias = self.weights(model, layer)
        margin = model.get_layer(layer).kernel_size[0] // 2
        x = self.node("Transpose", x, perm=[0, 2, 1])
        kernel = self.node("Transpose", kernel, perm=[2, 1, 0])
        x = self.node("Conv", x, kernel, bias, pads=[margin, margin])
        return self.node("Transpose", x, perm=[0, 2, 1])

    def sequence_convolution(self, model: Any, layer: str, x: str) -> str:
        """A Conv1D layer over all that is left of the bands: (batch, filters, time) of an image."""
        # Keras: (steps, bands x channels, filters), one row of bands; here: (filters, channels, steps, bands)
        found = model.get_layer(layer)
        channels = model.get_layer("sequence").input.shape[-1]
        steps, bands = found.kernel_size[0], found.input.shape[-1] // channels
        (flat,) = self.weights(model, layer)
        kernel = self.node("Reshape", flat, self.integers([steps, bands, channels, found.filters]))
        kernel = self.node("Transpose", kernel, perm=[3, 2, 0, 1])
        x = self.node("Conv", x, kernel, pads=[steps // 2, 0, steps // 2, 0])
        return self.node("Squeeze", x, self.integers([3]))

    def attentive_pooling(self, model: Any, x: str) -> str:
        """`attentive_statistics` over (batch, time, channels)."""
        hidden = self.node("Tanh", self.dense(model, "attention_hidden", x))
        scores = self.node("MatMul", hidden, self.weights(model, "attention_score")[0])
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
