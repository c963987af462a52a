"""The network of the paper (its figure 1): three convolution layers and a softmax, in Keras.

What the figure leaves open is chosen here: batch normalisation and maximum pooling after the
convolutions, a third convolution across all bands, and attentive statistics pooling over time
(Okabe, Koshinaka and Shinoda, 2018) so that an utterance of any length gives one vector.
Needs TensorFlow: only training imports this module.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from ser_model.configuration import Network
from ser_model.features import BANDS

__all__ = ["FRAMES_PER_STEP", "NORM_EPSILON", "VARIANCE_FLOOR", "build_network"]

NORM_EPSILON = 1e-3
VARIANCE_FLOOR = 1e-4
FRAMES_PER_STEP = 4
"""Frames of the spectrogram for each step over which attention pools."""


def build_network(
    network: Network, outputs: int, band_mean: NDArray[np.float32], band_deviation: NDArray[np.float32]
) -> Any:
    """Builds the untrained network.

    Args:
        network: its sizes.
        outputs: number of emotions.
        band_mean: shape (64,), of normalised spectrograms of the training split.
        band_deviation: shape (64,), likewise.

    Returns:
        A `keras.Model` from (batch, time, 64), time ≥ 4, to logits (batch, outputs).
    """
    first, second, third = network.filters
    spectrogram = layers.Input((None, BANDS), name="log_mel")
    x = layers.Normalization(mean=band_mean, variance=np.square(band_deviation), name="bands")(spectrogram)
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

    scores = layers.Dense(network.attention, activation="tanh", name="attention_hidden")(x)
    scores = layers.Dense(1, use_bias=False, name="attention_score")(scores)
    weights = layers.Softmax(axis=1, name="attention")(scores)
    mean = keras.ops.sum(weights * x, axis=1)
    square = keras.ops.sum(weights * keras.ops.square(x), axis=1)
    variance = keras.ops.maximum(square - keras.ops.square(mean), VARIANCE_FLOOR)
    pooled = keras.ops.concatenate([mean, keras.ops.sqrt(variance)], axis=-1)
    pooled = layers.Dropout(network.dense_dropout, name="dropout_3")(pooled)
    return keras.Model(spectrogram, layers.Dense(outputs, name="emotion")(pooled), name="paper_cnn")
