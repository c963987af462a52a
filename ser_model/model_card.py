"""What the detector needs of `card.json`, and the check that card and weights belong together."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from emotion import Emotion
from ser_model.errors import ModelFileError

__all__ = [
    "DEFAULT_DIRECTORY",
    "STANDALONE_DIRECTORY",
    "CalibrationCard",
    "EncoderCard",
    "ModelCard",
    "read_card",
    "read_weights",
    "sha256_of",
]

DEFAULT_DIRECTORY = Path(__file__).resolve().parent
"""Where the default model lies: it reads the recogniser's encoder."""

STANDALONE_DIRECTORY = DEFAULT_DIRECTORY / "standalone"
"""Where the model lies that needs samples alone, for other recognisers and for recordings without words."""

_REMEDY = "restore the file from the repository, or train anew with `make train-ser`"


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class CalibrationCard(_Part):
    """Factor and addend of each trained output's logit (`calibration.Calibration`)."""

    scale: tuple[float, ...]
    bias: tuple[float, ...]


class EncoderCard(_Part):
    """The recogniser whose encoder is read."""

    name: str = Field(min_length=1)
    """In `models.toml`."""
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    """Of its model.bin."""
    layers: tuple[int, ...] = Field(min_length=1)
    """From 1; their states lie side by side in a frame."""


class ModelCard(_Part):
    """The part of a model card that steers the detector; the rest is for readers."""

    name: str = Field(min_length=1)
    version: str = Field(min_length=1)
    weights: str = Field(min_length=1)
    """Path of the ONNX file, relative to the card."""
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    outputs: tuple[Emotion, ...] = Field(min_length=2)
    """Emotion of each output of the network, in order."""
    untrained: tuple[Emotion, ...] = ()
    """Outputs that never saw an example; they are never emitted."""
    input: Literal["log_mel", "states"]
    """What the network sees."""
    width: int = Field(ge=1)
    """Numbers of a frame of the input."""
    encoder: EncoderCard | None = None
    """For states: whose."""
    calibration: CalibrationCard
    threshold: float = Field(ge=0.0, le=1.0)
    validated_languages: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _outputs_are_distinct(self) -> ModelCard:
        if len(set(self.outputs)) != len(self.outputs):
            raise ValueError("outputs name an emotion twice")
        if not set(self.untrained) < set(self.outputs):
            raise ValueError("untrained must name some, but not all, of the outputs")
        if not len(self.calibration.scale) == len(self.calibration.bias) == len(self.trained):
            raise ValueError("calibration must have a factor and an addend for each trained output")
        if (self.input == "states") != (self.encoder is not None):
            raise ValueError("encoder must be named where the input is states, and only there")
        return self

    @property
    def encoder_layers(self) -> tuple[int, ...]:
        """Layers of the recogniser's encoder that are read; none where the input is no states."""
        return () if self.encoder is None else self.encoder.layers

    @property
    def trained(self) -> tuple[Emotion, ...]:
        """Emotions that the network learnt, in the order of its outputs."""
        return tuple(emotion for emotion in self.outputs if emotion not in self.untrained)


def read_card(directory: Path) -> ModelCard:
    """Reads `card.json`.

    Raises:
        ModelFileError: where it is missing, unreadable or says something impossible.
    """
    path = directory / "card.json"
    try:
        return ModelCard.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read ({error.strerror}); {_REMEDY}") from None
    except (ValidationError, UnicodeDecodeError) as error:
        what = "is not UTF-8"
        if isinstance(error, ValidationError):
            first = error.errors()[0]
            what = f"{'.'.join(str(part) for part in first['loc']) or 'content'}: {first['msg']}"
        raise ModelFileError(f"{path}: {what}; {_REMEDY}") from None


def read_weights(directory: Path, card: ModelCard) -> bytes:
    """The bytes of the ONNX file that the card describes.

    Raises:
        ModelFileError: where it is missing or not the file whose SHA-256 the card has.
    """
    path = directory / card.weights
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read ({error.strerror}); {_REMEDY}") from None
    found = sha256_of(content)
    if found != card.sha256:
        raise ModelFileError(
            f"{path}: SHA-256 is {found[:12]}…, the card says {card.sha256[:12]}…: the file is damaged or "
            f"belongs to another card; {_REMEDY}"
        )
    return content


def sha256_of(content: bytes) -> str:
    """The SHA-256 of a file's content, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
