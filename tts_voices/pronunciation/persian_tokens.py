"""A speakable Persian sentence cut into words, words of the Latin script and marks."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from tts_voices.pronunciation.persian_notation import HALF_SPACE

__all__ = ["LATIN_PLACE", "Token", "tagger_sequence", "tokens"]

LATIN_PLACE = "A"
"""What the tagger sees in place of a word of the Latin script."""

_LETTERS = "\u0621-\u063a\u0641-\u064a\u0654\u067e\u0686\u0698\u06a9\u06af\u06cc"
_VOWEL_MARKS = "\u064b-\u0653\u0655\u0670"
_TOKEN = re.compile(
    f"(?P<persian>[{_LETTERS}{_VOWEL_MARKS}{HALF_SPACE}]*[{_LETTERS}][{_LETTERS}{_VOWEL_MARKS}{HALF_SPACE}]*)"
    r"|(?P<latin>[A-Za-z]+(?:['’-][A-Za-z]+)*)"
    r"|(?P<mark>[.,;:?!])"
)
_OTHER_LETTERS = str.maketrans({"ي": "ی", "ى": "ی", "ك": "ک", "ة": "ه", "إ": "ا", "\u0640": None})


@dataclass(frozen=True, slots=True)
class Token:
    """One word or mark; `marks[n]` are the vowel marks written behind letter n of `text`."""

    kind: Literal["persian", "latin", "mark"]
    text: str
    marks: tuple[str, ...] = ()


def tokens(spoken: str) -> list[Token]:
    """The tokens of `spoken`; signs and other scripts are left out, accents of Latin letters too."""
    plain = "".join(map(_without_accent, spoken)) if not spoken.isascii() else spoken
    found = []
    for match in _TOKEN.finditer(plain.translate(_OTHER_LETTERS)):
        if match["persian"]:
            found.append(_persian_word(match["persian"].strip(HALF_SPACE)))
        elif match["latin"]:
            found.append(Token("latin", match["latin"]))
        else:
            found.append(Token("mark", match["mark"]))
    return found


def tagger_sequence(sentence: list[Token]) -> str:
    """The sentence as the tagger reads it: tokens divided by single spaces, no vowel marks."""
    return " ".join(LATIN_PLACE if token.kind == "latin" else token.text for token in sentence)


def _without_accent(character: str) -> str:
    base = unicodedata.normalize("NFKD", character)[0] if "\u00c0" <= character <= "\u024f" else character
    return base if base.isascii() or base == character else character


def _persian_word(written: str) -> Token:
    letters: list[str] = []
    marks: list[str] = []
    for character in written:
        if re.fullmatch(f"[{_VOWEL_MARKS}]", character):
            if marks:
                marks[-1] += character
        else:
            letters.append(character)
            marks.append("")
    return Token("persian", "".join(letters), tuple(marks))
