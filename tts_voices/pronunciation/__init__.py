"""From text to the sounds that a voice is to say, for each language, without any program or network beside.

In: one sentence as a person writes it. Out: symbols (`phones`). `load_reader` gives what a voice's
description asks for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tts_voices.voice_files import VoiceDescription

__all__ = ["load_reader"]


def load_reader(description: VoiceDescription) -> Callable[[str], list[str]]:
    """What gives the symbols of a sentence for this voice; raises `VoiceError` where a file is missing."""
    # Each reader loads files of its own, which the others do not need.
    if description.reader == "espeak":
        from tts_voices.pronunciation.espeak_reader import EspeakReader

        return EspeakReader.load(description).symbols
    if description.reader == "characters":
        from tts_voices.pronunciation.characters_reader import CharactersReader

        return CharactersReader.load(description).symbols
    from tts_voices.pronunciation.readers import own_reader

    return own_reader(description.language)
