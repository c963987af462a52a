"""In which country somebody is, by their own word, from `data/crisis/countries.csv`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from crisis.guard import DATA_FOLDER
from crisis.lines import LinesError, read_table
from crisis.wording import wordings
from language import LANGUAGES, detect_script_language

__all__ = ["CountryNames", "default_country_names", "named_country"]

_COLUMNS = ("country", "language", "name")


@dataclass(frozen=True, slots=True)
class CountryNames:
    """Names of countries, and of towns that lie in no other, by language."""

    codes: dict[str, dict[str, str]]
    patterns: dict[str, re.Pattern[str]]

    @classmethod
    def load(cls, folder: Path = DATA_FOLDER) -> CountryNames:
        """The names in `folder`; raises `LinesError` if a row is unusable."""
        path = folder / "countries.csv"
        codes: dict[str, dict[str, str]] = {language: {} for language in LANGUAGES}
        for number, row in enumerate(read_table(path, _COLUMNS), start=2):
            if row["language"] not in LANGUAGES or not row["country"] or not row["name"].strip():
                raise LinesError(f"{path}, line {number}: country, language and name are needed")
            codes[row["language"]][_matched(row["name"], row["language"])] = row["country"]
        patterns = {}
        for language, names in codes.items():
            if not names:
                raise LinesError(f"{path}: has no names in {language}")
            any_name = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
            endings = "(?:م|ام|یم|ایم|ه|ست|است)?" if language == "fa" else ""
            patterns[language] = re.compile(rf"(?<!\w)({any_name}){endings}(?!\w)")
        return cls(codes, patterns)

    def named(self, text: str) -> str | None:
        """The country (two letters) that `text` names last, None where it names none of ours."""
        language = detect_script_language(text) or "en"
        found = self.patterns[language].findall(_matched(text, language))
        return self.codes[language][found[-1]] if found else None


@lru_cache(maxsize=1)
def default_country_names() -> CountryNames:
    """The names of the repository's own data, loaded once."""
    return CountryNames.load()


def named_country(text: str) -> str | None:
    """`CountryNames.named` of the default names."""
    return default_country_names().named(text)


def _matched(text: str, language: str) -> str:
    return wordings(text, language)[0].text
