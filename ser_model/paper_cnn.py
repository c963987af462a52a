"""The network of the paper (its figure 1): three convolution layers and a softmax, in Keras and in ONNX.

What the figure leaves open is chosen here: batch normalisation and maximum pooling after the
convolutions, a third convolution across all bands, and attentive statistics pooling over time.
Needs TensorFlow: only training imports this module.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from ser_model.attentive_pooling import attentive_statistics
from ser_model.configuration import PaperNetwork
from ser_model.features import BANDS
from ser_model.onnx_graph import NORM_EPSILON, Graph

__all__ = ["add_paper_cnn", "build_paper_cnn"]


def build_paper_cnn(
    network: PaperNetwork, outputs: int, mean: NDArray[np.float32], deviation: NDArray[np.float32]
) -> Any:
    """Builds the untrained network; arguments and result as of `model.build_network`."""
    first, second, third = network.filters
    spectrogram = layers.Input((None, BANDS), name="log_mel")
    x = layers.Normalization(mean=mean, variance=np.square(deviation), name="bands")(spectrogram)
    x = layers.Reshape((-1, BANDS, 1), name="image")(x)

    x = layers.Conv2D(first, network.kernels[0], padding="same", use_bias=False, name="convolution_1")(x)
    x = layers.MaxPool2D((2, 2), name="pool_1")(x)
    x = layers.BatchNormalization(epsilon=NORM_EPSILON, name="norm_1")(x)
    x = layers.ReLU()(x)

    x = layers.Conv2D(second, network.kernels[1], padding="same", use_bias=False, name="convolution_2")(x)
    x = layers.MaxPool2D((2, 4), name="pool_2")(x)
    x = layers.BatchNormalization(epsilon=NORM_EPSILON, name="norm_2")(x)
    x = layers.ReLU()(x)
    x = layers.SpatialDropout2D(network.convolution_dropout, name="dropout_2")(x)

    # All that is left of the frequency axis becomes channels: a band has its own weights here.
    x = layers.Reshape((-1, BANDS // 8 * second), name="sequence")(x)
    x = layers.Conv1D(third, network.kernels[2], padding="same", use_bias=False, name="convolution_3")(x)
    x = layers.BatchNormalization(epsilon=NORM_EPSILON, name="norm_3")(x)
    x = layers.ReLU()(x)

    pooled = attentive_statistics(x, network.attention)
    pooled = layers.Dropout(network.dense_dropout, name="dropout_3")(pooled)
    return keras.Model(spectrogram, layers.Dense(outputs, name="emotion")(pooled), name="paper_cnn")


def add_paper_cnn(graph: Graph, model: Any, log_mel: str) -> str:
    """Adds the trained network to a graph; gives the name of its logits."""
    x = graph.standardised(model, "bands", log_mel)
    x = graph.node("Unsqueeze", x, graph.integers([1]))
    for number, pool in ((1, (2, 2)), (2, (2, 4))):
        x = graph.convolution_2d(model, f"convolution_{number}", x)
        x = graph.node("MaxPool", x, kernel_shape=pool, strides=pool)
        x = graph.normalisation(model, f"norm_{number}", x)
        x = graph.node("Relu", x)
    x = graph.sequence_convolution(model, "convolution_3", x)
    x = graph.normalisation(model, "norm_3", x)
    x = graph.node("Relu", x)
    x = graph.node("Transpose", x, perm=[0, 2, 1])
    return graph.dense(model, "emotion", graph.attentive_pooling(model, x))
