"""The detector for recordings outside a talk: with the recogniser's encoder, or one that needs none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ser_model.detector import (
    EncodingDetector,
    RecordingDetector,
    SpeechEmotionDetector,
    StatesEmotionDetector,
)
from ser_model.encoder_states import StatesSource
from ser_model.errors import ConfigurationError
from ser_model.model_card import DEFAULT_DIRECTORY, STANDALONE_DIRECTORY, read_card

__all__ = ["load_detector", "load_encoder"]


def load_detector(folder: Path | None = None) -> RecordingDetector:
    """Loads a model of either kind.

    Args:
        folder: of its card; by default the default model's, or that of the one that needs no encoder where
            there is no other.

    Raises:
        ModelFileError: where card or weights are missing, damaged or do not fit each other.
        ConfigurationError: where the model reads an encoder that is missing here.
    """
    if folder is None:
        folder = DEFAULT_DIRECTORY if (DEFAULT_DIRECTORY / "card.json").is_file() else STANDALONE_DIRECTORY
    encoder = read_card(folder).encoder
    if encoder is None:
        return SpeechEmotionDetector.load(folder)
    source = load_encoder(encoder.name, encoder.sha256, encoder.layers)
    return EncodingDetector(source, StatesEmotionDetector.load(folder))


def load_encoder(name: str, sha256: str, layers: Sequence[int]) -> StatesSource:
    """The encoder of the recogniser whose states a network reads.

    Args:
        name: of the recogniser's model in `models.toml`.
        sha256: of its model.bin.
        layers: from 1.

    Raises:
        ConfigurationError: where the recogniser is missing, or is another one.
    """
    # The shell around the gateway's recogniser: nothing else in this package knows that there is a gateway.
    from bot.model_manifest import ModelManifestError
    from bot.model_store import ModelMissingError, UnknownModelError, default_store
    from bot.speech_encoder import SpeechEncoder
    from bot.whisper_weights import WeightsFormatError

    try:
        encoder = SpeechEncoder.load(default_store().path(name), layers=layers)
    except (
        ModelManifestError,
        ModelMissingError,
        UnknownModelError,
        OSError,
        ValueError,
        WeightsFormatError,
    ) as error:
        raise ConfigurationError(f"the recogniser {name} cannot be loaded: {error}") from None
    if encoder.sha256 != sha256:
        raise ConfigurationError(
            f"{name} is another model ({encoder.sha256[:12]}…) than this network reads ({sha256[:12]}…)"
        )
    return encoder
