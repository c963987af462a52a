"""The two front ends, each with the other for words of its script inside a sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from tts_voices.pronunciation.english import EnglishReader
from tts_voices.pronunciation.persian import PersianReader

__all__ = ["own_reader"]


def own_reader(language: str) -> Callable[[str], list[str]]:
    """Gives the symbols of a sentence of that language, "en" or "fa"."""
    english, persian = _english(), _persian()
    if language == "fa":
        return replace(persian, other=english.symbols).symbols
    return lambda text: english.symbols(text, persian.symbols)


# Both voices need both, and the English lexicon has 126,000 words.
@lru_cache(maxsize=1)
def _english() -> EnglishReader:
    return EnglishReader.load()


@lru_cache(maxsize=1)
def _persian() -> PersianReader:
    return PersianReader.load()
