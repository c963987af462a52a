"""Understanding of an utterance: words and feeling, side by side, in a bounded pool of threads.

`SpeechBackend` is the seam at which the models can move to other machines. A detector that hears feeling in
the recogniser's own encoder states (`StatesDetector`) needs no pass of its own: one encoding gives both.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bot.transcriber import RecognitionStaleError, Transcriber, Transcript
from emotion import EmotionEstimate
from ser_model.detector import SpeechEmotionDetector
from ser_model.model_card import ModelCard

__all__ = [
    "Heard",
    "LocalSpeech",
    "SpeechBackend",
    "SpeechBusyError",
    "SpeechTimeoutError",
    "StatesDetector",
]

logger = logging.getLogger(__name__)

_FEELING_GRACE_S = 0.5  # beyond the words, which take many times as long


class SpeechBusyError(Exception):
    """More utterances are waiting than the queue holds."""


class SpeechTimeoutError(Exception):
    """An utterance was not recognised before its deadline."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Words, and the feeling in the voice where it was asked for."""

    transcript: Transcript
    mood: EmotionEstimate | None


class SpeechBackend(Protocol):
    """Whatever can understand an utterance."""

    async def understand(
        self, samples: NDArray[np.float32], *, language: str | None, with_emotion: bool
    ) -> Heard:
        """Understands one utterance; see `LocalSpeech.understand`."""

    @property
    def waiting(self) -> int:
        """Utterances that wait or are being understood."""

    def close(self) -> None:
        """Frees what the backend holds."""


class StatesDetector(Protocol):
    """Hears feeling in what the recogniser has encoded; safe to call from any thread, several at once."""

    @property
    def card(self) -> ModelCard:
        """What it knows of its model."""

    def estimate(
        self, states: NDArray[np.float32], *, samples: NDArray[np.float32], language: str
    ) -> EmotionEstimate:
        """The feeling in an utterance.

        Args:
            states: (n, d) of `Transcriber.transcribe`'s `on_encoded`, all stretches of speech in a row.
            samples: the utterance, of which some is not to be read (too noisy, too short).
            language: of the words; says only whether the model was validated.
        """


