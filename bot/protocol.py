"""Client events of the OpenAI Realtime dialect and of our own `hamdel.` extension: text in, models out.

No I/O. What cannot be served raises `ProtocolError`, which the talk answers with an `error` event and
then goes on.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import from_json

from bot.audio_encoding import AudioEncoding
from session_log.events import SCOPES

__all__ = [
    "AudioAppend",
    "AudioClear",
    "AudioCommit",
    "ClientEvent",
    "ConsentSetting",
    "DistressSetting",
    "ItemCreate",
    "ItemDelete",
    "ItemRetrieve",
    "ItemTruncate",
    "LabelWrong",
    "OutputAudioClear",
    "Ping",
    "Playback",
    "ProtocolError",
    "ResponseCancel",
    "ResponseCreate",
    "Resume",
    "SessionUpdate",
    "SuggestionFeedbackGiven",
    "decode_audio",
    "decode_frame",
    "parse_client_event",
]

MAX_TEXT_CHARACTERS = 10_000
_LONGEST_EVENT_ID = 512
_SHORTEST_FRAME_MS = 20
_LONGEST_FRAME_MS = 100
_ODD_BYTES = "PCM16 audio must have an even number of bytes."


class ProtocolError(Exception):
    """A client event that cannot be served.

    Attributes:
        code: machine-readable reason, such as "invalid_value".
        param: the field concerned, in dotted form, or None.
        event_id: the client's own id of the event, or None.
    """

    def __init__(self, code: str, message: str, *, param: str | None = None, event_id: str | None = None):
        super().__init__(message)
        self.code = code
        self.message = message
        self.param = param
        self.event_id = event_id


class _Event(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    event_id: str | None = Field(default=None, max_length=_LONGEST_EVENT_ID)


class SessionUpdate(_Event):
    """Changes the session; see `session_config`."""

    type: Literal["session.update"]
    session: dict[str, Any]


class AudioAppend(_Event):
    """Base64 audio in the session's input format."""

    type: Literal["input_audio_buffer.append"]
    audio: str


class AudioCommit(_Event):
    """Ends the user's turn by hand (push-to-talk)."""

    type: Literal["input_audio_buffer.commit"]


class AudioClear(_Event):
    """Throws away what was heard since the last turn."""

    type: Literal["input_audio_buffer.clear"]


