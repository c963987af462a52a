"""The files that the readers load: tables to read and edit, and compressed text that ships."""

from __future__ import annotations

import lzma
from pathlib import Path

from tts_voices.voice import VoiceError

__all__ = ["read_packed", "read_table"]

_LARGEST_BYTES = 16_000_000
_MOST_MEMORY_BYTES = 100_000_000  # the densest preset takes two thirds of it


def read_table(path: Path, mend: str) -> list[str]:
    """The lines of a table, at most 16 MB of UTF-8; raises `VoiceError` with how to `mend` a bad file."""
    try:
        return _bounded(path).decode("utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise VoiceError(f"{path} can't be read as UTF-8 text ({_reason(error)}): {mend}") from error


def read_packed(path: Path, mend: str) -> str:
    """The text in an LZMA file, at most 16 MB of UTF-8; raises `VoiceError` with how to `mend` a bad file."""
    unpacker = lzma.LZMADecompressor(memlimit=_MOST_MEMORY_BYTES)
    try:
        text = unpacker.decompress(_bounded(path), max_length=_LARGEST_BYTES)
        if not unpacker.eof:
            raise ValueError("cut off, or far too large")
        return text.decode("utf-8")
    except (OSError, ValueError, lzma.LZMAError) as error:
        raise VoiceError(f"{path} can't be read ({_reason(error)}): {mend}") from error


def _bounded(path: Path) -> bytes:
    with path.open("rb") as file:
        content = file.read(_LARGEST_BYTES + 1)
    if len(content) > _LARGEST_BYTES:
        raise ValueError("far too large")
    return content


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
