"""What a client may hear a person do while the bot speaks: sentences, back-channels and coughs, all made.

Sentences and back-channels are spoken by espeak-ng in several voices, paces and pitches. Coughs are those of
`made_coughs`: every second one ends in a voice, and the talks of each language have their own.
"""

from __future__ import annotations

import io
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from benchmarks.made_coughs import made_cough
from benchmarks.speech_end import NoSpeechError, speech_bounds

__all__ = ["RATE_HZ", "Interruption", "made_interruptions"]

RATE_HZ = 24_000

_SENTENCES = {
    "en": (
        "I had a very hard day at work.",
        "Can we talk about something else?",
        "It was not my fault at all.",
        "But my sister never called me back.",
        "Actually I feel much worse today.",
        "Please listen to me for a moment.",
        "There is one thing that I want to say.",
        "I don't know what to do about the exam.",
        "My mother is ill and I am afraid.",
        "Wait, can I say something?",
    ),
    "fa": (
        "امروز خیلی خسته هستم.",
        "می‌شود درباره چیز دیگری حرف بزنیم؟",
        "تقصیر من نبود.",
        "ولی خواهرم اصلا زنگ نزد.",
        "راستش امروز حالم بدتر است.",
        "لطفا یک لحظه به من گوش کنید.",
        "نمی‌دانم با این امتحان چه کار کنم.",
        "مادرم بیمار است و می‌ترسم.",
        "می‌خواهم چیز دیگری بگویم.",
        "دیشب با خواهرم دعوا کردم.",
    ),
}
_BACK_CHANNELS = {
    # [[…]] are espeak-ng's phonemes: written out, "mm-hm" would be spelt letter by letter.
    "en": ("[[m@h'm]]", "yeah", "uh-huh", "okay", "right", "[[hm]]", "yes", "I see", "sure", "oh"),
    "fa": ("آره", "اوهوم", "باشه", "بله", "آها", "خب", "هوم", "آهان", "چشم", "درسته"),
}
_VOICES = {"en": ("en-us", "en-gb", "en-us+f2", "en-us+m3"), "fa": ("fa", "fa+f2", "fa+m3", "fa+f4")}
_PACES = (150, 165, 180)
_PITCHES = (40, 50, 60)
_COUGHS = {"en": 2_026, "fa": 2_027}
"""Seeds that nothing was chosen by: whoever changes a rule of `bot` tries it on coughs of other seeds."""

_AROUND_MS = 500
_ONSET_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Interruption:
    """A stretch of sound that a client plays into its microphone while the bot speaks.

    Attributes:
        kind: "sentence", "back-channel" or "cough".
        language: of the talk.
        name: its words; of a cough, its number and whether it is voiced.
        samples: (n,), PCM16 at 24 kHz.
        onset_ms: where its voice begins, by an offline detector; of a cough, where its sound does.
        end_ms: where its voice ends.
    """

    kind: str
    language: str
    name: str
    samples: NDArray[np.int16]
    onset_ms: int
    end_ms: int


def made_interruptions(
    language: str, *, sentences: int, back_channels: int, coughs: int
) -> Iterator[Interruption]:
    """Makes so many of each kind, the same in each run."""
    for kind, texts, count in (
        ("sentence", _SENTENCES[language], sentences),
        ("back-channel", _BACK_CHANNELS[language], back_channels),
    ):
        for number in range(count):
            text = texts[number % len(texts)]
            yield _bounded(kind, language, text, _spoken(text, language, number))
    for number in range(coughs):
        cough = made_cough(number, voiced=number % 2 == 1, rate_hz=RATE_HZ, seed=_COUGHS[language])
        yield _bounded("cough", language, f"{number}, {'voiced' if number % 2 else 'unvoiced'}", cough)


def _spoken(text: str, language: str, number: int) -> NDArray[np.float32]:
    turn = number // len(_BACK_CHANNELS[language]) + number
    voices = _VOICES[language]
    command = ["espeak-ng", "-v", voices[turn % len(voices)], "--stdout"]
    command += ["-s", str(_PACES[number % len(_PACES)]), "-p", str(_PITCHES[turn % len(_PITCHES)]), text]
    made = subprocess.run(command, capture_output=True, check=True)
    samples, rate_hz = soundfile.read(io.BytesIO(made.stdout), dtype="float32")
    spoken: NDArray[np.float32] = soxr.resample(samples, rate_hz, RATE_HZ)
    return spoken


def _bounded(kind: str, language: str, name: str, sound: NDArray[np.float32]) -> Interruption:
    onset_ms, end_ms = _sound_bounds(sound) if kind == "cough" else _voice_bounds(sound)
    return Interruption(kind, language, name, (sound * 32_767).astype(np.int16), onset_ms, end_ms)


def _voice_bounds(sound: NDArray[np.float32]) -> tuple[int, int]:
    around = np.zeros(RATE_HZ * _AROUND_MS // 1000, dtype=np.float32)
    try:
        whole = soxr.resample(np.concatenate((around, sound, around)), RATE_HZ, 16_000)
        start_ms, end_ms = speech_bounds(whole)
    except NoSpeechError:
        return _sound_bounds(sound)
    return max(0, start_ms - _AROUND_MS), end_ms - _AROUND_MS


def _sound_bounds(sound: NDArray[np.float32]) -> tuple[int, int]:
    loud = np.flatnonzero(np.abs(sound) > _ONSET_SHARE * np.abs(sound).max())
    return int(loud[0]) * 1000 // RATE_HZ, int(loud[-1]) * 1000 // RATE_HZ


if __name__ == "__main__":
    raise SystemExit(
        "This is a part of other benchmarks; `python -m benchmarks` lists those that can be run."
    )