class LocalSpeech:
    """The models in this process.

    Args:
        transcribers: recognise words: under None any language, and it says which; under a language this one.
        detector: hears feeling.
        workers: utterances at once.
        queue: utterances that may wait beside those.
        deadline_s: longest time from asking to answer.
        states_detector: hears feeling in place of `detector` where `encoding` is asked first, in its encoder
            states: those of another model mean nothing to it.
        encoding: one of the transcribers.
    """

    def __init__(
        self,
        transcribers: Mapping[str | None, Transcriber],
        detector: SpeechEmotionDetector,
        *,
        workers: int,
        queue: int,
        deadline_s: float,
        states_detector: StatesDetector | None = None,
        encoding: Transcriber | None = None,
    ) -> None:
        self._transcribers = transcribers
        self._detector = detector
        self._states_detector = states_detector
        self._encoding = encoding
        self._deadline_s = deadline_s
        self._places = workers + queue
        self._taken = 0
        self._lock = threading.Lock()
        self._recognition = ThreadPoolExecutor(workers, thread_name_prefix="recognition")
        self._emotion = ThreadPoolExecutor(workers, thread_name_prefix="emotion")

    @property
    def waiting(self) -> int:
        """Utterances that wait or are being understood."""
        return self._taken

    async def understand(
        self, samples: NDArray[np.float32], *, language: str | None, with_emotion: bool
    ) -> Heard:
        """Understands one utterance; a recognition that breaks is tried once more, with the full window.

        Args:
            samples: (n,), mono 16 kHz, −1 to 1.
            language: "en", "fa", or None to hear it.
            with_emotion: whether feelings may be inferred (consent).

        Raises:
            SpeechBusyError: at once, when the queue is full.
            SpeechTimeoutError: when the deadline has passed.
        """
        if not self._take_place():
            raise SpeechBusyError("The recogniser's queue is full.")
        stale = threading.Event()
        states_detector = self._states_detector
        if self._transcriber_of(language) is not self._encoding or not with_emotion:
            states_detector = None
        states: list[NDArray[np.float32]] | None = None if states_detector is None else []
        job = self._recognition.submit(self._recognise, samples, language, stale, states)
        # A place is free again when its thread is, not when somebody stops waiting for it.
        job.add_done_callback(lambda done: self._give_place())
        words = asyncio.wrap_future(job)
        feeling: asyncio.Task[EmotionEstimate | None] | None = None
        if with_emotion and states is None:
            feeling = asyncio.create_task(
                self._feel(lambda: self._detector.estimate(samples, language=language or "en"))
            )
        try:
            async with asyncio.timeout(self._deadline_s):
                transcript = await words
            if states and states_detector is not None:
                estimate, encoded = states_detector.estimate, np.concatenate(states)
                heard_in = transcript.language
                feeling = asyncio.create_task(
                    self._feel(lambda: estimate(encoded, samples=samples, language=heard_in))
                )
            mood = await self._settled(feeling)
            if mood is None:
                return Heard(transcript, None)
            # Feeling does not wait for the words; whether it is validated depends on their language.
            card = (states_detector or self._detector).card
            validated = transcript.language in card.validated_languages
            return Heard(transcript, replace(mood, validated=validated))
        except TimeoutError as error:
            raise SpeechTimeoutError(f"No transcript within {self._deadline_s} s.") from error
        finally:
            stale.set()
            words.cancel()
            if feeling is not None:
                feeling.cancel()

    def _recognise(
        self,
        samples: NDArray[np.float32],
        language: str | None,
        stale: threading.Event,
        states: list[NDArray[np.float32]] | None,
    ) -> Transcript:
        heard = self._transcribe(self._transcriber_of(language), samples, language, stale, states)
        special = self._transcriber_of(heard.language)
        if language is None and heard.text and special is not self._transcribers[None]:
            return self._transcribe(special, samples, heard.language, stale, None)
        return heard

    def _transcriber_of(self, language: str | None) -> Transcriber:
        return self._transcribers.get(language, self._transcribers[None])

    @staticmethod
    def _transcribe(
        transcriber: Transcriber,
        samples: NDArray[np.float32],
        language: str | None,
        stale: threading.Event,
        states: list[NDArray[np.float32]] | None,
    ) -> Transcript:
        on_encoded = None if states is None else states.append
        try:
            return transcriber.transcribe(samples, language=language, stale=stale, on_encoded=on_encoded)
        except RecognitionStaleError:
            raise
        except Exception as error:
            # The short window is our own departure from how Whisper was trained; the full one is not.
            logger.error("recognition broke, trying the full window: %s", type(error).__name__)
            if states is not None:
                states.clear()
            return transcriber.transcribe(
                samples, language=language, stale=stale, full_window=True, on_encoded=on_encoded
            )

    def _take_place(self) -> bool:
        with self._lock:
            free = self._taken < self._places
            self._taken += free
            return free

    def _give_place(self) -> None:
        with self._lock:
            self._taken -= 1

    @staticmethod
    async def _settled(feeling: asyncio.Task[EmotionEstimate | None] | None) -> EmotionEstimate | None:
        if feeling is None:
            return None
        try:
            async with asyncio.timeout(_FEELING_GRACE_S):
                return await feeling
        except TimeoutError:
            logger.error("speech emotion was too late")
            return None

    async def _feel(self, estimate: Callable[[], EmotionEstimate]) -> EmotionEstimate | None:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._emotion, estimate)
        except Exception as error:
            # Words are worth more than the feeling in them: whatever fails here, the turn goes on.
            logger.error("speech emotion failed: %s", type(error).__name__)
            return None

    def close(self) -> None:
        """Waits for what is running and ends the threads."""
        self._recognition.shutdown(cancel_futures=True)
        self._emotion.shutdown(cancel_futures=True)
