"""Recognition on recordings with known words: errors and time, beside stock faster-whisper (same weights).

`python -m benchmarks.asr --manifest M.csv --json OUT`; the manifest has the columns path (relative to it),
language and text. Word error rate for English, character error rate for Persian. Each recording goes
through every recogniser in turn, so that all meet the same load of the machine: ours (`short_window`), stock
`WhisperModel.transcribe` as it comes (`stock`: five beams) and with one beam (`stock_greedy`).
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import re
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
from faster_whisper import WhisperModel
from numpy.typing import NDArray
from tqdm import tqdm

from bot.model_store import ModelManifestError, ModelMissingError, UnknownModelError, default_store
from bot.transcriber import LANGUAGES, Transcriber
from language import fold

__all__ = ["main"]

_SAMPLE_RATE_HZ = 16_000
_STOCK_BEAMS = {"stock": 5, "stock_greedy": 1}
_BANDS_S = (3, 7, 15)


class _ManifestError(Exception):
    """The manifest cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class _Clip:
    """What one recogniser made of one recording."""

    length_s: float
    time_s: float
    errors: int
    units: int


@dataclass(slots=True)
class _Tally:
    """Errors and times of one recogniser in one language."""

    clips: list[_Clip] = field(default_factory=list)
    empty: int = 0
    full_windows: int = 0
    wrong_language: int = 0

    def report(self) -> dict[str, Any]:
        bands: dict[str, list[_Clip]] = {}
        for clip in self.clips:
            longest = next((bound for bound in _BANDS_S if clip.length_s < bound), None)
            bands.setdefault("longer" if longest is None else f"under {longest} s", []).append(clip)
        return {
            **_summary(self.clips),
            "median_ms": round(1000 * statistics.median(clip.time_s for clip in self.clips)),
            "highest_ms": round(1000 * max(clip.time_s for clip in self.clips)),
            "empty": self.empty,
            "full_windows": self.full_windows,
            "wrong_language": self.wrong_language,
            "by_length": {name: _summary(bands[name]) for name in sorted(bands)},
        }


def _summary(clips: Sequence[_Clip]) -> dict[str, Any]:
    errors, units = sum(clip.errors for clip in clips), sum(clip.units for clip in clips)
    return {
        "n": len(clips),
        "audio_s": round(sum(clip.length_s for clip in clips), 1),
        "seconds": round(sum(clip.time_s for clip in clips), 2),
        "errors": errors,
        "error_rate": round(errors / max(units, 1), 4),
    }


def main(arguments: list[str] | None = None) -> int:
    """Runs the benchmark; 0 done, 1 without the model, 2 on bad input."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.asr", description=__doc__)
    parser.add_argument("--manifest", type=Path, required=True, metavar="M.csv")
    parser.add_argument("--model", default="whisper-base", help="a model of models.toml (%(default)s)")
    parser.add_argument("--longest", type=float, default=28.0, metavar="S", help="skip longer (%(default)s)")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="take each N-th recording")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="begin with the N-th, from 0")
    parser.add_argument("--language", choices=("given", "auto"), default="given")
    parser.add_argument("--no-stock", action="store_true", help="leave stock faster-whisper out")
    parser.add_argument("--json", type=Path, metavar="OUT")
    args = parser.parse_args(arguments)
    try:
        rows = _read_manifest(args.manifest)[args.first :: args.every]
        folder = default_store().path(args.model)
    except (_ManifestError, ModelManifestError, UnknownModelError) as error:
        print(error, file=sys.stderr)
        return 2
    except ModelMissingError as error:
        print(error, file=sys.stderr)
        return 1
    report = _measure(rows, folder, args)
    text = json.dumps(report, ensure_ascii=False, indent=2)
    print(text)
    if args.json is not None:
        args.json.write_text(text + "\n", encoding="utf-8")
    return 0


def _read_manifest(path: Path) -> list[tuple[Path, str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except OSError as error:
        raise _ManifestError(f"cannot read the manifest {path}: {error.strerror}") from error
    if not rows or not {"path", "language", "text"} <= rows[0].keys():
        raise _ManifestError(f"{path} needs rows with the columns path, language and text")
    unknown = {row["language"] for row in rows} - set(LANGUAGES)
    if unknown:
        raise _ManifestError(f"{path} has other languages than {LANGUAGES}: {sorted(unknown)}")
    recordings = [(path.parent / row["path"], row["language"], row["text"]) for row in rows]
    missing = next((recording for recording, _, _ in recordings if not recording.is_file()), None)
    if missing is not None:
        raise _ManifestError(f"{path} names a recording that is not there: {missing}")
    return recordings


def _measure(rows: Sequence[tuple[Path, str, str]], folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    ours = Transcriber.load(folder)
    stock = None
    if not args.no_stock:
        stock = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1)
    tallies: dict[str, dict[str, _Tally]] = {}
    for path, language, text in tqdm(rows, unit="recording", disable=None):
        samples = _read(path)
        length_s = len(samples) / _SAMPLE_RATE_HZ
        if length_s > args.longest:
            continue
        asked = None if args.language == "auto" else language
        tally = tallies.setdefault(language, {})
        start_s = time.perf_counter()
        heard = ours.transcribe(samples, language=asked)
        row = tally.setdefault("short_window", _Tally())
        _count(row, text, heard.text, language, length_s, time.perf_counter() - start_s)
        row.full_windows += heard.used_full_window
        row.wrong_language += heard.language != language
        if stock is not None:
            for name, beams in _STOCK_BEAMS.items():
                start_s = time.perf_counter()
                segments, info = stock.transcribe(samples, language=asked, beam_size=beams)
                said = " ".join(segment.text.strip() for segment in segments)
                row = tally.setdefault(name, _Tally())
                _count(row, text, said, language, length_s, time.perf_counter() - start_s)
                row.wrong_language += info.language != language
    return {
        "model": args.model,
        "language": args.language,
        "measure": {"en": "word error rate", "fa": "character error rate"},
        "results": {
            language: {name: tally.report() for name, tally in tallies[language].items()}
            for language in sorted(tallies)
        },
        "machine": {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count()},
        "load": [round(load, 2) for load in os.getloadavg()],
    }


def _read(path: Path) -> NDArray[np.float32]:
    samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    mono: NDArray[np.float32] = soxr.resample(samples.mean(axis=1), rate_hz, _SAMPLE_RATE_HZ)
    return mono


def _count(tally: _Tally, wanted: str, heard: str, language: str, length_s: float, time_s: float) -> None:
    reference, hypothesis = (_units(text, language) for text in (wanted, heard))
    tally.clips.append(_Clip(length_s, time_s, _distance(reference, hypothesis), len(reference)))
    tally.empty += not heard


def _units(text: str, language: str) -> list[str]:
    words = re.sub(r"[^\w\s']", " ", fold(text, language).replace("\u200c", " ")).split()
    return words if language == "en" else list(" ".join(words))


def _distance(wanted: Sequence[str], heard: Sequence[str]) -> int:
    row = list(range(len(heard) + 1))
    for i, unit in enumerate(wanted, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (unit != other))
    return row[-1]


if __name__ == "__main__":
    sys.exit(main())
