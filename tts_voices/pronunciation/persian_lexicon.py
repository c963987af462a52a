"""The words whose pronunciation is known: a table to read and edit, and the compressed file that ships."""

from __future__ import annotations

import lzma
from collections.abc import Iterable, Mapping
from pathlib import Path

from tts_voices.pronunciation.persian_notation import is_reading
from tts_voices.voice import VoiceError

__all__ = ["Lexicon", "packed_lexicon", "read_lexicon", "read_packed_lexicon"]

Lexicon = Mapping[str, tuple[str, ...]]
"""The readings of each word, the most usual first."""

_LARGEST_BYTES = 16_000_000
_FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME}]


def read_lexicon(path: Path) -> dict[str, tuple[str, ...]]:
    """The table in `path`: a line for each word, its readings behind tabs.

    Raises `VoiceError` naming file and line where a word is empty or twice there, or a reading is not
    in the notation of `persian_notation`.
    """
    try:
        return _parsed(path.read_text(encoding="utf-8").splitlines(), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise VoiceError(f"{path} can't be read as UTF-8 text: {error}") from error


def packed_lexicon(lexicon: Lexicon) -> bytes:
    """The lexicon as one compressed piece, words in order, so that equal tables give equal bytes."""
    lines = ("\t".join((word, *lexicon[word])) for word in sorted(lexicon))
    return lzma.compress("\n".join(lines).encode("utf-8"), format=lzma.FORMAT_XZ, filters=_FILTERS)


def read_packed_lexicon(path: Path) -> dict[str, tuple[str, ...]]:
    """What `packed_lexicon` wrote into `path`; raises `VoiceError` where it is damaged or not there."""
    try:
        unpacker = lzma.LZMADecompressor(lzma.FORMAT_XZ)
        text = unpacker.decompress(path.read_bytes(), max_length=_LARGEST_BYTES)
        if not unpacker.eof:
            raise lzma.LZMAError("cut off or far too large")
        lines = text.decode("utf-8").splitlines()
    except (OSError, lzma.LZMAError, UnicodeDecodeError) as error:
        raise VoiceError(f"{path} can't be read: build it again with {_BUILD}") from error
    # Its readings were checked when it was built; that again would take most of the loading time.
    return {word: tuple(readings) for word, *readings in (line.split("\t") for line in lines)}


_BUILD = "python -m tts_voices.pronunciation.building.persian_build lexicon"


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
