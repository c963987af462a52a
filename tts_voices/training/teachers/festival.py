"""Festival's HTS voice slt as a teacher: English speech together with the phones that were spoken.

The voice `cmu_us_slt_arctic_hts` (Debian: festival and festvox-us-slt-hts) may be used and passed on freely
(licence of Carnegie Mellon University and the University of Edinburgh). Its own words for a text are taken
down from it, so that sound and label agree whatever its dictionary says.
"""

from __future__ import annotations

import shutil
import subprocess  # noqa: S404 - a fixed program without a shell
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from tts_voices.pronunciation.phones import CLOSING_MARKS, OPENING, PAUSE, is_vowel
from tts_voices.voice import VoiceError

__all__ = ["Spoken", "spoken_by_festival"]

_BATCH = 100
_SILENCE = "pau"
_KEPT_AROUND_S = 0.05
_SCHEME = """
(voice_cmu_us_slt_arctic_hts)
(define (lesson text name)
  (set! u (utt.synth (eval (list 'Utterance 'Text text))))
  (utt.save.wave u (string-append name ".wav"))
  (set! f (fopen (string-append name ".seg") "w"))
  (mapcar
    (lambda (s) (format f "%s %s %s\\n" (item.name s) (item.feat s "end")
      (item.feat s "R:SylStructure.parent.stress")))
    (utt.relation.items u 'Segment))
  (fclose f))
"""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A sentence as a teacher spoke it: `samples` of shape [n], float32 in -1 to 1, and its symbols.

    `ends_s` is when each symbol ends, in seconds, where the teacher tells; else empty.
    """

    symbols: tuple[str, ...]
    samples: NDArray[np.float32]
    ends_s: tuple[float, ...] = ()


def spoken_by_festival(texts: list[str], sample_rate_hz: int) -> Iterator[Spoken | None]:
    """Each text, spoken, in order; None for one of which Festival made nothing.

    Raises `VoiceError` where Festival or its voice is not installed.
    """
    program = shutil.which("festival")
    if program is None:
        raise VoiceError("festival is not there: apt-get install festival festvox-us-slt-hts")
    for start in range(0, len(texts), _BATCH):
        batch = texts[start : start + _BATCH]
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder, "lessons.scm")
            calls = [f'(lesson "{_quoted(text)}" "{folder}/{place}")' for place, text in enumerate(batch)]
            script.write_text(_SCHEME + "\n".join(calls), encoding="ascii", errors="replace")
            done = subprocess.run([program, "-b", str(script)], capture_output=True, text=True, check=False)  # noqa: S603
            if "is not defined" in done.stderr or "unbound variable: voice" in done.stderr:
                raise VoiceError("festival has no voice slt: apt-get install festvox-us-slt-hts")
            for place, text in enumerate(batch):
                yield _spoken(Path(folder, str(place)), text, sample_rate_hz)


def _quoted(text: str) -> str:
    return " ".join(text.replace("\\", " ").replace('"', " ").split())


def _spoken(stem: Path, text: str, sample_rate_hz: int) -> Spoken | None:
    sound, segments = stem.with_suffix(".wav"), stem.with_suffix(".seg")
    if not sound.exists() or not segments.exists():
        return None
    samples, rate = soundfile.read(sound, dtype="float32")
    symbols, ends, start_s, end_s = _symbols(segments.read_text().splitlines(), text)
    if len(symbols) < 3:
        return None
    first, last = max(0.0, start_s - _KEPT_AROUND_S), min(len(samples) / rate, end_s + _KEPT_AROUND_S)
    cut = samples[int(first * rate) : int(last * rate)]
    resampled = np.asarray(soxr.resample(cut, rate, sample_rate_hz), dtype=np.float32)
    ends = [end - first for end in ends]
    return Spoken(tuple(symbols), resampled, (start_s - first, *ends, len(resampled) / sample_rate_hz))


def _symbols(lines: list[str], text: str) -> tuple[list[str], list[float], float, float]:
    """Symbols with both marks at the ends; ends of all but those two; where speech starts and ends."""
    found: list[tuple[str, float]] = []
    start_s = 0.0
    for line in lines:
        name, end, stress = line.split()
        if name == _SILENCE:
            if found and found[-1][0] != PAUSE:
                found.append((PAUSE, float(end)))
            elif not found:
                start_s = float(end)
            continue
        digit = ("1" if stress == "1" else "0") if name != "ax" and is_vowel(name, "en") else ""
        found.append((name + digit, float(end)))
    while found and found[-1][0] == PAUSE:
        found.pop()
    closing = text.rstrip()[-1:]
    symbols = [OPENING, *(name for name, _ in found), closing if closing in CLOSING_MARKS else "."]
    return symbols, [end for _, end in found], start_s, found[-1][1] if found else 0.0
