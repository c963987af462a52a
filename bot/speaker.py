"""The mouth of one talk: sentences in, PCM16 at 24 kHz out, paced so that little is sent ahead."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Generator
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.audio import StreamResampler, pcm16_from_samples
from bot.session_config import SAMPLE_RATE_HZ
from tts_voices import Voice
from tts_voices.voice import SLOWEST

__all__ = ["Speaker"]

logger = logging.getLogger(__name__)

_LEAD_S = 0.2
_BYTES_PER_S = SAMPLE_RATE_HZ * 2


@dataclass(frozen=True, slots=True)
class _Sentence:
    generation: int
    index: int
    text: str
    language: str
    speed: float


@dataclass(frozen=True, slots=True)
class _End:
    generation: int


class Speaker:
    """Speaks queued sentences in order.

    Args:
        voice: makes the sound, in a thread of `threads`.
        threads: where the voice works.
        on_sound: takes (generation, index of the sentence, PCM16 bytes) when they are due.
        on_spoken: takes a generation whose last sound is out.
        on_failure: takes a generation that the voice could not speak.
    """

    def __init__(
        self,
        voice: Voice,
        threads: Executor,
        *,
        on_sound: Callable[[int, int, bytes], None],
        on_spoken: Callable[[int], None],
        on_failure: Callable[[int], None],
    ) -> None:
        self._voice = voice
        self._threads = threads
        self._on_sound = on_sound
        self._on_spoken = on_spoken
        self._on_failure = on_failure
        self._queue: asyncio.Queue[_Sentence | _End] = asyncio.Queue()
        self._cancelled = threading.Event()
        self._wake = asyncio.Event()
        self._stopped_generation = 0
        self._queued: dict[int, int] = {}
        self._playhead_s = 0.0

    def say(self, generation: int, text: str, language: str, speed: float) -> None:
        """Queues a sentence."""
        index = self._queued.get(generation, 0)
        self._queued = {generation: index + 1}
        self._queue.put_nowait(_Sentence(generation, index, text, language, speed))

    def finish(self, generation: int) -> None:
        """Marks the end of a generation."""
        self._queue.put_nowait(_End(generation))

    def stop(self, generation: int) -> None:
        """Silences this generation and all before it, at once."""
        self._stopped_generation = max(self._stopped_generation, generation)
        self._cancelled.set()
        self._wake.set()
        self._playhead_s = 0.0

    async def run(self) -> None:
        """Speaks until cancelled; the owner of the talk owns this task."""
        while True:
            item = await self._queue.get()
            if item.generation <= self._stopped_generation:
                continue
            if isinstance(item, _End):
                await self._pause(self._playhead_s - self._now())
                if item.generation > self._stopped_generation:
                    self._on_spoken(item.generation)
                continue
            self._cancelled = threading.Event()
            self._wake.clear()
            try:
                await self._speak(item, self._cancelled)
            except Exception as error:
                # Whatever fails in a voice, the talk goes on in writing.
                logger.error("the voice failed: %s", type(error).__name__)
                if item.generation > self._stopped_generation:
                    self._stopped_generation = item.generation  # its other sentences would fail too
                    self._on_failure(item.generation)

    async def _speak(self, sentence: _Sentence, cancelled: threading.Event) -> None:
        loop = asyncio.get_running_loop()
        chunks = self._chunks(sentence, cancelled)
        step = loop.run_in_executor(self._threads, next, chunks, None)
        try:
            while (pcm := await asyncio.shield(step)) is not None:
                await self._pause(self._playhead_s - self._now() - _LEAD_S)
                if sentence.generation <= self._stopped_generation:
                    return
                self._playhead_s = max(self._playhead_s, self._now()) + len(pcm) / _BYTES_PER_S
                self._on_sound(sentence.generation, sentence.index, pcm)
                step = loop.run_in_executor(self._threads, next, chunks, None)
        finally:
            cancelled.set()
            await asyncio.wait([step])  # a generator can't be closed while a thread is inside it
            await loop.run_in_executor(self._threads, chunks.close)

    def _chunks(self, sentence: _Sentence, cancelled: threading.Event) -> Generator[bytes, None, None]:
        resampler = StreamResampler(self._voice.sample_rate_hz, SAMPLE_RATE_HZ)
        pieces = self._voice.speak(
            sentence.text,
            language=sentence.language,
            speed=max(SLOWEST, sentence.speed),  # clients may ask for less than a voice can
            cancelled=cancelled,
        )
        for samples in pieces:
            converted = resampler.convert(samples)
            if len(converted):
                yield pcm16_from_samples(converted)
        tail: NDArray[np.int16] = resampler.convert(np.zeros(0, dtype=np.int16), last=True)
        if len(tail):
            yield pcm16_from_samples(tail)

    async def _pause(self, seconds: float) -> None:
        if seconds <= 0:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
