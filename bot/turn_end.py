"""How long to wait in a pause, by the words before it: English and Persian cues of a turn's end. No I/O.

Somebody who stops after "and" or «یعنی» has more to say; after a complete sentence, a question or a short
answer probably not (Sacks, Schegloff and Jefferson 1974: the end of a turn is projected from its syntax).
What the recogniser wrote is weighed by what it can be trusted with: its full stops stand everywhere, so
that punctuation alone decides nothing, and words that it is not sure of change nothing.
"""

from __future__ import annotations

import enum
import re

from bot import english_cues, persian_cues
from language import fold, parse_small_number

__all__ = ["Cue", "cued_patience_ms", "longest_patience_ms", "turn_end_cue"]

_SHORTER = 0.6
_LONGER = 2.0
_SHORTEST_MS = 350
"""No pause is waited in for less because of its words: shorter ones stand between any two words."""
_LONGEST_MS = 1_500
_LEAST_CONFIDENCE = {"en": 0.45, "fa": 0.3}
"""Mean probability of a token; of Persian, Whisper base is sure of little more than this at best."""
_LONGEST_TEXT = 4_000

_SENTENCE_END = re.compile(r"(?<=[.!?؟…])\s+(?=\S)")
_WORD = re.compile(r"[^\W_]+(?:['\u200c][^\W_]+)*")
_MARKS = re.compile(r"[^\w\s\u200c]+$")


class Cue(enum.Enum):
    """What the words before a pause say about the turn."""

    COMPLETE = "complete"
    OPEN = "open"
    NONE = "none"


def turn_end_cue(text: str, language: str, *, confidence: float) -> Cue:
    """What the words so far say about whether the speaker has finished.

    Args:
        text: what was recognised of the turn up to the pause.
        language: its language; of any but "en" and "fa" no cue is known.
        confidence: the recogniser's, 0–1.

    Returns:
        COMPLETE for a whole sentence, a question or a short answer; OPEN for what has to go on (a
        conjunction, filler, preposition, article, possessive or an unfinished clause at the end); NONE
        where the words leave it open, are missing, or are not certain enough.
    """
    if language not in _LEAST_CONFIDENCE or not confidence >= _LEAST_CONFIDENCE[language]:
        return Cue.NONE
    sentence = _last_sentence(fold(text[-_LONGEST_TEXT:], language))
    words = _WORD.findall(sentence)
    if not words:
        return Cue.NONE
    if _is_rating(words, sentence, language):
        return Cue.COMPLETE
    found = _MARKS.search(sentence)
    mark = found.group() if found is not None else ""
    cues = english_cues if language == "en" else persian_cues
    if cues.is_open(words, mark):
        return Cue.OPEN
    return Cue.COMPLETE if cues.is_complete(words, mark) else Cue.NONE


def cued_patience_ms(base_ms: int, cue: Cue) -> int:
    """The silence to wait for in this pause: 0.6–2 times that of the session, 350–1,500 ms.

    A base beyond these bounds is not changed towards the other side: what is 350 ms or less is never
    shortened, what is 1,500 ms or more never lengthened.
    """
    if cue is Cue.COMPLETE:
        return min(base_ms, max(_SHORTEST_MS, round(_SHORTER * base_ms)))
    return longest_patience_ms(base_ms) if cue is Cue.OPEN else base_ms


def longest_patience_ms(base_ms: int) -> int:
    """The silence after which the turn ends whatever the words are."""
    return max(base_ms, min(_LONGEST_MS, round(_LONGER * base_ms)))


def _is_rating(words: list[str], sentence: str, language: str) -> bool:
    """Whether this is a whole answer to "how bad is it, from 0 to 10?": "seven", «هفت از ده»."""
    of_the_scale = {"of", "از"} & set(words[:-1])
    if words[0] in ("to", "too", "for", "یه") or len(words) > (4 if of_the_scale else 2):
        return False
    return parse_small_number(sentence, language) is not None


def _last_sentence(text: str) -> str:
    sentences = _SENTENCE_END.split(text.strip())
    return next((s for s in reversed(sentences) if _WORD.search(s)), "")
