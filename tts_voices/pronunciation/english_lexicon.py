"""The English pronouncing dictionary, in a compact file that opens in a few hundredths of a second.

The file is LZMA over text: a line with the symbols in the order of their letters, then one line a word,
sorted, `word<TAB>letters`, one letter a symbol. It is made by `building.english_build` from
the CMU Pronouncing Dictionary. A small table of readable additions stands before it.
"""

from __future__ import annotations

import lzma
import re
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tts_voices.pronunciation.phones import MARKS, SYMBOLS
from tts_voices.pronunciation.table_files import read_packed, read_table
from tts_voices.voice import VoiceError

__all__ = ["ADDITIONS", "DICTIONARY", "EnglishLexicon", "packed", "read_additions"]

_WEIGHTS = Path(__file__).with_name("weights")
DICTIONARY = _WEIGHTS / "english_lexicon.xz"
ADDITIONS = Path(__file__).with_name("tables") / "english_additions.tsv"

_FIRST_LETTER = 40
_MEND = "bring it back from the repository"


def packed(readings: Mapping[str, list[str]]) -> bytes:
    """The file's bytes for words in lower case and their symbols; `VoiceError` for an unknown symbol."""
    symbols = [symbol for symbol in SYMBOLS["en"] if symbol not in MARKS]
    letters = {symbol: chr(_FIRST_LETTER + place) for place, symbol in enumerate(symbols)}
    try:
        lines = sorted(f"{word}\t{''.join(letters[one] for one in said)}" for word, said in readings.items())
    except KeyError as error:
        raise VoiceError(f"the dictionary names a sound that the voices don't have: {error}") from error
    text = "\n".join([" ".join(symbols), *lines])
    return lzma.compress(text.encode("ascii"), preset=9 | lzma.PRESET_EXTREME)


def read_additions(path: Path) -> dict[str, tuple[str, ...]]:
    """Words and their symbols from a table `word<TAB>symbols`; lines that open with # are remarks.

    Raises `VoiceError` for a file that is none, a line of another form or a symbol that is none.
    """
    known = set(SYMBOLS["en"]).difference(MARKS)
    readings = {}
    for number, line in enumerate(read_table(path, _MEND), start=1):
        if not line or line.startswith("#"):
            continue
        word, tab, said = line.partition("\t")
        symbols = tuple(said.split())
        if not tab or not word or not symbols or not known.issuperset(symbols):
            raise VoiceError(f"{path.name}, line {number}: write word<TAB>symbols with symbols of phones.py")
        readings[word] = symbols
    return readings


@dataclass(frozen=True, slots=True)
class EnglishLexicon:
    """Words in lower case and how they are said."""

    symbols: tuple[str, ...]
    lines: list[str]
    additions: Mapping[str, tuple[str, ...]]

    @classmethod
    def load(cls, dictionary: Path = DICTIONARY, additions: Path = ADDITIONS) -> EnglishLexicon:
        """The lexicon that ships; raises `VoiceError` where a file is missing or damaged."""
        header, _, words = read_packed(dictionary, _MEND).partition("\n")
        symbols = tuple(header.split())
        if not set(SYMBOLS["en"]).issuperset(symbols) or not words.isascii() or _stray(words, len(symbols)):
            raise VoiceError(f"{dictionary} is damaged: {_MEND}")
        return cls(symbols, words.split("\n"), read_additions(additions))

    def get(self, word: str) -> tuple[str, ...] | None:
        """The symbols of a word in lower case, or None for one that is not in the lexicon."""
        if (said := self.additions.get(word)) is not None:
            return said
        sought = word + "\t"
        place = bisect_left(self.lines, sought)
        if place == len(self.lines) or not self.lines[place].startswith(sought):
            return None
        letters = self.lines[place][len(sought) :]
        return tuple(self.symbols[ord(letter) - _FIRST_LETTER] for letter in letters)

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and self.get(word) is not None


def _stray(words: str, symbols: int) -> bool:
    """Whether there is no word, or one without letters or with one that is none of so many symbols."""
    letters = "".join(re.escape(chr(_FIRST_LETTER + place)) for place in range(symbols))
    return not (words and letters) or re.search(rf"\t(?![{letters}]++(?:\n|\Z))", words) is not None
