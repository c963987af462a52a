"""Suggestions that fit a mood and what somebody said: technique first, then the sentence.

In: a mood of `emotion.MOODS`, and optionally the person's words, distress, what was already shown and
what must not be suggested to them. Out: up to `SUGGESTIONS_SHOWN` `RankedSuggestion`s of at least two
technique families, each with its score and the probability with which it was chosen. The suggestions are the
bilingual pairs of `data/bilingual_suggestions`. Python 3.10, standard library, numpy and onnxruntime; the
modules `train`, `learning`, `regression_learning`, `cross_validation`, `baselines`, `paper_readings`,
`model`, `onnx_graph`, `configuration`, and those that learn word vectors (`vectors_command`, `glove`,
`cooccurrence`, `corpus`, `alignment`, `bilingual_table`), need the training environment. `validation` checks
suggestions; `bandit` and `off_policy` learn from feedback, for the gateway (`bot.feedback_learning`).
"""

from recommender.errors import (
    InvalidRequestError,
    ModelFileError,
    RecommenderError,
    SuggestionDataError,
    UnclearMoodError,
    UnknownMoodError,
)
from recommender.recommender import SUGGESTIONS_SHOWN, RankedSuggestion, Recommender
from recommender.suggestions import Suggestion, load_suggestions

__all__ = [
    "SUGGESTIONS_SHOWN",
    "InvalidRequestError",
    "ModelFileError",
    "RankedSuggestion",
    "Recommender",
    "RecommenderError",
    "Suggestion",
    "SuggestionDataError",
    "UnclearMoodError",
    "UnknownMoodError",
    "load_suggestions",
]
