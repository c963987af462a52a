"""Persian text to the symbols that the voices speak: known words, ezafe, stress, pauses.

A word of the lexicon is read by it, one that a word of it explains (`persian_words`) like that, any other by
the letter tagger, which chooses among several readings and tells where an unwritten ezafe stands. Our own
suggestions and replies bear marks set by hand, which go before all that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from language import speakable
from tts_voices.pronunciation.letter_tagger import LetterTagger, word_spans
from tts_voices.pronunciation.persian_choice import KASRA, allowed, decoded, likelihood
from tts_voices.pronunciation.persian_ezafe import can_link, ezafe_symbols, must_link
from tts_voices.pronunciation.persian_homographs import Cue, cued_reading, read_cues
from tts_voices.pronunciation.persian_known import KnownSentence, read_known, sentence_key
from tts_voices.pronunciation.persian_latin import persian_from_english, spelled_latin
from tts_voices.pronunciation.persian_lexicon import Lexicon, read_packed_lexicon
from tts_voices.pronunciation.persian_notation import UNSTRESSED_WORDS, reading_symbols, unstressed
from tts_voices.pronunciation.persian_pairs import Pairs, read_pairs
from tts_voices.pronunciation.persian_tokens import Token, tagger_sequence, tokens
from tts_voices.pronunciation.persian_words import derived_readings, marked_stress
from tts_voices.pronunciation.phones import CLOSING_MARKS, OPENING, PAUSE

__all__ = ["HOMOGRAPHS", "LEXICON", "PAIRS", "SENTENCES", "TAGGER", "PersianReader"]

_WEIGHTS = Path(__file__).with_name("weights")
LEXICON = _WEIGHTS / "persian_lexicon.xz"
HOMOGRAPHS = Path(__file__).with_name("tables") / "persian_homographs.tsv"
PAIRS = _WEIGHTS / "persian_pairs.xz"
SENTENCES = _WEIGHTS / "persian_sentences.xz"
TAGGER = _WEIGHTS / "persian_letters.onnx"

_USUAL_BONUS = 3.0
_LINKED_FROM = float(np.log(0.5))
# «در» behind a word is mostly "in", sometimes "door".
_LINKED_TO_DOOR_FROM = float(np.log(0.7))
_WRITTEN_EZAFE = ("ی", "\u0654")


@dataclass(frozen=True, slots=True)
class PersianReader:
    """Reads Persian sentences; holds no state between them and may be used from several threads.

    `other` gives the English symbols of a word of the Latin script; without it such words are spelled.
    """

    lexicon: Lexicon
    cues: Mapping[str, tuple[Cue, ...]]
    tagger: LetterTagger
    known: Mapping[str, KnownSentence] = field(default_factory=dict)
    pairs: Pairs = field(default_factory=dict)
    other: Callable[[str], list[str]] | None = None

    @staticmethod
    def load(other: Callable[[str], list[str]] | None = None) -> PersianReader:
        """The reader with its own weights; raises `VoiceError` where they are missing or damaged."""
        return PersianReader(
            read_packed_lexicon(LEXICON),
            read_cues(HOMOGRAPHS),
            LetterTagger.load(TAGGER),
            read_known(SENTENCES),
            read_pairs(PAIRS),
            other,
        )

    def symbols(self, text: str) -> list[str]:
        """What to say for one sentence: "^", sounds and pauses, a closing mark; [] for nothing to say."""
        sentence = tokens(speakable(text, "fa"))
        closing = _closing_mark(sentence)
        said = self._sounds(sentence)
        return [OPENING, *said, closing] if said else []

    def words(self, sentence: list[Token]) -> list[tuple[str, bool]]:
        """The reading of each token ("" for all but Persian words); whether an unwritten ezafe follows."""
        sequence = tagger_sequence(sentence)
        if not any(token.kind == "persian" for token in sentence):
            return [("", False)] * len(sentence)
        marked = self.known.get(sentence_key(sequence))
        tags = self.tagger.tag([sequence])[0]
        texts = [token.text for token in sentence]
        said = []
        for number, (token, (start, end)) in enumerate(zip(sentence, word_spans(sequence), strict=True)):
            if token.kind != "persian":
                said.append(("", False))
                continue
            before = sentence[number - 1] if number else None
            following = sentence[number + 1] if number + 1 < len(sentence) else None
            if marked is not None:
                linked = number in marked.linked
                told = marked.readings.get(number)
            else:
                linked = self._is_linked(before, token, following, float(tags.linked[number]))
                told = cued_reading(self.cues, texts, number, linked=linked or KASRA in token.marks[-1])
            reading = self._reading(token, told, tags.sounds[start:end])
            said.append((reading, _ezafe_is_spoken(token, reading, linked=linked)))
        return said

    def _is_linked(self, before: Token | None, token: Token, following: Token | None, chance: float) -> bool:
        if must_link(before, token, following):
            return True
        if following is None or not can_link(token, following):
            return False
        return self.pairs.get((token.text, following.text), chance > _linked_from(following))

    def _sounds(self, sentence: list[Token]) -> list[str]:
        said: list[str] = []
        pending = False
        for token, (reading, linked) in zip(sentence, self.words(sentence), strict=True):
            if token.kind == "mark":
                pending = bool(said)
                continue
            if token.kind == "latin":
                sounds = self._latin_sounds(token.text)
            else:
                sounds = reading_symbols(reading, stressed=token.text not in UNSTRESSED_WORDS)
                if linked and sounds:
                    sounds += ezafe_symbols(sounds[-1], token.text)
            if sounds:
                said += [PAUSE, *sounds] if pending else sounds
                pending = False
        return said

    def _latin_sounds(self, word: str) -> list[str]:
        return persian_from_english(self.other(word)) if self.other else spelled_latin(word)

    def _reading(self, token: Token, told: str | None, scores: NDArray[np.float32]) -> str:
        if told is not None and allowed(token.text, told, token.marks):
            return told
        known = self.lexicon.get(token.text) or derived_readings(token.text, self.lexicon)
        fitting = [reading for reading in known if allowed(token.text, reading, token.marks)]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            places = {sound: place for place, sound in enumerate(self.tagger.sounds)}
            chances = [likelihood(token.text, reading, scores, places) for reading in fitting]
            chances[0] += _USUAL_BONUS
            return fitting[int(np.argmax(chances))]
        return marked_stress(token.text, decoded(token.text, scores, self.tagger.sounds, token.marks))


def _ezafe_is_spoken(token: Token, reading: str, *, linked: bool) -> bool:
    """Whether an e has to be added: not where the reading already ends in the written ezafe."""
    if KASRA in token.marks[-1]:
        return not reading.endswith("e")
    return linked and not (token.text.endswith(_WRITTEN_EZAFE) and unstressed(reading).endswith("ye"))


def _linked_from(following: Token | None) -> float:
    return _LINKED_TO_DOOR_FROM if following is not None and following.text == "در" else _LINKED_FROM


def _closing_mark(sentence: list[Token]) -> str:
    last = sentence[-1] if sentence else None
    return last.text if last and last.kind == "mark" and last.text in CLOSING_MARKS else "."
