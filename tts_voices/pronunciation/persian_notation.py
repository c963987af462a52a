"""How Persian pronunciations are written: one letter a sound, "'" before a stress not on the last vowel."""

from __future__ import annotations

import re

__all__ = [
    "HALF_SPACE",
    "UNSTRESSED_WORDS",
    "VOWEL_LETTERS",
    "is_reading",
    "reading_symbols",
    "stressed_before",
    "unstressed",
]

HALF_SPACE = "\u200c"

VOWEL_LETTERS = "aeoAiu"

_SYMBOLS = {"?": "ʔ"}  # as a symbol "?" closes a question
_READING = re.compile(r"(?:[bptsjChxdzrZSqfkglmnvwy?]|'?[aeoAiu])+")
_STRESSED = re.compile(r"'([aeoAiu])")

_UNSTRESSED_LIST = """
و به از در با که تا را رو بر یا چو
"""
UNSTRESSED_WORDS = frozenset(_UNSTRESSED_LIST.split())
"""Words of one syllable that lean on the next or the last word."""


def is_reading(reading: str) -> bool:
    """Whether `reading` is written in the notation and marks at most one stress."""
    return _READING.fullmatch(reading) is not None and reading.count("'") <= 1


def unstressed(reading: str) -> str:
    """The sounds alone, without the mark of stress."""
    return reading.replace("'", "")


def stressed_before(reading: str, ending: str) -> str:
    """`reading` and an `ending` that takes no stress; the stress stays where `reading` has it."""
    if "'" in reading:
        return reading + ending
    places = [place for place, sound in enumerate(reading) if sound in VOWEL_LETTERS]
    if not places:
        return reading + ending
    return f"{reading[: places[-1]]}'{reading[places[-1] :]}{ending}"


def reading_symbols(reading: str, *, stressed: bool = True) -> list[str]:
    """The symbols of one word; with `stressed` false all its vowels end in 0."""
    marked = _STRESSED.search(reading)
    sounds = unstressed(reading)
    place = marked.start() if marked else max((sounds.rfind(vowel) for vowel in VOWEL_LETTERS), default=-1)
    return [
        f"{sound}{int(stressed and number == place)}"
        if sound in VOWEL_LETTERS
        else _SYMBOLS.get(sound, sound)
        for number, sound in enumerate(sounds)
    ]
