"""The forms of an utterance on which the rules of the lexicon are matched.

People in distress misspell, recognisers mishear and some hide words on purpose; here such variants
become one form each, so that the lexicon can stay short. Not for people to read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from language import fold

__all__ = ["Wording", "phonetic", "wordings"]

ZWNJ = "\u200c"
_SAME_SOUND = str.maketrans("ثصذضظطحغآ", "سسزززتهقا")
_CYRILLIC_LOOKALIKES = str.maketrans("аеорсухіѕԁкмтн", "aeopcyxisdkmth")
_LEET = str.maketrans("0134578@$!|", "oieastbasil")
_LEET_WORD = re.compile(
    r"(?<![\w@$!|])(?=[\w@$!|]*[a-z])(?=[\w@$!|]*[013457@$!|])[a-z013457@$!|]{3,}(?![\w@$|])"
)
_EZAFE = re.compile(rf"(?<=ه){ZWNJ}ی(?!\w)")
_PUNCTUATED_LETTERS = re.compile(r"(?<!\w)(?:[^\W\d_][.\-_·/ ]{1,2}){3,}[^\W\d_](?!\w)")
_SENTENCE_END = re.compile(r"[.!?؟؛;۔…]+(?=\s|$|\")|(?<=[^\W\d_])[.!?؟…]+(?=[^\W\d_]{2})")
_PARAGRAPH_END = re.compile(r"\s*\n\s*\n\s*")
_APOSTROPHE = re.compile(r"(?<=\w)['’](?=\w)")
_SEPARATOR = re.compile(r"[,،:]+")
_RUN_TOGETHER = 9
_OTHER = re.compile(r"[^\w\s.,]|_")


@dataclass(frozen=True, slots=True)
class Wording:
    """One form of an utterance.

    `text` has single spaces; " . " stands between sentences and commas are gone; `pauses` are the
    positions in it where a comma or colon was. `letters` holds the runs of spaced-out letters, joined.
    """

    text: str
    pauses: tuple[int, ...]
    letters: str


def phonetic(text: str) -> str:
    """Persian letters of one sound as one letter: ص and ث as س, ط as ت and so on.

    Recognisers and hurried hands mix them up, and hardly any two words differ by them alone.
    """
    return text.translate(_SAME_SOUND)


def wordings(text: str, language: str) -> tuple[Wording, ...]:
    """The forms of `text` for the lexicon of `language`: as said, and if it differs, with disguises undone.

    A disguise is a digit or sign for a letter ("su1c1de"), or letters of another script that look alike.
    """
    folded = _SENTENCE_END.sub(" . ", fold(_PARAGRAPH_END.sub(". ", text), language))
    plain = _wording(folded, language)
    if language == "fa":
        return (plain,)
    undone = _LEET_WORD.sub(
        lambda word: word.group().translate(_LEET), folded.translate(_CYRILLIC_LOOKALIKES)
    )
    return (plain,) if undone == folded else (plain, _wording(undone, language))


def _wording(folded: str, language: str) -> Wording:
    letters = " ".join(
        "".join(filter(str.isalpha, run.group())) for run in _PUNCTUATED_LETTERS.finditer(folded)
    )
    if " " not in folded.strip() and len(folded) >= _RUN_TOGETHER:
        letters = f"{letters} {folded}"
    if language == "fa":
        folded = _EZAFE.sub("", folded).replace(ZWNJ, "")
        folded, letters = phonetic(folded), phonetic(letters)
    text = _OTHER.sub(" ", _SEPARATOR.sub(" , ", _APOSTROPHE.sub("", folded)))
    words: list[str] = []
    pauses: list[int] = []
    length = 0
    for word in text.split():
        if word == ",":
            pauses.append(length)
            continue
        word = word.strip(",") or word
        words.append(word)
        length += len(word) + 1
    return Wording(" ".join(words), tuple(pauses), letters)
