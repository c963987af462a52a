"""What a training run of a voice may choose, read from a JSON file. Needs pydantic."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tts_voices.voice import VoiceError

__all__ = ["Acoustic", "Configuration", "Schedule", "Vocoder", "read_configuration"]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Acoustic(_Section):
    """Sizes of Glow-TTS (Kim and others, 2020); the defaults are the small network for one core."""

    hidden: int = Field(96, ge=8)
    """Channels of the encoder and of the flow's networks."""
    feed_forward: int = Field(384, ge=8)
    encoder_layers: int = Field(3, ge=1)
    duration_hidden: int = Field(128, ge=8)
    flow_blocks: int = Field(6, ge=1)
    flow_layers: int = Field(3, ge=1)


class Vocoder(_Section):
    """Sizes of the Vocos-like vocoder (Siuzdak, 2023)."""

    channels: int = Field(192, ge=8)
    blocks: int = Field(4, ge=1)


class Schedule(_Section):
    """How long and how fast a network learns."""

    steps: int = Field(4000, ge=1)
    batch: int = Field(16, ge=1)
    learning_rate: float = Field(1.5e-3, gt=0)
    warm_up: int = Field(150, ge=0)
    gradient_clip: float = Field(5.0, gt=0)
    averaging: float = Field(0.998, ge=0, lt=1)
    """Share of the averaged weights that stays at each step; the averaged ones are what speaks."""
    check_every: int = Field(250, ge=1)


class Configuration(_Section):
    """A whole training run: sizes, and a schedule for each of the two networks."""

    seed: int = 0
    acoustic: Acoustic = Field(default_factory=lambda: Acoustic.model_validate({}))
    vocoder: Vocoder = Field(default_factory=lambda: Vocoder.model_validate({}))
    schedule: Schedule = Field(default_factory=lambda: Schedule.model_validate({}))
    vocoder_schedule: Schedule = Field(
        default_factory=lambda: Schedule.model_validate(
            {"steps": 12_000, "batch": 16, "learning_rate": 8e-4, "gradient_clip": 1.0, "check_every": 500}
        )
    )


def read_configuration(path: Path) -> Configuration:
    """Reads and validates a configuration; raises `VoiceError` that names the file and the field."""
    try:
        return Configuration.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise VoiceError(f"{path} can't be read ({error.strerror})") from error
    except (ValueError, ValidationError) as error:
        raise VoiceError(f"{path} is no configuration of a voice: {error}") from error
