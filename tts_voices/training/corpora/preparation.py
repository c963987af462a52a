"""From clips with their texts to a corpus folder: what is fit to learn from, in one rate, with its symbols.

Sound is written once: a run that was broken off goes on where it stopped. The list of lessons is written at
the end, whole or not at all, so that a folder without it is a corpus that is not ready.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray
from tqdm import tqdm

from tts_voices.features import HOP, SAMPLE_RATE_HZ
from tts_voices.pronunciation.phones import SYMBOLS
from tts_voices.training.corpus import LESSONS_FILE, Lesson, read_lessons
from tts_voices.voice import VoiceError

__all__ = ["Clip", "FrontEnd", "Prepared", "Samples", "Sounds", "loaded_file", "prepare", "split_of"]

Samples = NDArray[np.float32]
FrontEnd = Callable[[str], Sequence[str]]

SHORTEST_S = 0.6
LONGEST_S = 15.0
_LONGEST_TEXT = 600
_TEST_PERCENT = 2
_RATES_HZ = (8_000, 192_000)
_QUIET = 0.01
"""Share of a clip's loudest frame below which its ends count as silence (-40 dB)."""
_KEPT_S = 0.05
_FRAME_S = 0.01
_FEWEST_FRAMES = 2.0
"""Frames a symbol, of a speaker so fast that the text can't be all of what is said."""
_MOST_FRAMES = 40.0

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class Clip:
    """One recording: `load` gives its samples, [n] or [n, channels], and rate; `refused` says why not."""

    name: str
    text: str
    load: Callable[[], tuple[Samples, int]]
    refused: str | None = None


@dataclass(frozen=True)
class Prepared:
    """The corpus made: its lessons, its hours, and how many clips were left out for which reason."""

    lessons: list[Lesson]
    hours: float
    left_out: Counter[str] = field(default_factory=Counter)

    def told(self) -> str:
        """All of it in one line."""
        tests = sum(lesson.split == "test" for lesson in self.lessons)
        reasons = _reasons(self.left_out)
        said = f"{len(self.lessons)} clips, {self.hours:.2f} hours, {tests} of them to check with"
        return f"{said}; left out: {reasons}" if reasons else said


class _Unfit(Exception):
    """Why a clip is left out."""


def split_of(name: str) -> str:
    """The split of a clip by its name, so that it never changes sides: "test" for two of a hundred."""
    return "test" if _number(name) % 100 < _TEST_PERCENT else "train"


def _number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")


class Sounds:
    """The sound files of a corpus in the folder `out`, and the names of clips whose sound was found unfit.

    Raises `VoiceError` where `out` can't be written.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        self._wavs = out / "wavs"
        self._unfit_file = out / "unfit.tsv"
        try:
            self._wavs.mkdir(parents=True, exist_ok=True)
            self._unfit_file.touch()
            lines = self._unfit_file.read_text(encoding="utf-8").split("\n")[:-1]
        except (OSError, UnicodeDecodeError) as error:
            raise VoiceError(f"{out} can't be written: {error}") from error
        fields = (line.split("\t") for line in lines)
        self._unfit = {pair[0]: pair[1] for pair in fields if len(pair) == 2}

    def known(self, name: str) -> bool:
        """Whether nothing more has to be read for this clip."""
        possible = _NAME.fullmatch(name) is not None
        return name in self._unfit or (possible and (self._wavs / f"{name}.wav").exists())

    def length_s(self, clip: Clip) -> float:
        """Sees to the clip's file; raises `_Unfit` where its sound is nothing to learn from."""
        path = self._wavs / f"{clip.name}.wav"
        if clip.name in self._unfit:
            raise _Unfit(self._unfit[clip.name])
        if path.exists():
            with contextlib.suppress(soundfile.LibsndfileError):
                return float(soundfile.info(path).duration)
            path.unlink()
        try:
            made = _loaded(clip)
        except FileNotFoundError:
            # It may be there the next time.
            raise _Unfit("without sound") from None
        except _Unfit as reason:
            self._unfit[clip.name] = str(reason)
            with self._unfit_file.open("a", encoding="utf-8") as file:
                file.write(f"{clip.name}\t{reason}\n")
            raise
        _write_whole(
            path, lambda partial: soundfile.write(partial, made, SAMPLE_RATE_HZ, "PCM_16", format="WAV")
        )
        return len(made) / SAMPLE_RATE_HZ


def _loaded(clip: Clip) -> Samples:
    try:
        samples, rate = clip.load()
    except FileNotFoundError:
        raise
    except (OSError, ValueError, RuntimeError):
        raise _Unfit("with unreadable sound") from None
    return _fit(samples, rate)


