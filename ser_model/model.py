"""The networks, by the configuration: built in Keras, and given out as one ONNX graph.

Needs TensorFlow: only training imports this module.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ser_model.configuration import LogMelNetwork, Network, PaperNetwork, StatesNetwork
from ser_model.logmel_cnn import add_logmel_cnn, build_logmel_cnn
from ser_model.onnx_graph import Graph
from ser_model.paper_cnn import add_paper_cnn, build_paper_cnn
from ser_model.whisper_cnn import add_whisper_cnn, build_whisper_cnn

__all__ = ["build_network", "onnx_bytes"]

_ADD: dict[str, Callable[[Graph, Any, str], str]] = {
    "paper_cnn": add_paper_cnn,
    "logmel_cnn": add_logmel_cnn,
    "whisper_cnn": add_whisper_cnn,
}


def build_network(
    network: Network, outputs: int, mean: NDArray[np.float32], deviation: NDArray[np.float32]
) -> Any:
    """Builds an untrained network.

    Args:
        network: its sizes.
        outputs: number of emotions.
        mean: shape (d,), of the numbers of a frame of the input over the training clips.
        deviation: shape (d,), likewise.

    Returns:
        A `keras.Model` from (batch, time, d), time ≥ 4, to logits (batch, outputs).
    """
    match network:
        case PaperNetwork():
            return build_paper_cnn(network, outputs, mean, deviation)
        case LogMelNetwork():
            return build_logmel_cnn(network, outputs, mean, deviation)
        case StatesNetwork():
            return build_whisper_cnn(network, outputs, mean, deviation)


def onnx_bytes(models: Sequence[Any]) -> bytes:
    """Converts trained networks of one kind, whose probabilities are averaged.

    Returns:
        A serialised graph from the networks' input (batch, time, d), time ≥ 4, to "logits" (batch, outputs):
        the network's own, or the logarithms of the mean probabilities.
    """
    graph = Graph()
    first = models[0]
    given = first.input.name
    logits = []
    for graph.member, model in enumerate(models):
        logits.append(_ADD[model.name](graph, model, given))
    if len(models) == 1:
        graph.node("Identity", logits[0], output="logits")
    else:
        shares = [graph.node("Softmax", name, axis=-1) for name in logits]
        graph.node("Log", graph.node("Mean", *shares), output="logits")
    return graph.serialised(
        name=first.name, given=given, width=first.input_shape[-1], outputs=first.output_shape[-1]
    )