class _Content(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    type: str
    text: str | None = Field(default=None, max_length=MAX_TEXT_CHARACTERS)
    transcript: str | None = Field(default=None, max_length=MAX_TEXT_CHARACTERS)


class _Item(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str | None = Field(default=None, min_length=1, max_length=128)
    type: str
    role: str = "user"
    content: list[_Content] = Field(default_factory=list, max_length=32)


class ItemCreate(_Event):
    """A typed turn of the user, or a message of an earlier talk."""

    type: Literal["conversation.item.create"]
    item: _Item
    previous_item_id: str | None = None


class ItemTruncate(_Event):
    """Says how much of a spoken reply was heard."""

    type: Literal["conversation.item.truncate"]
    item_id: str
    content_index: int = Field(ge=0)
    audio_end_ms: int = Field(ge=0)


class ItemRetrieve(_Event):
    """Asks for an item of the history."""

    type: Literal["conversation.item.retrieve"]
    item_id: str


class ItemDelete(_Event):
    """Removes an item from the history."""

    type: Literal["conversation.item.delete"]
    item_id: str


class _Response(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    conversation: str | None = None
    metadata: dict[str, str] | None = None
    output_modalities: list[Literal["audio", "text"]] | None = None


class ResponseCreate(_Event):
    """Asks for a reply to the pending turn, or for the greeting."""

    type: Literal["response.create"]
    response: _Response | None = None


class ResponseCancel(_Event):
    """Stops the reply under way."""

    type: Literal["response.cancel"]
    response_id: str | None = None


class OutputAudioClear(_Event):
    """Stops the audio of the reply under way."""

    type: Literal["output_audio_buffer.clear"]


def _known_scope(scope: str) -> str:
    if scope not in SCOPES:
        raise ValueError(f"must be one of {', '.join(SCOPES)}")
    return scope


class ConsentSetting(_Event):
    """Grants or revokes one consent."""

    type: Literal["hamdel.consent.set"]
    scope: Annotated[str, AfterValidator(_known_scope)]
    granted: bool
    version: str = Field(min_length=1, max_length=32)


class Playback(_Event):
    """How much of a reply has been played so far."""

    type: Literal["hamdel.playback"]
    item_id: str
    played_ms: int = Field(ge=0)


class Resume(_Event):
    """Continues a talk whose socket broke, behind the event that ends in this sequence number."""

    type: Literal["hamdel.resume"]
    token: str = Field(min_length=1, max_length=128)
    last_event_seq: int = Field(ge=0)


class SuggestionFeedbackGiven(_Event):
    """Whether a suggestion helped."""

    type: Literal["hamdel.suggestion.feedback"]
    suggestion_id: str = Field(min_length=1, max_length=64)
    helped: bool


class DistressSetting(_Event):
    """Distress on the scale of 0 (none) to 10 (worst)."""

    type: Literal["hamdel.distress.set"]
    value: int = Field(ge=0, le=10)
    moment: Literal["before", "after"]


class LabelWrong(_Event):
    """The user says that a mood was heard wrongly, and what it was."""

    type: Literal["hamdel.label.wrong"]
    item_id: str = Field(min_length=1, max_length=128)
    emotion: Literal["neutral", "happiness", "surprise", "sadness", "anger", "fear", "disgust", "unclear"]


class Ping(_Event):
    """Keeps the connection alive."""

    type: Literal["hamdel.ping"]


ClientEvent = (
    SessionUpdate
    | AudioAppend
    | AudioCommit
    | AudioClear
    | ItemCreate
    | ItemTruncate
    | ItemRetrieve
    | ItemDelete
    | ResponseCreate
    | ResponseCancel
    | OutputAudioClear
    | ConsentSetting
    | Playback
    | Resume
    | SuggestionFeedbackGiven
    | DistressSetting
    | LabelWrong
    | Ping
)


def parse_client_event(text: str) -> ClientEvent:
    """Reads one websocket message.

    Raises:
        ProtocolError: for what is not JSON, not an object, of an unknown type, or of the wrong shape.
            The message names the field, never its value: values may be a person's words.
    """
    try:
        # Unlike that of the standard library this parser refuses what no other could read back from us:
        # halves of surrogate pairs, NaN, and nesting without end; and so do we a number that overflows.
        # An append has none that is read, and its audio is long.
        data = from_json(text, allow_inf_nan=False)
        if not (isinstance(data, dict) and data.get("type") == "input_audio_buffer.append"):
            json.dumps(data, allow_nan=False)
    except ValueError:
        raise ProtocolError("invalid_json", "The message is not valid JSON.") from None
    identifier = _identifier(data)
    if not isinstance(data, dict) or not isinstance(data.get("type"), str):
        raise ProtocolError(
            "invalid_event",
            'A client event is a JSON object with a string "type".',
            param="type",
            event_id=identifier,
        )
    try:
        event: ClientEvent = _ADAPTER.validate_python(data)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        if first["type"] == "union_tag_invalid":
            raise ProtocolError(
                "unknown_event",
                f"Unknown event type {data['type'][:64]!r}.",
                param="type",
                event_id=identifier,
            ) from None
        where = ".".join(str(part) for part in first["loc"][1:])
        raise ProtocolError(
            "invalid_value", f"{where or 'event'}: {first['msg']}", param=where or None, event_id=identifier
        ) from None
    return event


def _identifier(data: Any) -> str | None:
    identifier = data.get("event_id") if isinstance(data, dict) else None
    if not isinstance(identifier, str):
        return None
    return identifier[:_LONGEST_EVENT_ID]


def decode_audio(event: AudioAppend, encoding: AudioEncoding) -> bytes:
    """Gives the raw bytes of an append, whole samples of the session's input format.

    Raises:
        ProtocolError: for invalid base64, or half a sample at the end.
    """
    try:
        data = base64.b64decode(event.audio, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ProtocolError(
            "invalid_audio", "audio is not valid base64.", param="audio", event_id=event.event_id
        ) from error
    if len(data) % encoding.sample_bytes:
        raise ProtocolError("invalid_audio", _ODD_BYTES, param="audio", event_id=event.event_id)
    return data


def decode_frame(frame: bytes, encoding: AudioEncoding, *, negotiated: bool) -> bytes:
    """Gives the raw bytes of a binary frame: 20 to 100 ms of audio in the session's input format.

    Raises:
        ProtocolError: for frames that were not negotiated, half a sample at the end, or another length.
    """
    if not negotiated:
        raise ProtocolError(
            "invalid_event",
            "Binary frames were not negotiated: send session.update with hamdel.binary true first.",
        )
    if len(frame) % encoding.sample_bytes:
        raise ProtocolError("invalid_audio", _ODD_BYTES)
    shortest, longest = encoding.bytes_of(_SHORTEST_FRAME_MS), encoding.bytes_of(_LONGEST_FRAME_MS)
    if not shortest <= len(frame) <= longest:
        raise ProtocolError(
            "invalid_audio",
            f"A binary frame holds {_SHORTEST_FRAME_MS} to {_LONGEST_FRAME_MS} ms of {encoding.name}: "
            f"{shortest} to {longest} bytes.",
        )
    return frame


_ADAPTER: TypeAdapter[ClientEvent] = TypeAdapter(Annotated[ClientEvent, Field(discriminator="type")])
