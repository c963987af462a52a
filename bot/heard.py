"""What was heard of a reply's sentences, by how much of their sound was played. No I/O.

The rule: a sentence counts as heard whole when at least nine tenths of its sound were played and at most
400 ms of it are missing. Of the sentence in which the sound stopped, those words were heard that end within
the share of its sound that was played, reckoned by its characters; an ellipsis marks that it goes on. How
long a sentence is whose sound had not come to its end is reckoned with a slow voice, so that too little
rather than too much counts as heard. What follows was not heard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["CUT_MARK", "Heard", "Question", "SpokenSentence", "expected_ms", "heard_of"]

CUT_MARK = "…"
"""Stands where a sentence was cut, in both languages."""

Question = Literal["heard", "begun", "unheard"]

_WHOLE_SHARE = 0.9
_MOST_MISSING_MS = 400
_SLOW_MS_PER_CHARACTER = {"en": 80.0, "fa": 110.0}  # Persian writes no short vowels
_SHORTEST_SAMPLE_CHARACTERS = 20
_ALLOWANCE = 1.15
_UNSURE_MS = 250  # what is sent ahead, and a little
_ENDS = (".", "!", "?", "؟", "؛", ";", "…", "۔", ":")
_QUESTION_ENDS = ("?", "؟")
_CLOSING = "\"'”’»)]"
_DANGLING = " \t\n,،;؛:–—-«“(["


@dataclass(slots=True)
class SpokenSentence:
    """A sentence of a reply, or a piece of one, and where its sound lies in that of the reply.

    Attributes:
        of_dialogue: whether the dialogue engine, or the crisis guard in its place, said it.
        start_ms: beginning of its sound, None before the first.
        sound_ms: how much of it was sent.
        complete: whether its sound was sent to its end.
    """

    text: str
    language: str = "en"
    speed: float = 1.0
    of_dialogue: bool = True
    start_ms: int | None = None
    sound_ms: int = 0
    complete: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard of a reply.

    Attributes:
        text: all of it; without its mark a beginning of what was said, white space aside.
        dialogue_text: the part that the dialogue engine, or the crisis guard in its place, has said.
        question: what was heard of the last question of that part, or of its last sentence where it asks
            nothing; "begun" where some of it may have been.
        context: the same part, with those questions whole that may have been heard.
    """

    text: str
    dialogue_text: str
    question: Question
    context: str


def expected_ms(sentence: SpokenSentence, others: Sequence[SpokenSentence] = ()) -> float:
    """How long a sentence's sound may become, at most, by that of the reply's other sentences."""
    known = [other for other in others if other.complete and other.language == sentence.language]
    characters = sum(len(other.text) for other in known)
    if characters >= _SHORTEST_SAMPLE_CHARACTERS:
        pace = _ALLOWANCE * sum(other.sound_ms for other in known) / characters
    else:
        slow = _SLOW_MS_PER_CHARACTER.get(sentence.language, max(_SLOW_MS_PER_CHARACTER.values()))
        pace = slow / max(sentence.speed, 0.1)
    return max(float(sentence.sound_ms), pace * len(sentence.text))


def heard_of(sentences: Sequence[SpokenSentence], played_ms: float | None, *, shown: bool = False) -> Heard:
    """What of a reply was heard when this much of its sound was played.

    Args:
        sentences: of the reply, in order.
        played_ms: milliseconds; None where the reply was read, not heard.
        shown: whether its text stays on the screen, so that its questions may have been read.
    """
    shares = [1.0 if played_ms is None else _share(each, sentences, played_ms) for each in sentences]
    asking = _questions(sentences)
    heard: list[str] = []
    for_dialogue: list[str] = []
    context: list[str] = []
    going = True
    for sentence, share, asks in zip(sentences, shares, asking, strict=True):
        part = (sentence.text if share >= 1 else _words(sentence.text, share)) if going else ""
        if part:
            heard.append(part)
            if sentence.of_dialogue:
                for_dialogue.append(part)
        elif going and heard:
            heard[-1] = _ended(heard[-1])
            if for_dialogue:
                for_dialogue[-1] = _ended(for_dialogue[-1])
        going = going and share >= 1
        if not sentence.of_dialogue:
            continue
        if asks and (shown or played_ms is None or _may_be_heard(sentence, played_ms)):
            context.append(sentence.text)
        elif part:
            context.append(part)
    return Heard(
        text=" ".join(heard),
        dialogue_text=" ".join(for_dialogue),
        question=_of_the_question(sentences, shares, asking, played_ms),
        context=" ".join(context),
    )


def _share(sentence: SpokenSentence, sentences: Sequence[SpokenSentence], played_ms: float) -> float:
    """The share of a sentence's sound that was played; 1 where it counts as heard whole."""
    if sentence.start_ms is None:
        return 0.0
    if sentence.complete and played_ms >= sentence.start_ms + sentence.sound_ms:
        return 1.0
    length_ms = float(sentence.sound_ms) if sentence.complete else expected_ms(sentence, sentences)
    here_ms = min(max(0.0, played_ms - sentence.start_ms), float(sentence.sound_ms))
    share = here_ms / length_ms if length_ms > 0 else 0.0
    if sentence.complete and share >= _WHOLE_SHARE and length_ms - here_ms <= _MOST_MISSING_MS:
        return 1.0
    return min(share, 0.999)


def _words(text: str, share: float) -> str:
    """The words of a sentence that end within a share of its characters, and the mark of the cut."""
    words = text.split()
    reached = share * sum(map(len, words))
    count = length = 0
    while count < len(words) and length + len(words[count]) <= reached:
        length += len(words[count])
        count += 1
    beginning = " ".join(words[:count]).rstrip(_DANGLING)
    return beginning + CUT_MARK if any(map(str.isalnum, beginning)) else ""


def _ended(text: str) -> str:
    """A piece behind which nothing was heard: marked, unless it is the end of a sentence."""
    return text if _is_end(text) else text.rstrip(_DANGLING) + CUT_MARK


def _is_end(text: str) -> bool:
    return text.rstrip(_CLOSING).endswith(_ENDS)


def _questions(sentences: Sequence[SpokenSentence]) -> list[bool]:
    """Which sentences ask something; the pieces of a long one belong together."""
    asking: list[bool] = []
    for sentence in reversed(sentences):
        follows = bool(asking) and asking[-1] and not _is_end(sentence.text)
        asking.append(follows or sentence.text.rstrip(_CLOSING).endswith(_QUESTION_ENDS))
    return asking[::-1]


def _may_be_heard(sentence: SpokenSentence, played_ms: float) -> bool:
    return sentence.start_ms is not None and sentence.start_ms < played_ms + _UNSURE_MS


def _of_the_question(
    sentences: Sequence[SpokenSentence],
    shares: Sequence[float],
    asking: Sequence[bool],
    played_ms: float | None,
) -> Question:
    said = [at for at, sentence in enumerate(sentences) if sentence.of_dialogue]
    if not said:
        return "unheard"
    asked = [at for at in said if asking[at]]
    last = asked[-1] if asked else said[-1]
    first = last
    while first - 1 in said and asking[first - 1] == asking[last] and not _is_end(sentences[first - 1].text):
        first -= 1
    of_it = range(first, last + 1)
    if played_ms is None or all(shares[at] >= 1 for at in of_it):
        return "heard"
    return "begun" if any(_may_be_heard(sentences[at], played_ms) for at in of_it) else "unheard"
