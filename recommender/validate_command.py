"""`python -m recommender validate`: counts and complaints for people, the same as JSON for programs."""

from __future__ import annotations

import argparse
import json
import textwrap
from dataclasses import asdict
from pathlib import Path

from language import LANGUAGES
from recommender.errors import ConfigurationError, ModelFileError
from recommender.features import WordVectors
from recommender.model_card import DEFAULT_DIRECTORY as MODEL_DIRECTORY
from recommender.model_card import REMEDY
from recommender.near_duplicates import WordTable
from recommender.suggestions import DEFAULT_DIRECTORY
from recommender.validation import Validation, validate

__all__ = ["add_arguments", "run", "shipped_word_tables"]

_COMPLAINTS = 1
_WIDTH = 100
_VECTORS = MODEL_DIRECTORY / "weights" / "vectors.npz"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command beside `--suggestions`."""
    parser.add_argument(
        "--beside",
        type=Path,
        metavar="DIR",
        help="suggestions that these are offered together with: nothing may be said twice",
    )
    parser.add_argument(
        "--complete",
        action="store_true",
        help="check the balance of the whole set too (always done for the set of this project)",
    )
    parser.add_argument("--json", type=Path, metavar="OUT", help="write counts and complaints here as well")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Validates and prints; returns 0, or 1 where there are complaints.

    Raises:
        SuggestionDataError: where the folder cannot be read.
        ConfigurationError: where the JSON file cannot be written.
    """
    complete = options.complete or options.suggestions.resolve() == DEFAULT_DIRECTORY.resolve()
    result = validate(
        options.suggestions, beside=options.beside, complete=complete, word_tables=shipped_word_tables()
    )
    if options.json is not None:
        _write(result, options.json, complete=complete)
    for line in _lines(result):
        print(line)
    return _COMPLAINTS if result.complaints else 0


def shipped_word_tables() -> dict[str, WordTable]:
    """Language → the word vectors that come with the project.

    Raises:
        ModelFileError: where they cannot be read.
    """
    try:
        table = WordVectors.from_bytes(_VECTORS.read_bytes())
    except OSError as error:
        raise ModelFileError(f"{_VECTORS}: cannot be read ({error.strerror}); {REMEDY}") from None
    return {language: table for language in LANGUAGES if table.count(language)}


def _write(result: Validation, path: Path, *, complete: bool) -> None:
    text = json.dumps({"complete": complete, **asdict(result)}, ensure_ascii=False, indent=2)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be written ({error.strerror})") from None


def _lines(result: Validation) -> list[str]:
    lines = [f"{result.suggestions} suggestions"]
    for field, values in result.counts.items():
        counted = ", ".join(f"{value} {count}" for value, count in values.items())
        lines += textwrap.wrap(counted, _WIDTH, initial_indent=f"  {field:10}", subsequent_indent=" " * 12)
    lines += [f"not checked: {what}" for what in result.left_out]
    if result.notes:
        lines += ["", f"{len(result.notes)} worth a look:", *(f"  {note}" for note in result.notes)]
    if result.complaints:
        lines += ["", f"{len(result.complaints)} complaints:", *(f"  {one}" for one in result.complaints)]
    else:
        lines.append("no complaints")
    return lines
