"""Short answers to closed questions, recognised and matched by sound: how many are understood.

`record` has espeak-ng say the answers of a list in several voices, speeds and noises, and notes what the
recogniser hears. `score` counts what the words alone, and what `language.match_closed_answer` make of it:
answers understood, taken for another one (yes for no counted apart), and taken for an answer where
something else was said. The voices are in two halves: thresholds were chosen on "calibration", the figures
that count are those of "test".
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray
from tqdm import tqdm

from bot.model_store import ModelManifestError, ModelMissingError, UnknownModelError, default_store
from bot.transcriber import Transcriber
from language import LANGUAGES, fold, match_closed_answer
from language.closed_answers import ACCEPTED_CONFIDENCE, ASKED_CONFIDENCE, QUESTIONS, known_forms

__all__ = ["main"]

DEFAULT_LIST = Path(__file__).resolve().with_name("closed_answers.csv")

_SAMPLE_RATE_HZ = 16_000
_SILENCE_S = (0.25, 0.4)
_SPEEDS = (135, 160, 185)
_NOISES_DB = (None, 20.0, 12.0)
_VOICES: dict[str, dict[str, tuple[str, ...]]] = {
    "calibration": {
        "fa": ("fa", "fa+f2", "fa+m3", "fa+f4", "fa+m7", "fa+m1"),
        "en": ("en-us", "en-gb+f2", "en-us+m3", "en-gb", "en-us+f4", "en-gb-scotland+m7"),
    },
    "test": {"fa": ("fa+f1", "fa+m5", "fa+f5"), "en": ("en-gb-x-rp+m5", "en-us+f1", "en-029+m2")},
}


class _ListError(Exception):
    """The list of answers, or the file of what was heard, cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """One thing to say: `answer` is empty where it answers nothing."""

    question: str
    answer: str
    language: str
    text: str


