"""The weights of a Whisper in CTranslate2's file format, read without CTranslate2. No other I/O."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["WeightsFormatError", "WhisperWeights", "read_weights"]

_SPECIFICATION = "WhisperSpec"
_NEWEST_FORMAT = 6
_TYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}


class WeightsFormatError(Exception):
    """The file is cut, damaged, of another kind of model, or quantised; the message says which."""


@dataclass(frozen=True, slots=True)
class WhisperWeights:
    """All variables of a model by their name in CTranslate2, such as "encoder/conv1/weight"."""

    variables: dict[str, NDArray[np.generic]]

    def matrix(self, name: str) -> NDArray[np.float32]:
        """A variable as float32.

        Raises:
            WeightsFormatError: if there is no such variable, or it is quantised.
        """
        found = self.variables.get(name)
        if found is None:
            raise WeightsFormatError(f"the model lacks {name}")
        if found.dtype not in (np.float32, np.float16):
            raise WeightsFormatError(f"the model is quantised already ({found.dtype} in {name})")
        return found.astype(np.float32)

    def number(self, name: str) -> int:
        """A single integer of the model's settings, such as "decoder/num_heads".

        Raises:
            WeightsFormatError: if there is none.
        """
        found = self.variables.get(name)
        if found is None or found.size != 1:
            raise WeightsFormatError(f"the model lacks {name}")
        return int(found.reshape(-1)[0])

    def layers(self, half: str) -> int:
        """How many layers the "encoder" or the "decoder" has."""
        numbers = {name.split("/")[1] for name in self.variables if name.startswith(f"{half}/layer_")}
        return len({number for number in numbers if number != "layer_norm"})


def read_weights(path: Path) -> WhisperWeights:
    """Reads a `model.bin` that the converter of CTranslate2 wrote in float16 or float32.

    Raises:
        OSError: if the file can't be read.
        WeightsFormatError: if it is not such a file.
    """
    data = path.read_bytes()
    try:
        return WhisperWeights(_variables(data))
    except (struct.error, UnicodeDecodeError, ValueError, KeyError) as error:
        raise WeightsFormatError(f"the file is cut or damaged ({error})") from error


def _variables(data: bytes) -> dict[str, NDArray[np.generic]]:
    position = 0

    def number(kind: str) -> int:
        nonlocal position
        (value,) = struct.unpack_from("<" + kind, data, position)
        position += struct.calcsize("<" + kind)
        return int(value)

    def text() -> str:
        nonlocal position
        length = number("H")
        value = data[position : position + length - 1].decode()
        position += length
        return value

    version = number("I")
    if not 4 <= version <= _NEWEST_FORMAT or text() != _SPECIFICATION:
        raise WeightsFormatError("the file is no Whisper for CTranslate2")
    number("I")  # revision of the specification
    variables: dict[str, NDArray[np.generic]] = {}
    for _ in range(number("I")):
        name = text()
        shape = [number("I") for _ in range(number("B"))]
        kind, size = _TYPES[number("B")], number("I")
        values = np.frombuffer(data, dtype=kind, count=size // np.dtype(kind).itemsize, offset=position)
        variables[name] = values.reshape(shape)
        position += size
    return variables
