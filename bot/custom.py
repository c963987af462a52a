"""What an action of the dialogue hands over beside its words, with the bounds that the session log sets.

The actions write it (`actions/recommend.py`, `feedback.py`, `routing.py`); `dialogue_frames` checks it.
"""

from __future__ import annotations

import math
from typing import Annotated, NotRequired

from pydantic import AfterValidator, ConfigDict, Field, StrictBool, with_config
from typing_extensions import TypedDict  # pydantic does not take that of typing before Python 3.12

from emotion.labels import UNCLEAR, Emotion
from session_log.shown_suggestion import MOST_ALTERNATIVES

__all__ = ["Context", "Custom", "Feedback", "Handoff", "Suggestion"]

_Identifier = Annotated[str, Field(min_length=1, max_length=64)]
_Line = Annotated[str, Field(min_length=1, max_length=200)]
_Text = Annotated[str, Field(min_length=1, max_length=2_000)]
_Probability = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
_IGNORE = ConfigDict(extra="ignore")
_MOODS = frozenset((*(emotion.value for emotion in Emotion), UNCLEAR))


def _one_in_all(probabilities: dict[str, float]) -> dict[str, float]:
    if not math.isclose(sum(probabilities.values()), 1.0, rel_tol=0.0, abs_tol=1e-3):
        raise ValueError("must sum to 1")
    return probabilities


def _known_mood(mood: str) -> str:
    if mood not in _MOODS:
        raise ValueError("must be a mood")
    return mood


_Alternatives = Annotated[
    dict[_Line, _Probability],
    Field(min_length=1, max_length=MOST_ALTERNATIVES),
    AfterValidator(_one_in_all),
]


@with_config(_IGNORE)
class Suggestion(TypedDict):
    """A suggestion as the action chose it: text in both languages, score, and probability of its choice.

    What can be learnt from has the probability of its technique in its place too, and those of all techniques
    that might have stood there, by the rules alone.
    """

    id: _Identifier
    en: _Text
    fa: _Text
    technique: _Line
    score: Annotated[float, Field(allow_inf_nan=False)]
    propensity: _Probability
    technique_propensity: NotRequired[Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] | None]
    alternatives: NotRequired[_Alternatives | None]


@with_config(_IGNORE)
class Context(TypedDict, total=False):
    """What suggestions were chosen for: mood, distress 0–10, and whether it is night where the person is."""

    mood: Annotated[str, AfterValidator(_known_mood)] | None
    distress: Annotated[int, Field(ge=0, le=10)] | None
    night: StrictBool | None


@with_config(_IGNORE)
class Feedback(TypedDict):
    """Whether one of the latest `suggestions` helped, and which, if it was named."""

    helpful: StrictBool
    suggestion: _Identifier | None
    suggestions: Annotated[list[_Identifier], Field(max_length=20)]


@with_config(_IGNORE)
class Handoff(TypedDict):
    """The queue of people that a talk is given to, and why."""

    queue: _Line
    reason: _Line


@with_config(_IGNORE)
class Custom(TypedDict, total=False):
    """All of it; a message has at most one of these in practice, but for the context of suggestions."""

    suggestions: Annotated[list[Suggestion], Field(min_length=1, max_length=20)] | None
    context: Context | None
    feedback: Feedback | None
    handoff: Handoff | None
