"""The bilingual suggestions: reading a folder of JSON Lines and validating every line of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emotion import MOODS
from recommender.errors import SuggestionDataError
from recommender.vocabulary import RESTORE, Vocabulary, read_vocabulary

__all__ = [
    "DEFAULT_DIRECTORY",
    "FOLDER_VARIABLE",
    "HIGHEST_DISTRESS",
    "LONGEST_TEXT",
    "TIMES",
    "Suggestion",
    "load_suggestions",
    "parse_suggestion",
    "suggestion_lines",
    "suggestions_folder",
]

DEFAULT_DIRECTORY = Path(__file__).resolve().parent.parent / "data" / "bilingual_suggestions"
"""Where the suggestions of this project lie."""

FOLDER_VARIABLE = "HAMDEL_SUGGESTIONS"
"""Of the environment: the folder of a clinic's own suggestions, in place of the project's."""

LONGEST_TEXT = 190
"""Characters that a voice can say within 12 seconds."""

HIGHEST_DISTRESS = 10
TIMES = ("any", "day", "night")

_HIGHEST_EFFORT = 5
_LONGEST_MINUTES = 240
_ANYWHERE = "anywhere"
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Suggestion:
    """One pair; the fields are explained in `data/bilingual_suggestions/README.md`.

    `effort` is 1–5, `distress_min` and `distress_max` are 0–10, `minutes` is a rough duration.
    """

    id: str
    en: str
    fa: str
    mood: str
    technique: str
    family: str
    effort: int
    minutes: int
    setting: tuple[str, ...]
    situation: tuple[str, ...]
    distress_min: int
    distress_max: int
    contraindications: frozenset[str]
    time: str
    source: str | None = None

    def text(self, language: str) -> str:
        """The sentence in "en" or "fa"."""
        return self.fa if language == "fa" else self.en


def suggestions_folder(environment: Mapping[str, str]) -> Path:
    """The folder that the servers read: that of the environment's variable, else the project's own."""
    named = environment.get(FOLDER_VARIABLE)
    return Path(named).expanduser() if named else DEFAULT_DIRECTORY


def load_suggestions(directory: Path = DEFAULT_DIRECTORY) -> tuple[Suggestion, ...]:
    """Reads and validates every `*.jsonl` of a folder, in the order of names and lines.

    Raises:
        SuggestionDataError: at the first line that is not as it should be; names file, line and field.
    """
    vocabulary = read_vocabulary(directory)
    suggestions: list[Suggestion] = []
    places: dict[tuple[str, str], str] = {}
    for place, line in suggestion_lines(directory):
        suggestion = parse_suggestion(line, vocabulary, place=place)
        for field in ("id", "en", "fa"):
            key = (field, getattr(suggestion, field))
            if key in places:
                raise SuggestionDataError(f"{place}: {field}: is the same as in {places[key]}")
            places[key] = place
        suggestions.append(suggestion)
    return tuple(suggestions)


def suggestion_lines(directory: Path) -> Iterator[tuple[str, str]]:
    """Place ("file:line") and text of every line of a folder's `*.jsonl`, in the order of names and lines.

    Raises:
        SuggestionDataError: where there is no such file or one cannot be read.
    """
    files = sorted(directory.glob("*.jsonl"))
    if not files:
        raise SuggestionDataError(f"{directory}: has no *.jsonl file; name a folder with the suggestions")
    for path in files:
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "no UTF-8"
            raise SuggestionDataError(f"{path}: cannot be read ({reason}); {RESTORE}") from None
        for number, line in enumerate(lines, start=1):
            yield f"{path}:{number}", line


def parse_suggestion(line: str, vocabulary: Vocabulary, *, place: str) -> Suggestion:
    """Turns one line of JSON into a suggestion.

    Args:
        line: a JSON object.
        vocabulary: what the fields may name.
        place: file and line, for the message of an error.

    Raises:
        SuggestionDataError: with the place and the field.
    """
    try:
        row = json.loads(line)
    except ValueError as error:
        reason = getattr(error, "msg", None) or error  # a number of thousands of digits has no msg
        raise SuggestionDataError(f"{place}: is no JSON object ({reason})") from None
    if not isinstance(row, dict):
        raise SuggestionDataError(f"{place}: is no JSON object")
    fields = _fields(vocabulary)
    missing = [name for name in fields if name not in row and name != "source"]
    if missing:
        raise SuggestionDataError(f"{place}: {missing[0]}: is missing")
    for name, value in row.items():
        if name not in fields:
            raise SuggestionDataError(f"{place}: {name}: is no field of a suggestion")
        complaint = fields[name](value)
        if complaint:
            raise SuggestionDataError(f"{place}: {name}: {complaint}")
    _check_together(row, vocabulary, place)
    return Suggestion(
        **{
            **row,
            "setting": tuple(row["setting"]),
            "situation": tuple(row["situation"]),
            "contraindications": frozenset(row["contraindications"]),
        }
    )


Check = Callable[[Any], "str | None"]


def _fields(vocabulary: Vocabulary) -> dict[str, Check]:
    return {
        "id": _text,
        "en": _sentence,
        "fa": _sentence,
        "mood": _one_of(MOODS),
        "technique": _one_of(tuple(vocabulary.techniques)),
        "family": _one_of(vocabulary.families),
        "effort": _whole(1, _HIGHEST_EFFORT),
        "minutes": _whole(1, _LONGEST_MINUTES),
        "setting": _some_of(tuple(vocabulary.settings)),
        "situation": _some_of(tuple(vocabulary.situations)),
        "distress_min": _whole(0, HIGHEST_DISTRESS),
        "distress_max": _whole(0, HIGHEST_DISTRESS),
        "contraindications": _some_of(tuple(vocabulary.contraindications), at_least=0),
        "time": _one_of(TIMES),
        "source": _text,
    }


def _check_together(row: dict[str, Any], vocabulary: Vocabulary, place: str) -> None:
    technique = vocabulary.techniques[row["technique"]]
    if row["family"] != technique.family:
        raise SuggestionDataError(
            f"{place}: family: the technique {technique.name} is of the family {technique.family}"
        )
    if row["mood"] == "anger" and technique.raises_arousal:
        raise SuggestionDataError(
            f"{place}: technique: {technique.name} raises arousal and must not be suggested for anger"
        )
    if row["distress_min"] > row["distress_max"]:
        raise SuggestionDataError(f"{place}: distress_min: is above distress_max")
    if _ANYWHERE in row["setting"] and len(row["setting"]) > 1:
        raise SuggestionDataError(f"{place}: setting: {_ANYWHERE} stands alone")


def _text(value: Any) -> str | None:
    if not isinstance(value, str) or not value.strip() or value != value.strip():
        return "must be a text without white space around it"
    if not value.isascii() and _SURROGATE.search(value):
        return "has half of a character; write it anew"
    return None


def _sentence(value: Any) -> str | None:
    complaint = _text(value)
    if complaint is None and len(value) > LONGEST_TEXT:
        return f"has {len(value)} characters; at most {LONGEST_TEXT} can be said in 12 seconds"
    return complaint


def _one_of(known: tuple[str, ...]) -> Check:
    def check(value: Any) -> str | None:
        return None if value in known else f"must be one of {', '.join(known)}"

    return check


def _some_of(known: tuple[str, ...], at_least: int = 1) -> Check:
    def check(value: Any) -> str | None:
        if not isinstance(value, list) or any(item not in known for item in value):
            return f"must be a list out of {', '.join(known)}"
        if len(value) < at_least or len(set(value)) != len(value):
            return f"must name at least {at_least}, each once"
        return None

    return check


def _whole(lowest: int, highest: int) -> Check:
    def check(value: Any) -> str | None:
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
            return f"must be a whole number from {lowest} to {highest}"
        return None

    return check
