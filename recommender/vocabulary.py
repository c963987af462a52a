"""The closed vocabularies beside the suggestions: techniques, contraindications, settings, situations."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from recommender.cues import CueError, cue_words
from recommender.errors import SuggestionDataError

__all__ = [
    "GENERAL",
    "RESTORE",
    "Contraindication",
    "Situation",
    "Technique",
    "Vocabulary",
    "read_vocabulary",
]

RESTORE = "restore the folder from the repository: git checkout -- data/bilingual_suggestions"
"""What mends damaged suggestions; part of the errors' messages."""

GENERAL = "general"
"""The situation of a suggestion that can be said to anyone who feels this way."""

_CUES = ("cues_en", "cues_fa")
_OVER = ("over_en", "over_fa")


@dataclass(frozen=True)
class Technique:
    """One row of `techniques.csv`."""

    name: str
    family: str
    raises_arousal: bool
    source: str
    description: str


@dataclass(frozen=True)
class Situation:
    """One row of `situations.csv`; cues are written as `recommender.cues` says."""

    name: str
    explanation: str
    cues_en: tuple[str, ...]
    cues_fa: tuple[str, ...]


@dataclass(frozen=True)
class Contraindication:
    """One row of `contraindications.csv`.

    Attributes:
        name: as suggestions and clinics name it.
        explanation: for whom it holds, and what they must not be asked to do.
        cues_en, cues_fa: by which a person's words tell that it holds.
        over_en, over_fa: by which they tell that it holds no longer; none where it stays for the talk.
    """

    name: str
    explanation: str
    cues_en: tuple[str, ...]
    cues_fa: tuple[str, ...]
    over_en: tuple[str, ...]
    over_fa: tuple[str, ...]


@dataclass(frozen=True)
class Vocabulary:
    """All that a suggestion may name.

    Attributes:
        techniques: by name, in the order of the file; a network is trained on them in this order.
        contraindications: by name.
        settings: name → explanation.
        situations: by name.
    """

    techniques: dict[str, Technique]
    contraindications: dict[str, Contraindication]
    settings: dict[str, str]
    situations: dict[str, Situation]

    @property
    def families(self) -> tuple[str, ...]:
        """Technique families in the order of their first technique."""
        return tuple(dict.fromkeys(technique.family for technique in self.techniques.values()))


def read_vocabulary(directory: Path) -> Vocabulary:
    """Reads the four CSV files of a suggestion folder.

    Raises:
        SuggestionDataError: where a file is missing or a row is incomplete, doubled or impossible.
    """
    techniques: dict[str, Technique] = {}
    path = directory / "techniques.csv"
    columns = ("technique", "family", "raises_arousal", "source", "description")
    for line, row in _rows(path, columns):
        if row["raises_arousal"] not in ("true", "false"):
            raise SuggestionDataError(f"{path}:{line}: raises_arousal: must be true or false")
        techniques[row["technique"]] = Technique(
            row["technique"],
            row["family"],
            row["raises_arousal"] == "true",
            row["source"],
            row["description"],
        )
    situations = {
        row["situation"]: Situation(
            row["situation"],
            row["explanation"],
            tuple(row["cues_en"].split()),
            tuple(row["cues_fa"].split()),
        )
        for _, row in _rows(
            directory / "situations.csv",
            ("situation", "explanation", *_CUES),
            optional=_CUES,
        )
    }
    if GENERAL not in situations:
        raise SuggestionDataError(f"{directory / 'situations.csv'}: the situation {GENERAL!r} is missing")
    return Vocabulary(
        techniques=techniques,
        contraindications=_contraindications(directory / "contraindications.csv"),
        settings=_explanations(directory / "settings.csv", "setting"),
        situations=situations,
    )


def _contraindications(path: Path) -> dict[str, Contraindication]:
    rows = _rows(path, ("contraindication", "explanation", *_CUES, *_OVER), optional=(*_CUES, *_OVER))
    return {
        row["contraindication"]: Contraindication(
            row["contraindication"],
            row["explanation"],
            *(tuple(row[column].split()) for column in (*_CUES, *_OVER)),
        )
        for _, row in rows
    }


def _explanations(path: Path, name: str) -> dict[str, str]:
    return {row[name]: row["explanation"] for _, row in _rows(path, (name, "explanation"))}


def _rows(
    path: Path, columns: tuple[str, ...], optional: tuple[str, ...] = ()
) -> list[tuple[int, dict[str, str]]]:
    try:
        text = path.read_bytes().decode("utf-8")
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        if tuple(reader.fieldnames or ()) != columns:
            raise SuggestionDataError(f"{path}:1: the columns must be {','.join(columns)}")
        rows = [(reader.line_num, row) for row in reader]
    except OSError as error:
        raise SuggestionDataError(
            f"{path}: cannot be read ({error.strerror}); name a folder with the suggestions, or {RESTORE}"
        ) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise SuggestionDataError(f"{path}: is no UTF-8 CSV file ({error}); {RESTORE}") from None
    if not text.endswith("\n"):
        raise SuggestionDataError(f"{path}: its last line has no end: is it cut off? {RESTORE.capitalize()}")
    if not rows:
        raise SuggestionDataError(f"{path}: has no rows")
    seen: set[str] = set()
    for line, row in rows:
        if None in row or None in row.values():
            raise SuggestionDataError(f"{path}:{line}: must have {len(columns)} cells; quote commas")
        for column in columns:
            if column not in optional and not row[column].strip():
                raise SuggestionDataError(f"{path}:{line}: {column}: is empty")
        if row[columns[0]] in seen:
            raise SuggestionDataError(f"{path}:{line}: {columns[0]}: {row[columns[0]]!r} stands there twice")
        seen.add(row[columns[0]])
        for column in set(columns) & {*_CUES, *_OVER}:
            _check_cues(row[column], f"{path}:{line}: {column}")
    return rows


def _check_cues(cell: str, place: str) -> None:
    for cue in cell.split():
        try:
            cue_words(cue)
        except CueError as error:
            raise SuggestionDataError(f"{place}: {cue!r}: {error}") from None
