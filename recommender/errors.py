"""Errors of this package; every message says what to do, and none repeats what a person said."""

from __future__ import annotations

__all__ = [
    "ConfigurationError",
    "CorpusError",
    "InvalidRequestError",
    "ModelFileError",
    "RecommenderError",
    "SuggestionDataError",
    "UnclearMoodError",
    "UnknownMoodError",
]


class RecommenderError(Exception):
    """Root of the errors below; the command line prints one as a single line and exits with 2."""


class SuggestionDataError(RecommenderError):
    """A suggestion, a vocabulary or a labelled situation cannot be used: names file, line and field."""


class ModelFileError(RecommenderError):
    """The card, the network or the word vectors are missing, damaged, or do not belong together."""


class ConfigurationError(RecommenderError):
    """A training configuration or the training environment cannot be used."""


class CorpusError(RecommenderError):
    """A corpus, its table of sources or the dictionary cannot be learnt from: names file and line."""


class UnknownMoodError(RecommenderError):
    """The mood is none of `emotion.MOODS`."""


class UnclearMoodError(RecommenderError):
    """The mood is "unclear": the dialogue asks how the person feels instead of suggesting something."""


class InvalidRequestError(RecommenderError):
    """Another argument of `Recommender.suggest` is outside its range or vocabulary."""
