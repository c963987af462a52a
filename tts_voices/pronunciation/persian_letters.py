"""Which sounds a Persian letter can stand for, and which letter of a word gives which sounds of its reading.

Short vowels are not written; each belongs to the letter before it. The alignment is the cheapest way
through a table of letters against sounds (dynamic programming).
"""

from __future__ import annotations

from functools import lru_cache

from tts_voices.pronunciation.persian_notation import HALF_SPACE

__all__ = ["LONGEST_CHUNK", "aligned", "chunk_cost"]

LONGEST_CHUNK = 4
"""The most sounds of one letter: "iyya"."""

_CONSONANTS = {
    **dict(zip("بپتثجچحخدذرزژسشصضطظغفقکگلمنهة", "bptsjChxdzrzZsSsztzqfqkglmnht", strict=True)),
    "و": "v",
    "ی": "y",
    "ع": "?",
    "ء": "?",
    "أ": "?",
    "ؤ": "?",
    "ئ": "?",
}
_SHORT = ("a", "e", "o")
_SILENT = 3.0
_RARE = 4.0

_OTHER_SOUNDS: dict[str, dict[str, float]] = {
    "ا": {
        "A": 0.0,
        "": 0.6,
        "a": 0.3,
        "e": 0.3,
        "o": 0.3,
        "an": 0.8,
        "?A": 1.0,
        "?a": 2.0,
        "?e": 2.0,
        "?o": 2.0,
        "i": 3.0,
    }
    | {"y": 1.5, "ya": 1.0, "ye": 2.0},
    "آ": {"A": 0.0, "?A": 0.5},
    "إ": {"e": 0.0, "?e": 0.5},
    "أ": {"a": 0.0, "": 2.0},
    "و": {"u": 0.0, "o": 0.5, "ow": 0.3, "": 1.0},
    "ی": {"i": 0.0, "ey": 0.3, "e": 1.5, "A": 1.0, "": 1.2, "yi": 0.6, "iyi": 2.0, "?i": 2.0, "a": 3.0}
    | {f"{start}{vowel}": 0.5 + len(vowel) / 4 for start in ("iy", "iyy", "ey") for vowel in ("", *_SHORT)},
    "ه": {"e": 0.2, "a": 0.6, "": 1.0},
    "ع": {"": 0.6, "a": 0.2, "e": 0.2, "o": 0.2, "A": 2.0, "i": 2.0},
    "ء": {"": 0.5},
    "ؤ": {"": 1.0, "o": 0.8, "o?": 0.5, "v": 1.0, "va": 1.0, "ow": 1.0},
    "ئ": {"": 1.0, "y": 0.3, "ye": 0.5, "ya": 0.5, "yi": 0.7, "i": 1.0, "a": 1.0, "e": 1.0},
    "ن": {"m": 1.0},
    "\u0654": {"ye": 0.0, "": 2.0},
    HALF_SPACE: {"": 0.0},
    " ": {"": 0.0},
}


@lru_cache(maxsize=1)
def _costs() -> dict[str, dict[str, float]]:
    table: dict[str, dict[str, float]] = {}
    for letter, consonant in _CONSONANTS.items():
        row = table.setdefault(letter, {"": _SILENT})
        for times, doubling in ((1, 0.0), (2, 0.4)):
            row[consonant * times] = doubling
            row |= {consonant * times + vowel: doubling + 0.5 for vowel in _SHORT}
            row |= {consonant * times + vowel: doubling + _RARE for vowel in ("A", "i", "u")}
    for letter, sounds in _OTHER_SOUNDS.items():
        table[letter] = table.get(letter, {}) | sounds
    return table


def chunk_cost(letter: str, chunk: str) -> float | None:
    """What it costs that `letter` stands for the sounds `chunk`; none where it can't."""
    return _costs().get(letter, {}).get(chunk)


def aligned(letters: str, sounds: str) -> tuple[float, list[str]] | None:
    """The cost and, for each letter, its part of `sounds` (which bear no mark of stress).

    None where the letters can't stand for the sounds. The parts joined are `sounds`.
    """
    table = _costs()
    rows = [table.get(letter, {}) for letter in letters]
    best: list[dict[int, tuple[float, int]]] = [{0: (0.0, 0)}]
    for row in rows:
        reached: dict[int, tuple[float, int]] = {}
        for start, (cost, _) in best[-1].items():
            for end in range(start, min(start + LONGEST_CHUNK, len(sounds)) + 1):
                step = row.get(sounds[start:end])
                if step is not None and (end not in reached or cost + step < reached[end][0]):
                    reached[end] = (cost + step, start)
        best.append(reached)
    if len(sounds) not in best[-1]:
        return None
    parts: list[str] = []
    end = len(sounds)
    for row_ends in reversed(best[1:]):
        start = row_ends[end][1]
        parts.append(sounds[start:end])
        end = start
    return best[-1][len(sounds)][0], parts[::-1]
