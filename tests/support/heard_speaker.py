"""A speaker with doubles for its voices, and what came of it."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import numpy as np

from bot.speaker import Speaker
from tts_voices import VoiceError

__all__ = ["Hanging", "Heard", "Plain", "ToneVoice", "seconds_of", "speaking", "until"]


class ToneVoice:
    name = "tone"
    sample_rate_hz = 22_050
    languages = frozenset({"en", "fa"})

    def __init__(self, seconds=0.3):
        self.seconds = seconds
        self.closed = threading.Event()

    def speak(self, text, *, language, speed=1.0, style="plain", cancelled=None):
        if text == "broken":
            raise VoiceError("the voice is broken")
        try:
            for _ in range(int(self.seconds * 10)):
                if cancelled is not None and cancelled.is_set():
                    return
                yield np.full(2_205, 1_000, dtype=np.int16)
        finally:
            self.closed.set()


class Heard:
    def __init__(self):
        self.sounds = []
        self.spoken = []
        self.failed = []

    def milliseconds(self, generation):
        return sum(len(pcm) for g, _, pcm, _ in self.sounds if g == generation) / 48


@asynccontextmanager
async def speaking(*voices, rendered=None):
    heard = Heard()
    clock = asyncio.get_running_loop().time
    with ThreadPoolExecutor(2) as threads:
        speaker = Speaker(
            voices,
            threads,
            on_sound=lambda g, index, pcm: heard.sounds.append((g, index, pcm, clock())),
            on_spoken=heard.spoken.append,
            on_failure=heard.failed.append,
            rendered=rendered,
        )
        task = asyncio.create_task(speaker.run())
        try:
            yield speaker, heard
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def until(condition, timeout_s=5):
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.005)


def seconds_of(heard, level):
    """How long a tone of this level was heard, which tells the voices apart."""
    pieces = [np.frombuffer(pcm, dtype="<i2") for _, _, pcm, _ in heard.sounds]
    return sum(len(piece) for piece in pieces if abs(np.median(piece) - level) < 200) / 24_000


class Hanging(ToneVoice):
    """Blocks its thread until it is released."""

    def __init__(self):
        super().__init__()
        self.asked = []
        self.released = threading.Event()

    def speak(self, text, *, language, speed=1.0, style="plain", cancelled=None):
        self.asked.append(text)
        self.released.wait(60)
        yield np.full(2_205, 1_000, dtype=np.int16)


class Plain(ToneVoice):
    """The fall-back voice: louder, and it remembers what it spoke."""

    name = "plain"

    def __init__(self):
        super().__init__(seconds=0.2)
        self.texts = []

    def speak(self, text, *, language, speed=1.0, style="plain", cancelled=None):
        self.texts.append(text)
        for _ in range(int(self.seconds * 10)):
            yield np.full(2_205, 4_000, dtype=np.int16)
