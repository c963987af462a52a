"""Cues: the words by which a text shows that it speaks of something, as the tables of suggestions write them.

A cue is a word or a phrase. `_` joins the words of a phrase, `|` stands between words that may take each
other's place, `*` at a word's end stands for any ending. A `*` alone stands for none to three words of the
same clause, `^` at the beginning of a phrase and `$` at its end for those of the clause:
`he|she_*_hit|hits_me`, `i_stopped_$`.

English is compared without apostrophes ("I'm not", "can not"), Persian without half-spaces, since neither
recognisers nor keyboards are sure of them.
"""

from __future__ import annotations

import re

__all__ = ["ANY_WORDS", "CueError", "clauses", "cue_pattern", "cue_words", "joined", "words"]

ANY_WORDS = "*"
"""The word of a cue that stands for none to three words."""

_BEGINNING, _END = "^", "$"
_ZWNJ = "\u200c"
_WORD = re.compile(rf"[^\W\d_]+(?:{_ZWNJ}[^\W\d_]+)*")
_CLAUSE = re.compile(r'[.,;:!?…()"\n،؛؟«»—–]+')
_SHORT_FORMS = (
    (re.compile(r"\bcan(?:no|')?t\b"), "can not"),
    (re.compile(r"\bi'?m\b"), "i am"),
    (re.compile(r"\bi'?ve\b"), "i have"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"\b(do|does|did|is|are|was|were|have|has|had|would|could|should)nt\b"), r"\1 not"),
    (re.compile(r"'re\b"), " are"),
    (re.compile(r"'ve\b"), " have"),
    (re.compile(r"'ll\b"), " will"),
    (re.compile(r"'[sd]\b"), ""),
    (re.compile(r"\bno[ -]one\b"), "noone"),
)
_GAP = r"((?: [^ ]+){0,3}?)"
_CUE_WORD = re.compile(r"[^\W\d_A-Z]+\*?(?:\|[^\W\d_A-Z]+\*?)*")


class CueError(ValueError):
    """A cue is not written as cues are; the message says how."""


def words(folded: str) -> list[str]:
    """The words of a text in the form in which cues are compared.

    Args:
        folded: what `language.fold` makes of the text.
    """
    for short, long in _SHORT_FORMS:
        folded = short.sub(long, folded)
    return [word.replace(_ZWNJ, "") for word in _WORD.findall(folded)]


def clauses(folded: str) -> list[list[str]]:
    """The words of each clause, as far as punctuation shows where one ends; empty ones are left out."""
    return [found for part in _CLAUSE.split(folded) if (found := words(part))]


def joined(some: list[str]) -> str:
    """Words as `cue_pattern` looks through them: one space before each, and one at the end."""
    return "".join(f" {word}" for word in some) + " "


def cue_words(cue: str) -> list[str]:
    """The words of a cue.

    Raises:
        CueError: where it has none, begins or ends with `*` alone, or holds something that no text has.
    """
    found = cue.replace(_ZWNJ, "").split("_")
    found = found[found[0] == _BEGINNING : len(found) - (found[-1] == _END)]
    for place, word in enumerate(found):
        between = word == ANY_WORDS and 0 < place < len(found) - 1
        if not between and not _CUE_WORD.fullmatch(word):
            raise CueError("a cue is small words joined by _, with | between alternatives and * for endings")
    if not found:
        raise CueError("a cue needs a word")
    return found


def cue_pattern(cue: str) -> re.Pattern[str]:
    """Finds a cue in `joined` words; each group of a match is what stood in the place of a `*` alone.

    Raises:
        CueError: where the cue is not written as cues are.
    """
    parts = [_GAP if word == ANY_WORDS else f" (?:{_alternatives(word)})" for word in cue_words(cue)]
    beginning = "^" if cue.startswith(_BEGINNING) else ""
    return re.compile(beginning + "".join(parts) + ("(?= $)" if cue.endswith(_END) else "(?= )"))


def _alternatives(word: str) -> str:
    return "|".join(
        re.escape(form[:-1]) + "[^ ]*" if form.endswith("*") else re.escape(form) for form in word.split("|")
    )
