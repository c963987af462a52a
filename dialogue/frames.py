"""The JSON frames between gateway and dialogue server: reading, checking and writing, no I/O."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = [
    "MAX_BUTTONS",
    "MAX_BUTTON_CHARACTERS",
    "MAX_IDENTIFIER_CHARACTERS",
    "MAX_TEXT_CHARACTERS",
    "QUESTION_STATES",
    "ForgetRequest",
    "FrameError",
    "HeardRequest",
    "PingRequest",
    "TurnRequest",
    "done_frame",
    "error_frame",
    "message_frame",
    "noted_frame",
    "read_frame",
]

MAX_TEXT_CHARACTERS = 10_000
MAX_IDENTIFIER_CHARACTERS = 200
MAX_BUTTONS = 10
MAX_BUTTON_CHARACTERS = 400
QUESTION_STATES = ("heard", "begun", "unheard")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class TurnRequest:
    """One turn of one person, to be answered."""

    turn_id: str
    sender: str
    text: str
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class HeardRequest:
    """What a person has heard of the answer to a turn.

    Attributes:
        text: of that answer, in its words; empty where nothing was heard. It ends in an ellipsis where it
            was cut in the middle of a sentence.
        question: what was heard of the answer's last question: "heard", "begun" or "unheard".
    """

    turn_id: str
    sender: str
    text: str
    question: str


@dataclass(frozen=True)
class ForgetRequest:
    """The wish to drop everything that is kept of a sender."""

    sender: str


@dataclass(frozen=True)
class PingRequest:
    """A sign of life is asked for."""


class FrameError(ValueError):
    """A frame that can't be served; the socket stays open.

    Attributes:
        code: for programs, such as "text_too_long".
        turn_id: of the turn in question, where the frame named one.
    """

    def __init__(self, code: str, message: str, turn_id: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.turn_id = turn_id


def read_frame(raw: str | bytes) -> TurnRequest | HeardRequest | ForgetRequest | PingRequest:
    """Reads one frame of the client.

    Raises:
        FrameError: "bad_json", "bad_frame", "unknown_type", "empty_text" or "text_too_long".
    """
    if isinstance(raw, bytes):
        raise FrameError("bad_json", "Send JSON in text frames, not binary ones.")
    try:
        frame = json.loads(raw, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise FrameError("bad_json", "The frame is not JSON.") from error
    if not isinstance(frame, dict):
        raise FrameError("bad_json", "The frame must be a JSON object.")
    kind = frame.get("type")
    if kind == "ping":
        return PingRequest()
    if kind == "forget":
        return ForgetRequest(sender=_identifier(frame, "sender"))
    if kind == "turn":
        return _read_turn(frame)
    if kind == "heard":
        return _read_heard(frame)
    raise FrameError("unknown_type", "'type' must be one of turn, heard, forget, ping.", _turn_id(frame))


def _read_turn(frame: Mapping[str, Any]) -> TurnRequest:
    turn_id = _identifier(frame, "turn_id")
    sender = _identifier(frame, "sender")
    text = frame.get("text")
    metadata = frame.get("metadata") or {}
    if not isinstance(text, str):
        raise FrameError("bad_frame", "'text' must be a string.", turn_id)
    if len(text) > MAX_TEXT_CHARACTERS:
        message = f"'text' may have at most {MAX_TEXT_CHARACTERS} characters."
        raise FrameError("text_too_long", message, turn_id)
    # Half of a character can't be written down again, by us or by anyone after us.
    text = _whole(text)
    # Rasa takes words after a slash for a command, which would pass by the crisis guard.
    text = text.lstrip("/ \t\r\n").rstrip()
    if not text:
        raise FrameError("empty_text", "'text' must have words in it.", turn_id)
    if not isinstance(metadata, dict):
        raise FrameError("bad_frame", "'metadata' must be an object.", turn_id)
    return TurnRequest(turn_id=turn_id, sender=sender, text=text, metadata=_portable(metadata))


def _read_heard(frame: Mapping[str, Any]) -> HeardRequest:
    turn_id, sender = _identifier(frame, "turn_id"), _identifier(frame, "sender")
    text, question = frame.get("text"), frame.get("question", "unheard")
    if not isinstance(text, str) or question not in QUESTION_STATES:
        message = f"'text' must be a string, and 'question' one of {', '.join(QUESTION_STATES)}."
        raise FrameError("bad_frame", message, turn_id)
    return HeardRequest(turn_id, sender, _whole(text), question)


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _portable(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The entries that every JSON reader takes: a number beyond all bounds (1e999) would stop an action."""
    kept = {}
    for key, value in metadata.items():
        try:
            json.dumps(value, allow_nan=False)
        except ValueError:
            continue
        kept[key] = value
    return kept


def _identifier(frame: Mapping[str, Any], key: str) -> str:
    value = frame.get(key)
    if not _is_identifier(value):
        message = f"'{key}' must be a string of 1 to {MAX_IDENTIFIER_CHARACTERS} printable characters."
        raise FrameError("bad_frame", message, _turn_id(frame))
    return str(value)


def _turn_id(frame: Mapping[str, Any]) -> str | None:
    value = frame.get("turn_id")
    return str(value) if _is_identifier(value) else None


def _is_identifier(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_IDENTIFIER_CHARACTERS and value.isprintable()


def message_frame(turn_id: str, seq: int, message: Mapping[str, Any]) -> dict[str, Any]:
    """One of Rasa's replies; `message` has Rasa's keys text, custom, buttons and utter_action."""
    return {
        "type": "message",
        "turn_id": turn_id,
        "seq": seq,
        "text": message.get("text") or None,
        "custom": message.get("custom") or None,
        "buttons": _buttons(message.get("buttons")),
        "name": message.get("utter_action"),
    }


def _buttons(given: object) -> list[dict[str, str]] | None:
    """All buttons of a message, title and payload; None where one is none, or anything is beyond bounds.

    An action may send whatever it likes; a message is worth more than its buttons.
    """
    if not isinstance(given, list) or not 0 < len(given) <= MAX_BUTTONS:
        return None
    buttons = []
    for button in given:
        if not isinstance(button, dict):
            return None
        title, payload = button.get("title"), button.get("payload") or ""
        if not isinstance(title, str) or not isinstance(payload, str):
            return None
        if max(len(title), len(payload)) > MAX_BUTTON_CHARACTERS:
            return None
        buttons.append({"title": _whole(title), "payload": _whole(payload)})
    return buttons


def _whole(text: str) -> str:
    return _LONE_SURROGATE.sub("\ufffd", text)


def noted_frame(turn_id: str) -> dict[str, Any]:
    """The receipt of what was heard of the answer to a turn."""
    return {"type": "noted", "turn_id": turn_id}


def done_frame(turn_id: str, seq: int, outcome: Mapping[str, Any]) -> dict[str, Any]:
    """The end of a turn; `outcome` has intent, entities, mood, language, crisis and its level and kind."""
    return {"type": "done", "turn_id": turn_id, "seq": seq, **outcome}


def error_frame(turn_id: str | None, code: str, message: str) -> dict[str, Any]:
    """A refusal, or the failed end of a turn."""
    return {"type": "error", "turn_id": turn_id, "code": code, "message": message}
