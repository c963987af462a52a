"""What a training run may choose, read from a JSON file. Needs pydantic."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from recommender.errors import ConfigurationError

__all__ = [
    "Configuration",
    "Network",
    "RegressionSettings",
    "Schedule",
    "SharesSettings",
    "read_configuration",
]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Network(_Section):
    """Sizes and regularisation of the LSTM."""

    units: int = Field(64, ge=1)
    input_dropout: float = Field(0.1, ge=0.0, lt=1.0)
    """Share of the 100 dimensions left out of a whole sentence."""
    output_dropout: float = Field(0.3, ge=0.0, lt=1.0)
    weight_decay: float = Field(1e-5, ge=0.0)


class Schedule(_Section):
    """How long and how fast the network learns."""

    epochs: int = Field(60, ge=1)
    batch: int = Field(32, ge=1)
    learning_rate: float = Field(3e-3, gt=0.0)
    word_dropout: float = Field(0.15, ge=0.0, lt=1.0)
    """Share of words left out at random, anew in each epoch."""
    mood_only: float = Field(0.1, ge=0.0, lt=1.0)
    """Share of sentences cut down to their mood word, so that a mood alone has an answer too."""


class RegressionSettings(_Section):
    """How the two regressions learn; scikit-learn's C is the inverse of regularisation."""

    letters_inverse_regularisation: float = Field(10.0, gt=0.0)
    words_inverse_regularisation: float = Field(1.0, gt=0.0)
    direction_length: float = Field(4.0, gt=0.0)
    """Length of the text's direction beside the mood's 1: a longer one is regularised less."""
    suggestion_weight: float = Field(0.1, gt=0.0)
    """Weight of a suggestion's own sentence, for the letters, beside a situation's, which is 1."""


class SharesSettings(_Section):
    """Powers of the readers' probabilities in their product."""

    letters: float = Field(1.5, ge=0.0)
    words: float = Field(1.0, ge=0.0)
    lstm: float = Field(0.5, ge=0.0)


class Configuration(_Section):
    """A whole training run."""

    name: str = Field("three_readers", pattern=r"^[a-z0-9_]+$")
    seed: int = 0
    folds: int = Field(5, ge=2)
    network: Network = Field(default_factory=lambda: Network.model_validate({}))
    schedule: Schedule = Field(default_factory=lambda: Schedule.model_validate({}))
    regressions: RegressionSettings = Field(default_factory=lambda: RegressionSettings.model_validate({}))
    shares: SharesSettings = Field(default_factory=lambda: SharesSettings.model_validate({}))


def read_configuration(path: Path) -> Configuration:
    """Reads and validates a configuration.

    Raises:
        ConfigurationError: where it is missing or has an unknown or impossible value.
    """
    try:
        return Configuration.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path}: is not UTF-8") from None
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "content"
        raise ConfigurationError(f"{path}: {field}: {first['msg']}") from None
