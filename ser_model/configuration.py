"""What a training run may choose, read from a JSON file."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ser_model.errors import ConfigurationError

__all__ = ["Augmentation", "Configuration", "Network", "Schedule", "read_configuration"]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Network(_Section):
    """Sizes of the three convolution layers and of what follows them."""

    filters: tuple[int, int, int] = (32, 64, 192)
    kernels: tuple[tuple[int, int], tuple[int, int], int] = ((5, 7), (5, 5), 5)
    """Frames × bands of the first two layers, steps of the third; odd."""
    attention: int = Field(64, ge=1)
    convolution_dropout: float = Field(0.1, ge=0.0, lt=1.0)
    dense_dropout: float = Field(0.4, ge=0.0, lt=1.0)


class Augmentation(_Section):
    """How far training clips are varied."""

    tempo: float = Field(0.15, ge=0.0, le=0.5)
    """Largest natural logarithm of the change of tempo."""
    shift_bands: float = Field(2.0, ge=0.0, le=8.0)
    colour_db: float = Field(3.0, ge=0.0)
    noise_probability: float = Field(0.3, ge=0.0, le=1.0)
    noise_nearest_db: float = 20.0
    """Least distance of noise below the loud frames."""
    noise_farthest_db: float = 55.0
    gain: float = Field(0.1, ge=0.0)
    """Standard deviation of the level after normalisation, in units of 20 dB."""
    masks: int = Field(2, ge=0)
    mask_frames: int = Field(12, ge=0)
    mask_bands: int = Field(8, ge=0, le=64)
    mixup: float = Field(0.2, ge=0.0)


class Schedule(_Section):
    """How long and how fast the network learns."""

    epochs: int = Field(30, ge=1)
    batch: int = Field(32, ge=2)
    frames: tuple[int, int] = (112, 176)
    """Shortest and longest cut of a clip, in frames of 16 ms; each batch draws one length."""
    learning_rate: float = Field(2e-3, gt=0.0)
    weight_decay: float = Field(1e-2, ge=0.0)
    warm_up_epochs: float = Field(1.0, ge=0.0)
    label_smoothing: float = Field(0.1, ge=0.0, lt=1.0)
    averaging: float = Field(0.998, ge=0.0, lt=1.0)
    """Decay of the running average of the weights, by step."""
    patience_epochs: int = Field(10, ge=1)


class Configuration(_Section):
    """A training run."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    version: str = Field(pattern=r"^[0-9]+(\.[0-9]+)*$")
    seed: int = 1
    network: Network = Network()
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
