"""Command line of the guard: `evaluate`, `explain`, `lines` and `train`."""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import sys
from datetime import date
from pathlib import Path

from crisis.classifier import ClassifierError
from crisis.evaluate import ManifestError, evaluate, read_manifest
from crisis.guard import Guard
from crisis.lexicon import LexiconError
from crisis.lines import LinesError, LineTable
from crisis.replies import RepliesError, ReplyTable
from language import LANGUAGES

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns 0, or 2 after one line that says what to correct."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "evaluate":
            return _evaluate(options.manifest, options.json)
        if options.command == "train":
            return _train()
        if options.command == "explain":
            return _explain(options.text, options.language, options.context, options.country)
        return _lines(options.country, options.language, options.older_than)
    except BrokenPipeError:  # whoever reads has seen enough; what is left must not be tried again at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ClassifierError, ManifestError, LexiconError, LinesError, RepliesError, OSError) as error:
        print(f"crisis: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m crisis", description="The guard against crises.")
    commands = parser.add_subparsers(dest="command", required=True)
    measured = commands.add_parser("evaluate", help="recall and precision on a manifest")
    measured.add_argument(
        "--manifest", type=Path, required=True, help="CSV: text, level, language[, context, kind]"
    )
    measured.add_argument("--json", type=Path, required=True, help="where the result is written")
    explained = commands.add_parser("explain", help="what the guard finds in a text, and the reply to it")
    explained.add_argument("text")
    explained.add_argument("--language", choices=LANGUAGES)
    explained.add_argument("--context", action="append", default=[], help="an earlier turn; may be repeated")
    explained.add_argument("--country", help="two letters")
    listed = commands.add_parser("lines", help="the help lines")
    listed.add_argument("--country", help="two letters; all rows if left out")
    listed.add_argument("--language", choices=LANGUAGES, default="en")
    listed.add_argument("--older-than", type=int, metavar="DAYS", help="only lines not verified since")
    commands.add_parser("train", help="train the classifier: make train-crisis")
    return parser


def _train() -> int:
    if importlib.util.find_spec("sklearn") is None:
        raise ClassifierError("training needs the training environment: run make train-crisis")
    from crisis.train import train

    train()
    return 0


def _evaluate(manifest: Path, output: Path) -> int:
    result = evaluate(Guard.load(), read_manifest(manifest))
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(result, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    print(json.dumps({key: result[key] for key in ("n", "level_1", "level_2")}, ensure_ascii=False))
    return 0


def _explain(text: str, language: str | None, context: list[str], country: str | None) -> int:
    found = Guard.load().assess(text, language=language, context=context)
    print(f"level {found.level}, kind {found.kind}, rules: {', '.join(found.matched) or 'none'}")
    spoken = language or ("fa" if any("\u0600" <= character <= "\u06ff" for character in text) else "en")
    answer = ReplyTable.load().reply(found.level, spoken, country, found.kind)
    if answer.text:
        print(answer.text)
    return 0


def _lines(country: str | None, language: str, older_than: int | None) -> int:
    table = LineTable.load()
    codes = (country,) if country else (*sorted({row["country"] for row in table.rows} - {"*"}), None)
    shown = {line for code in codes for line in table.lines(code, language)}
    for line in sorted(shown, key=lambda line: (line.country, line.kind, line.number)):
        age = (date.today() - date.fromisoformat(line.verified_on)).days if line.verified_on else None
        if older_than is not None and age is not None and age <= older_than:
            continue
        print(f"{line.country}\t{line.kind}\t{line.number}\t{line.name}\t{line.verified_on or 'unverified'}")
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
