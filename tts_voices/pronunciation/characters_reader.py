"""Symbols of a voice that learnt from letters: the text's own characters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from language import speakable
from tts_voices.pronunciation.enclosing import enclosed, single_symbols
from tts_voices.voice_files import VoiceDescription

__all__ = ["CharactersReader"]

_PERSIAN_MARKS = {",": "،", ";": "؛", "?": "؟"}
_INSTEAD = {
    "ی": "ي",
    "ک": "ك",
    "آ": "ا",
    "أ": "ا",
    "ؤ": "و",
    "ئ": "ی",
    "ۀ": "ه",
    "،": ",",
    "؛": ",",
    "؟": "?",
    ";": ",",
    ":": ",",
    "!": ".",
    "?": ".",
    "\u200c": "",
    "-": " ",
}
"""What is read for a character that a voice does not have, where that is not simply nothing."""


@dataclass(frozen=True, slots=True)
class CharactersReader:
    """The reader of one voice; `known` are the characters that it has symbols for."""

    description: VoiceDescription
    known: frozenset[str]

    @classmethod
    def load(cls, description: VoiceDescription) -> CharactersReader:
        """The reader of the voice described."""
        return cls(description, single_symbols(description))

    def symbols(self, text: str) -> list[str]:
        """The voice's symbols of `text`, empty where it has no word that the voice could read.

        A character that the voice does not have is replaced by a near one or left out.
        """
        spoken = speakable(text.replace("’", "'"), self.description.language)
        if self.description.language == "fa":
            spoken = "".join(_persian_mark(character, self.known) for character in spoken)
        found = [symbol for character in spoken for symbol in _near(character, self.known)]
        if not any(symbol.isalpha() for symbol in found):
            return []
        return enclosed(found, self.description)


def _persian_mark(character: str, known: frozenset[str]) -> str:
    """The Persian form of a mark, where the voice learnt that one."""
    mark = _PERSIAN_MARKS.get(character, character)
    return mark if mark in known else character


def _near(character: str, known: frozenset[str]) -> Iterator[str]:
    seen: set[str] = set()
    while character and character not in seen:
        if character in known:
            yield character
            return
        seen.add(character)
        lower = character.lower()
        character = lower if lower != character else _INSTEAD.get(character, "")
