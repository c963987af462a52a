"""Why each technique can help, in a sentence or two of both languages."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from recommender.suggestions import DEFAULT_DIRECTORY

__all__ = ["DEFAULT_TABLE", "GENERAL_EXPLANATION", "Explanation", "ExplanationsError", "read_explanations"]

DEFAULT_TABLE = DEFAULT_DIRECTORY / "explanations.csv"
_COLUMNS = ("technique", "en", "fa")


class ExplanationsError(ValueError):
    """The table can't be used; the message says which line to correct."""


@dataclass(frozen=True)
class Explanation:
    """What is said of a technique."""

    en: str
    fa: str

    def text(self, language: str) -> str:
        """The explanation in "en" or "fa"."""
        return self.fa if language == "fa" else self.en


GENERAL_EXPLANATION = Explanation(
    en=(
        "It is a small thing that some people find helpful in such moments. "
        "Whether it suits you, you know best."
    ),
    fa=(
        "کار کوچکی است که در چنین لحظه‌هایی به کار بعضی‌ها آمده است. "
        "این را که به شما می‌خورد یا نه، خودتان بهتر می‌دانید."
    ),
)
"""Said of a technique that the table doesn't have."""


def read_explanations(path: Path = DEFAULT_TABLE) -> Mapping[str, Explanation]:
    """Reads the table by technique.

    Raises:
        ExplanationsError: where the file can't be read, a column or a value is missing, or a technique
            stands twice.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            if tuple(reader.fieldnames or ()) != _COLUMNS:
                raise ExplanationsError(f"{path}: the first line must be {','.join(_COLUMNS)}")
            rows = list(reader)
    except OSError as error:
        raise ExplanationsError(f"{path}: can't be read ({error.strerror})") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise ExplanationsError(f"{path}: is no UTF-8 CSV file ({type(error).__name__})") from error
    explanations: dict[str, Explanation] = {}
    for number, row in enumerate(rows, start=2):
        if None in row or not all((row[column] or "").strip() for column in _COLUMNS):
            raise ExplanationsError(f"{path}:{number}: needs a value in each of {len(_COLUMNS)} columns")
        if row["technique"] in explanations:
            raise ExplanationsError(f"{path}:{number}: {row['technique']} stands twice")
        explanations[row["technique"]] = Explanation(row["en"], row["fa"])
    return explanations
