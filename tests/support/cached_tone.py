"""What the tests of the cache of spoken sentences share: a voice without a program, and looks into its folder."""

import threading
import time

import numpy as np

from tts_voices import VoiceError

__all__ = [
    "ENGLISH",
    "OTHER",
    "OWN",
    "PERSIAN",
    "PRIVATE",
    "RATE",
    "Tone",
    "alike",
    "files",
    "say",
    "written",
]

OWN = {("Here is a small thing.", "en"), ("این یک کار کوچک است.", "fa"), ("Here is another one.", "en")}
ENGLISH, PERSIAN, OTHER = "Here is a small thing.", "این یک کار کوچک است.", "Here is another one."
PRIVATE = "My brother Karim hit me on Tuesday."
RATE = 22_050


class Tone:
    """A voice without a program: a tone whose height is the length of the text."""

    name = "tone"
    sample_rate_hz = RATE
    languages = frozenset({"en", "fa"})

    def __init__(self, chunks=5, error=None):
        self.chunks = chunks
        self.error = error
        self.asked = []
        self.closed = 0

    def speak(self, text, *, language, speed=1.0, style="plain", cancelled=None):
        if language not in self.languages:
            raise VoiceError("not a language of this voice")
        self.asked.append((text, language, speed, style))
        return self._sound(text, cancelled)

    def _sound(self, text, cancelled):
        try:
            for number in range(self.chunks):
                if cancelled is not None and cancelled.is_set():
                    return
                times = (number * 2_205 + np.arange(2_205)) / RATE
                yield (9_000 * np.sin(2 * np.pi * 10 * len(text) * times)).astype(np.int16)
                if self.error is not None:
                    raise self.error
        finally:
            self.closed += 1


def say(voice, text=ENGLISH, language="en", **options):
    chunks = list(voice.speak(text, language=language, **options))
    return np.concatenate(chunks) if chunks else np.zeros(0, dtype=np.int16)


def written(voice):
    """Waits until nothing is left to be written."""
    done = threading.Event()
    while not voice._writer.offer(done.set):
        time.sleep(0.01)
    assert done.wait(10)


def files(voice):
    return sorted(voice._store.folder.glob("*"))


def alike(first, second):
    return len(first) == len(second) and np.corrcoef(first.astype(float), second.astype(float))[0, 1] > 0.98
