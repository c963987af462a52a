"""A text of the command line, or what standard input holds in its place."""

from __future__ import annotations

import sys

from tts_voices.voice import VoiceError

__all__ = ["given_text"]

_LARGEST_BYTES = 1_000_000


def given_text(argument: str) -> str:
    """The argument itself, or all of standard input for "-".

    Raises `VoiceError` where that is no UTF-8 text or longer than a million bytes.
    """
    if argument != "-":
        return argument
    content = sys.stdin.buffer.read(_LARGEST_BYTES + 1)
    if len(content) > _LARGEST_BYTES:
        raise VoiceError("standard input is longer than a million bytes: give it in parts")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise VoiceError("standard input is no UTF-8 text") from None
