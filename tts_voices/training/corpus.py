"""Speech to learn a voice from: sentences with their symbols, in the folder layout of LJSpeech.

A corpus is a folder with `wavs/ID.wav` and `lessons.jsonl`, one JSON object a line: `id`, `symbols` (see
`pronunciation.phones`, separated by spaces), `split` ("train", "test", or another name of held-out lessons)
and, where a teacher told them, `text` and `ends` (when each symbol ends, seconds). Needs the environment of
the voices' training.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray
from tqdm import tqdm

from tts_voices.features import SAMPLE_RATE_HZ, log_mel
from tts_voices.pronunciation.phones import SYMBOLS, network_ids
from tts_voices.voice import VoiceError

__all__ = ["LESSONS_FILE", "Lesson", "read_lessons", "read_piece", "read_samples", "spectrograms"]

LESSONS_FILE = "lessons.jsonl"


@dataclass(frozen=True, slots=True)
class Lesson:
    """One recording and what is said in it."""

    name: str
    split: str
    symbols: tuple[str, ...]
    text: str
    path: Path
    ends_s: tuple[float, ...] = ()


def read_lessons(folder: Path, language: str | None) -> list[Lesson]:
    """The lessons of a corpus in `language`, or in any; raises `VoiceError` naming the line of a bad one."""
    path = folder / LESSONS_FILE
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise VoiceError(f"{path} can't be read ({error.strerror})") from error
    lessons = [_lesson(line, f"{path}:{number}", folder, language) for number, line in enumerate(lines, 1)]
    if not lessons:
        raise VoiceError(f"{path} holds no lesson")
    return lessons


def _lesson(line: str, where: str, folder: Path, language: str | None) -> Lesson:
    try:
        fields = json.loads(line)
        symbols = tuple(fields["symbols"].split())
        lesson = Lesson(
            name=fields["id"],
            split=fields["split"],
            symbols=symbols,
            text=fields.get("text", ""),
            path=folder / "wavs" / f"{fields['id']}.wav",
            ends_s=tuple(fields.get("ends", ())),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise VoiceError(f"{where} is no lesson: id, split and symbols are needed ({error})") from error
    unknown = set(symbols) - set(SYMBOLS[language]) if language is not None else set()
    if unknown or len(symbols) < 3:
        raise VoiceError(f"{where}: not symbols of {language!r}: {' '.join(sorted(unknown)) or 'none there'}")
    return lesson


def spectrograms(
    lessons: list[Lesson], language: str, progress: str | None = None
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """What a network gets, [2 symbols + 1], and the frames, [frames, 80], of each lesson in their order."""
    for lesson in tqdm(lessons, desc=progress, disable=progress is None):
        samples = read_samples(lesson.path)
        yield np.asarray(network_ids(lesson.symbols, language)), log_mel(samples)


def read_samples(path: Path) -> NDArray[np.float32]:
    """A recording as mono float32 at 22,050 Hz, shape [n]; raises `VoiceError` where it can't be read."""
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as error:
        raise VoiceError(f"{path} can't be read as sound ({error})") from error
    mono: NDArray[np.float32] = samples.mean(axis=1, dtype=np.float32)
    if rate != SAMPLE_RATE_HZ:
        mono = np.asarray(soxr.resample(mono, rate, SAMPLE_RATE_HZ), dtype=np.float32)
    if len(mono) < SAMPLE_RATE_HZ // 10:
        raise VoiceError(f"{path} is shorter than a tenth of a second")
    return mono


def read_piece(path: Path, length: int, place: float) -> NDArray[np.float32]:
    """At most `length` samples of a recording at 22,050 Hz, from the share `place` (0 to 1) of what it has.

    Only the piece is read, so that a corpus of a hundred hours needs no memory. Raises `VoiceError` for a
    file that can't be read or has another rate.
    """
    try:
        with soundfile.SoundFile(path) as file:
            if file.samplerate != SAMPLE_RATE_HZ:
                raise VoiceError(f"{path} has {file.samplerate} Hz; a corpus has {SAMPLE_RATE_HZ}")
            file.seek(int(place * max(0, file.frames - length)))
            piece: NDArray[np.float32] = file.read(length, dtype="float32", always_2d=True).mean(axis=1)
            return piece
    except (soundfile.LibsndfileError, OSError) as error:
        raise VoiceError(f"{path} can't be read as sound ({error})") from error
