"""A network on states of the recogniser's encoder, which the words need anyway; in Keras and in ONNX.

The middle layers of Whisper hold more of the voice than the last one, which holds words; the network learns
how much of each layer it takes (as SUPERB does, Yang et al., 2021), then has residual convolutions over time
and attentive statistics pooling. Needs TensorFlow: only training imports this module.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from ser_model.attentive_pooling import attentive_statistics
from ser_model.configuration import StatesNetwork
from ser_model.onnx_graph import LAYER_NORM_EPSILON, Graph

__all__ = ["add_whisper_cnn", "build_whisper_cnn"]


class LayerMix(keras.layers.Layer):  # type: ignore[misc]
    """A mean of the encoder's layers with learnt weights: (batch, time, layers, d) to (batch, time, d).

    Args:
        noise: standard deviation of the noise that each layer has in training. The mean of independent noises
            is drawn at once, which costs a fraction of drawing each.
    """

    def __init__(self, noise: float, **options: Any) -> None:
        super().__init__(**options)
        self._noise = noise
        self._random = keras.random.SeedGenerator()

    def build(self, shape: Any) -> None:
        """Begins with all layers alike."""
        self.scores = self.add_weight(shape=(shape[2],), initializer="zeros", name="scores")

    def call(self, x: Any, training: bool = False) -> Any:
        """Mixes."""
        shares = keras.ops.softmax(self.scores)
        # Layer by layer, since einsum turns the whole array over first.
        mean = sum(shares[layer] * x[:, :, layer] for layer in range(x.shape[2]))
        if not training or not self._noise:
            return mean
        strength = self._noise * keras.ops.sqrt(keras.ops.sum(keras.ops.square(shares)))
        return mean + strength * keras.random.normal(keras.ops.shape(mean), seed=self._random)


def build_whisper_cnn(
    network: StatesNetwork, outputs: int, mean: NDArray[np.float32], deviation: NDArray[np.float32]
) -> Any:
    """Builds the untrained network; arguments and result as of `model.build_network`."""
    states = layers.Input((None, len(mean)), name="states")
    x = layers.Normalization(mean=mean, variance=np.square(deviation), name="numbers")(states)
    x = layers.Reshape((-1, len(network.layers), len(mean) // len(network.layers)), name="layers")(x)
    x = LayerMix(network.input_noise, name="mix")(x)
    x = layers.SpatialDropout1D(network.input_dropout, name="dropout_1")(x)
    x = _normal(layers.Dense(network.width, name="narrow")(x), "narrow_norm")
    x = layers.Dropout(network.dropout, name="dropout_2")(x)
    for number in range(network.blocks):
        inner = layers.Conv1D(network.width, network.kernel, padding="same", name=f"convolution_{number}")(x)
        inner = _normal(inner, f"convolution_{number}_norm")
        inner = layers.Dropout(network.dropout, name=f"convolution_{number}_dropout")(inner)
        x = layers.Add()([x, inner])
    pooled = attentive_statistics(x, network.attention)
    pooled = layers.Dropout(network.dense_dropout, name="dropout_3")(pooled)
    return keras.Model(states, layers.Dense(outputs, name="emotion")(pooled), name="whisper_cnn")


def add_whisper_cnn(graph: Graph, model: Any, states: str) -> str:
    """Adds the trained network to a graph; gives the name of its logits."""
    x = graph.standardised(model, "numbers", states)
    count, width = model.get_layer("mix").input.shape[-2:]
    x = graph.node("Reshape", x, graph.integers([0, -1, count, width]))
    shares = graph.node("Softmax", graph.weights(model, "mix")[0], axis=0)
    x = graph.node("Mul", x, graph.node("Unsqueeze", shares, graph.integers([1])))
    x = graph.node("ReduceSum", x, graph.integers([2]), keepdims=0)
    x = graph.gelu(graph.layer_normalisation(model, "narrow_norm", graph.dense(model, "narrow", x)))
    number = 0
    while any(layer.name == f"convolution_{number}" for layer in model.layers):
        inner = graph.convolution_1d(model, f"convolution_{number}", x)
        inner = graph.gelu(graph.layer_normalisation(model, f"convolution_{number}_norm", inner))
        x = graph.node("Add", x, inner)
        number += 1
    return graph.dense(model, "emotion", graph.attentive_pooling(model, x))


def _normal(x: Any, name: str) -> Any:
    return layers.Activation("gelu")(layers.LayerNormalization(epsilon=LAYER_NORM_EPSILON, name=name)(x))
