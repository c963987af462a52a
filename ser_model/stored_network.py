"""The networks of an exported graph, to go on training from.

Needs the package `onnx`: only training imports this module.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from ser_model.errors import ConfigurationError

__all__ = ["StoredNetworks"]


class StoredNetworks:
    """Weights by "member/layer/number", as `onnx_graph.Graph` writes them.

    Args:
        content: of the ONNX file.
        name: of the file, for errors.

    Raises:
        ConfigurationError: where it is no such graph.
    """

    def __init__(self, content: bytes, name: str) -> None:
        self._name = name
        try:
            graph = onnx.load_from_string(content).graph
            self._weights = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
        except Exception as error:  # protobuf has its own
            raise ConfigurationError(f"{name}: is no ONNX file ({type(error).__name__})") from None
        self._members = {key.split("/")[0] for key in self._weights if key.count("/") == 2}
        if not self._members:
            raise ConfigurationError(f"{name}: has no weights that training can go on from")

    def statistics(self, member: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Mean and deviation by which a network standardises its input; after the last comes the first."""
        prefix = f"{self._place(member)}/"
        own = {key.split("/")[2]: value for key, value in self._weights.items() if key.startswith(prefix)}
        return own["mean"], np.sqrt(own["variance"])

    def give(self, model: Any, member: int) -> None:
        """Gives a Keras network the weights of a stored one.

        Raises:
            ConfigurationError: where the network has other layers or sizes.
        """
        prefix = self._place(member)
        for layer in model.layers:
            names = [f"{prefix}/{layer.name}/{number}" for number in range(len(layer.get_weights()))]
            if f"{prefix}/{layer.name}/mean" in self._weights or not names:
                continue
            try:
                layer.set_weights([self._weights[name] for name in names])
            except (KeyError, ValueError):
                raise ConfigurationError(
                    f"{self._name}: has another layer {layer.name} than the configuration; name the "
                    "configuration that it was trained with"
                ) from None

    def _place(self, member: int) -> int:
        return member % len(self._members)
