"""The effective session: what a client asked for in `session.update`, checked and echoed. No I/O."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from bot.audio_encoding import ENCODINGS, PCM16, SAMPLE_RATE_HZ, AudioEncoding
from bot.protocol import ProtocolError

__all__ = ["SAMPLE_RATE_HZ", "HamdelOptions", "SessionConfig", "TurnDetection", "apply_update"]


class _Part(BaseModel):
    # Stock clients send fields of models that we do not have; and expect them to pass.
    model_config = ConfigDict(extra="ignore")


class AudioFormat(_Part):
    """An encoding of mono sound, which has one rate: PCM16 at 24 kHz, μ-law and A-law at 8 kHz."""

    type: Literal["audio/pcm", "audio/pcmu", "audio/pcma"] = "audio/pcm"
    rate: int = Field(default_factory=lambda fields: ENCODINGS[fields["type"]].sample_rate_hz)

    @field_validator("rate")
    @classmethod
    def _is_that_of_the_encoding(cls, rate: int, info: ValidationInfo) -> int:
        encoding = ENCODINGS.get(info.data.get("type", ""))
        if encoding is not None and rate != encoding.sample_rate_hz:
            raise ValueError(f"must be {encoding.sample_rate_hz}")
        return rate

    @property
    def encoding(self) -> AudioEncoding:
        """How it is read and written."""
        return ENCODINGS[self.type]

    def echo(self) -> dict[str, Any]:
        """As an event shows it: the formats of telephones have no rate there."""
        return self.model_dump(exclude=None if self.encoding is PCM16 else {"rate"})


class Transcription(_Part):
    """Language of the talk: "en", "fa", or "auto" (also None) to hear it from each turn."""

    model: Any = "whisper-base"
    language: Literal["en", "fa", "auto"] | None = "auto"
    prompt: Any = None


class TurnDetection(_Part):
    """When a turn begins and ends; `semantic_vad` maps to a patience by its eagerness."""

    type: Literal["server_vad", "semantic_vad"] = "server_vad"
    threshold: float = Field(default=0.5, ge=0.0, le=1.0)
    prefix_padding_ms: int = Field(default=300, ge=0, le=2_000)
    silence_duration_ms: int | None = Field(default=None, ge=200, le=5_000)
    eagerness: Literal["low", "medium", "high", "auto"] = "auto"
    create_response: bool = True
    interrupt_response: bool = True
    idle_timeout_ms: int | None = None


class AudioInput(_Part):
    """Input side of the session."""

    format: AudioFormat = Field(default_factory=AudioFormat)
    transcription: Transcription | None = Field(default_factory=Transcription)
    noise_reduction: Any = None
    turn_detection: TurnDetection | None = Field(default_factory=TurnDetection)


class AudioOutput(_Part):
    """Output side of the session; speed 1 is the voice's own pace."""

    format: AudioFormat = Field(default_factory=AudioFormat)
    voice: Any = "hamdel"
    speed: float = Field(default=1.0, ge=0.25, le=1.5)


class Audio(_Part):
    """Both directions."""

    input: AudioInput = Field(default_factory=AudioInput)
    output: AudioOutput = Field(default_factory=AudioOutput)


class HamdelOptions(_Part):
    """Our own extension; its presence asks for `hamdel.` events.

    `disclosure: "shown"` says that the client has shown the disclosure and had it confirmed, so that
    the first reply need not speak it. `crisis_level` is that of the talk which this one continues after a
    broken connection: it can only raise ours. `country` (ISO 3166, two capital letters) is where the person
    is, if the token names none. `binary` allows binary frames of audio from the client beside appends.
    """

    binary: bool = False
    country: str | None = Field(default=None, pattern="^[A-Z]{2}$")
    crisis_level: int = Field(default=0, ge=0, le=3)
    disclosure: Literal["shown", "speak"] = "speak"
    language: Literal["en", "fa", "auto"] | None = None


