"""Whisper as two ONNX graphs in 8-bit arithmetic: the encoder, and a step of the decoder. No I/O.

The network is that of Radford et al. 2022 (arXiv:2212.04356), pre-norm transformers with GELU. Weights are
rounded to 8 bits for each output channel, activations as they come. ONNX Runtime packs such weights
once, when the graph is loaded, which CTranslate2 does on Intel's processors alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from bot.whisper_weights import WhisperWeights

__all__ = ["WhisperShape", "decoder_graph", "encoder_graph", "shape_of"]

_MICROSOFT = "com.microsoft"
_OPERATORS = 17
_FORMAT = 9
_EPSILON = 1e-5
_NEVER = -1e9
_SMALLEST = 1e-9

_Input = tuple[str, int, "list[int | str]"]


@dataclass(frozen=True, slots=True)
class WhisperShape:
    """The sizes of a Whisper: 6, 6, 8, 512, 80 and 51,865 in base."""

    encoder_layers: int
    decoder_layers: int
    heads: int
    width: int
    mels: int
    tokens: int

    @property
    def head_width(self) -> int:
        """Width of one attention head."""
        return self.width // self.heads


def shape_of(weights: WhisperWeights) -> WhisperShape:
    """The sizes that a model's weights have.

    Raises:
        WeightsFormatError: if weights are missing.
    """
    return WhisperShape(
        encoder_layers=weights.layers("encoder"),
        decoder_layers=weights.layers("decoder"),
        heads=weights.number("decoder/num_heads"),
        width=weights.matrix("encoder/conv1/bias").shape[0],
        mels=weights.matrix("encoder/conv1/weight").shape[1],
        tokens=weights.matrix("decoder/embeddings/weight").shape[0],
    )


def encoder_graph(weights: WhisperWeights, *, layers: Sequence[int] = ()) -> bytes:
    """The encoder, with the keys and values that the decoder attends to.

    Input: mel (1, mels, frames), frames even and at most 3,000. Outputs, where n = frames / 2: states (1, n,
    width); layer_k (1, n, width) behind the k-th layer, not normalised; for each decoder layer i, cross_key_i
    (1, heads, n, head width) and cross_value_i (1, heads, head width, n).

    Args:
        weights: of the model.
        layers: k of those that are given out, from 1.

    Raises:
        WeightsFormatError: if weights are missing.
    """
    shape = shape_of(weights)
    graph = _Graph(weights, even_positions=True)
    hidden = graph.convolution("mel", "encoder/conv1", stride=1)
    hidden = graph.convolution(hidden, "encoder/conv2", stride=2)
    hidden = graph.add("Transpose", [hidden], perm=[0, 2, 1])
    length = graph.add("Slice", [graph.add("Shape", [hidden]), graph.integers([1]), graph.integers([2])])
    positions = graph.constant(weights.matrix("encoder/position_encodings/encodings"))
    positions = graph.add("Slice", [positions, graph.integers([0]), length, graph.integers([0])])
    hidden = graph.add("Add", [hidden, positions])
    for layer in range(shape.encoder_layers):
        name = f"encoder/layer_{layer}"
        normal = graph.normalise(hidden, f"{name}/self_attention/layer_norm")
        joined = graph.linear(normal, f"{name}/self_attention/linear_0")
        query, key, value = graph.split(joined, 3)
        attended = graph.attention([query, key, value], shape)
        hidden = graph.add("Add", [hidden, graph.linear(attended, f"{name}/self_attention/linear_1")])
        forward = graph.feed_forward(hidden, f"{name}/ffn")
        hidden = graph.add("Add", [hidden, forward], named=f"layer_{layer + 1}")
    graph.normalise(hidden, "encoder/layer_norm", to="states")
    outputs = ["states", *(f"layer_{layer}" for layer in layers)]
    for layer in range(shape.decoder_layers):
        joined = graph.linear("states", f"decoder/layer_{layer}/attention/linear_1")
        key, value = graph.split(joined, 2)
        graph.heads(key, shape, order=[0, 2, 1, 3], to=f"cross_key_{layer}")
        graph.heads(value, shape, order=[0, 2, 3, 1], to=f"cross_value_{layer}")
        outputs += [f"cross_key_{layer}", f"cross_value_{layer}"]
    return graph.model([("mel", TensorProto.FLOAT, [1, shape.mels, "frames"])], outputs)


def decoder_graph(
    weights: WhisperWeights, *, vocabulary: Sequence[int], suppressed: Sequence[int], candidates: int
) -> bytes:
    """A step of the decoder over R hypotheses of one utterance, each longer by T tokens.

    Inputs: tokens (R, T) int64; parents (R,) int64, which of the past hypotheses each of them continues;
    first (1,) int64, the position of the first token; cross_key_i and cross_value_i of the encoder;
    past_key_i and past_value_i (Q, heads, P, head width), P ≥ 0.

    Outputs: logits (R, vocabulary) after the last token; likeliest (R, candidates) int64 tokens and their
    log_probabilities (R, candidates), without what is suppressed; key_i and value_i (R, heads, P + T, head
    width).

    Args:
        weights: of the model.
        vocabulary: the tokens that may be found; a step takes less time the fewer they are.
        suppressed: those of them that are never said, such as those that describe sounds.
        candidates: how many of the likeliest tokens are given.

    Raises:
        WeightsFormatError: if weights are missing.
    """
    shape = shape_of(weights)
    graph = _Graph(weights, even_positions=False)
    embeddings = weights.matrix("decoder/embeddings/weight")
    # Looked up as 16-bit numbers: as precise as the file, at half the memory.
    looked_up = graph.add("Gather", [graph.constant(embeddings.astype(np.float16)), "tokens"])
    hidden = graph.add("Cast", [looked_up], to=TensorProto.FLOAT)
    count = graph.add("Slice", [graph.add("Shape", ["tokens"]), graph.integers([1]), graph.integers([2])])
    positions = graph.constant(weights.matrix("decoder/position_encodings/encodings"))
    last = graph.add("Add", ["first", count])
    positions = graph.add("Slice", [positions, "first", last, graph.integers([0])])
    hidden = graph.add("Add", [hidden, positions])
    rows = graph.add("Shape", [hidden])
    outputs = ["logits", "likeliest", "log_probabilities"]
    for layer in range(shape.decoder_layers):
        name, present = f"decoder/layer_{layer}", [f"key_{layer}", f"value_{layer}"]
        past = [graph.add("Gather", [f"past_{one}", "parents"], axis=0) for one in present]
        normal = graph.normalise(hidden, f"{name}/self_attention/layer_norm")
        parts = graph.split(graph.linear(normal, f"{name}/self_attention/linear_0"), 3)
        attended = graph.attention([*parts, "", "", "", *past], shape, causal=True, present=present)
        hidden = graph.add("Add", [hidden, graph.linear(attended, f"{name}/self_attention/linear_1")])
        normal = graph.normalise(hidden, f"{name}/attention/layer_norm")
        attended = graph.cross_attention(graph.linear(normal, f"{name}/attention/linear_0"), layer, shape)
        attended = graph.add("Reshape", [attended, rows])
        hidden = graph.add("Add", [hidden, graph.linear(attended, f"{name}/attention/linear_2")])
        hidden = graph.add("Add", [hidden, graph.feed_forward(hidden, f"{name}/ffn")])
        outputs += present
    hidden = graph.add("Gather", [hidden, graph.constant(np.array(-1))], axis=1)
    hidden = graph.normalise(hidden, "decoder/layer_norm")
    graph.product(hidden, embeddings[list(vocabulary)], bias=None, to="logits")
    mask = np.where(np.isin(vocabulary, suppressed), np.float32(_NEVER), np.float32(0))
    logits = graph.add("Add", ["logits", graph.constant(mask)])
    probabilities = graph.add("LogSoftmax", [logits], axis=-1)
    graph.nodes.append(
        helper.make_node(
            "TopK", [probabilities, graph.integers([candidates])], ["log_probabilities", "places"]
        )
    )
    graph.add("Gather", [graph.integers(vocabulary), "places"], named="likeliest")
    return graph.model(_decoder_inputs(shape), outputs)


def _decoder_inputs(shape: WhisperShape) -> list[_Input]:
    inputs: list[_Input] = [
        ("tokens", TensorProto.INT64, ["rows", "count"]),
        ("parents", TensorProto.INT64, ["rows"]),
        ("first", TensorProto.INT64, [1]),
    ]
    for layer in range(shape.decoder_layers):
        for name in ("key", "value"):
            past: list[int | str] = ["past_rows", shape.heads, "past", shape.head_width]
            state: list[int | str] = (
                ["states", shape.head_width] if name == "key" else [shape.head_width, "states"]
            )
            cross: list[int | str] = [1, shape.heads, *state]
            inputs.append((f"past_{name}_{layer}", TensorProto.FLOAT, past))
            inputs.append((f"cross_{name}_{layer}", TensorProto.FLOAT, cross))
    return inputs


@dataclass(slots=True)
class _Graph:
    """A graph that grows by one operation at a time; each method gives the name of what it computes.

    Attributes:
        weights: of the model.
        even_positions: whether each position's values are rounded to 8 bits by a scale of their own. In the
            first layers of the encoder a few positions are a hundred times as large as the rest, of which
            nothing would be left otherwise. The decoder has few positions at a time.
    """

    weights: WhisperWeights
    even_positions: bool
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    initial: list[onnx.TensorProto] = field(default_factory=list)

    def constant(self, values: NDArray[np.generic]) -> str:
        name = f"c{len(self.initial)}"
        self.initial.append(numpy_helper.from_array(np.asarray(values, order="C"), name))
        return name

    def integers(self, values: Sequence[int]) -> str:
        return self.constant(np.array(values, dtype=np.int64))

    def add(
        self, operator: str, inputs: Sequence[str], *, domain: str = "", named: str = "", **attributes: object
    ) -> str:
        name = named or f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [name], domain=domain, **attributes))
        return name

    def split(self, joined: str, parts: int) -> list[str]:
        names = [f"n{len(self.nodes)}_{part}" for part in range(parts)]
        self.nodes.append(helper.make_node("Split", [joined], names, axis=-1))
        return names

    def normalise(self, hidden: str, name: str, *, to: str = "") -> str:
        gamma, beta = (self.constant(self.weights.matrix(f"{name}/{part}")) for part in ("gamma", "beta"))
        return self.add("LayerNormalization", [hidden, gamma, beta], named=to, axis=-1, epsilon=_EPSILON)

    def convolution(self, signal: str, name: str, *, stride: int) -> str:
        kernel, bias = (self.constant(self.weights.matrix(f"{name}/{part}")) for part in ("weight", "bias"))
        out = self.add(
            "Conv", [signal, kernel, bias], kernel_shape=[3], pads=[1, 1], strides=[stride], dilations=[1]
        )
        return self.add("Gelu", [out], domain=_MICROSOFT)

    def linear(self, hidden: str, name: str) -> str:
        matrix, bias = (self.weights.matrix(f"{name}/{part}") for part in ("weight", "bias"))
        return self.product(hidden, matrix, bias=bias)

    def product(
        self, hidden: str, matrix: NDArray[np.float32], *, bias: NDArray[np.float32] | None, to: str = ""
    ) -> str:
        """`hidden` times a matrix (out, in), which is rounded to 8 bits a row."""
        scale = np.maximum(np.abs(matrix).max(axis=1), _SMALLEST) / 127
        rounded = np.round(matrix / scale[:, np.newaxis]).astype(np.int8).T
        if not self.even_positions:
            inputs = [hidden, self.constant(rounded), self.constant(scale)]
            inputs += [] if bias is None else ["", self.constant(bias)]
            return self.add("DynamicQuantizeMatMul", inputs, domain=_MICROSOFT, named=to)
        largest = self.add("ReduceMax", [self.add("Abs", [hidden])], axes=[-1], keepdims=1)
        largest = self.add("Add", [largest, self.constant(np.array([_SMALLEST], dtype=np.float32))])
        even = self.add("Div", [hidden, largest])
        inputs = [even, self.constant(rounded), self.constant(scale)]
        product = self.add("DynamicQuantizeMatMul", inputs, domain=_MICROSOFT)
        if bias is None:
            return self.add("Mul", [product, largest], named=to)
        return self.add("Add", [self.add("Mul", [product, largest]), self.constant(bias)], named=to)

    def feed_forward(self, hidden: str, name: str) -> str:
        normal = self.normalise(hidden, f"{name}/layer_norm")
        inner = self.add("Gelu", [self.linear(normal, f"{name}/linear_0")], domain=_MICROSOFT)
        return self.linear(inner, f"{name}/linear_1")

    def heads(self, hidden: str, shape: WhisperShape, *, order: Sequence[int], to: str = "") -> str:
        """(1, n, width) → (1, n, heads, head width), in another order."""
        apart = self.add("Reshape", [hidden, self.integers([1, -1, shape.heads, shape.head_width])])
        return self.add("Transpose", [apart], named=to, perm=list(order))

    def cross_attention(self, query: str, layer: int, shape: WhisperShape) -> str:
        """Attention to the encoder's states, (1, R · T, width).

        All hypotheses attend to the same states, so that they are read once, as the left side of both
        products: that side needs no packing.
        """
        query = self.heads(query, shape, order=[0, 2, 3, 1])
        query = self.add("Mul", [query, self.constant(np.array(shape.head_width**-0.5, dtype=np.float32))])
        weights = self.add("MatMul", [f"cross_key_{layer}", query])
        weights = self.add("Softmax", [weights], axis=-2)
        attended = self.add("MatMul", [f"cross_value_{layer}", weights])
        joined = self.add("Transpose", [attended], perm=[0, 3, 1, 2])
        return self.add("Reshape", [joined, self.integers([1, -1, shape.width])])

    def attention(
        self,
        inputs: Sequence[str],
        shape: WhisperShape,
        *,
        causal: bool = False,
        present: Sequence[str] = (),
    ) -> str:
        name = f"n{len(self.nodes)}"
        self.nodes.append(
            helper.make_node(
                "MultiHeadAttention",
                inputs,
                [name, *present],
                domain=_MICROSOFT,
                num_heads=shape.heads,
                unidirectional=int(causal),
            )
        )
        return name

    def model(self, inputs: Sequence[_Input], outputs: Sequence[str]) -> bytes:
        graph = helper.make_graph(
            self.nodes,
            "whisper",
            [helper.make_tensor_value_info(name, kind, shape) for name, kind, shape in inputs],
            [
                helper.make_tensor_value_info(
                    name, TensorProto.INT64 if name == "likeliest" else TensorProto.FLOAT, None
                )
                for name in outputs
            ],
            self.initial,
        )
        operators = [helper.make_opsetid("", _OPERATORS), helper.make_opsetid(_MICROSOFT, 1)]
        return bytes(
            helper.make_model(graph, opset_imports=operators, ir_version=_FORMAT).SerializeToString()
        )
