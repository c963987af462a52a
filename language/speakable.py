"""The text that a voice should read: no digits, no signs, no abbreviations it would stumble over."""

from __future__ import annotations

import re

from language.clock_times import with_times
from language.dates import with_dates
from language.normalise import normalise
from language.numbers import decimal_words, digit_words
from language.ordinals import ordinal_words
from language.quantities import with_amounts, with_fractions, with_ranges, with_units
from language.telephone import (
    dialled_words,
    is_dialled,
    with_long_numbers,
    with_named_hotlines,
    with_telephones,
)

__all__ = ["speakable"]

_NUMERAL = re.compile(r"\d|[¼-¾⅐-⅞]")
_ORDINAL = re.compile(r"(?<![\w.])(\d{1,3})(?:st|nd|rd|th)\b")
_PERSIAN_ORDINAL = re.compile(r"(?<![\w.,/:-])([1-9]\d{0,2})\u200c?(?:ام|ا?م(ین))(?!\w|\u200c)")
_NUMBER = re.compile(r"(?<![\d.,])([-−](?<![\w][-−]))?(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d{1,9}))?(?!\d)")
_UNIT_FOLLOWS = re.compile(
    r"\s?(?:minutes?|hours?|days?|weeks?|years?|people|times|cities|percent|pages?|words?|metres?|meters?|km|kg|"
    r"kilo\w+|centi\w+|milli\w+|grams?|litres?|feet|seconds?|degrees?|"
    r"دقیقه|ثانیه|ساعت|درجه|روز|هفته|ماه|سال|نفر|بار|شهر|درصد|تومان|تومن|ریال|کیلو\w*|میلی\w+|سانتی\w+|لیتر|متر|صفحه|"
    r"کلمه|تا|هزار)(?!\w)"
)
_ADDRESS = re.compile(
    r"(?<![\w.-])(?:https?://)?(?:www\.)?((?:[a-zA-Z0-9-]{1,40}\.){1,4}(?:com|org|info|net|uk|ir|ca|au|eu))(?:/\S*)?"
)

_ENGLISH_WORDS = (
    (re.compile(r"\bDr\.?(?=\s[A-Z])"), "Doctor"),
    (re.compile(r"\bMr\.?(?=\s)"), "Mister"),
    (re.compile(r"\bMrs\.?(?=\s)"), "Missis"),
    (re.compile(r"\bMs\.?(?=\s)"), "Miz"),
    (re.compile(r"\bProf\.?(?=\s[A-Z])"), "Professor"),
    (re.compile(r"\bSt\.(?=\s[A-Z])"), "Saint"),
    (re.compile(r"\be\.g\.,?", re.IGNORECASE), "for example,"),
    (re.compile(r"\bi\.e\.,?", re.IGNORECASE), "that is,"),
    (re.compile(r"\betc\b\.?", re.IGNORECASE), "and so on"),
    (re.compile(r"\bvs\b\.?", re.IGNORECASE), "versus"),
    (re.compile(r"\bw/o\b", re.IGNORECASE), "without"),
    (re.compile(r"\bapprox\b\.?", re.IGNORECASE), "about"),
    (re.compile(r"\ba\.m\."), "A M"),
    (re.compile(r"\bp\.m\."), "P M"),
    (re.compile(r"(?<=\w)\s*&\s*(?=\w)"), " and "),
    (re.compile(r"(?<=\w)\s*=\s*(?=\w)"), " equals "),
    (re.compile(r"(?<=\w)\s\+\s(?=\w)"), " plus "),
    (re.compile(r"(?<=[a-z])/(?=[a-z])"), " or "),
)
_PERSIAN_WORDS = (
    (re.compile(r"(?<!\w)SMS(?!\w)"), "پیامک"),
    (re.compile(r"(?<!\w)OK(?!\w)", re.IGNORECASE), "باشه"),
    (re.compile(r"(?<!\w)و غیره\."), "و غیره"),
    (re.compile(r"(?<=\d)\s?ب\.\s?ظ\.?(?!\w)"), " بعدازظهر"),
    (re.compile(r"(?<=\d)\s?ق\.\s?ظ\.?(?!\w)"), " صبح"),
    (re.compile(r"(?<=\w)\s*&\s*(?=\w)"), " و "),
    (re.compile(r"(?<=[\u0600-\u06ff])/(?=[\u0600-\u06ff])"), " یا "),
)
_PUNCTUATION = str.maketrans(
    {"،": ",", "؛": ";", "؟": "?", "۔": ".", "…": ".", "«": '"', "»": '"', "–": ",", "—": ","}
)
_UNSPOKEN = re.compile(r"[^\w\s.,;:?!'\"()\u200c\u064b-\u0655-]|_")
_QUOTES = re.compile(r"[\"“”„()\[\]]|(?<!\w)'|'(?!\w)")
_SPACED_MARK = re.compile(r"\s+(?=[,;.?!:])")
_APOSTROPHE = re.compile(r"(?<=\w)[’ʼ](?=\w)")
_MARK_RUN = re.compile(r"([.,;:?!])(?:\s*[,;:.])+")


