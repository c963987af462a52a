"""Answers to press under a closed question: what of the dialogue engine's buttons may be shown. No I/O.

A press is a typed turn like any other: what it says stands here, and nothing but words can.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

__all__ = ["MAX_CHOICES", "MAX_TEXT_CHARACTERS", "MAX_TITLE_CHARACTERS", "Choice", "Choices", "read_choices"]

MAX_CHOICES = 10
MAX_TITLE_CHARACTERS = 80
MAX_TEXT_CHARACTERS = 400

_SAFETY_QUESTIONS = frozenset({"utter_check_safety", "utter_worry_for_other", "utter_crisis_question"})
"""The responses of `domain.yml` whose answers may be offered in danger."""

_COMMAND = "/"
# No line breaks, and nothing that turns around letters outside of itself.
_ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]*$"
_Title = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=MAX_TITLE_CHARACTERS, pattern=_ONE_LINE
    ),
]
_Payload = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=MAX_TEXT_CHARACTERS, pattern=_ONE_LINE)
]


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer: what stands on it, and the typed turn that a press of it is."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Choices:
    """The answers to one question.

    Attributes:
        items: 1 to `MAX_CHOICES`, no title twice.
        about_safety: whether the question is one that is asked in danger.
    """

    items: tuple[Choice, ...]
    about_safety: bool = False


class _Button(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    title: _Title
    payload: _Payload | None = None


_ADAPTER = TypeAdapter(Annotated[list[_Button], Field(min_length=1, max_length=MAX_CHOICES)])


def read_choices(buttons: object, response_name: object = None) -> Choices | None:
    """Reads the buttons of a dialogue message.

    Args:
        buttons: as Rasa has them, `[{title, payload}]`, or whatever came in their place.
        response_name: of the response that asks.

    Returns:
        All of them, or None: a question of which one answer is missing would mislead. A payload that is a
        command to Rasa says nothing to the crisis guard and is not taken from clients; its title is said.
    """
    try:
        read = _ADAPTER.validate_python(buttons)
    except ValidationError:
        return None
    items = tuple(Choice(button.title, _words_of(button)) for button in read)
    titles = {choice.title for choice in items}
    if len(titles) < len(items) or any(not choice.text.strip(f"{_COMMAND} ") for choice in items):
        return None
    return Choices(items, isinstance(response_name, str) and response_name in _SAFETY_QUESTIONS)


def _words_of(button: _Button) -> str:
    payload = button.payload or ""
    return button.title if not payload or payload.startswith(_COMMAND) else payload