def main(arguments: list[str] | None = None) -> int:
    """Runs a verb; 0 done, 1 without model or espeak-ng, 2 on bad input."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.closed_answers", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="record|score")
    record = verbs.add_parser("record", help="say the answers and note what is heard")
    record.add_argument("--out", type=Path, required=True, metavar="HEARD.jsonl")
    record.add_argument("--answers", type=Path, default=DEFAULT_LIST, metavar="A.csv")
    record.add_argument("--model", default="whisper-base", help="a model of models.toml (%(default)s)")
    record.add_argument("--every", type=int, default=1, metavar="N", help="take each N-th answer")
    record.add_argument("--languages", nargs="+", choices=LANGUAGES, default=list(LANGUAGES))
    record.add_argument("--halves", nargs="+", choices=sorted(_VOICES), default=["test"])
    score = verbs.add_parser("score", help="count what is understood")
    score.add_argument("heard", type=Path, metavar="HEARD.jsonl")
    score.add_argument("--json", type=Path, metavar="OUT")
    score.add_argument("--wrong", action="store_true", help="show what was taken for another answer")
    args = parser.parse_args(arguments)
    try:
        return _record(args) if args.verb == "record" else _score(args)
    except (_ListError, ModelManifestError, UnknownModelError) as error:
        print(error, file=sys.stderr)
        return 2
    except ModelMissingError as error:
        print(error, file=sys.stderr)
        return 1


# Saying and hearing ------------------------------------------------------------------------------


def _record(args: argparse.Namespace) -> int:
    espeak = shutil.which("espeak-ng")
    if espeak is None:
        print("espeak-ng is missing: sudo apt-get install espeak-ng", file=sys.stderr)
        return 1
    answers = [answer for answer in _read_answers(args.answers) if answer.language in args.languages]
    answers = answers[:: args.every]
    transcriber = Transcriber.load(default_store().path(args.model))
    takes = [
        (half, number, answer)
        for half in args.halves
        for answer in answers
        for number in range(len(_VOICES[half][answer.language]))
    ]
    with args.out.open("w", encoding="utf-8") as out:
        for half, number, answer in tqdm(takes, unit="answer", disable=None):
            chance = random.Random(f"{half} {number} {answer.text}")  # noqa: S311 - repeatable, nothing secret
            voice = _VOICES[half][answer.language][number]
            noise_db = chance.choice(_NOISES_DB)
            samples = _said(espeak, answer.text, voice, chance.choice(_SPEEDS), noise_db, chance)
            for asked in (answer.language, None):
                heard = transcriber.transcribe(samples, language=asked)
                row = {
                    "half": half,
                    "voice": voice,
                    "noise_db": noise_db,
                    "question": answer.question,
                    "answer": answer.answer,
                    "language": answer.language,
                    "said": answer.text,
                    "asked": "given" if asked else "auto",
                    "text": heard.text,
                    "heard_language": heard.language,
                    "recogniser_confidence": round(heard.confidence, 3),
                    "alternatives": list(heard.alternatives),
                }
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
                out.flush()
    return 0


def _read_answers(path: Path) -> list[_Answer]:
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except OSError as error:
        raise _ListError(f"cannot read {path}: {error.strerror}") from error
    if not rows or {"question", "answer", "language", "text"} - rows[0].keys():
        raise _ListError(f"{path} needs rows with the columns question, answer, language and text")
    answers = [_Answer(row["question"], row["answer"], row["language"], row["text"]) for row in rows]
    for answer in answers:
        if answer.question not in QUESTIONS or answer.language not in LANGUAGES:
            raise _ListError(f"{path}: no such question or language: {answer.question}, {answer.language}")
    return answers


def _said(
    espeak: str, text: str, voice: str, speed: int, noise_db: float | None, chance: random.Random
) -> NDArray[np.float32]:
    command = [espeak, "-v", voice, "-s", str(speed), "-p", str(chance.randint(35, 65)), "--stdout", text]
    sound = subprocess.run(command, capture_output=True, check=True).stdout  # noqa: S603 - our own words
    samples, rate_hz = soundfile.read(io.BytesIO(sound), dtype="float32")
    voiced = soxr.resample(samples, rate_hz, _SAMPLE_RATE_HZ) * chance.uniform(0.3, 0.9)
    before, after = (int(_SAMPLE_RATE_HZ * part) for part in _SILENCE_S)
    padded = np.pad(voiced, (before, after))
    if noise_db is not None:
        power = float(np.mean(voiced**2)) / 10 ** (noise_db / 10)
        noise = np.random.default_rng(chance.randrange(2**32)).normal(0, power**0.5, len(padded))
        padded = padded + noise
    limited: NDArray[np.float32] = np.clip(padded, -1, 1).astype(np.float32)
    return limited


# Scoring -----------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Tally:
    """Answers given, and what was made of them; `turns` where something else was said."""

    answers: int = 0
    right: int = 0
    asked: int = 0
    asked_right: int = 0
    wrong: int = 0
    yes_for_no: int = 0
    turns: int = 0
    turns_taken: int = 0
    turns_asked: int = 0

    def count(self, wanted: str, found: str | None, *, asked: bool) -> None:
        if not wanted:
            self.turns += 1
            self.turns_taken += found is not None and not asked
            self.turns_asked += asked
            return
        self.answers += 1
        self.asked += asked
        self.asked_right += asked and found == wanted
        if found is not None and not asked:
            self.right += found == wanted
            self.wrong += found != wanted
            self.yes_for_no += {found, wanted} == {"yes", "no"}


def _score(args: argparse.Namespace) -> int:
    tallies: dict[str, dict[str, _Tally]] = {}
    for row in _read_heard(args.heard):
        key = f"{row['half']}, {row['language']}, language {row['asked']}"
        words = known_forms(row["question"], row["language"])
        plain = _plain(row["text"], row["language"])
        exact = {a for a, forms in words.items() if plain in {_plain(f, row["language"]) for f in forms}}
        literal = exact.pop() if len(exact) == 1 else None
        match = match_closed_answer(
            row["question"], row["text"], language=row["language"], alternatives=row["alternatives"]
        )
        likely = match is not None and match.confidence >= ASKED_CONFIDENCE
        found = match.answer if match is not None and likely else None
        asked = likely and match is not None and match.confidence < ACCEPTED_CONFIDENCE
        by_way = tallies.setdefault(key, {"words alone": _Tally(), "by sound": _Tally()})
        by_way["words alone"].count(row["answer"], literal, asked=False)
        by_way["by sound"].count(row["answer"], found, asked=asked)
        if args.wrong and found is not None and not asked and found != row["answer"]:
            print(f"{row['said']}: {row['text']} {row['alternatives']} -> {match}", file=sys.stderr)
    report = {
        key: {way: asdict(tally) for way, tally in by_way.items()} for key, by_way in sorted(tallies.items())
    }
    for key, ways in report.items():
        for way, tally in ways.items():
            print(f"{key}, {way}: {_readable(tally)}")
    if args.json is not None:
        args.json.write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return 0


def _read_heard(path: Path) -> Iterator[dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise _ListError(f"cannot read {path}: {error.strerror}") from error
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
            known = row["question"] in QUESTIONS and row["language"] in LANGUAGES
        except (ValueError, KeyError, TypeError) as error:
            raise _ListError(f"{path}:{number} is not a line that `record` writes") from error
        if not known:
            raise _ListError(f"{path}:{number} has an unknown question or language")
        yield row


def _plain(text: str, language: str) -> str:
    folded = fold(text, language).replace("\u200c", "").replace("'", "")
    return " ".join(re.sub(r"\W", " ", folded).split())


def _readable(tally: Mapping[str, int]) -> str:
    answers, turns = max(tally["answers"], 1), max(tally["turns"], 1)
    return (
        f"{tally['answers']} answers: {tally['right'] / answers:.1%} right, "
        f"{tally['asked'] / answers:.1%} asked about (of these {tally['asked_right']} right), "
        f"{tally['wrong'] / answers:.1%} wrong, {tally['yes_for_no']} times yes for no or no for yes; "
        f"{tally['turns']} other turns: {tally['turns_taken'] / turns:.1%} taken for an answer, "
        f"{tally['turns_asked'] / turns:.1%} asked about"
    )


if __name__ == "__main__":
    sys.exit(main())
