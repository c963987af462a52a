"""The network: a sequence of GloVe vectors through an LSTM to a probability for each technique.

The chain of Majidi and Bahrami (Figure 2): mood word, GloVe embedding, LSTM, output. The embedding is
a frozen table outside of the network. The mean of the LSTM's states over the words goes to the output,
not its last state alone: with a few hundred sentences it learns more steadily. Needs TensorFlow.
"""

from __future__ import annotations

from typing import Any

import keras

from recommender.configuration import Network
from recommender.features import DIMENSIONS

__all__ = ["build_network"]


def build_network(network: Network, outputs: int) -> Any:
    """A `keras.Model` from (batch, time, 100), zeros being padding, to probabilities (batch, outputs)."""
    regulariser = keras.regularizers.L2(network.weight_decay)
    words = keras.Input((None, DIMENSIONS), name="words")
    x = keras.layers.Masking(0.0, name="padding")(words)
    x = keras.layers.SpatialDropout1D(network.input_dropout, name="input_dropout")(x)
    x = keras.layers.LSTM(network.units, return_sequences=True, kernel_regularizer=regulariser, name="lstm")(
        x
    )
    x = keras.layers.GlobalAveragePooling1D(name="mean")(x)
    x = keras.layers.Dropout(network.output_dropout, name="output_dropout")(x)
    x = keras.layers.Dense(outputs, activation="softmax", kernel_regularizer=regulariser, name="technique")(x)
    return keras.Model(words, x, name="paper_lstm")
