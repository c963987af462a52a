"""When turns end: cut-ins at inner pauses against waiting at the true end, ours beside plain silence timers.

`python -m benchmarks.endpointing --json OUT --picture OUT.svg` has the utterances of `endpointing.csv` said,
runs the server's voice detector, endpointer, recogniser and cues over them in audio time, and lets each
result come as late as the recognition took. "ours, true words" are our cues with the words as they were
said: what a recogniser that makes no mistakes would give.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from benchmarks.curve_picture import Curve, draw_curves
from benchmarks.paused_utterances import (
    DEFAULT_LIST,
    KINDS,
    PausedUtterance,
    Spoken,
    UtteranceListError,
    read_utterances,
    speak,
)
from bot.endpointing import FRAME_MS, Endpointer, SpeechEnded, SpeechPaused, SpeechResumed
from bot.model_store import ModelManifestError, ModelMissingError, UnknownModelError, default_store
from bot.transcriber import Transcriber
from bot.turn_end import Cue, cued_patience_ms, longest_patience_ms, turn_end_cue
from bot.voice_activity import FRAME_SAMPLES, VoiceActivity, load_voice_activity_model

__all__ = ["main"]

TIMERS_MS = (300, 350, 400, 500, 600, 700, 800, 900, 1_000, 1_200)
BASES_MS = (300, 350, 400, 500, 600, 700, 800, 1_000)

_PRE_ROLL_MS = 300
_TRAILING_MS = 150
_SAMPLES_PER_MS = 16
_TIMER, _OURS, _TRUE_WORDS = "plain timer", "ours", "ours, true words"


@dataclass(frozen=True, slots=True)
class _Heard:
    """A recognition: the cue in its words, and how long it took."""

    cue: Cue
    took_ms: float


@dataclass(frozen=True, slots=True)
class _Result:
    """One utterance under one rule: which inner pauses were cut, and the time after its true end."""

    language: str
    cut_kinds: tuple[str, ...]
    waited_ms: int
    answered_ms: float


Recognise = Callable[[int, int], _Heard]


def main(arguments: list[str] | None = None) -> int:
    """Runs the benchmark; 0 done, 1 without the model, 2 on bad input."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.endpointing", description=__doc__)
    parser.add_argument("--list", type=Path, default=DEFAULT_LIST, metavar="L.csv", help="other utterances")
    parser.add_argument("--model", default="whisper-base", help="a model of models.toml (%(default)s)")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="take each N-th utterance")
    parser.add_argument("--recognition-ms", type=int, metavar="MS", help="take this for the measured time")
    parser.add_argument("--json", type=Path, metavar="OUT")
    parser.add_argument("--picture", type=Path, metavar="OUT.svg")
    args = parser.parse_args(arguments)
    if args.every < 1 or (args.recognition_ms is not None and args.recognition_ms < 0):
        print("--every must be 1 or more, --recognition-ms 0 or more", file=sys.stderr)
        return 2
    try:
        utterances = read_utterances(args.list)[:: args.every]
        transcriber = Transcriber.load(default_store().path(args.model))
        report = _measure(utterances, transcriber, args.recognition_ms)
    except (UtteranceListError, ModelManifestError, UnknownModelError) as error:
        print(error, file=sys.stderr)
        return 2
    except ModelMissingError as error:
        print(error, file=sys.stderr)
        return 1
    report["model"] = args.model
    _print_table(report)
    if args.json is not None:
        args.json.write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    if args.picture is not None:
        args.picture.write_text(_picture(report), encoding="utf-8")
    return 0