class SessionConfig(_Part):
    """The whole effective session, as `session.created` and `session.updated` show it."""

    type: Literal["realtime"] = "realtime"
    object: Literal["realtime.session"] = "realtime.session"
    id: str
    model: Any = "hamdel"
    expires_at: int = 0
    output_modalities: list[Literal["audio", "text"]] = ["audio"]
    instructions: Any = ""
    tools: Any = Field(default_factory=list)
    tool_choice: Any = "auto"
    max_output_tokens: Any = "inf"
    tracing: Any = None
    truncation: Any = "auto"
    prompt: Any = None
    include: Any = None
    audio: Audio = Field(default_factory=Audio)
    hamdel: HamdelOptions | None = None

    @property
    def takes_binary_frames(self) -> bool:
        """Whether the client may send its audio in binary frames."""
        return self.hamdel is not None and self.hamdel.binary

    @property
    def language(self) -> str | None:
        """The language that the client fixed, or None to hear it from each turn."""
        if self.hamdel is not None and self.hamdel.language not in (None, "auto"):
            return self.hamdel.language
        transcription = self.audio.input.transcription
        chosen = transcription.language if transcription is not None else None
        return None if chosen in (None, "auto") else chosen

    def echo(self) -> dict[str, Any]:
        """The session as an event shows it; our own part only to clients that sent one."""
        shown = self.model_dump(exclude={"hamdel"} if self.hamdel is None else None)
        for direction, audio in (("input", self.audio.input), ("output", self.audio.output)):
            shown["audio"][direction]["format"] = audio.format.echo()
        detection = self.audio.input.turn_detection
        if detection is not None:
            shown["audio"]["input"]["turn_detection"] = detection.model_dump(include=_SHOWN[detection.type])
        return shown


_IMMUTABLE = ("id", "object", "expires_at")
_EAGERNESS_MS = {"low": 1_000, "high": 350}  # medium and auto: the deployer's patience
_SHOWN: dict[str, set[str]] = {
    "server_vad": set(TurnDetection.model_fields) - {"eagerness"},
    "semantic_vad": {"type", "eagerness", "create_response", "interrupt_response"},
}
_MERGED = frozenset({"audio", "input", "output", "format", "transcription", "turn_detection", "hamdel"})
_BEGUN_ANEW = ("format", "turn_detection")
_NULLABLE = frozenset(
    {
        "country",
        "hamdel",
        "idle_timeout_ms",
        "include",
        "language",
        "noise_reduction",
        "prompt",
        "silence_duration_ms",
        "tracing",
        "transcription",
        "turn_detection",
    }
)


def apply_update(config: SessionConfig, update: dict[str, Any], *, event_id: str | None) -> SessionConfig:
    """Merges an update into the session, field by field.

    A null leaves a field as it is, where null is no value of it. Another type of turn detection or of
    format begins with the defaults of that type.

    Raises:
        ProtocolError: "invalid_value" with the dotted name of the first field that cannot be served.
    """
    merged = _merge(config.model_dump(), {k: v for k, v in update.items() if k not in _IMMUTABLE})
    try:
        changed = SessionConfig.model_validate(merged)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = "session." + ".".join(str(part) for part in first["loc"])
        raise ProtocolError(
            "invalid_value", f"{where}: {first['msg']}", param=where, event_id=event_id
        ) from None
    detection = changed.audio.input.turn_detection
    if detection is not None and detection.type == "semantic_vad":
        detection.silence_duration_ms = _EAGERNESS_MS.get(detection.eagerness)
    return changed


def _merge(base: dict[str, Any], update: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in update.items():
        present = base.get(key)
        if value is None and key not in _NULLABLE:
            continue
        if key in _MERGED and isinstance(value, dict):
            kept = present if isinstance(present, dict) else {}
            if key in _BEGUN_ANEW and (value.get("type") or kept.get("type")) != kept.get("type"):
                kept = {}
            merged[key] = _merge(kept, value)
        else:
            merged[key] = value
    return merged
