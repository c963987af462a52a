"""The two front ends, each with the other for words of its script inside a sentence."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from tts_voices.pronunciation.english import EnglishReader
from tts_voices.pronunciation.persian import PersianReader

__all__ = ["own_reader"]


def own_reader(language: str) -> Callable[[str], list[str]]:
    """Gives the symbols of a sentence of that language, "en" or "fa"."""
    english = _english()
    if language == "fa":
        return PersianReader.load(english.symbols).symbols
    persian = PersianReader.load()
    return lambda text: english.symbols(text, persian.symbols)


@lru_cache(maxsize=1)
def _english() -> EnglishReader:
    # Both voices need it, and its lexicon has 126,000 words.
    return EnglishReader.load()
