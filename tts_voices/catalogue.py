"""The voices by name."""

from __future__ import annotations

from collections.abc import Callable

from tts_voices.espeak import EspeakVoice
from tts_voices.voice import Voice, VoiceError

__all__ = ["CATALOGUE", "DEFAULT_VOICE", "load_voice"]

CATALOGUE: dict[str, Callable[[], Voice]] = {"espeak": EspeakVoice}
"""The name of each voice and what makes it."""

DEFAULT_VOICE = "espeak"


def load_voice(name: str = DEFAULT_VOICE) -> Voice:
    """The voice of that name; raises `VoiceError` naming those that exist if there is none."""
    try:
        make = CATALOGUE[name]
    except KeyError:
        raise VoiceError(f"there is no voice {name!r}; choose from: {', '.join(sorted(CATALOGUE))}") from None
    return make()
