"""Telephone numbers and hotlines: digit by digit, never as one number."""

from __future__ import annotations

import re

from language.numbers import digit_words

__all__ = ["dialled_words", "is_dialled", "with_long_numbers", "with_named_hotlines", "with_telephones"]

_DIALLED_WORDS = """
988 911 999 111 112 110 115 119 102 123 113 116 000 1480 85258 116123 131114 741741
"""
_DIALLED = frozenset(_DIALLED_WORDS.split())
_EUROPEAN = re.compile(r"116\d{3}")
_FEWEST_DIGITS = 7

_END = r"(?![\w:/%]|[.,]\d)"
_TELEPHONE = re.compile(
    rf"(?<![\w.,:/+])(?:\+\d{{1,3}}[ -])?(?:\(\d{{2,4}}\)[ -]?)?\d{{2,5}}(?:[ -]\d{{2,5}}){{1,4}}{_END}"
    rf"|(?<![\w.,:/])\+?\d{{7,15}}{_END}"
)
_OPENING = r"\+\d{1,3}[ -]?(?:\(\d{1,4}\)[ -]?)?\d{1,5}|1-\d{3}|\(\d{2,5}\)[ -]?\d{2,5}|0\d{1,5}"
_LONG = re.compile(
    rf"(?<![\w.,:/+-])(?<!\d )(?:(?:{_OPENING})(?:[ -]\d{{1,5}}){{1,6}}"
    rf"|\d{{3,4}}([ -])\d{{2,4}}\1\d{{2,4}}(?:\1\d{{2,4}})?|\d{{3}}\.\d{{3}}\.\d{{4}}){_END}"
)
_NAMED = re.compile(
    r"\b(?:(?:call|calls|called|calling|dial|dialling|dialing|ring|phone|telephone)(?: us| them| on){0,2}|"
    r"(?:hotline|helpline|short code|shortcode)(?: is|:)?|text(?:ing)?(?: (?-i:[A-Z]{2,10}) to)?) "
    rf"\d{{3,6}}{_END}(?:(?:,| or|, or| and) \d{{3,6}}{_END}){{0,5}}(?! \d|-\w)",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"\s(?!(?:is|as|always|this|us)\b)(?:[a-z]+s|people|more|percent)\b", re.IGNORECASE)


def is_dialled(digits: str) -> bool:
    """Whether a short number without signs is one that is dialled, unless a unit follows it."""
    return digits in _DIALLED or _EUROPEAN.fullmatch(digits) is not None


def with_long_numbers(text: str, language: str) -> str:
    """`text` with the digits of those telephone numbers as words that are nothing else: a prefix tells it,
    brackets, or groups that make no range.
    """
    return _LONG.sub(lambda match: _telephone(match.group(), language), text)


def with_telephones(text: str, language: str) -> str:
    """`text` with the digits of all other telephone numbers as words, in groups of up to four."""
    return _TELEPHONE.sub(lambda match: _telephone(match.group(), language), text)


def with_named_hotlines(text: str) -> str:
    """English `text` in which short numbers behind words such as "call" or "text HOME to" are dialled."""
    return _NAMED.sub(_named, text)


def dialled_words(digits: str, language: str) -> str:
    """The digits of a hotline with a pause at each."""
    # In English also before the first: "call nine" sounds like "call him".
    read = ", ".join(digit_words(digit, language) for digit in digits)
    return read if language == "fa" else f", {read}"


def _telephone(number: str, language: str) -> str:
    groups = re.findall(r"\d+", number)
    digits = "".join(groups)
    if len(digits) < _FEWEST_DIGITS:
        return dialled_words(digits, language) if is_dialled(digits) else number
    short = [group[start : start + 4] for group in groups for start in range(0, len(group), 4)]
    return ", ".join(digit_words(group, language) for group in short)


def _named(match: re.Match[str]) -> str:
    if _COUNTED.match(match.string, match.end()):
        return match.group()
    return re.sub(r"\d+", lambda number: f" {dialled_words(number.group(), 'en')} ", match.group())
