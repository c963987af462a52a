"""What all talks share: models, voices, and connections to the other processes."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

import onnxruntime

from bot.dialogue_client import DialogueClient
from bot.feedback_learning import FeedbackLearning
from bot.metrics import Metrics
from bot.on_call_desk import OnCallDesk
from bot.phrases import Phrases
from bot.rendered_speech import RenderedSpeech
from bot.safety import Guard
from bot.speech import SpeechBackend
from session_log import SessionLog
from tts_voices import Voice
from tts_voices.cached.voice import CachedVoice

__all__ = ["Parts", "wall_clock_ms"]


def wall_clock_ms() -> float:
    """The time by the machine's clock, milliseconds since the epoch."""
    return time.time() * 1000


@dataclass(frozen=True, slots=True)
class Parts:
    """What all talks share.

    Attributes:
        voices: are tried in order, what is `rendered` before them.
        voice_problem: why the voice of the settings can't speak; None where it can.
        learning: what feedback has taught; None where nothing is remembered and the rules alone decide.
        now_ms: the wall clock that talks go by, in milliseconds since the epoch.
    """

    guard: Guard
    phrases: Phrases
    speech: SpeechBackend
    voice_activity: onnxruntime.InferenceSession
    voices: tuple[Voice, ...]
    dialogue: DialogueClient
    session_log: SessionLog
    on_call: OnCallDesk
    threads: Executor
    metrics: Metrics
    rendered: RenderedSpeech | None = None
    learning: FeedbackLearning | None = None
    voice_problem: str | None = None
    now_ms: Callable[[], float] = wall_clock_ms

    def close(self) -> None:
        """Writes what the session log still holds, and ends the threads."""
        if self.learning is not None:
            self.learning.close()
        self.session_log.close()  # before what follows: a thread may hang
        self.speech.close()
        if self.rendered is not None:
            self.rendered.close()
        for voice in self.voices:
            if isinstance(voice, CachedVoice):
                voice.close()
        self.threads.shutdown(cancel_futures=True)
