"""Ordinal numbers: their words, places in a row of suggestions, and how people name such a place."""

from __future__ import annotations

import re

from language.normalise import normalise
from language.numbers import number_words

__all__ = ["named_place", "ordinal", "ordinal_words"]

_ENGLISH = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth"}
_ENGLISH |= {"nine": "ninth", "twelve": "twelfth"}

_SPOKEN = {
    "en": ("First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth"),
    "fa": ("اول", "دوم", "سوم", "چهارم", "پنجم", "ششم", "هفتم", "هشتم"),
}
_FURTHER = {"en": "Number {}", "fa": "شمارهٔ {}"}
# One entry a place, in both languages, since people mix them.
_NAMED = (
    "first|1st|number one|one|اول|اولی|اولین|شماره یک|شمارهٔ یک|1",
    "second|2nd|number two|two|دوم|دومی|دومین|شماره دو|شمارهٔ دو|2",
    "third|3rd|number three|three|سوم|سومی|سومین|شماره سه|شمارهٔ سه|3",
    "fourth|4th|number four|four|چهارم|چهارمی|چهارمین|شماره چهار|شمارهٔ چهار|4",
    "fifth|5th|number five|five|پنجم|پنجمی|پنجمین|شماره پنج|شمارهٔ پنج|5",
    "sixth|6th|number six|six|ششم|شیشم|ششمی|شیشمی|ششمین|شماره شش|شمارهٔ شش|6",
    "seventh|7th|number seven|seven|هفتم|هفتمی|هفتمین|شماره هفت|شمارهٔ هفت|7",
    "eighth|8th|number eight|eight|هشتم|هشتمی|هشتمین|شماره هشت|شمارهٔ هشت|8",
)
_MIDDLE = "middle|وسطی|وسط"
_LAST = "last|آخر|آخری|آخرین"
_LOOSE_ONE = re.compile(rf"\b({'|'.join(_SPOKEN['en'])}|last|middle|that|this|other|another|the) one\b", re.I)


def ordinal(place: int, language: str) -> str:
    """How a place, counted from 0, is announced: "First", «دوم», from the ninth on "Number nine"."""
    spoken = _SPOKEN[language]
    if place < len(spoken):
        return spoken[place]
    return _FURTHER[language].format(number_words(place + 1, language))


def ordinal_words(number: int, language: str) -> str:
    """The ordinal of a whole number from 1 on: 21 is "twenty-first" or «بیست و یکم»."""
    words = number_words(number, language)
    if language == "fa":
        # «سه» and «سی» do not simply take an m; without its vowel «سیم» is a wire.
        if words.endswith("سه"):
            return words.removesuffix("سه") + "سوم"
        return words + ("\u064fم" if words.endswith("ی") else "م")
    end = max(words.rfind(" "), words.rfind("-")) + 1
    last = words[end:]
    regular = last[:-1] + "ieth" if last.endswith("y") else last + "th"
    return words[:end] + _ENGLISH.get(last, regular)


def named_place(text: str, language: str, count: int) -> int | None:
    """Which of `count` places a person named, from 0; None for none, several, or one that isn't there."""
    plain = _LOOSE_ONE.sub(r"\1", normalise(text, language).lower())
    patterns = list(enumerate(_NAMED[:count]))
    if count:
        patterns.append((count - 1, _LAST))
    if count % 2:
        patterns.append((count // 2, _MIDDLE))
    named = {place for place, words in patterns if re.search(rf"(?<!\w)(?:{words})(?!\w)", plain)}
    return named.pop() if len(named) == 1 else None
