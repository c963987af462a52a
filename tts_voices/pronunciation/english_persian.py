"""Persian words inside an English sentence: the nearest English sound for each Persian one."""

from __future__ import annotations

from collections.abc import Sequence

from tts_voices.pronunciation.phones import MARKS

__all__ = ["NEAREST", "in_english"]

_PAIRS = """
a ae e eh o ow A aa i iy u uw
b b p p t t s s j jh C ch h hh x k d d z z r r Z zh S sh q g f f k k g g l l m m n n v v w w y y
"""
NEAREST: dict[str, str] = dict(zip(_PAIRS.split()[::2], _PAIRS.split()[1::2], strict=True))
"""English for Persian symbols, vowels without their digit. The glottal stop has none and goes."""


def in_english(symbols: Sequence[str]) -> tuple[str, ...]:
    """English symbols for Persian ones; marks and whatever is no Persian symbol are left out."""
    said = []
    for symbol in symbols:
        plain = symbol.rstrip("01")
        if symbol not in MARKS and plain in NEAREST:
            digit = symbol[len(plain) :]
            said.append(NEAREST[plain] + (digit[:1] or "0" if plain in "aeoAiu" else ""))
    return tuple(said)
