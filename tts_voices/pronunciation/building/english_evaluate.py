"""How well the English reading agrees with what the teacher of the voice spoke.

    python -m tts_voices.pronunciation.building.english_evaluate LESSONS.jsonl TEXTS.json

`LESSONS` has one lesson a line with `split`, `text` and `symbols`; rows of dictionary words
are left out: only sentences whose every word stands in `TEXTS` (a list of English texts, or an object with
the list "en") count. Pauses and marks are not compared.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from language import speakable
from tts_voices.pronunciation.english import EnglishReader
from tts_voices.pronunciation.phones import MARKS

__all__ = ["compared", "edits", "main", "symbol_error"]

_WORD = re.compile(r"[a-z]+(?:'[a-z]+)*")
_RESAMPLINGS = 1_000


def edits(said: list[str], heard: list[str]) -> int:
    """Insertions, deletions and substitutions between two sequences."""
    row = list(range(len(heard) + 1))
    for place, one in enumerate(said, start=1):
        corner, row[0] = row[0], place
        for at, other in enumerate(heard, start=1):
            corner, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, corner + (one != other))
    return row[-1]


def compared(
    lessons: list[dict[str, str]], read: Callable[[str], list[str]], stress: bool
) -> list[tuple[int, int]]:
    """For each lesson the edits between reading and teacher, and the length of the teacher's symbols."""

    def plain(symbols: list[str]) -> list[str]:
        spoken = [symbol for symbol in symbols if symbol not in MARKS]
        return spoken if stress else [symbol.rstrip("01") for symbol in spoken]

    pairs = [(plain(read(lesson["text"])), plain(lesson["symbols"].split())) for lesson in lessons]
    return [(edits(said, heard), len(heard)) for said, heard in pairs]


def symbol_error(counts: list[tuple[int, int]], seed: int = 9) -> dict[str, object]:
    """Edits by length, with the 95 % interval of a bootstrap over sentences."""
    rate = sum(wrong for wrong, _ in counts) / max(1, sum(length for _, length in counts))
    draw = random.Random(seed)  # noqa: S311
    rates = []
    for _ in range(_RESAMPLINGS):
        sample = draw.choices(counts, k=len(counts))
        rates.append(sum(wrong for wrong, _ in sample) / max(1, sum(length for _, length in sample)))
    rates.sort()
    interval = [round(rates[int(_RESAMPLINGS * part)], 5) for part in (0.025, 0.975)]
    return {"sentences": len(counts), "symbol error": round(rate, 5), "95 %": interval}


def _domain(lessons: list[dict[str, str]], texts: list[str]) -> list[dict[str, str]]:
    words: Counter[str] = Counter()
    for text in texts:
        words.update(_WORD.findall(speakable(text, "en").lower()))
    return [one for one in lessons if all(word in words for word in _WORD.findall(one["text"].lower()))]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Compare the English reading with the teacher's.")
    parser.add_argument("lessons", type=Path)
    parser.add_argument("texts", type=Path)
    chosen = parser.parse_args()
    found = json.loads(chosen.texts.read_text(encoding="utf-8"))
    texts = found["en"] if isinstance(found, dict) else found
    lessons = [json.loads(line) for line in chosen.lessons.read_text(encoding="utf-8").splitlines()]
    domain = _domain([one for one in lessons if one["split"] in {"train", "test"}], texts)
    reader = EnglishReader.load()
    figures = {
        f"{split}, {name}": symbol_error(
            compared([one for one in domain if one["split"] == split], reader.symbols, stress)
        )
        for split in ("train", "test")
        for name, stress in (("stress counted", True), ("sounds alone", False))
    }
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
