"""The sounds that the voices know, as symbols: one list a language, in the order of the networks' inputs.

English symbols are those of the CMU Pronouncing Dictionary in lower case (ARPAbet; "ax" for the unstressed
"ah"), Persian ones those of `language.phonemes` with "ʔ" for the glottal stop. A vowel ends in 1 where it
bears stress and in 0 where not. Marks stand for pauses and for the melody of a clause: "^" opens every
utterance, "," is a pause inside, and ". ? !" close it.

The networks get a blank around each symbol: one mean a symbol would flatten what changes within it, such as
the glide of a diphthong or the closure and burst of a stop.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = [
    "BLANK",
    "CLOSING_MARKS",
    "MARKS",
    "OPENING",
    "PAUSE",
    "SYMBOLS",
    "VOWELS",
    "is_vowel",
    "network_ids",
    "network_symbols",
    "with_blanks",
]

BLANK = "_"
"""What stands around each symbol of an utterance when a network gets it."""

OPENING = "^"
PAUSE = ","
CLOSING_MARKS = (".", "?", "!")
MARKS = (OPENING, PAUSE, *CLOSING_MARKS)

_ENGLISH_VOWELS = "aa ae ah ao aw ay eh er ey ih iy ow oy uh uw"
_ENGLISH_CONSONANTS = "b ch d dh f g hh jh k l m n ng p r s sh t th v w y z zh"
_PERSIAN_VOWELS = "a e o A i u"
_PERSIAN_CONSONANTS = "b p t s j C h x d z r Z S q f k g l m n v w y ʔ"

VOWELS = {"en": frozenset([*_ENGLISH_VOWELS.split(), "ax"]), "fa": frozenset(_PERSIAN_VOWELS.split())}
"""The vowels of each language, without their digit."""


def _table(vowels: str, others: str) -> tuple[str, ...]:
    stressed = [f"{vowel}{stress}" for vowel in vowels.split() for stress in "01"]
    return (*MARKS, *stressed, *others.split())


SYMBOLS: dict[str, tuple[str, ...]] = {
    "en": _table(_ENGLISH_VOWELS, f"ax {_ENGLISH_CONSONANTS}"),
    "fa": _table(_PERSIAN_VOWELS, _PERSIAN_CONSONANTS),
}
"""Every symbol of a language; its place is its number. The blank comes after them."""


def is_vowel(symbol: str, language: str) -> bool:
    """Whether the symbol, with or without its digit of stress, is a vowel of the language."""
    return symbol.rstrip("01") in VOWELS[language]


def network_symbols(language: str) -> tuple[str, ...]:
    """All inputs of a language's network, in the order of their numbers."""
    return (*SYMBOLS[language], BLANK)


def with_blanks(symbols: Sequence[str], blank: str = BLANK) -> list[str]:
    """N symbols with the blank around each: 2 n + 1."""
    around = [blank] * (2 * len(symbols) + 1)
    around[1::2] = symbols
    return around


def network_ids(symbols: Sequence[str], language: str) -> list[int]:
    """The numbers of n symbols and the blanks around them, 2 n + 1.

    Raises `KeyError` for a symbol that the language does not have.
    """
    places = {symbol: place for place, symbol in enumerate(network_symbols(language))}
    return [places[symbol] for symbol in with_blanks(symbols)]
