"""The symbols of a foreign voice's utterance, put together as in its training, and cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tts_voices.pronunciation.phones import with_blanks
from tts_voices.voice_files import VoiceDescription

__all__ = ["enclosed", "short_parts", "single_symbols"]

_PAUSES = frozenset(",;:.?!،؛؟")


def enclosed(symbols: Sequence[str], description: VoiceDescription) -> list[str]:
    """`symbols` with the voice's blank around each, and its opening and closing symbols around all.

    Nothing comes of no symbols.
    """
    if not symbols:
        return []
    inner = list(symbols) if description.blank is None else with_blanks(symbols, description.blank)
    return [*description.opening, *inner, *description.closing]


def single_symbols(description: VoiceDescription) -> frozenset[str]:
    """The voice's symbols that a text may hold: single characters, without those that stand around others."""
    single = {symbol for symbol in description.symbols if len(symbol) == 1}
    around = {*description.opening, *description.closing}
    return frozenset(single - around - {description.blank or ""})


def short_parts(symbols: Sequence[str], description: VoiceDescription, longest: int) -> Iterator[list[str]]:
    """An enclosed utterance as enclosed parts of at most `longest` symbols, cut at pauses or between words.

    Each part is read as an utterance of its own, so that a blank, opening and closing are around it too.
    """
    if len(symbols) <= longest:
        if symbols:
            yield list(symbols)
        return
    around = len(description.opening) + len(description.closing)
    left = _inner(symbols, description)
    room = longest - around
    room = (room - 1) // 2 if description.blank is not None else room
    while left:
        end = len(left) if len(left) <= room else _cut(left, room)
        yield enclosed(left[:end], description)
        left = left[end:]


def _inner(symbols: Sequence[str], description: VoiceDescription) -> list[str]:
    inner = list(symbols)[len(description.opening) : len(symbols) - len(description.closing)]
    return inner[1::2] if description.blank is not None else inner


def _cut(symbols: list[str], room: int) -> int:
    """How many of `symbols` the first part takes."""
    for marks in (_PAUSES, frozenset(" ")):
        places = [place for place in range(room // 3, room) if symbols[place] in marks]
        if places:
            return places[-1] + 1
    return room