def _measure(
    utterances: Sequence[PausedUtterance], transcriber: Transcriber, recognition_ms: int | None
) -> dict[str, Any]:
    vad = load_voice_activity_model()
    results: dict[tuple[str, int], list[_Result]] = {}
    times_ms: list[float] = []
    for utterance in tqdm(utterances, unit="utterance", disable=None):
        spoken = speak(utterance)
        whole = len(spoken.samples) // FRAME_SAMPLES * FRAME_SAMPLES
        voice = VoiceActivity(vad).probabilities(spoken.samples[:whole])
        hear = _recogniser(spoken, transcriber, recognition_ms, times_ms)

        def know(start_ms: int, end_ms: int, hear: Recognise = hear, spoken: Spoken = spoken) -> _Heard:
            # Whisper puts a full stop behind everything, so that none is left out here either.
            words = spoken.words(start_ms, end_ms).rstrip(" .,،؟?") + "."
            cue = turn_end_cue(words, spoken.utterance.language, confidence=1.0)
            return _Heard(cue, hear(start_ms, end_ms).took_ms)

        for name, settings, recognise, cued in (
            (_TIMER, TIMERS_MS, hear, False),
            (_OURS, BASES_MS, hear, True),
            (_TRUE_WORDS, BASES_MS, know, True),
        ):
            for base_ms in settings:
                result = _run(spoken, voice, recognise, base_ms, cued=cued)
                results.setdefault((name, base_ms), []).append(result)
    pauses = [pause for utterance in utterances for pause in utterance.pauses]
    return {
        "utterances": len(utterances),
        "pauses": {kind: sum(pause.kind == kind for pause in pauses) for kind in KINDS},
        "recognition_ms": _percentiles(times_ms),
        "rows": [
            {"rule": name, "base_ms": base_ms, **_summary(found, utterances)}
            for (name, base_ms), found in sorted(results.items())
        ],
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        "load": [round(load, 2) for load in os.getloadavg()],
    }


def _recogniser(
    spoken: Spoken, transcriber: Transcriber, recognition_ms: int | None, times_ms: list[float]
) -> Recognise:
    known: dict[tuple[int, int], _Heard] = {}  # the same pause under another rule is the same work

    def recognise(start_ms: int, end_ms: int) -> _Heard:
        if (start_ms, end_ms) not in known:
            samples = spoken.samples[start_ms * _SAMPLES_PER_MS : end_ms * _SAMPLES_PER_MS]
            begun = time.perf_counter()
            heard = transcriber.transcribe(samples, language=spoken.utterance.language)
            took_ms = 1000 * (time.perf_counter() - begun)
            times_ms.append(took_ms)
            cue = turn_end_cue(heard.text, heard.language, confidence=heard.confidence)
            known[start_ms, end_ms] = _Heard(cue, took_ms if recognition_ms is None else recognition_ms)
        return known[start_ms, end_ms]

    return recognise


def _run(
    spoken: Spoken, voice: NDArray[np.float32], recognise: Recognise, base_ms: int, *, cued: bool
) -> _Result:
    """Plays an utterance to the endpointer as `Hearing` and the shell do, in audio time."""
    grace_ms = longest_patience_ms(base_ms) - base_ms if cued else 0
    endpointer = Endpointer(patience_ms=base_ms, grace_ms=grace_ms)
    ends: list[tuple[int, int, float]] = []
    paused: SpeechPaused | None = None
    due_ms, heard = 0.0, _Heard(Cue.NONE, 0)
    for probability in voice:
        events = list(endpointer.advance(float(probability)))
        if cued and paused is not None and endpointer.position_ms >= due_ms:
            patience_ms = cued_patience_ms(base_ms, heard.cue)
            events += endpointer.wait(paused.end_ms, patience_ms)
        for event in events:
            match event:
                case SpeechPaused():
                    paused = event
                    start_ms = max(0, event.start_ms - _PRE_ROLL_MS)
                    heard = recognise(start_ms, event.end_ms + _TRAILING_MS)
                    due_ms = endpointer.position_ms + heard.took_ms
                case SpeechResumed():
                    paused = None
                case SpeechEnded():
                    paused = None
                    ends.append((event.end_ms, endpointer.position_ms, due_ms))
    return _judge(spoken, ends)


