"""Attentive statistics pooling over time (Okabe, Koshinaka and Shinoda, 2018): one vector for any length.

Needs TensorFlow: only training imports this module.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

__all__ = ["VARIANCE_FLOOR", "attentive_statistics"]

VARIANCE_FLOOR = 1e-4


def attentive_statistics(x: Any, width: int) -> Any:
    """Mean and deviation of (batch, time, d) over time, weighted by attention: (batch, 2 d).

    Args:
        x: a Keras tensor.
        width: of the attention's hidden layer.
    """
    scores = layers.Dense(width, activation="tanh", name="attention_hidden")(x)
    scores = layers.Dense(1, use_bias=False, name="attention_score")(scores)
    weights = layers.Softmax(axis=1, name="attention")(scores)
    mean = keras.ops.sum(weights * x, axis=1)
    square = keras.ops.sum(weights * keras.ops.square(x), axis=1)
    variance = keras.ops.maximum(square - keras.ops.square(mean), VARIANCE_FLOOR)
    return keras.ops.concatenate([mean, keras.ops.sqrt(variance)], axis=-1)
