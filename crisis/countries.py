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
_BARE_ANSWER_WORDS = 4
# Where the speaker is, not where they come from, whom they miss or what they left.
_PLACED = {
    "en": r"(?:^|\b(?:i am|im|i live|im living|i stay|im staying|we are|we live|here) (?:\w+ ){{0,3}}?)"
    r"(?<!not )(?:in|near) (?:the )?(?:{name})(?!\w)",
    "fa": r"(?<!\w)(?:{name})"
    r"(?:م|ام|یم|ایم|(?: \w+){{0,2}}? (?:هستم|هستیم|ساکنم|زندگی میکنم|زندگی میکنیم))(?!\w)",
}
_BARE = {
    "en": r"(?<!\w)(?:{name})(?!\w)",
    "fa": r"(?<!\w)(?:{name})(?:م|ام|یم|ایم|ه|ست|است)?(?!\w)",
}
_ELSEWHERE = re.compile(r"\b(?:not|no|left|fled|from|miss|hate)\b|\bاز\b|\bنیستم\b|\bنه\b")


@dataclass(frozen=True, slots=True)
class CountryNames:
    """Names of countries, and of towns that lie in no other, by language."""

    codes: dict[str, dict[str, str]]
    placed: dict[str, re.Pattern[str]]
    bare: dict[str, re.Pattern[str]]

    @classmethod
    def load(cls, folder: Path = DATA_FOLDER) -> CountryNames:
        """The names in `folder`; raises `LinesError` if a row is unusable."""
        path = folder / "countries.csv"
        codes: dict[str, dict[str, str]] = {language: {} for language in LANGUAGES}
        for number, row in enumerate(read_table(path, _COLUMNS), start=2):
            if row["language"] not in LANGUAGES or not row["country"] or not row["name"].strip():
                raise LinesError(f"{path}, line {number}: country, language and name are needed")
            codes[row["language"]][_matched(row["name"], row["language"])] = row["country"]
        placed, bare = {}, {}
        for language, names in codes.items():
            if not names:
                raise LinesError(f"{path}: has no names in {language}")
            any_name = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
            placed[language] = re.compile(_PLACED[language].format(name=f"(?P<name>{any_name})"))
            bare[language] = re.compile(_BARE[language].format(name=f"(?P<name>{any_name})"))
        return cls(codes, placed, bare)

    def named(self, text: str) -> str | None:
        """The country (two letters) that somebody says they are in, None where they name none of ours.

        That is "I live in Canada", or a few words with a name in them: the answer to our question.
        """
        language = detect_script_language(text) or "en"
        words = _matched(text, language)
        found = list(self.placed[language].finditer(words))
        if not found and len(words.split()) <= _BARE_ANSWER_WORDS and not _ELSEWHERE.search(words):
            found = list(self.bare[language].finditer(words))
        return self.codes[language][found[-1]["name"]] if found else None


@lru_cache(maxsize=1)
def default_country_names() -> CountryNames:
    """The names of the repository's own data, loaded once."""
    return CountryNames.load()


def named_country(text: str) -> str | None:
    """`CountryNames.named` of the default names."""
    return default_country_names().named(text)


def _matched(text: str, language: str) -> str:
    return wordings(text, language)[0].text