def _judge(spoken: Spoken, ends: Sequence[tuple[int, int, float]]) -> _Result:
    true_end_ms = spoken.ends_ms[-1]
    cut = tuple(
        pause.kind
        for place, pause in enumerate(spoken.utterance.pauses)
        if any(
            spoken.ends_ms[place] < at_ms <= spoken.starts_ms[place + 1] + FRAME_MS for _, at_ms, _ in ends
        )
    )
    _, at_ms, due_ms = ends[-1] if ends else (0, len(spoken.samples) // _SAMPLES_PER_MS, 0.0)
    return _Result(spoken.utterance.language, cut, at_ms - true_end_ms, max(at_ms, due_ms) - true_end_ms)


def _summary(found: Sequence[_Result], utterances: Sequence[PausedUtterance]) -> dict[str, Any]:
    by_language: dict[str, Any] = {}
    for language in ("all", *sorted({result.language for result in found})):
        mine = [result for result in found if language in ("all", result.language)]
        pauses = [
            pause.kind
            for utterance in utterances
            if language in ("all", utterance.language)
            for pause in utterance.pauses
        ]
        cut = [kind for result in mine for kind in result.cut_kinds]
        by_language[language] = {
            "cut_ins": len(cut),
            "cut_in_rate": round(len(cut) / max(1, len(pauses)), 4),
            "cut_ins_by_kind": {kind: f"{cut.count(kind)}/{pauses.count(kind)}" for kind in KINDS},
            "waited_ms": _percentiles([result.waited_ms for result in mine]),
            "words_and_end_ms": _percentiles([result.answered_ms for result in mine]),
        }
    return by_language


def _percentiles(values: Sequence[float]) -> dict[str, int | None]:
    if not values:
        return {"mean": None, "p50": None, "p95": None}
    p50, p95 = np.percentile(values, [50, 95])
    return {"mean": round(float(np.mean(values))), "p50": round(float(p50)), "p95": round(float(p95))}


def _print_table(report: dict[str, Any]) -> None:
    print(
        f"{report['utterances']} utterances, {sum(report['pauses'].values())} inner pauses; "
        f"recognition {report['recognition_ms']} ms; load {report['load']}"
    )
    print("waiting: end of true speech → turn ended; ready: → turn ended and its words known (means, ms)")
    for language in ("all", "en", "fa"):
        print(f"\n{language:18} base   cut-ins  waiting  ready   by kind")
        for row in report["rows"]:
            if language in row:
                figures = row[language]
                kinds = "  ".join(f"{kind} {share}" for kind, share in figures["cut_ins_by_kind"].items())
                print(
                    f"{row['rule']:18} {row['base_ms']:4}   {figures['cut_in_rate']:6.0%}  "
                    f"{figures['waited_ms']['mean']:6}  {figures['words_and_end_ms']['mean']:6}   {kinds}"
                )


def _picture(report: dict[str, Any]) -> str:
    def curve(rule: str, colour: str, named: Sequence[int]) -> Curve:
        rows = [row for row in report["rows"] if row["rule"] == rule]
        return Curve(
            name=rule,
            colour=colour,
            points=tuple((row["all"]["waited_ms"]["mean"], 100 * row["all"]["cut_in_rate"]) for row in rows),
            labels=tuple(str(row["base_ms"]) if row["base_ms"] in named else "" for row in rows),
        )

    return draw_curves(
        [
            curve(_TIMER, "#777777", (300, 500, 800, 1_200)),
            curve(_OURS, "#0b6e4f", (350, 600, 1_000)),
            curve(_TRUE_WORDS, "#3b6fb6", (350, 600, 1_000)),
        ],
        title=f"Turn ends: {report['utterances']} utterances, English and Persian",
        x_label="mean waiting at the true end, ms (numbers at the points: patience)",
        y_label="inner pauses at which the turn was ended, %",
    )


if __name__ == "__main__":
    sys.exit(main())
