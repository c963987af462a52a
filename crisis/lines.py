"""Help lines by country, from `data/crisis/lines.csv`; numbers are data because they change."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from crisis.guard import DATA_FOLDER
from crisis.lexicon import REMEDY

__all__ = ["KINDS", "Line", "LineTable", "LinesError", "default_line_table", "lines", "read_table"]

KINDS = ("crisis", "emergency", "ambulance", "medical", "text", "counselling", "police", "directory")
_ANYWHERE = "*"
_LINE_COLUMNS = ("country", "name_en", "name_fa", "number", "kind", "verified_on", "note_en", "note_fa")
_REGION_COLUMNS = ("country", "uses")


class LinesError(ValueError):
    """The tables of lines can't be used; the message names the file and the row to correct."""


@dataclass(frozen=True, slots=True)
class Line:
    """A number to call, or the address of a directory.

    `name` and `note` are in the language asked for; `kind` is one of `KINDS`; `country` the code of
    the country or region it serves ("*": anywhere); `verified_on` the day it was last checked
    (YYYY-MM-DD), or empty if it never was: then say so where it is shown.
    """

    name: str
    number: str
    kind: str
    country: str
    verified_on: str
    note: str


@dataclass(frozen=True, slots=True)
class LineTable:
    """All rows, and which countries use the lines of another code."""

    rows: tuple[dict[str, str], ...]
    regions: dict[str, str]

    @classmethod
    def load(cls, folder: Path = DATA_FOLDER) -> LineTable:
        """The tables of `folder`; raises `LinesError` if a row is incomplete or of an unknown kind."""
        rows = read_table(folder / "lines.csv", _LINE_COLUMNS)
        for number, row in enumerate(rows, start=2):
            where = f"{folder / 'lines.csv'}, line {number}"
            if row["kind"] not in KINDS:
                raise LinesError(f"{where}: kind {row['kind']!r} is none of {', '.join(KINDS)}")
            if not (row["country"] and row["name_en"] and row["name_fa"] and row["number"]):
                raise LinesError(f"{where}: country, both names and number are needed")
            try:
                date.fromisoformat(row["verified_on"] or "2000-01-01")
            except ValueError as error:
                raise LinesError(f"{where}: verified_on must be YYYY-MM-DD or empty") from error
        if not any(row["country"] == _ANYWHERE for row in rows):
            raise LinesError(f"{folder / 'lines.csv'}: rows for country {_ANYWHERE} are needed")
        regions = {row["country"]: row["uses"] for row in read_table(folder / "regions.csv", _REGION_COLUMNS)}
        return cls(tuple(rows), regions)

    def lines(self, country: str | None, language: str = "en") -> tuple[Line, ...]:
        """The lines for `country` (two letters, any case), the most fitting first.

        An unknown country, or none, gives the emergency number that works in most places and the
        directories; these also follow where a country has no crisis line of its own in the table. A
        country's own rows go before those of its region, which fill in the kinds that it lacks.
        """
        code = (country or "").strip().upper()
        own = [row for row in self.rows if row["country"] == code and code != _ANYWHERE]
        kinds = {row["kind"] for row in own}
        region = self.regions.get(code)
        own += [row for row in self.rows if row["country"] == region and row["kind"] not in kinds]
        anywhere = [row for row in self.rows if row["country"] == _ANYWHERE]
        if any(row["kind"] == "emergency" for row in own):
            anywhere = [row for row in anywhere if row["kind"] == "directory"]
        if any(row["kind"] == "crisis" for row in own) and any(row["kind"] == "emergency" for row in own):
            anywhere = []
        suffix = "fa" if language == "fa" else "en"
        chosen = sorted([*own, *anywhere], key=lambda row: KINDS.index(row["kind"]))
        return tuple(
            Line(
                name=row[f"name_{suffix}"],
                number=row["number"],
                kind=row["kind"],
                country=row["country"],
                verified_on=row["verified_on"],
                note=row[f"note_{suffix}"],
            )
            for row in chosen
        )

    def countries(self) -> tuple[str, ...]:
        """The codes that have rows of their own or use another's, in alphabetical order."""
        return tuple(sorted({row["country"] for row in self.rows} - {_ANYWHERE} | set(self.regions)))


@lru_cache(maxsize=1)
def default_line_table() -> LineTable:
    """The table of the repository's own data, loaded once."""
    return LineTable.load()


def lines(country: str | None, language: str = "en") -> tuple[Line, ...]:
    """`LineTable.lines` of the default table."""
    return default_line_table().lines(country, language)


def read_table(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """The rows of a CSV file with these columns; raises `LinesError` where it is damaged or cut off."""
    try:
        text = path.read_bytes().decode("utf-8")
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or "no UTF-8 CSV file"
        raise LinesError(f"{path}: can't be read ({reason}); {REMEDY}") from error
    missing = [name for name in columns if name not in (reader.fieldnames or ())]
    if missing:
        raise LinesError(f"{path}: the first line lacks {', '.join(missing)}; {REMEDY}")
    if not text.endswith("\n"):
        # A number that lost its last digit looks like any other.
        raise LinesError(f"{path}: its last line has no end: is it cut off? {REMEDY.capitalize()}")
    for number, row in enumerate(rows, start=2):
        if None in row or None in row.values():
            raise LinesError(f"{path}, line {number}: the number of columns differs from the first line")
    return rows
