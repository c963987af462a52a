"""Which of Whisper's tokens can be part of English or Persian text. No I/O.

Whisper's tokens are pieces of UTF-8 text (byte-pair encoding of GPT-2, Radford et al. 2019), a fifth of them
of scripts that neither language is written in. To leave them out saves time at each step, and no word can be
heard in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

__all__ = ["sayable_tokens"]

_ASCII = range(0x80)
_CONTINUATION = range(0x80, 0xC0)
_LATIN_1 = (0xC2, 0xC3)
_ARABIC = range(0xD8, 0xDC)
_PUNCTUATION_AND_FORMS = (0xE2, 0xEF)
_KEPT = frozenset([*_ASCII, *_CONTINUATION, *_LATIN_1, *_ARABIC, *_PUNCTUATION_AND_FORMS])


def sayable_tokens(vocabulary: Mapping[str, int], *, specials_from: int, timestamps_from: int) -> list[int]:
    """The tokens of Latin and Arabic script, and the special ones but the timestamps, ascending.

    Args:
        vocabulary: tokens as the tokeniser's file writes them, to their numbers.
        specials_from: the first special token.
        timestamps_from: the first timestamp.
    """
    bytes_of = dict(_printable_bytes())
    text = [
        number
        for token, number in vocabulary.items()
        if number < specials_from and all(bytes_of.get(character) in _KEPT for character in token)
    ]
    return sorted(text) + list(range(specials_from, timestamps_from))


def _printable_bytes() -> Iterator[tuple[str, int]]:
    """GPT-2's printable character of each byte."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    yield from ((chr(byte), byte) for byte in printable)
    others = (byte for byte in range(0x100) if byte not in printable)
    yield from ((chr(0x100 + place), byte) for place, byte in enumerate(others))
