"""What a line of data/persian_pronunciation/ezafe.tsv says about its sentence."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tts_voices.pronunciation.persian_notation import is_reading
from tts_voices.pronunciation.persian_tokens import Token, tokens
from tts_voices.voice import VoiceError

__all__ = ["Marks", "Place", "places", "read_marks"]

Place = tuple[str, int]
"""A word without vowel marks and which of its occurrences is meant, from 1 on."""


@dataclass(frozen=True, slots=True)
class Marks:
    """The words that bear an unwritten ezafe, and readings that are not the most usual one."""

    linked: frozenset[Place]
    readings: dict[Place, str]


def read_marks(path: Path) -> dict[str, Marks]:
    """The marks of each sentence by its name; raises `VoiceError` naming the line that is not of the form."""
    marks = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        name, linked, readings, *_ = (*line.split("\t"), "", "")
        said = dict(one.partition("=")[::2] for one in readings.split("|") if one)
        if not name or not all(map(is_reading, said.values())):
            raise VoiceError(f"{path}, line {number}: expected id, words and word=reading with tabs between")
        marks[name] = Marks(
            frozenset(_place(word) for word in linked.split("|") if word),
            {_place(word): reading for word, reading in said.items()},
        )
    return marks


def places(sentence: list[Token]) -> list[Place]:
    """The place of each token of a sentence, as the table counts it."""
    seen: Counter[str] = Counter()
    found = []
    for token in sentence:
        seen[token.text] += 1
        found.append((token.text, seen[token.text]))
    return found


def _place(word: str) -> Place:
    bare, _, number = word.partition("#")
    letters = tokens(bare)
    return letters[0].text if letters else bare, int(number or 1)
