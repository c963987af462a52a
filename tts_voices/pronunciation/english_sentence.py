"""An English sentence as a row of words and pauses, and what depends on a word's place in it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tts_voices.pronunciation.english_words import spelled
from tts_voices.pronunciation.phones import CLOSING_MARKS, PAUSE

__all__ = ["Token", "closing_mark", "function_word", "latin", "tokens", "with_breaths"]

_TOKEN = re.compile(
    r"(?P<initials>\b(?:[A-Za-z]\.){2,}(?:[A-Za-z]\b)?)"
    r"|(?P<word>[A-Za-z]+(?:['-][A-Za-z]+)*'?)"
    r"|(?P<persian>[\u0600-\u06ff\u200c]*[\u0620-\u064a\u0671-\u06d3][\u0600-\u06ff\u200c]*)"
    r"|(?P<mark>[.,;:?!])"
)
_LATIN = str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L"}
    | {"đ": "d", "Đ": "D", "ð": "th", "þ": "th", "ı": "i", "’": "'"}
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_HOURS = _words("one two three four five six seven eight nine ten eleven twelve fifteen thirty o'clock")
_LETTERED = _words("vitamin plan hepatitis grade letter option section part type group")
# A clause longer than this many words gets one pause, before one of the words that open a new part.
_LONGEST_BREATH = 8
_FEWEST_BEFORE = 4
_FEWEST_AFTER = 3
_STRONG_OPENERS = _words("and or but because if when while until unless although though who which")
_SCALES = _words("hundred thousand million billion")
_OPENERS = _STRONG_OPENERS | _words(
    "where that before after since so as whose whether how what than with without for from"
)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a sentence: `kind` is "word", "initials" ("U.S."), "persian" or "mark" (a pause)."""

    written: str
    kind: str

    @property
    def lower(self) -> str:
        """The word in lower case; "" for a pause."""
        return "" if self.kind == "mark" else self.written.lower()


def latin(text: str) -> str:
    """The text with Latin letters in their plain form ("café" is "cafe")."""
    if text.isascii():
        return text
    parts = unicodedata.normalize("NFD", text.translate(_LATIN))
    return "".join(one for one in parts if unicodedata.category(one) != "Mn" or "\u0600" <= one <= "\u06ff")


def tokens(text: str, is_known: Callable[[str], bool]) -> list[Token]:
    """The pieces of a speakable text. Hyphens part words, unless `is_known` of the whole in lower case.

    A text in capitals comes in lower case, since capitals tell nothing about abbreviations there.
    """
    found: list[Token] = []
    for match in _TOKEN.finditer(text):
        written, kind = match.group(), match.lastgroup or ""
        parts = [written] if "-" not in written or is_known(written.lower()) else written.split("-")
        found += [Token(part, kind) for part in parts]
    words = [token.written for token in found if token.kind == "word" and len(token.written) > 1]
    if len(words) > 1 and sum(map(str.isupper, words)) > len(words) / 2:
        return [Token(token.written.lower(), token.kind) for token in found]
    return found


def closing_mark(text: str) -> str:
    """The mark that closes a speakable text: "?" or "!" where it stands at the end, else "."."""
    last = text.rstrip()[-2:]
    return next((mark for mark in "?!" if mark in last and last[-1:] in CLOSING_MARKS), ".")


def with_breaths(pieces: Sequence[Token]) -> list[Token]:
    """The tokens with a pause in the middle of each clause that is too long for one breath."""
    out: list[Token] = []
    clause: list[Token] = []
    for token in [*pieces, None]:
        if token is not None and token.kind != "mark":
            clause.append(token)
            continue
        at = _breath([one.lower for one in clause])
        out += clause if at is None else [*clause[:at], Token(PAUSE, "mark"), *clause[at:]]
        clause = []
        if token is not None:
            out.append(token)
    return out


def _breath(words: list[str]) -> int | None:
    if len(words) <= _LONGEST_BREATH:
        return None
    places = range(_FEWEST_BEFORE, len(words) - _FEWEST_AFTER + 1)
    joined = _OPENERS | _SCALES
    for openers in (_STRONG_OPENERS, _OPENERS):
        fitting = [place for place in places if words[place] in openers and words[place - 1] not in joined]
        if fitting:
            return min(fitting, key=lambda place: abs(place - len(words) / 2))
    return None


def function_word(pieces: Sequence[Token], at: int) -> tuple[str, ...] | None:
    """The symbols of "to", "a" and single letters in their place; None for any other word."""
    word, written = pieces[at].lower, pieces[at].written
    before = pieces[at - 1].lower if at else ""
    after = pieces[at + 1].lower if at + 1 < len(pieces) else ""
    if word == "to":
        return ("t", "ax") if after else ("t", "uw1")
    if word in {"am", "pm"} and before in _HOURS:
        return spelled(word)
    if len(word) != 1 or word == "i":
        return None
    if word != "a":
        return spelled(word)
    beside = [pieces[near].written for near in (at - 1, at + 1) if 0 <= near < len(pieces)]
    initial = any(len(one) == 1 and one.isalpha() and one.isupper() and one != "I" for one in beside)
    alone = not after and at > 0
    is_letter = (initial or alone) if written == "A" else before in _LETTERED and not after
    return spelled(word) if is_letter or (before in _LETTERED and written == "A") else ("ax",)
