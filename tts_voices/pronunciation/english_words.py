"""English words that the lexicon lacks: endings, other spellings, compounds, letters one by one.

Endings follow the rules of English: s is "z", "s" after a voiceless sound and "ax z" after a hiss; ed
likewise. Sounds are written as the teacher of the voice says them (see `english_build`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tts_voices.pronunciation.english_letters import LONGEST_WORD, LetterReader
from tts_voices.pronunciation.english_lexicon import EnglishLexicon
from tts_voices.pronunciation.phones import is_vowel

__all__ = ["LETTER_NAMES", "WordReader", "spelled"]

_NAMES = """
a ey1|b b iy1|c s iy1|d d iy1|e iy1|f eh1 f|g jh iy1|h ey1 ch|i ay1|j jh ey1|k k ey1|l eh1 l|m eh1 m|
n eh1 n|o ow1|p p iy1|q k y uw1|r aa1 r|s eh1 s|t t iy1|u y uw1|v v iy1|w d ah1 b ax l y uw1|x eh1 k s|
y w ay1|z z iy1
"""
LETTER_NAMES: dict[str, tuple[str, ...]] = {
    parts[0]: tuple(parts[1:]) for parts in (entry.split() for entry in _NAMES.split("|"))
}
"""How each letter is called."""

_HISSES = frozenset({"s", "z", "sh", "zh", "ch", "jh"})
_VOICELESS = frozenset({"p", "t", "k", "f", "th", "s", "sh", "ch", "hh"})
_SPELLINGS = (
    (r"is(e[sdr]?|ing|ations?|ers?)$", r"iz\1"),
    (r"ys(e[sd]?|ing)$", r"yz\1"),
    (r"our(?=(s|ed|ing|ful|fully|less|able|ite|ites|hood|hoods|y|er|ers)?$)", "or"),
    (r"ll(ed|ing|ers?|ors?)$", r"l\1"),
    (r"(?<=[a-z]{2})re(s?)$", r"er\1"),
    (r"ogue(s?)$", r"og\1"),
    (r"ae|oe", "e"),
    (r"yre(s?)$", r"ire\1"),
    (r"mme(s?)$", r"m\1"),
    (r"queue?ing$", "cuing"),
    (r"geing$", "ging"),
    (r"([^e])lful", r"\1llful"),
    (r"in$", "ing"),
)
_PREFIXES = (
    ("un", "ax n"),
    ("re", "r iy0"),
    ("non", "n aa1 n"),
    ("mis", "m ih0 s"),
    ("pre", "p r iy0"),
    ("over", "ow1 v er0"),
    ("under", "ah1 n d er0"),
    ("out", "aw1 t"),
    ("self", "s eh1 l f"),
    ("anti", "ae1 n t iy0"),
    ("dis", "d ih0 s"),
    ("super", "s uw1 p er0"),
    ("inter", "ih1 n t er0"),
    ("micro", "m ay1 k r ow0"),
    ("multi", "m ah1 l t iy0"),
    ("co", "k ow1"),
    ("de", "d iy0"),
    ("up", "ah1 p"),
)
_CONTRACTED = {"": "", "ll": "ax l", "d": "ax d", "ve": "ax v", "re": "er0", "m": "ax m", "t": "t"}
_SHORTEST_STEM = 3
# Shorter halves are found in too many names: on unseen words the letters are right more often.
_SHORTEST_PART = 4
_LONGEST_ABBREVIATION = 5
_VOWEL_LETTER = re.compile("[aeiouy]")

Reading = tuple[str, ...]


def spelled(letters: str) -> Reading:
    """The names of the letters a to z in `letters`."""
    return tuple(symbol for letter in letters.lower() for symbol in LETTER_NAMES.get(letter, ()))


def _with_s(said: Reading) -> Reading:
    if said[-1] in _HISSES:
        return (*said, "ax", "z")
    return (*said, "s" if said[-1] in _VOICELESS else "z")


def _with_ed(said: Reading) -> Reading:
    if said[-1] in {"t", "d"}:
        return (*said, "ax", "d")
    return (*said, "t" if said[-1] in _VOICELESS else "d")


def _adding(ending: str) -> Callable[[Reading], Reading]:
    sounds = tuple(ending.split())
    return lambda said: said + sounds


def _with_ly(said: Reading) -> Reading:
    return (*(said[:-1] if said[-1] == "l" else said), "l", "iy0")


def _gently(said: Reading) -> Reading:
    # "gentle" loses its last vowel.
    return (*said[:-2], "l", "iy0") if said[-2:] == ("ax", "l") else _with_ly(said)


_ENDINGS: tuple[tuple[str, Callable[[Reading], Reading]], ...] = (
    ("s", _with_s),
    ("ed", _with_ed),
    ("ing", _adding("ih0 ng")),
    ("er", _adding("er0")),
    ("est", _adding("ax s t")),
    ("ly", _with_ly),
    ("y", _adding("iy0")),
    ("ness", _adding("n ax s")),
    ("less", _adding("l ax s")),
    ("ful", _adding("f ax l")),
    ("ment", _adding("m ax n t")),
    ("ish", _adding("ih0 sh")),
    ("able", _adding("ax b ax l")),
    ("ship", _adding("sh ih1 p")),
    ("like", _adding("l ay1 k")),
    ("wards", _adding("w er0 d z")),
    ("ward", _adding("w er0 d")),
    ("hood", _adding("hh uh1 d")),
)


@dataclass(frozen=True, slots=True)
class WordReader:
    """Reads one word without its context."""

    lexicon: EnglishLexicon
    letters: LetterReader | None

    def read(self, word: str) -> Reading:
        """The symbols of a word as it is written (letters a to z, apostrophes, hyphens); () for none."""
        lower = word.lower().strip("'-")
        if not word.isupper() and _is_abbreviation(word):
            return _spelled_plural(word)
        if (said := self.lexicon.get(lower)) is not None:
            return said
        if "-" in lower:
            return tuple(symbol for part in word.split("-") for symbol in self.read(part))
        if _is_abbreviation(word):
            return _spelled_plural(word)
        if "'" in lower:
            return self._with_apostrophe(lower)
        return self._plain(lower)

    def _plain(self, word: str) -> Reading:
        """A word of letters alone: by its parts if the lexicon has them, else by its letters."""
        if len(word) > LONGEST_WORD:
            return self._guessed(word)
        return self._known(word, self.lexicon.get) or self._known(word, self._compound) or self._guessed(word)

    def _with_apostrophe(self, word: str) -> Reading:
        stem, _, ending = word.rpartition("'")
        said = self.lexicon.get(stem) or (self.read(stem) if stem.count("'") < 3 else self._guessed(stem))
        if ending == "s" and said:
            return _with_s(said)
        return (*said, *(_CONTRACTED[ending].split() if ending in _CONTRACTED else self._plain(ending)))

    def _known(self, word: str, whole: Callable[[str], Reading | None], depth: int = 0) -> Reading | None:
        """Read by `whole`, or by `whole` without an ending, respelled or without a prefix; else None."""
        if (said := whole(word)) is not None:
            return said
        if depth > 2:
            return None
        for stem, ending in _stems(word):
            if (said := self._known(stem, whole, depth + 1)) is not None:
                return ending(said)
        for pattern, other in _SPELLINGS:
            respelled = re.sub(pattern, other, word)
            if respelled != word and (said := whole(respelled)) is not None:
                return said
        for prefix, sounds in _PREFIXES:
            rest = word.removeprefix(prefix)
            if (
                rest != word
                and len(rest) > _SHORTEST_STEM
                and (said := self._known(rest, whole, depth + 1)) is not None
            ):
                return (*sounds.split(), *said)
        return None

    def _compound(self, word: str) -> Reading | None:
        """Two known words; the cut is the one whose shorter half is the longest."""
        cuts = range(_SHORTEST_PART, len(word) - _SHORTEST_PART + 1)
        for cut in sorted(cuts, key=lambda place: (-min(place, len(word) - place), -place)):
            first, second = self.lexicon.get(word[:cut]), self.lexicon.get(word[cut:])
            if first and second:
                return _joined(first, second)
        return None

    def _guessed(self, word: str) -> Reading:
        letters = re.sub("[^a-z]", "", word)
        if self.letters is None or (not _VOWEL_LETTER.search(letters) and len(letters) <= 5):
            return spelled(letters)
        return tuple(self.letters.symbols(letters))


def _joined(first: Reading, second: Reading) -> Reading:
    return first + second[1:] if first[-1] == second[0] and not is_vowel(second[0], "en") else first + second


def _stems(word: str) -> Iterator[tuple[str, Callable[[Reading], Reading]]]:
    """What may stand before an ending, likeliest first, and what the ending does to its sounds."""
    for ending, change in _ENDINGS:
        stem = word.removesuffix(ending)
        if stem == word or len(stem) < _SHORTEST_STEM or (ending == "s" and stem[-1] in "su"):
            continue
        vowel_first = ending[0] in "aeiy"
        if stem[-1] == "i" and len(stem) > _SHORTEST_STEM and ending != "ing":
            yield stem[:-1] + "y", change
        if ending == "s" and stem.endswith("ie"):
            yield stem[:-2] + "y", change
        if ending == "s" and stem.endswith(("she", "che", "sse", "xe", "ze")):
            yield stem[:-1], change
        if vowel_first and len(stem) > _SHORTEST_STEM and stem[-1] == stem[-2] and stem[-1] not in "aeiouls":
            yield stem[:-1], change
        # "pal-er" has lost an e, "pleasant-er" has not.
        short = stem[-2] in "aeiou" and stem[-3] not in "aeiou"
        if vowel_first and short and stem[-1] not in "aeiouwxy":
            yield stem + "e", change
        if ending == "ly" and stem[-1] not in "aeiouy":
            yield stem + "le", _gently
        yield stem, change
        if vowel_first and not short and stem[-1] not in "aeiouwxy":
            yield stem + "e", change
        if vowel_first and len(stem) > _SHORTEST_STEM and stem[-1] == stem[-2]:
            yield stem[:-1], change


def _is_abbreviation(word: str) -> bool:
    """Capitals, with a small s of the plural at most, that no vowel makes a word or that are few."""
    capitals = word.removesuffix("'s").removesuffix("s") if not word.isupper() else word
    return capitals.isupper() and capitals.isalpha() and 2 <= len(capitals) <= _LONGEST_ABBREVIATION


def _spelled_plural(word: str) -> Reading:
    if word.isupper():
        return spelled(word)
    return _with_s(spelled(word.removesuffix("'s").removesuffix("s")))
