"""Errors of this package; every message says what to do."""

from __future__ import annotations

__all__ = [
    "ConfigurationError",
    "CorpusError",
    "ExportError",
    "ManifestError",
    "ModelFileError",
    "SpeechEmotionError",
]


class SpeechEmotionError(Exception):
    """Base of the errors below; the command line prints one as a single line and exits with 2."""


class ConfigurationError(SpeechEmotionError):
    """A training configuration cannot be used."""


class CorpusError(SpeechEmotionError):
    """The recordings to train on are missing or incomplete."""


class ExportError(SpeechEmotionError):
    """The exported graph does not compute what the trained network computes."""


class ManifestError(SpeechEmotionError):
    """A manifest, or a recording that it names, cannot be read."""


class ModelFileError(SpeechEmotionError):
    """The weights or their card are missing, damaged, or do not belong together."""
