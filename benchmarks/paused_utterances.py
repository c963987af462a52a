"""Utterances with pauses of known places and lengths, made by espeak-ng from a list.

The list (`endpointing.csv`: language, text) marks each inner pause with its length in seconds and its kind:
"I wanted to call her but {0.8 conjunction} I didn't." Voices and speeds go round from line to line.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from language import LANGUAGES

__all__ = [
    "DEFAULT_LIST",
    "KINDS",
    "SAMPLE_RATE_HZ",
    "Pause",
    "PausedUtterance",
    "Spoken",
    "UtteranceListError",
    "read_utterances",
    "speak",
]

DEFAULT_LIST = Path(__file__).resolve().with_name("endpointing.csv")
SAMPLE_RATE_HZ = 16_000
KINDS = ("conjunction", "filler", "phrase", "sentence")
"""After a conjunction, after a filler, in the middle of a phrase or clause, between two sentences."""

_PAUSE_S = (0.2, 3.0)
_MARK = re.compile(r"\{([^{}]*)\}")
_SPEEDS = (150, 165, 180, 140)
_VOICES = {
    "en": ("en-us", "en-gb+f3", "en-us+m3", "en-gb-x-rp+f2", "en-gb-scotland"),
    "fa": ("fa", "fa+f2", "fa+m3", "fa+f4", "fa+m7"),
}
_PITCHES = (50, 42, 58)
_BEFORE_S = 0.5
_AFTER_S = 3.0
_ROOM = 0.0005
"""Standard deviation of the noise under it all, about −66 dB of full scale."""
_AUDIBLE = 0.01


class UtteranceListError(Exception):
    """The list cannot be used, or nothing can be said; the message says why."""


@dataclass(frozen=True, slots=True)
class Pause:
    """An inner pause of an utterance."""

    length_ms: int
    kind: str


@dataclass(frozen=True, slots=True)
class PausedUtterance:
    """What is to be said: n + 1 pieces of text around n pauses."""

    number: int
    language: str
    pieces: tuple[str, ...]
    pauses: tuple[Pause, ...]


@dataclass(frozen=True, slots=True)
class Spoken:
    """What was said: `samples` (n,) at 16 kHz; each piece from its `starts_ms` to its `ends_ms`."""

    utterance: PausedUtterance
    voice: str
    samples: NDArray[np.float32]
    starts_ms: tuple[int, ...]
    ends_ms: tuple[int, ...]

    def words(self, start_ms: int, end_ms: int) -> str:
        """The pieces that were said mostly between the two times."""
        middles = [(start + end) / 2 for start, end in zip(self.starts_ms, self.ends_ms, strict=True)]
        inside = [
            piece
            for piece, middle in zip(self.utterance.pieces, middles, strict=True)
            if start_ms <= middle <= end_ms
        ]
        return " ".join(inside)


def read_utterances(path: Path) -> list[PausedUtterance]:
    """Reads a list.

    Raises:
        UtteranceListError: where it cannot be read, or a line of it cannot be used.
    """
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UtteranceListError(f"cannot read the list {path}: {type(error).__name__}") from error
    if not rows or not {"language", "text"} <= rows[0].keys():
        raise UtteranceListError(f"{path} needs rows with the columns language and text")
    return [_utterance(number, row["language"], row["text"], path) for number, row in enumerate(rows)]


def _utterance(number: int, language: str, text: str | None, path: Path) -> PausedUtterance:
    where = f"{path}, line {number + 2}"
    if language not in LANGUAGES:
        raise UtteranceListError(f"{where}: the language must be one of {', '.join(LANGUAGES)}")
    parts = _MARK.split(text or "")
    pieces = tuple(part.strip() for part in parts[::2])
    if not all(any(map(str.isalnum, piece)) for piece in pieces):
        raise UtteranceListError(f"{where}: there must be words before and behind each pause")
    return PausedUtterance(number, language, pieces, tuple(_pause(mark, where) for mark in parts[1::2]))


def _pause(mark: str, where: str) -> Pause:
    seconds, _, kind = mark.partition(" ")
    shortest, longest = _PAUSE_S
    try:
        fits = shortest <= float(seconds) <= longest
    except ValueError:
        fits = False
    if not fits or kind not in KINDS:
        raise UtteranceListError(
            f"{where}: {{{mark}}} must be a length of {shortest}–{longest} s and one of {', '.join(KINDS)}"
        )
    return Pause(round(float(seconds) * 1000), kind)


def speak(utterance: PausedUtterance) -> Spoken:
    """Has an utterance said; the same sound each time, as far as espeak-ng makes the same.

    Raises:
        UtteranceListError: without espeak-ng, or where it makes no sound of a piece.
    """
    voices = _VOICES[utterance.language]
    voice = voices[utterance.number % len(voices)]
    speed = _SPEEDS[utterance.number % len(_SPEEDS)]
    pitch = _PITCHES[utterance.number % len(_PITCHES)]
    sound = [np.zeros(int(_BEFORE_S * SAMPLE_RATE_HZ), dtype=np.float32)]
    starts: list[int] = []
    ends: list[int] = []
    position = len(sound[0])
    kinds = [pause.kind for pause in utterance.pauses]
    silences = [pause.length_ms * SAMPLE_RATE_HZ // 1000 for pause in utterance.pauses]
    for place, piece in enumerate(utterance.pieces):
        goes_on = place < len(kinds) and kinds[place] != "sentence"
        # A comma keeps the voice from falling, as that of somebody who has more to say does not.
        said = _say(piece.rstrip(" .,،") + "," if goes_on else piece, voice, speed, pitch)
        starts.append(position * 1000 // SAMPLE_RATE_HZ)
        position += len(said)
        ends.append(position * 1000 // SAMPLE_RATE_HZ)
        silence = silences[place] if place < len(silences) else int(_AFTER_S * SAMPLE_RATE_HZ)
        sound += [said, np.zeros(silence, dtype=np.float32)]
        position += silence
    room = np.random.default_rng(utterance.number).normal(0, _ROOM, position)
    samples = np.concatenate(sound) + room.astype(np.float32)
    return Spoken(utterance, voice, samples.astype(np.float32), tuple(starts), tuple(ends))


def _say(text: str, voice: str, speed: int, pitch: int) -> NDArray[np.float32]:
    espeak = shutil.which("espeak-ng")
    if espeak is None:
        raise UtteranceListError("espeak-ng is not installed; install the package of that name")
    command: Sequence[str] = (espeak, "-v", voice, "-s", str(speed), "-p", str(pitch), "--stdout", text)
    made = subprocess.run(command, capture_output=True, check=False)
    if made.returncode or not made.stdout:
        raise UtteranceListError(f"espeak-ng has no voice {voice}, or made no sound")
    samples, rate_hz = soundfile.read(io.BytesIO(made.stdout), dtype="float32")
    speech: NDArray[np.float32] = np.asarray(
        soxr.resample(samples, rate_hz, SAMPLE_RATE_HZ), dtype=np.float32
    )
    audible = np.flatnonzero(np.abs(speech) > _AUDIBLE)
    if len(audible) == 0:
        raise UtteranceListError(f"espeak-ng made no sound with the voice {voice}")
    return speech[audible[0] : audible[-1] + 1]


if __name__ == "__main__":
    raise SystemExit(
        "This is a part of other benchmarks; `python -m benchmarks` lists those that can be run."
    )
