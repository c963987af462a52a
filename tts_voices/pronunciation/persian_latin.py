"""Words of the Latin script inside Persian: English sounds as a Persian speaker says them."""

from __future__ import annotations

from collections.abc import Iterable

from tts_voices.pronunciation.phones import MARKS

__all__ = ["PERSIAN_FOR_ENGLISH", "persian_from_english", "spelled_latin"]

_VOWELS = {
    "aa": "A", "ae": "a", "ah": "a", "ao": "A", "ax": "e", "eh": "e", "ih": "i", "iy": "i", "uh": "u",
    "uw": "u", "er": "er", "aw": "Aw", "ay": "Ay", "ey": "ey", "ow": "ow", "oy": "oy",
}  # fmt: skip
_CONSONANTS = {
    "b": "b", "ch": "C", "d": "d", "dh": "z", "f": "f", "g": "g", "hh": "h", "jh": "j", "k": "k", "l": "l",
    "m": "m", "n": "n", "ng": "ng", "p": "p", "r": "r", "s": "s", "sh": "S", "t": "t", "th": "s", "v": "v",
    "w": "v", "y": "y", "z": "z", "zh": "Z",
}  # fmt: skip

PERSIAN_FOR_ENGLISH = {**_VOWELS, **_CONSONANTS}
"""The nearest Persian sounds of each English one, without digits of stress."""

_LETTER_NAME_LIST = """
ey bi si di i ef ji eC Ay jey key el em en o pi kiyu Ar es ti yu vi dAblyu eks vAy zed
"""
_LETTER_NAMES = dict(zip("abcdefghijklmnopqrstuvwxyz", _LETTER_NAME_LIST.split(), strict=True))


def persian_from_english(symbols: Iterable[str]) -> list[str]:
    """Persian symbols for English ones; stress goes along, marks are left out."""
    said: list[str] = []
    for symbol in symbols:
        if symbol in MARKS:
            continue
        stress = symbol[-1] if symbol[-1] in "01" else "0"
        for sound in PERSIAN_FOR_ENGLISH[symbol.rstrip("01")]:
            said.append(sound + stress if sound in "aeoAiu" else sound)
    return said


def spelled_latin(word: str) -> list[str]:
    """The Persian names of the letters of `word` as symbols, for where nobody knows English."""
    said: list[str] = []
    for letter in word.lower():
        name = _LETTER_NAMES.get(letter, "")
        last = max((name.rfind(vowel) for vowel in "aeoAiu"), default=-1)
        said += [f"{x}{int(place == last)}" if x in "aeoAiu" else x for place, x in enumerate(name)]
    return said