def speakable(text: str, language: str) -> str:
    """What a voice should read for `text`; empty where there is nothing to say.

    Numbers, dates, times, amounts and web addresses become words, telephone numbers single digits in
    groups, hotline numbers single digits with pauses, common abbreviations their words; Persian
    punctuation becomes , ; ? since voices know no other; quotation marks, brackets and every other sign
    go. The steps run in the order: normal form, units, words, numbers, punctuation. Takes time in
    proportion to the length of `text`.
    """
    text = _APOSTROPHE.sub("'", normalise(text, language))
    text = _ADDRESS.sub(lambda match: _spoken_address(match.group(1), language), text)
    numbers = _NUMERAL.search(text) is not None
    if numbers:
        text = with_units(text, language)
    for pattern, word in _PERSIAN_WORDS if language == "fa" else _ENGLISH_WORDS:
        text = pattern.sub(word, text)
    if numbers:
        text = _numbers_to_words(text, language)
    text = _UNSPOKEN.sub(" ", _QUOTES.sub(" ", text.translate(_PUNCTUATION)))
    text = _MARK_RUN.sub(r"\1", _SPACED_MARK.sub("", " ".join(text.split()))).strip(" ,;:-'")
    return text if any(map(str.isalpha, text)) else ""


def _numbers_to_words(text: str, language: str) -> str:
    # What is surest comes first: a step sees only the digits that those before it left.
    text = with_long_numbers(with_dates(text, language), language)
    if language != "fa":
        text = with_named_hotlines(text)
    text = with_amounts(with_times(text, language), language)
    text = with_telephones(with_ranges(text, language), language)
    text = with_fractions(text, language)
    if language == "fa":
        text = _PERSIAN_ORDINAL.sub(_persian_ordinal, text)
    else:
        text = _ORDINAL.sub(lambda match: ordinal_words(int(match.group(1)), "en"), text)
    text = _NUMBER.sub(lambda match: _spoken_number(match, language), text)
    return re.sub(r"\d+", lambda match: f" {digit_words(match.group(), language)} ", text)


def _persian_ordinal(match: re.Match[str]) -> str:
    return ordinal_words(int(match[1]), "fa") + (match[2] or "")


def _spoken_number(match: re.Match[str], language: str) -> str:
    sign, whole, fraction = match.groups()
    if is_dialled(whole) and not fraction and not _UNIT_FOLLOWS.match(match.string, match.end()):
        return f" {dialled_words(whole, language)} "
    words = decimal_words(f"{whole}.{fraction}" if fraction else whole, language)
    if sign:
        words = ("منفی " if language == "fa" else "minus ") + words
    return f" {words} "


def _spoken_address(address: str, language: str) -> str:
    return address.replace(".", " دات " if language == "fa" else " dot ").replace("-", " ")
