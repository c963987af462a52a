"""What an action of the dialogue hands over beside its words, with the bounds that the session log sets.

The actions write it (`actions/recommend.py`, `feedback.py`, `routing.py`); `dialogue_frames` checks it.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, StrictBool, with_config
from typing_extensions import TypedDict  # pydantic does not take that of typing before Python 3.12

__all__ = ["Custom", "Feedback", "Handoff", "Suggestion"]

_Identifier = Annotated[str, Field(min_length=1, max_length=64)]
_Line = Annotated[str, Field(min_length=1, max_length=200)]
_Text = Annotated[str, Field(min_length=1, max_length=2_000)]
_IGNORE = ConfigDict(extra="ignore")


@with_config(_IGNORE)
class Suggestion(TypedDict):
    """A suggestion as the action chose it: text in both languages, score, and probability of its choice."""

    id: _Identifier
    en: _Text
    fa: _Text
    technique: _Line
    score: Annotated[float, Field(allow_inf_nan=False)]
    propensity: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


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
    """All of it; a message has at most one of these in practice."""

    suggestions: Annotated[list[Suggestion], Field(min_length=1, max_length=20)] | None
    feedback: Feedback | None
    handoff: Handoff | None
