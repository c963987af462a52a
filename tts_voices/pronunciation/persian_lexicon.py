"""The words whose pronunciation is known: a table to read and edit, and the compressed file that ships."""

from __future__ import annotations

import lzma
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from tts_voices.pronunciation.persian_notation import is_reading
from tts_voices.pronunciation.table_files import read_packed, read_table
from tts_voices.voice import VoiceError

__all__ = ["Lexicon", "packed_lexicon", "read_lexicon", "read_packed_lexicon"]

Lexicon = Mapping[str, tuple[str, ...]]
"""The readings of each word, the most usual first."""

_MEND = "build it again with python -m tts_voices.pronunciation.building.persian_build lexicon"
_NO_READING = re.compile(r"\t(?![bptsjChxdzrZSqfkglmnvwy?'aeoAiu]++(?:[\t\n]|\Z))")
_FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME}]


def read_lexicon(path: Path) -> dict[str, tuple[str, ...]]:
    """The table in `path`: a line for each word, its readings behind tabs.

    Raises `VoiceError` naming file and line where a word is empty or twice there, or a reading is not
    in the notation of `persian_notation`.
    """
    return _parsed(read_table(path, "bring it back from the repository"), str(path))


def packed_lexicon(lexicon: Lexicon) -> bytes:
    """The lexicon as one compressed piece, words in order, so that equal tables give equal bytes."""
    lines = ("\t".join((word, *lexicon[word])) for word in sorted(lexicon))
    return lzma.compress("\n".join(lines).encode("utf-8"), format=lzma.FORMAT_XZ, filters=_FILTERS)


def read_packed_lexicon(path: Path) -> dict[str, tuple[str, ...]]:
    """What `packed_lexicon` wrote into `path`; raises `VoiceError` where it is damaged or not there."""
    text = read_packed(path, _MEND)
    # Each was checked whole when it was built; that again would take most of the loading time.
    if _NO_READING.search(text):
        raise VoiceError(f"{path} holds readings that are none: {_MEND}")
    lines = text.splitlines()
    return {word: tuple(readings) for word, *readings in (line.split("\t") for line in lines)}


def _parsed(lines: Iterable[str], name: str) -> dict[str, tuple[str, ...]]:
    lexicon: dict[str, tuple[str, ...]] = {}
    for number, line in enumerate(lines, 1):
        word, *readings = line.split("\t")
        if not word or word in lexicon:
            raise VoiceError(f"{name}, line {number}: the word is {'twice there' if word else 'missing'}")
        if not readings or not all(map(is_reading, readings)):
            raise VoiceError(f"{name}, line {number}: a reading is missing or not in the notation")
        lexicon[word] = tuple(dict.fromkeys(readings))
    return lexicon
