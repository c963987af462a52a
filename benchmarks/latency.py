"""How long a speaker waits: end of speech → first sound of the reply, over a running server.

`python -m benchmarks.latency --json OUT FILE…` plays recordings in real time, each in a talk of its own.
The end of speech is the last voiced frame that an offline voice activity detector finds in the recording;
it is not taken from the server. What the turn detection waited is the effective patience: the rest is what
the server itself takes. Without files espeak-ng speaks sentences for each kind of turn: one that the dialogue
answers at once, one that asks the action server, a danger that the gateway answers from rendered sound, and
a long one.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import soxr
from numpy.typing import NDArray
from tqdm import tqdm

from benchmarks.speech_end import speech_bounds
from bot.client import ClientError, TurnResult, open_talk, read_recording
from bot.session_config import SAMPLE_RATE_HZ
from language import LANGUAGES

if TYPE_CHECKING:
    import psutil

__all__ = ["main"]

_SENTENCES: dict[str, dict[str, tuple[str, ...]]] = {
    "no action": {
        "en": (
            "I had a very hard day at work and I feel tired.",
            "My sister and I had an argument last night.",
        ),
        "fa": ("امروز خیلی خسته هستم و دلم گرفته است.", "دیشب با خواهرم دعوا کردم و ناراحتم."),
    },
    "action": {
        "en": ("Please suggest something that I can do.", "Can you give me some suggestions?"),
        "fa": ("لطفا چند پیشنهاد به من بدهید.", "چه کار کنم که حالم بهتر شود؟"),
    },
    "cached": {
        "en": ("I want to kill myself.", "I don't want to live any more."),
        "fa": ("می خواهم خودم را بکشم.", "دیگر نمی خواهم زنده باشم."),
    },
    "long": {
        "en": (
            "I have been working at the same place for eleven years and since the new manager came I wake up "
            "at four every morning and lie there and think about everything that could go wrong, and I am "
            "so tired that I forget what my own children tell me.",
        ),
        "fa": (
            "یازده سال است که در همین شرکت کار می کنم و از وقتی مدیر جدید آمده هر روز ساعت چهار صبح "
            "بیدار می شوم و به هر چیزی که ممکن است خراب شود فکر می کنم "
            "و آن قدر خسته ام که حرف بچه هایم یادم می رود.",
        ),
    },
}
_LONG_S = 10.0
_PROCESSES = {"bot serve": "gateway", "rasa run actions": "actions", "rasa run": "dialogue"}


@dataclass(frozen=True, slots=True)
class _Recording:
    name: str
    kind: str
    samples: NDArray[np.int16]


def main(arguments: list[str] | None = None) -> int:
    """Runs the benchmark; 0 when every recording was answered, 1 when one was not, 2 on bad input."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.latency", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--repeats", type=int, default=5, help="times each recording is played (default 5)")
    parser.add_argument("--talks", type=int, default=1, help="talks at the same time (default 1)")
    parser.add_argument(
        "--patience", type=int, metavar="MS", help="exactly so much silence; else the server's, and its cues"
    )
    parser.add_argument("--language", choices=("auto", *LANGUAGES), default="auto")
    parser.add_argument("--json", type=Path, metavar="OUT")
    args = parser.parse_args(arguments)
    if importlib.util.find_spec("psutil") is None:
        print("psutil is missing; `make .venv/.ready-dev` installs it with the test tools", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        try:
            files: Mapping[Path, str | None]
            files = dict.fromkeys(args.files) if args.files else _made_recordings(Path(folder))
            report = asyncio.run(_measure([_recording(path, kind) for path, kind in files.items()], args))
        except ClientError as error:
            print(error, file=sys.stderr)
            return 2
    text = json.dumps(report, ensure_ascii=False, indent=2)
    if args.json is not None:
        args.json.write_text(text + "\n", encoding="utf-8")
    print(text)
    return 0 if report["unanswered"] == 0 else 1


def _recording(path: Path, kind: str | None) -> _Recording:
    samples = read_recording(path)
    if kind is None:
        kind = "long" if len(samples) >= _LONG_S * SAMPLE_RATE_HZ else "given"
    return _Recording(path.name, kind, samples)


async def _measure(recordings: Sequence[_Recording], args: argparse.Namespace) -> dict[str, Any]:
    places = asyncio.Semaphore(args.talks)
    load_before, worked_before = os.getloadavg()[0], _server_work_s()
    with tqdm(total=len(recordings) * args.repeats, unit="turn", disable=not sys.stderr.isatty()) as bar:

        async def play(recording: _Recording) -> dict[str, Any]:
            async with places:
                mono = soxr.resample(recording.samples.astype(np.float32) / 32768, SAMPLE_RATE_HZ, 16_000)
                _, end_ms = speech_bounds(mono)
                async with open_talk(language=args.language, patience_ms=args.patience) as talk:
                    turn = await talk.play(recording.samples, until="first_audio")
                bar.update()
                return _row(recording, end_ms, turn)

        rounds = [recording for _ in range(args.repeats) for recording in recordings]
        rows = await asyncio.gather(*map(play, rounds))
    worked = {name: work_s - worked_before.get(name, 0.0) for name, work_s in _server_work_s().items()}
    return {
        "talks": args.talks,
        "repeats": args.repeats,
        "recordings": len(recordings),
        "unanswered": sum(row["total_ms"] is None for row in rows),
        "patience_ms": args.patience or "the server's",
        **_summary(rows),
        "by_kind": {
            kind: _summary([row for row in rows if row["kind"] == kind])
            for kind in dict.fromkeys(row["kind"] for row in rows)
        },
        "processor_ms_a_turn": {name: round(1000 * work_s / len(rows)) for name, work_s in worked.items()},
        "memory_pss_mb": _server_memory_mb(),
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        "load": {"before": round(load_before, 2), "after": round(os.getloadavg()[0], 2)},
        "rows": rows,
    }


def _summary(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    answered = [row for row in rows if row["total_ms"] is not None]
    stages = ("speech_end_to_text", "text_to_reply", "reply_to_audio")
    return {
        "effective_patience_ms": _percentiles([row["turn_end_ms"] for row in answered]),
        "speech_end_to_first_audio_ms": _percentiles([row["total_ms"] for row in answered]),
        "after_the_patience_ms": _percentiles([row["total_ms"] - row["turn_end_ms"] for row in answered]),
        "cut_ins": sum(row["cut_ins"] for row in rows),
        "stages": {
            stage: _percentiles([row["server"][stage] for row in answered if stage in row["server"]])
            for stage in stages
        },
    }


def _row(recording: _Recording, end_ms: float, turn: TurnResult) -> dict[str, Any]:
    total = turn.after_ms(turn.first_audio_at, end_ms)
    waited = turn.after_ms(turn.turn_ended_at, end_ms)
    return {
        "file": recording.name,
        "kind": recording.kind,
        "seconds": round(len(recording.samples) / SAMPLE_RATE_HZ, 2),
        "total_ms": None if total is None else round(total),
        "turn_end_ms": None if waited is None else round(waited),
        "cut_ins": turn.cut_ins,
        "server": turn.server_latency,
    }


def _percentiles(values: Sequence[float]) -> dict[str, int | None]:
    if not values:
        return {"p50": None, "p95": None, "n": 0}
    p50, p95 = np.percentile(values, [50, 95])
    return {"p50": round(float(p50)), "p95": round(float(p95)), "n": len(values)}


def _server_processes() -> Iterator[tuple[str, psutil.Process]]:
    import psutil

    for process in psutil.process_iter(["cmdline"]):
        line = " ".join(process.info["cmdline"] or [])
        for mark, name in _PROCESSES.items():
            if mark in line and "python" in line:
                yield name, process
                break


def _server_work_s() -> dict[str, float]:
    """Processor time that each of the server's processes on this machine has used, with its children's."""
    import psutil

    work: dict[str, float] = {}
    for name, process in _server_processes():
        with suppress(psutil.Error):  # it has ended meanwhile
            times = process.cpu_times()
            work[name] = work.get(name, 0.0) + sum(times[:4])
    return work


def _server_memory_mb() -> dict[str, int]:
    """Proportional set size of each of the server's processes on this machine."""
    import psutil

    sizes: dict[str, int] = {}
    for name, process in _server_processes():
        with suppress(psutil.Error):  # it has ended meanwhile
            sizes[name] = sizes.get(name, 0) + process.memory_full_info().pss // 2**20
    return {**sizes, "all": sum(sizes.values())}


def _made_recordings(folder: Path) -> dict[Path, str]:
    recordings = {}
    for kind, by_language in _SENTENCES.items():
        for language, sentences in by_language.items():
            for number, sentence in enumerate(sentences):
                path = folder / f"{kind.replace(' ', '-')}-{language}-{number}.wav"
                voice = "en-us" if language == "en" else language
                subprocess.run(["espeak-ng", "-v", voice, "-w", str(path), sentence], check=True)
                recordings[path] = kind
    return recordings


if __name__ == "__main__":
    sys.exit(main())
