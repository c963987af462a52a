"""What a training run may choose, read from a JSON file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ser_model.errors import ConfigurationError

__all__ = [
    "Augmentation",
    "Configuration",
    "LogMelNetwork",
    "Network",
    "PaperNetwork",
    "Schedule",
    "StatesNetwork",
    "read_configuration",
]

_Kernels = tuple[tuple[int, int], tuple[int, int], int]
_Share = Annotated[float, Field(ge=0.0, lt=1.0)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PaperNetwork(_Section):
    """Sizes of the paper's three convolution layers and of what follows them (`paper_cnn.py`)."""

    kind: Literal["paper_cnn"] = "paper_cnn"
    filters: tuple[int, int, int] = (32, 64, 192)
    kernels: _Kernels = ((5, 7), (5, 5), 5)
    """Frames × bands of the first two layers, steps of the third; odd."""
    attention: int = Field(default=64, ge=1)
    convolution_dropout: _Share = 0.1
    dense_dropout: _Share = 0.4

    @field_validator("kernels")
    @classmethod
    def _kernels_have_a_middle(cls, kernels: _Kernels) -> _Kernels:
        if any(size % 2 == 0 for size in (*kernels[0], *kernels[1], kernels[2])):
            raise ValueError("kernels must be odd, so that they have a middle")
        return kernels


class LogMelNetwork(_Section):
    """Sizes of the residual network on log-mel spectrograms (`logmel_cnn.py`)."""

    kind: Literal["logmel_cnn"] = "logmel_cnn"
    channels: tuple[int, int, int, int] = (24, 40, 80, 128)
    """Of the stem and of the three stages behind it, each of which halves the bands."""
    width: int = Field(default=160, ge=1)
    """Channels over which attention pools."""
    attention: int = Field(default=64, ge=1)
    convolution_dropout: _Share = 0.1
    dense_dropout: _Share = 0.3


class StatesNetwork(_Section):
    """Sizes of the network on states of the recogniser's encoder (`whisper_cnn.py`)."""

    kind: Literal["whisper_cnn"] = "whisper_cnn"
    encoder: str = "whisper-base"
    """Name of the recogniser's model in `models.toml`."""
    encoder_sha256: str = Field(
        default="d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9", pattern=r"^[0-9a-f]{64}$"
    )
    """Of its model.bin: states of another model mean something else."""
    layers: tuple[int, ...] = Field(default=(2, 3, 4, 5), min_length=1)
    """Of the encoder, from 1; the network learns how much of each it takes."""
    width: int = Field(default=160, ge=1)
    blocks: int = Field(default=2, ge=0)
    """Residual convolutions over time."""
    kernel: int = Field(default=3, ge=1)
    attention: int = Field(default=64, ge=1)
    input_noise: float = Field(default=0.2, ge=0.0)
    """Standard deviation of the noise on each layer in training, in units of the layer's own."""
    input_dropout: _Share = 0.1
    """Share of the states' numbers that a clip goes without."""
    dropout: _Share = 0.15
    dense_dropout: _Share = 0.3

    @field_validator("kernel")
    @classmethod
    def _kernel_has_a_middle(cls, kernel: int) -> int:
        if kernel % 2 == 0:
            raise ValueError("must be odd, so that it has a middle")
        return kernel


Network = Annotated[PaperNetwork | LogMelNetwork | StatesNetwork, Field(discriminator="kind")]


class Augmentation(_Section):
    """How far training clips are varied; what concerns spectrograms is without effect on states."""

    copies: int = Field(default=0, ge=0)
    """Recordings made of each one by noise, room, codec, speed and band limits; one of all is drawn."""

    tempo: float = Field(default=0.15, ge=0.0, le=0.5)
    """Largest natural logarithm of the change of tempo."""
    shift_bands: float = Field(default=2.0, ge=0.0, le=8.0)
    colour_db: float = Field(default=3.0, ge=0.0)
    """Standard deviation of the tilt: decibels more at the highest band and less at the lowest."""
    noise_probability: float = Field(default=0.3, ge=0.0, le=1.0)
    noise_nearest_db: float = 20.0
    """Least distance of noise below the loud frames."""
    noise_farthest_db: float = 55.0
    gain: float = Field(default=0.1, ge=0.0)
    """Standard deviation of the level after normalisation, in units of 20 dB."""
    masks: int = Field(default=2, ge=0)
    mask_frames: int = Field(default=12, ge=0)
    mask_bands: int = Field(default=8, ge=0, le=64)
    mixup: float = Field(default=0.2, ge=0.0)


class Schedule(_Section):
    """How long and how fast the network learns."""

    epochs: int = Field(default=30, ge=1)
    batch: int = Field(default=32, ge=2)
    frames: tuple[int, int] = (112, 176)
    """Shortest and longest cut of a clip, in frames of 16 ms (states: 40 ms); each batch draws one length."""
    learning_rate: float = Field(default=2e-3, gt=0.0)
    weight_decay: float = Field(default=1e-2, ge=0.0)
    warm_up_epochs: float = Field(default=1.0, ge=0.0)
    label_smoothing: float = Field(default=0.1, ge=0.0, lt=1.0)
    averaging: float = Field(default=0.998, ge=0.0, lt=1.0)
    """Decay of the running average of the weights, by step."""
    balance: float = Field(default=0.0, ge=0.0, le=1.0)
    """How much more a clip of a rare emotion counts: 0 no more, 1 so that all emotions weigh alike."""

    @field_validator("frames")
    @classmethod
    def _frames_are_in_order(cls, frames: tuple[int, int]) -> tuple[int, int]:
        if not 8 <= frames[0] <= frames[1]:
            raise ValueError("must be the shortest (8 or more) and the longest, in this order")
        return frames


class Configuration(_Section):
    """A training run."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    version: str = Field(pattern=r"^[0-9]+(\.[0-9]+)*$")
    seed: int = 1
    members: int = Field(default=1, ge=1, le=10)
    """Networks that are trained alike but for their random numbers, and whose probabilities are averaged."""
    teacher: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]*$")
    """Another configuration's name, whose probabilities for the training clips are learnt too."""
    teaching: float = Field(default=0.5, ge=0.0, le=1.0)
    """Share of the teacher in the target; the rest is the label."""
    network: Network = PaperNetwork()
    augmentation: Augmentation = Augmentation()
    schedule: Schedule = Schedule()
    repeats: dict[str, int] = {}
    """Corpus name → how often an epoch shows its clips (1 where absent)."""


def read_configuration(path: Path) -> Configuration:
    """Reads and checks a configuration.

    Raises:
        ConfigurationError: where the file cannot be read or says something unknown or impossible.
    """
    try:
        return Configuration.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read ({error.strerror})") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "file"
        raise ConfigurationError(f"{path}: {place}: {first['msg']}") from None
