"""Situations as people tell them: labelled examples to learn from, and cues to recognise one by."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from emotion import MOODS
from language import LANGUAGES
from recommender.cues import cue_pattern, joined, words
from recommender.errors import SuggestionDataError
from recommender.vocabulary import Vocabulary

__all__ = ["DEFAULT_PATH", "LabelledSituation", "SituationCues", "read_labelled_situations"]

DEFAULT_PATH = Path(__file__).resolve().parent.parent / "data" / "recommender" / "situations.jsonl"
"""Situation sentences of this project with the techniques that fit them."""


@dataclass(frozen=True)
class LabelledSituation:
    """What somebody might say, and the techniques that fit it, the best first."""

    id: str
    language: str
    mood: str
    text: str
    techniques: tuple[str, ...]


def read_labelled_situations(path: Path, vocabulary: Vocabulary) -> tuple[LabelledSituation, ...]:
    """Reads JSON Lines with the fields `id`, `language`, `mood`, `text` and `techniques`.

    Raises:
        SuggestionDataError: at the first bad line; names file, line and field.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "no UTF-8"
        raise SuggestionDataError(
            f"{path}: cannot be read ({reason}); name a file of labelled situations"
        ) from None
    if not lines:
        raise SuggestionDataError(f"{path}: is empty")
    situations = [_parse(line, vocabulary, f"{path}:{number}") for number, line in enumerate(lines, start=1)]
    identifiers = [situation.id for situation in situations]
    for number, identifier in enumerate(identifiers, start=1):
        if identifier in identifiers[: number - 1]:
            raise SuggestionDataError(f"{path}:{number}: id: {identifier} stands there twice")
    return tuple(situations)


def _parse(line: str, vocabulary: Vocabulary, place: str) -> LabelledSituation:
    try:
        row = json.loads(line)
    except ValueError as error:
        reason = getattr(error, "msg", None) or error  # a number of thousands of digits has no msg
        raise SuggestionDataError(f"{place}: is no JSON object ({reason})") from None
    fields = ("id", "language", "mood", "text", "techniques")
    if not isinstance(row, dict) or set(row) != set(fields):
        raise SuggestionDataError(f"{place}: must be a JSON object with the fields {', '.join(fields)}")
    for field in ("id", "text"):
        if not isinstance(row[field], str) or not row[field].strip():
            raise SuggestionDataError(f"{place}: {field}: must be a text")
    if row["language"] not in LANGUAGES:
        raise SuggestionDataError(f"{place}: language: must be one of {', '.join(LANGUAGES)}")
    if row["mood"] not in MOODS:
        raise SuggestionDataError(f"{place}: mood: must be one of {', '.join(MOODS)}")
    techniques = row["techniques"]
    named = isinstance(techniques, list) and all(isinstance(name, str) for name in techniques)
    if not named or not techniques or len(set(techniques)) != len(techniques):
        raise SuggestionDataError(f"{place}: techniques: must be a list of at least one, each once")
    for technique in techniques:
        if technique not in vocabulary.techniques:
            raise SuggestionDataError(f"{place}: techniques: {technique!r} is not in techniques.csv")
    return LabelledSituation(row["id"], row["language"], row["mood"], row["text"], tuple(techniques))


class SituationCues:
    """Recognises situations by the cue words of `situations.csv`, in both languages."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._patterns = {
            language: {
                situation.name: re.compile("|".join(cue_pattern(cue).pattern for cue in cues))
                for situation in vocabulary.situations.values()
                if (cues := situation.cues_fa if language == "fa" else situation.cues_en)
            }
            for language in LANGUAGES
        }

    def situations(self, folded: str, language: str) -> frozenset[str]:
        """Names of the situations that a text speaks of; empty where there is no cue.

        Args:
            folded: what `language.fold` makes of the text.
            language: "en" or "fa".
        """
        said = joined(words(folded))
        return frozenset(name for name, pattern in self._patterns[language].items() if pattern.search(said))
