"""English text to the symbols that a voice speaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from language import speakable
from tts_voices.pronunciation.english_homographs import Homographs
from tts_voices.pronunciation.english_letters import LetterReader
from tts_voices.pronunciation.english_lexicon import EnglishLexicon
from tts_voices.pronunciation.english_persian import in_english
from tts_voices.pronunciation.english_sentence import (
    Token,
    closing_mark,
    function_word,
    latin,
    tokens,
    with_breaths,
)
from tts_voices.pronunciation.english_words import WordReader, spelled
from tts_voices.pronunciation.phones import OPENING, PAUSE

__all__ = ["EnglishReader", "Other"]

Other = Callable[[str], list[str]]
"""Reads Persian words: gives Persian symbols, marks and all."""

_SPELLED_WORDS = """
US UN EU AM PM ER ED AA NA AI IQ MS PA BA MA AC DC IV PE CV ID TV UK
"""
_SPELLED = frozenset(_SPELLED_WORDS.split())


@dataclass(frozen=True, slots=True)
class EnglishReader:
    """Reads English sentences. Safe to use from several threads at once."""

    words: WordReader
    homographs: Homographs

    @classmethod
    def load(cls) -> EnglishReader:
        """The reader that ships; raises `VoiceError` where one of its files is missing or damaged."""
        return cls(WordReader(EnglishLexicon.load(), LetterReader.load()), Homographs.load())

    def symbols(self, text: str, other: Other | None = None) -> list[str]:
        """The symbols of one sentence as a person writes it, from "^" to one of . ? !; [] without a word.

        Numbers, abbreviations and signs are read as `language.speakable` says. `other` reads Persian words,
        which are left out without it. What is in neither script is left out too.
        """
        spoken = latin(speakable(text, "en"))
        pieces = with_breaths(tokens(spoken, self.words.lexicon.__contains__))
        words = [piece.lower for piece in pieces]
        said: list[str] = [OPENING]
        for at, piece in enumerate(pieces):
            if piece.kind != "mark":
                said.extend(self._word(pieces, words, at, other))
            elif said[-1] not in {PAUSE, OPENING}:
                said.append(PAUSE)
        if said[-1] == PAUSE:
            said.pop()
        return [*said, closing_mark(spoken)] if len(said) > 1 else []

    def _word(self, pieces: list[Token], words: list[str], at: int, other: Other | None) -> tuple[str, ...]:
        piece = pieces[at]
        if piece.kind == "persian":
            return in_english(other(piece.written)) if other else ()
        if piece.kind == "initials" or piece.written in _SPELLED:
            return spelled(piece.written)
        if (said := function_word(pieces, at)) is not None:
            return said
        chosen = self.homographs.reading(words, at, piece.written, opens=at == 0)
        return self.words.read(piece.written) if chosen is None else chosen