def prepare(
    clips: Iterable[Clip],
    language: str,
    front_end: FrontEnd,
    sounds: Sounds,
    *,
    total: int | None = None,
    progress: bool = True,
) -> Prepared:
    """Makes a corpus of those `clips` that are fit; goes on where an earlier run was broken off.

    A clip needs a text that the front end can read, and 0.6 to 15 s of sound that is not silent, at a pace at
    which its symbols can be said. Silence at its ends is cut to 50 ms. `total` is for the progress bar.
    Raises `VoiceError` where no clip is fit or a file can't be written.
    """
    listed = sounds.out / LESSONS_FILE
    listed.unlink(missing_ok=True)
    left_out: Counter[str] = Counter()
    found: dict[str, dict[str, str]] = {}
    seconds = 0.0
    for clip in tqdm(clips, total=total, desc=sounds.out.name, unit="clip", disable=not progress):
        try:
            if clip.name in found:
                raise _Unfit("named twice")
            symbols = _symbols(clip, language, front_end)
            length_s = sounds.length_s(clip)
            _check_pace(len(symbols), length_s)
        except _Unfit as reason:
            left_out[str(reason)] += 1
            continue
        seconds += length_s
        said = {"symbols": " ".join(symbols), "text": " ".join(clip.text.split())}
        found[clip.name] = {"id": clip.name, "split": split_of(clip.name), **said}
    if not found:
        raise VoiceError(f"no clip is fit to learn from: {_reasons(left_out) or 'there are none'}")
    if len(found) > 1 and all(lesson["split"] == "train" for lesson in found.values()):
        found[min(found, key=_number)]["split"] = "test"
    lines = "".join(json.dumps(lesson, ensure_ascii=False) + "\n" for lesson in found.values())
    _write_whole(listed, lambda partial: partial.write_text(lines, encoding="utf-8"))
    return Prepared(read_lessons(sounds.out, language), seconds / 3600, left_out)


def _reasons(left_out: Counter[str]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in left_out.most_common())


def _symbols(clip: Clip, language: str, front_end: FrontEnd) -> Sequence[str]:
    if clip.refused is not None:
        raise _Unfit(clip.refused)
    if not _NAME.fullmatch(clip.name):
        raise _Unfit("with a name that can't be a file's")
    if not clip.text.strip():
        raise _Unfit("without text")
    if len(clip.text) > _LONGEST_TEXT:
        raise _Unfit("with too long a text")
    try:
        symbols = front_end(clip.text)
    except (VoiceError, KeyError, ValueError):
        raise _Unfit("that the front end can't read") from None
    if len(symbols) < 3 or not set(symbols) <= set(SYMBOLS[language]):
        raise _Unfit("that the front end can't read")
    return symbols


def _fit(samples: Samples, rate: int) -> Samples:
    """The samples in our rate, mono, without silence around; raises `_Unfit` where that can't be."""
    if not _RATES_HZ[0] <= rate <= _RATES_HZ[1]:
        raise _Unfit("of an impossible rate")
    mono = np.asarray(samples, dtype=np.float32)
    mono = mono.mean(axis=1) if mono.ndim == 2 else mono
    if mono.ndim != 1 or not np.isfinite(mono).all():
        raise _Unfit("with unreadable sound")
    _check_length(len(mono) / rate)
    if rate != SAMPLE_RATE_HZ:
        mono = np.asarray(soxr.resample(mono, rate, SAMPLE_RATE_HZ), dtype=np.float32)
    peak = float(np.abs(mono).max(initial=0.0))
    if peak < 1e-3:
        raise _Unfit("that are silent")
    spoken = _trimmed(mono / max(1.0, peak / 0.99))
    _check_length(len(spoken) / SAMPLE_RATE_HZ)
    return spoken


def _check_length(seconds: float) -> None:
    if seconds < SHORTEST_S:
        raise _Unfit("too short")
    if seconds > LONGEST_S:
        raise _Unfit("too long")


def _trimmed(mono: Samples) -> Samples:
    size = int(_FRAME_S * SAMPLE_RATE_HZ)
    frames = mono[: len(mono) // size * size].reshape(-1, size)
    levels = np.sqrt((frames**2).mean(axis=1))
    loud = np.nonzero(levels > _QUIET * levels.max(initial=0.0))[0]
    if not len(loud):
        raise _Unfit("that are silent")
    kept = int(_KEPT_S * SAMPLE_RATE_HZ)
    return mono[max(0, int(loud[0]) * size - kept) : (int(loud[-1]) + 1) * size + kept]


def _check_pace(symbols: int, seconds: float) -> None:
    frames = seconds * SAMPLE_RATE_HZ / HOP / symbols
    if frames < _FEWEST_FRAMES:
        raise _Unfit("too short for their text")
    if frames > _MOST_FRAMES:
        raise _Unfit("too long for their text")


def _write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Writes a file whole or not at all, however the program ends."""
    partial = path.with_suffix(".partial")
    try:
        write(partial)
        partial.replace(path)
    except OSError as error:
        raise VoiceError(f"{path} can't be written ({error.strerror})") from error
    finally:
        partial.unlink(missing_ok=True)


def loaded_file(path: Path) -> Callable[[], tuple[Samples, int]]:
    """What reads a sound file, once it is asked to."""

    def load() -> tuple[Samples, int]:
        if not path.is_file():
            raise FileNotFoundError(path)
        try:
            samples, rate = soundfile.read(path, dtype="float32", frames=int(_RATES_HZ[1] * (LONGEST_S + 1)))
        except soundfile.LibsndfileError as error:
            raise ValueError(str(error)) from error
        return samples, int(rate)

    return load
