"""The frames of the dialogue channel as the gateway reads them: text in, answers out. No I/O.

The other end is `dialogue.frames`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from bot.choices import read_choices
from bot.commands import DialogueDone, DialogueFailed, DialogueMessage
from bot.custom import Custom

__all__ = ["Answer", "DialogueAnswer", "DialogueFrameError", "Forgotten", "Noted", "read_answer"]

DialogueAnswer = DialogueMessage | DialogueDone | DialogueFailed


class DialogueFrameError(Exception):
    """A frame that can't be used.

    Attributes:
        key: the turn that it belongs to, where that can be told.
    """

    def __init__(self, key: str | None) -> None:
        super().__init__("a frame of the dialogue channel can't be used")
        self.key = key


@dataclass(frozen=True, slots=True)
class Answer:
    """A piece of the answer to a turn.

    Attributes:
        key: the turn, as it was sent.
        seq: number of the piece, from 0; a replayed piece has the number that it had.
        content: the piece; its turn id is the key.
        again: whether sending the turn once more may help.
    """

    key: str
    seq: int
    content: DialogueAnswer
    again: bool = False


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Nothing is kept of this sender any more."""

    sender: str


@dataclass(frozen=True, slots=True)
class Noted:
    """It has arrived what was heard of the answer to this turn."""

    key: str


class _Frame(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    turn_id: str


class _MessageFrame(_Frame):
    type: Literal["message"]
    seq: int = Field(ge=0)
    text: str | None = None
    custom: Custom | None = None
    buttons: Any = None  # without them a question is answered all the same: they never cost the turn
    name: Any = None


class _Intent(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str | None = None


class _DoneFrame(_Frame):
    type: Literal["done"]
    seq: int = Field(ge=0)
    intent: _Intent | None = None
    language: str | None = None
    crisis: bool = False
    crisis_level: int | None = Field(default=None, ge=0, le=3)
    crisis_kind: str | None = Field(default=None, pattern="^[a-z_]{1,40}$")


class _ErrorFrame(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    type: Literal["error"]
    turn_id: str | None
    code: str = Field(pattern="^[a-z_]{1,40}$")


class _ForgottenFrame(BaseModel):
    type: Literal["forgotten"]
    sender: str


class _NotedFrame(_Frame):
    type: Literal["noted"]


class _PongFrame(BaseModel):
    type: Literal["pong"]


_AnyFrame = _MessageFrame | _DoneFrame | _ErrorFrame | _ForgottenFrame | _NotedFrame | _PongFrame
_ADAPTER: TypeAdapter[_AnyFrame] = TypeAdapter(Annotated[_AnyFrame, Field(discriminator="type")])


class _Key(BaseModel):
    turn_id: str | None = None


def read_answer(text: str | bytes) -> Answer | Forgotten | Noted | None:
    """Reads one frame; None for one that belongs to nobody.

    Raises:
        DialogueFrameError: for what is not a frame of the agreed shape. It quotes nothing.
    """
    try:
        frame = _ADAPTER.validate_json(text)
    except ValidationError:
        raise DialogueFrameError(_key_of(text)) from None
    match frame:
        case _MessageFrame():
            choices = read_choices(frame.buttons, frame.name)
            content: DialogueAnswer = DialogueMessage(frame.turn_id, frame.text, frame.custom, choices)
            return Answer(frame.turn_id, frame.seq, content)
        case _DoneFrame():
            intent = frame.intent.name if frame.intent is not None else None
            level = frame.crisis_level or 0
            done = DialogueDone(frame.turn_id, intent, frame.language, frame.crisis, level, frame.crisis_kind)
            return Answer(frame.turn_id, frame.seq, done)
        case _ErrorFrame(turn_id=None) | _PongFrame():
            return None
        case _ErrorFrame():
            assert frame.turn_id is not None  # noqa: S101 - the case above
            failed = DialogueFailed(frame.turn_id)
            return Answer(frame.turn_id, 0, failed, again=frame.code == "internal")
        case _ForgottenFrame():
            return Forgotten(frame.sender)
        case _NotedFrame():
            return Noted(frame.turn_id)


def _key_of(text: str | bytes) -> str | None:
    try:
        return _Key.model_validate_json(text).turn_id
    except ValidationError:
        return None
