"""What the conversation core tells its shell to do, and what the shell tells it back. No I/O.

Every command that starts work carries the number (turn, attempt or generation) under which its result
has to come back; a result under an old number is worthless and is dropped by the core.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from bot.audio_encoding import AudioEncoding
from bot.choices import Choices
from bot.custom import Custom
from emotion import EmotionEstimate
from session_log.events import Event

__all__ = [
    "AskDialogue",
    "ChangePatience",
    "CloseTalk",
    "Command",
    "ConfigureListening",
    "DialogueDone",
    "DialogueFailed",
    "DialogueMessage",
    "EndUtterance",
    "FinishSpeaking",
    "ForgetAudio",
    "HoldSpeaking",
    "KeepSound",
    "RecallMemory",
    "ReceiveAudio",
    "Record",
    "ReleaseSpeaking",
    "Send",
    "Speak",
    "SpeakingStyle",
    "StopSpeaking",
    "StopUnderstanding",
    "TellDialogue",
    "Timing",
    "Understand",
    "UnderstandingFailed",
    "Understood",
]

SpeakingStyle = Literal["plain", "soft"]
"""As `tts_voices.voice.Style`."""


@dataclass(frozen=True, slots=True)
class Send:
    """Sends one server event to the client."""

    event: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Understand:
    """Recognises words, and mood where it is consented to, of a stretch of audio.

    `with_sound`: a `KeepSound` may follow, so that it is held until the turn is over.
    """

    item_id: str
    attempt: int
    start_ms: int
    end_ms: int
    language: str | None
    with_emotion: bool
    with_sound: bool = False


@dataclass(frozen=True, slots=True)
class StopUnderstanding:
    """The recognition of this item that is under way is stale: the speaker goes on, or it was dropped."""

    item_id: str


@dataclass(frozen=True, slots=True)
class AskDialogue:
    """Gives a turn to the dialogue engine, which is idempotent on `turn_id`."""

    turn_id: str
    text: str
    metadata: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TellDialogue:
    """Tells the dialogue engine what was heard of its answer to a turn, before it is asked the next one.

    `turn_text` is the turn as it was asked, `question` what was heard of the answer's question: "heard",
    "begun" or "unheard" (`bot.heard`).
    """

    turn_id: str
    turn_text: str
    heard_text: str
    question: str


@dataclass(frozen=True, slots=True)
class Speak:
    """Queues one sentence for the voice, in this style of speaking."""

    generation: int
    text: str
    language: str
    speed: float
    style: SpeakingStyle = "plain"


@dataclass(frozen=True, slots=True)
class FinishSpeaking:
    """Says that no sentence follows in this generation."""

    generation: int


@dataclass(frozen=True, slots=True)
class StopSpeaking:
    """Throws away every sentence and sound of a generation."""

    generation: int


@dataclass(frozen=True, slots=True)
class HoldSpeaking:
    """Nothing more of the reply under way is sent until it is released or stopped."""


@dataclass(frozen=True, slots=True)
class ReleaseSpeaking:
    """The reply that was held goes on; `paused_by_client`: what the client had of it has not run out."""

    paused_by_client: bool


@dataclass(frozen=True, slots=True)
class ConfigureListening:
    """Turn detection from now on; `automatic` False means push-to-talk.

    `grace_ms` is how much longer a pause may last until `ChangePatience` comes for it.
    """

    automatic: bool
    threshold: float
    patience_ms: int
    grace_ms: int = 0


@dataclass(frozen=True, slots=True)
class ReceiveAudio:
    """How the client's audio comes from now on; `binary_frames`: also in frames of its own beside appends."""

    encoding: AudioEncoding
    binary_frames: bool


@dataclass(frozen=True, slots=True)
class ChangePatience:
    """The silence that ends the turn in the pause at `pause_end_ms` alone; nothing if that pause is over."""

    pause_end_ms: int
    patience_ms: int


@dataclass(frozen=True, slots=True)
class EndUtterance:
    """Ends the turn under way at once (a commit by hand)."""


@dataclass(frozen=True, slots=True)
class ForgetAudio:
    """Drops all audio heard so far."""


@dataclass(frozen=True, slots=True)
class Record:
    """Gives an event to the session log, which decides by consent what is kept."""

    event: Event


@dataclass(frozen=True, slots=True)
class RecallMemory:
    """Reads what helped a person in earlier talks; it comes back under this number."""

    subject: str
    number: int


@dataclass(frozen=True, slots=True)
class KeepSound:
    """Keeps the sound of a turn, which was recorded at this time, sealed in the session log."""

    turn_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Timing:
    """How long the stages of an answered turn took, in milliseconds, by the names of `hamdel.latency`."""

    stages_ms: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class CloseTalk:
    """Ends the talk with a websocket close code, once everything before it has been sent."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class CallPeople:
    """Tells the people on call that life may be at risk: level 2 or 3, kind, and no words."""

    clinic: str | None
    subject: str | None
    level: int
    kind: str
    language: str
    country: str | None


Command = (
    Send
    | Understand
    | StopUnderstanding
    | AskDialogue
    | TellDialogue
    | Speak
    | FinishSpeaking
    | StopSpeaking
    | HoldSpeaking
    | ReleaseSpeaking
    | ConfigureListening
    | ReceiveAudio
    | ChangePatience
    | EndUtterance
    | ForgetAudio
    | Record
    | RecallMemory
    | KeepSound
    | Timing
    | CloseTalk
    | CallPeople
)


@dataclass(frozen=True, slots=True)
class Understood:
    """What was heard in an utterance; an empty text means no words.

    `alternatives` are what else may have been said, for the crisis guard alone.
    """

    item_id: str
    attempt: int
    text: str
    language: str
    confidence: float
    duration_ms: int
    mood: EmotionEstimate | None
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UnderstandingFailed:
    """The recogniser broke or was too late; `busy`: it took the utterance on at no time."""

    item_id: str
    attempt: int
    busy: bool = False


@dataclass(frozen=True, slots=True)
class DialogueMessage:
    """One message of the dialogue engine's answer; `choices` are answers to what it asks."""

    turn_id: str
    text: str | None
    custom: Custom | None
    choices: Choices | None = None


@dataclass(frozen=True, slots=True)
class DialogueDone:
    """The dialogue engine's answer is complete.

    `crisis`: for it this talk is one in danger; `crisis_level` (0–3) and `crisis_kind`: what it found last.
    """

    turn_id: str
    intent: str | None
    language: str | None
    crisis: bool = False
    crisis_level: int = 0
    crisis_kind: str | None = None


@dataclass(frozen=True, slots=True)
class DialogueFailed:
    """The dialogue engine gave no (complete) answer."""

    turn_id: str
