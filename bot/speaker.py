"""The mouth of one talk: sentences in, PCM16 at the session's rate out, paced so that little is sent ahead.

A fixed sentence is played from its rendered sound, whatever the voices do. A sentence that a voice breaks off
is spoken by the next voice, from its beginning.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.audio import StreamResampler, pcm16_from_samples
from bot.rendered_speech import RenderedSpeech
from bot.session_config import SAMPLE_RATE_HZ
from tts_voices import CHUNK_MS, Voice
from tts_voices.voice import SLOWEST, Style

__all__ = ["Speaker"]

logger = logging.getLogger(__name__)

_LEAD_S = 0.2
_STALL_S = 8.0  # a little longer than a voice's own patience with its program
_LETTING_GO_S = 1.0
_LONGEST_HOLD_S = 60.0  # then it is looked at again
_BYTES_PER_S = SAMPLE_RATE_HZ * 2
_PIECE_BYTES = _BYTES_PER_S * CHUNK_MS // 1000


@dataclass(frozen=True, slots=True)
class _Sentence:
    generation: int
    index: int
    text: str
    language: str
    speed: float
    style: Style


@dataclass(frozen=True, slots=True)
class _End:
    generation: int


class _BrokenVoiceError(Exception):
    """A voice gave an error, or nothing (`stalled`); the text is the class of the error."""

    def __init__(self, error: str, *, stalled: bool) -> None:
        super().__init__(error)
        self.stalled = stalled


class Speaker:
    """Speaks queued sentences in order.

    Args:
        voices: make the sound, in a thread of `threads`; tried in order, sentence by sentence.
        threads: where the voices work.
        on_sound: takes (generation, index of the sentence, PCM16 bytes) when they are due.
        on_spoken: takes a generation whose last sound is out.
        on_failure: takes a generation that no voice could speak.
        rendered: has the fixed sentences as sound, which is played before any voice is asked.
    """

    def __init__(
        self,
        voices: Sequence[Voice],
        threads: Executor,
        *,
        on_sound: Callable[[int, int, bytes], None],
        on_spoken: Callable[[int], None],
        on_failure: Callable[[int], None],
        rendered: RenderedSpeech | None = None,
    ) -> None:
        self._voices = voices
        self._voice_names = tuple(dict.fromkeys(voice.name for voice in voices))
        self._rendered = rendered
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
        self._held_at_s: float | None = None

    def say(self, generation: int, text: str, language: str, speed: float, style: Style = "plain") -> None:
        """Queues a sentence; `style` is the voice's manner, which a rendered sentence has already."""
        index = self._queued.get(generation, 0)
        self._queued = {generation: index + 1}
        self._queue.put_nowait(_Sentence(generation, index, text, language, speed, style))

    def finish(self, generation: int) -> None:
        """Marks the end of a generation."""
        self._queue.put_nowait(_End(generation))

    def stop(self, generation: int) -> None:
        """Silences this generation and all before it, at once."""
        self._stopped_generation = max(self._stopped_generation, generation)
        self._cancelled.set()
        self._wake.set()
        self._playhead_s = 0.0
        self._held_at_s = None

    def hold(self) -> None:
        """Gives nothing more out until `release` or `stop`."""
        if self._held_at_s is None:
            self._held_at_s = self._now()

    def release(self, *, paused_by_client: bool) -> None:
        """Goes on; `paused_by_client`: it has played nothing meanwhile, and is ahead as it was."""
        if self._held_at_s is not None and paused_by_client:
            self._playhead_s = max(self._playhead_s, self._held_at_s) + self._now() - self._held_at_s
        self._held_at_s = None
        self._wake.set()

    async def run(self) -> None:
        """Speaks until cancelled; the owner of the talk owns this task."""
        while True:
            item = await self._queue.get()
            if item.generation <= self._stopped_generation:
                continue
            if isinstance(item, _End):
                await self._pause_until_due(item.generation, 0.0)
                if item.generation > self._stopped_generation:
                    self._on_spoken(item.generation)
                continue
            self._wake.clear()
            if not await self._speak(item) and item.generation > self._stopped_generation:
                self._stopped_generation = item.generation  # its other sentences would fail too
                self._on_failure(item.generation)

    async def _speak(self, sentence: _Sentence) -> bool:
        if await self._play_rendered(sentence):
            return True
        for voice in self._voices:
            if sentence.language not in voice.languages:
                continue
            self._cancelled = threading.Event()
            try:
                await self._speak_with(voice, sentence, self._cancelled)
            except _BrokenVoiceError as broken:
                logger.error("the voice %s failed: %s", voice.name, broken)
                if broken.stalled:  # it keeps a thread, and would keep one for each sentence
                    self._voices = tuple(other for other in self._voices if other is not voice)
                if sentence.generation <= self._stopped_generation:
                    return True
            else:
                return True
        return False

    async def _play_rendered(self, sentence: _Sentence) -> bool:
        """Plays a fixed sentence; False where it has to be spoken."""
        rendered = self._rendered
        if rendered is None or not rendered.is_fixed(sentence.text, sentence.language, sentence.speed):
            return False
        pcm = await rendered.find(self._voice_names, sentence.text, sentence.language)
        if pcm is None:
            return False
        for start in range(0, len(pcm), _PIECE_BYTES):
            if not await self._put_out(sentence, pcm[start : start + _PIECE_BYTES]):
                break
        return True

    async def _put_out(self, sentence: _Sentence, pcm: bytes) -> bool:
        """Gives a piece out when it is due; False if the sentence was stopped meanwhile."""
        await self._pause_until_due(sentence.generation, _LEAD_S)
        if sentence.generation <= self._stopped_generation:
            return False
        self._playhead_s = max(self._playhead_s, self._now()) + len(pcm) / _BYTES_PER_S
        self._on_sound(sentence.generation, sentence.index, pcm)
        return True

    async def _speak_with(self, voice: Voice, sentence: _Sentence, cancelled: threading.Event) -> None:
        loop = asyncio.get_running_loop()
        chunks = self._chunks(voice, sentence, cancelled)
        step = loop.run_in_executor(self._threads, next, chunks, None)
        try:
            while True:
                try:
                    async with asyncio.timeout(_STALL_S):
                        pcm = await asyncio.shield(step)
                except Exception as error:
                    # Whatever fails in a voice, the talk goes on, at last in writing.
                    raise _BrokenVoiceError(type(error).__name__, stalled=not step.done()) from None
                if pcm is None:
                    return
                if not await self._put_out(sentence, pcm):
                    return
                step = loop.run_in_executor(self._threads, next, chunks, None)
        finally:
            cancelled.set()
            # A generator can't be closed while a thread is inside it; one that hangs is left to the thread.
            done, _ = await asyncio.wait([step], timeout=_LETTING_GO_S)
            if done:
                await loop.run_in_executor(self._threads, chunks.close)

    @staticmethod
    def _chunks(
        voice: Voice, sentence: _Sentence, cancelled: threading.Event
    ) -> Generator[bytes, None, None]:
        resampler = StreamResampler(voice.sample_rate_hz, SAMPLE_RATE_HZ)
        pieces = voice.speak(
            sentence.text,
            language=sentence.language,
            speed=max(SLOWEST, sentence.speed),  # clients may ask for less than a voice can
            style=sentence.style,
            cancelled=cancelled,
        )
        for samples in pieces:
            converted = resampler.convert(samples)
            if len(converted):
                yield pcm16_from_samples(converted)
        tail: NDArray[np.int16] = resampler.convert(np.zeros(0, dtype=np.int16), last=True)
        if len(tail):
            yield pcm16_from_samples(tail)

    async def _pause_until_due(self, generation: int, lead_s: float) -> None:
        """Waits until the playhead is this near, and while the reply is held; not once it is stopped."""
        while generation > self._stopped_generation:
            wait_s = self._playhead_s - self._now() - lead_s
            if self._held_at_s is None and wait_s <= 0:
                return
            self._wake.clear()
            await self._pause(_LONGEST_HOLD_S if self._held_at_s is not None else wait_s)

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
