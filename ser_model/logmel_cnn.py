"""A residual network on log-mel spectrograms: stronger than the paper's, and cheaper; in Keras and in ONNX.

A stem and three stages of 3 × 3 convolutions (He et al., 2016), each of which halves the bands, then a
convolution across all bands and attentive statistics pooling. Needs TensorFlow: only training imports this.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from ser_model.attentive_pooling import attentive_statistics
from ser_model.configuration import LogMelNetwork
from ser_model.features import BANDS
from ser_model.onnx_graph import NORM_EPSILON, Graph

__all__ = ["add_logmel_cnn", "build_logmel_cnn"]

_STRIDES = ((1, 2), (2, 2), (1, 2))
"""Frames × bands of the three stages; the stem has (2, 2)."""


def build_logmel_cnn(
    network: LogMelNetwork, outputs: int, mean: NDArray[np.float32], deviation: NDArray[np.float32]
) -> Any:
    """Builds the untrained network; arguments and result as of `model.build_network`."""
    stem, *stages = network.channels
    spectrogram = layers.Input((None, BANDS), name="log_mel")
    x = layers.Normalization(mean=mean, variance=np.square(deviation), name="bands")(spectrogram)
    x = layers.Reshape((-1, BANDS, 1), name="image")(x)
    x = layers.ReLU()(_convolution(x, stem, (2, 2), 5, "stem"))
    for number, (channels, strides) in enumerate(zip(stages, _STRIDES, strict=True), 1):
        x = layers.ReLU()(_convolution(x, channels, strides, 3, f"stage_{number}"))
        if number < len(stages):
            inner = _convolution(x, channels, (1, 1), 3, f"residual_{number}")
            x = layers.ReLU()(layers.Add()([x, inner]))
    x = layers.SpatialDropout2D(network.convolution_dropout, name="dropout_1")(x)
    # All that is left of the frequency axis becomes channels: a band has its own weights here.
    x = layers.Reshape((-1, BANDS // 16 * stages[-1]), name="sequence")(x)
    x = layers.Conv1D(network.width, 3, padding="same", use_bias=False, name="across")(x)
    x = layers.BatchNormalization(epsilon=NORM_EPSILON, name="across_norm")(x)
    x = layers.ReLU()(x)
    pooled = attentive_statistics(x, network.attention)
    pooled = layers.Dropout(network.dense_dropout, name="dropout_2")(pooled)
    return keras.Model(spectrogram, layers.Dense(outputs, name="emotion")(pooled), name="logmel_cnn")


def add_logmel_cnn(graph: Graph, model: Any, log_mel: str) -> str:
    """Adds the trained network to a graph; gives the name of its logits."""
    x = graph.standardised(model, "bands", log_mel)
    x = graph.node("Unsqueeze", x, graph.integers([1]))
    x = graph.node("Relu", _node(graph, model, "stem", x, (2, 2)))
    for number, strides in enumerate(_STRIDES, 1):
        x = graph.node("Relu", _node(graph, model, f"stage_{number}", x, strides))
        if number < len(_STRIDES):
            inner = _node(graph, model, f"residual_{number}", x, (1, 1))
            x = graph.node("Relu", graph.node("Add", x, inner))
    x = graph.sequence_convolution(model, "across", x)
    x = graph.node("Relu", graph.normalisation(model, "across_norm", x))
    x = graph.node("Transpose", x, perm=[0, 2, 1])
    return graph.dense(model, "emotion", graph.attentive_pooling(model, x))


def _convolution(x: Any, channels: int, strides: tuple[int, int], size: int, name: str) -> Any:
    # Padded by hand: Keras pads an even length with strides at its end alone, ONNX as it is told.
    x = layers.ZeroPadding2D(size // 2, name=f"{name}_padding")(x)
    x = layers.Conv2D(channels, size, strides=strides, use_bias=False, name=name)(x)
    return layers.BatchNormalization(epsilon=NORM_EPSILON, name=f"{name}_norm")(x)


def _node(graph: Graph, model: Any, name: str, x: str, strides: tuple[int, int]) -> str:
    x = graph.convolution_2d(model, name, x, strides=strides)
    return graph.normalisation(model, f"{name}_norm", x)
