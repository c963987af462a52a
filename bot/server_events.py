"""Server events in the shapes that stock Realtime clients parse. Pure functions; no I/O.

Shapes follow the OpenAI Realtime GA reference; `event_id` is added by whoever sends.
"""

from __future__ import annotations

import base64
from typing import Any

__all__ = [
    "assistant_item",
    "audio_delta",
    "content_part",
    "error",
    "output_item",
    "response_event",
    "response_object",
    "response_part",
    "system_item",
    "transcription_completed",
    "transcription_failed",
    "user_audio_item",
    "user_text_item",
]

Event = dict[str, Any]

_OUR_FAULT = frozenset({"server_restarting", "session_limit_reached"})


def error(code: str, message: str, *, param: str | None = None, event_id: str | None = None) -> Event:
    """An error; the talk goes on, unless its close follows (`session_expired`, `server_restarting`)."""
    kind = "server_error" if code in _OUR_FAULT else "invalid_request_error"
    return {
        "type": "error",
        "error": {"type": kind, "code": code, "message": message, "param": param, "event_id": event_id},
    }


def user_audio_item(item_id: str, transcript: str | None) -> Event:
    """A spoken turn; the transcript key is always present, null until it is known."""
    return {
        "id": item_id,
        "object": "realtime.item",
        "type": "message",
        "status": "completed",
        "role": "user",
        "content": [{"type": "input_audio", "transcript": transcript}],
    }


def user_text_item(item_id: str, text: str) -> Event:
    """A typed turn."""
    return {
        "id": item_id,
        "object": "realtime.item",
        "type": "message",
        "status": "completed",
        "role": "user",
        "content": [{"type": "input_text", "text": text}],
    }


def system_item(item_id: str, text: str) -> Event:
    """What a client's maker has written for a model to read."""
    return {
        "id": item_id,
        "object": "realtime.item",
        "type": "message",
        "status": "completed",
        "role": "system",
        "content": [{"type": "input_text", "text": text}],
    }


def assistant_item(item_id: str, text: str | None, *, spoken: bool, status: str) -> Event:
    """A reply as an item of the history; no content while it is in progress and nothing was said."""
    content: list[Event] = []
    if text is not None:
        part = (
            {"type": "output_audio", "transcript": text} if spoken else {"type": "output_text", "text": text}
        )
        content.append(part)
    return {
        "id": item_id,
        "object": "realtime.item",
        "type": "message",
        "status": status,
        "role": "assistant",
        "content": content,
    }


def transcription_completed(item_id: str, transcript: str, seconds: float) -> Event:
    """What was heard; an empty transcript means that no words were."""
    return {
        "type": "conversation.item.input_audio_transcription.completed",
        "item_id": item_id,
        "content_index": 0,
        "transcript": transcript,
        "usage": {"type": "duration", "seconds": round(seconds, 3)},
    }


def transcription_failed(item_id: str) -> Event:
    """The words of a turn could not be recognised; stock clients drop the event if it has a null `param`."""
    return {
        "type": "conversation.item.input_audio_transcription.failed",
        "item_id": item_id,
        "content_index": 0,
        "error": {
            "type": "server_error",
            "code": "recognition_failed",
            "message": "The words could not be recognised.",
        },
    }


def response_object(
    response_id: str,
    *,
    status: str,
    modality: str,
    metadata: dict[str, str] | None,
    output: list[Event],
    reason: str | None = None,
    failure: str | None = None,
) -> Event:
    """The response inside `response.created` and `response.done`."""
    details: Event | None = None
    if status == "cancelled":
        details = {"type": "cancelled", "reason": reason}
    elif status == "failed":
        details = {"type": "failed", "error": {"type": "server_error", "code": failure}}
    usage = None
    if status != "in_progress":
        usage = {"total_tokens": 0, "input_tokens": 0, "output_tokens": 0}
    return {
        "id": response_id,
        "object": "realtime.response",
        "status": status,
        "status_details": details,
        "output": output,
        "output_modalities": [modality],
        "metadata": metadata,
        "usage": usage,
    }


def response_event(kind: str, response: Event) -> Event:
    """`response.created` or `response.done`."""
    return {"type": f"response.{kind}", "response": response}


def output_item(kind: str, response_id: str, item: Event) -> Event:
    """`response.output_item.added` or `.done`."""
    return {
        "type": f"response.output_item.{kind}",
        "response_id": response_id,
        "output_index": 0,
        "item": item,
    }


def content_part(kind: str, response_id: str, item_id: str, *, spoken: bool, text: str | None) -> Event:
    """`response.content_part.added` or `.done`; a text that is not known is left out."""
    part: Event = {"type": "audio" if spoken else "text"}
    if text is not None:
        part["transcript" if spoken else "text"] = text
    elif not spoken:
        part["text"] = ""
    return response_part(f"content_part.{kind}", response_id, item_id, part=part)


def response_part(kind: str, response_id: str, item_id: str, **fields: Any) -> Event:
    """Any `response.` event about the one content part of a reply."""
    return {
        "type": f"response.{kind}",
        "response_id": response_id,
        "item_id": item_id,
        "output_index": 0,
        "content_index": 0,
        **fields,
    }


def audio_delta(response_id: str, item_id: str, audio: bytes) -> Event:
    """A piece of sound, in the reply's encoding."""
    return response_part(
        "output_audio.delta", response_id, item_id, delta=base64.b64encode(audio).decode("ascii")
    )
