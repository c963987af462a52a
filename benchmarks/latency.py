"""How long a speaker waits: end of speech → first sound of the reply, over a running server.

`python -m benchmarks.latency --json OUT FILE…` plays recordings in real time, each in a talk of its own.
The end of speech is the last voiced frame that an offline voice activity detector finds in the recording;
it is not taken from the server. Without files it speaks a few sentences of its own with espeak-ng.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import soxr
from tqdm import tqdm

from benchmarks.speech_end import speech_bounds
from bot.client import ClientError, TurnResult, open_talk, read_recording
from bot.session_config import SAMPLE_RATE_HZ
from language import LANGUAGES

__all__ = ["main"]

_SENTENCES = {
    "en": (
        "I had a very hard day at work and I feel tired.",
        "My sister and I had an argument last night.",
        "I don't know what to do about the exam.",
    ),
    "fa": ("امروز خیلی خسته هستم و دلم گرفته است.", "دیشب با خواهرم دعوا کردم."),
}


def main(arguments: list[str] | None = None) -> int:
    """Runs the benchmark; 0 when every recording was answered, 1 when one was not, 2 on bad input."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.latency", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--repeats", type=int, default=5, help="times each recording is played (default 5)")
    parser.add_argument("--talks", type=int, default=1, help="talks at the same time (default 1)")
    parser.add_argument("--patience", type=int, default=500, metavar="MS", help="default 500")
    parser.add_argument("--language", choices=("auto", *LANGUAGES), default="auto")
    parser.add_argument("--json", type=Path, metavar="OUT")
    args = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        try:
            files = args.files or _made_recordings(Path(folder))
            report = asyncio.run(_measure(files, args))
        except ClientError as error:
            print(error, file=sys.stderr)
            return 2
    text = json.dumps(report, ensure_ascii=False, indent=2)
    if args.json is not None:
        args.json.write_text(text + "\n", encoding="utf-8")
    print(text)
    return 0 if report["unanswered"] == 0 else 1


async def _measure(files: Sequence[Path], args: argparse.Namespace) -> dict[str, Any]:
    recordings = [(path, read_recording(path)) for path in files]
    places = asyncio.Semaphore(args.talks)
    load_before = os.getloadavg()[0]
    with tqdm(total=len(recordings) * args.repeats, unit="turn", disable=not sys.stderr.isatty()) as bar:

        async def play(path: Path, samples: np.ndarray[Any, np.dtype[np.int16]]) -> dict[str, Any]:
            async with places:
                mono = soxr.resample(samples.astype(np.float32) / 32768, SAMPLE_RATE_HZ, 16_000)
                _, end_ms = speech_bounds(mono)
                async with open_talk(language=args.language, patience_ms=args.patience) as talk:
                    turn = await talk.play(samples, until="first_audio")
                bar.update()
                return _row(path, len(samples) / SAMPLE_RATE_HZ, end_ms, turn)

        rounds = [recording for _ in range(args.repeats) for recording in recordings]
        rows = await asyncio.gather(*(play(path, samples) for path, samples in rounds))
    answered = [row for row in rows if row["total_ms"] is not None]
    stages = ("speech_end_to_text", "text_to_reply", "reply_to_audio")
    return {
        "talks": args.talks,
        "repeats": args.repeats,
        "recordings": len(recordings),
        "unanswered": len(rows) - len(answered),
        "patience_ms": args.patience,
        "effective_patience_ms": _percentiles([row["turn_end_ms"] for row in answered]),
        "speech_end_to_first_audio_ms": _percentiles([row["total_ms"] for row in answered]),
        "cut_ins": sum(row["cut_ins"] for row in rows),
        "stages": {
            stage: _percentiles([row["server"][stage] for row in answered if row["server"]])
            for stage in stages
        },
        "memory_pss_mb": _server_memory_mb(),
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        "load": {"before": round(load_before, 2), "after": round(os.getloadavg()[0], 2)},
        "rows": rows,
    }


def _row(path: Path, seconds: float, end_ms: float, turn: TurnResult) -> dict[str, Any]:
    total = turn.after_ms(turn.first_audio_at, end_ms)
    waited = turn.after_ms(turn.turn_ended_at, end_ms)
    return {
        "file": path.name,
        "seconds": round(seconds, 2),
        "total_ms": None if total is None else round(total),
        "turn_end_ms": None if waited is None else round(waited),
        "cut_ins": turn.cut_ins,
        "server": turn.server_latency,
        "suggestions": len(turn.suggestions),
    }


def _percentiles(values: Sequence[float]) -> dict[str, int | None]:
    if not values:
        return {"p50": None, "p95": None, "n": 0}
    p50, p95 = np.percentile(values, [50, 95])
    return {"p50": round(float(p50)), "p95": round(float(p95)), "n": len(values)}


def _server_memory_mb() -> dict[str, int]:
    """Proportional set size of each of the server's processes on this machine."""
    names = {"bot serve": "gateway", "rasa run actions": "actions", "rasa run": "dialogue"}
    sizes: dict[str, int] = {}
    for process in psutil.process_iter(["cmdline"]):
        line = " ".join(process.info["cmdline"] or [])
        for mark, name in names.items():
            if mark in line and "python" in line:
                with suppress(psutil.Error):  # it has ended meanwhile
                    sizes[name] = sizes.get(name, 0) + process.memory_full_info().pss // 2**20
                break
    return {**sizes, "all": sum(sizes.values())}


def _made_recordings(folder: Path) -> list[Path]:
    paths = []
    for language, sentences in _SENTENCES.items():
        for number, sentence in enumerate(sentences):
            path = folder / f"{language}-{number}.wav"
            voice = "en-us" if language == "en" else language
            subprocess.run(["espeak-ng", "-v", voice, "-w", str(path), sentence], check=True)
            paths.append(path)
    return paths


if __name__ == "__main__":
    sys.exit(main())
