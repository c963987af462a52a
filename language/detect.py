"""Our languages, and which of them a text is written in, judged by its script alone."""

from __future__ import annotations

__all__ = ["LANGUAGES", "detect_script_language"]

LANGUAGES = ("en", "fa")
"""Codes of the languages in which a talk can be held; docs/contributing.md says what a third one needs."""

_ARABIC_BLOCKS = (
    (0x0620, 0x064A),
    (0x066E, 0x06D3),
    (0x06D5, 0x06D5),
    (0x06EE, 0x06EF),
    (0x06FA, 0x06FF),
    (0x0750, 0x077F),
    (0xFB50, 0xFDFF),
    (0xFE70, 0xFEFC),
)


def _is_arabic_letter(character: str) -> bool:
    code = ord(character)
    return any(first <= code <= last for first, last in _ARABIC_BLOCKS) and character.isalpha()


def _is_latin_letter(character: str) -> bool:
    return character.isalpha() and (character.isascii() or "\u00c0" <= character <= "\u024f")


def detect_script_language(text: str) -> str | None:
    """The language by the script of most words: "fa" for Arabic script, "en" for Latin, else None.

    Words are counted rather than letters, so that one long English name does not outweigh a short
    Persian sentence; a tie goes to Persian, whose speakers mix in English words while the reverse is
    rare. Persian written in Latin letters is not recognised and counts as English.
    """
    arabic = latin = 0
    for word in text.split():
        if any(_is_arabic_letter(character) for character in word):
            arabic += 1
        elif any(_is_latin_letter(character) for character in word):
            latin += 1
    if arabic == latin == 0:
        return None
    return "fa" if arabic >= latin else "en"
