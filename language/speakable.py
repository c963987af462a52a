"""The text that a voice should read: no digits, no signs, no abbreviations it would stumble over."""

from __future__ import annotations

import re

from language.normalise import normalise
from language.numbers import digit_words, number_words

__all__ = ["speakable"]

# Short numbers that are dialled; they are read digit by digit unless a unit follows.
_DIALLED_WORDS = """
988 911 999 111 112 110 115 119 102 123 113 116 000 1480 85258 116123 131114 741741
"""
_DIALLED = frozenset(_DIALLED_WORDS.split())

_TELEPHONE = re.compile(
    r"(?<![\w.,:/+])(?:\+\d{1,3}[ -])?(?:\(\d{2,4}\)[ -]?)?\d{2,5}(?:[ -]\d{2,5}){1,4}(?![\w:/%]|[.,]\d)"
    r"|(?<![\w.,:/])\+?\d{7,15}(?![\w:/%]|[.,]\d)"
)
_CLOCK = re.compile(r"(?<![\w:.])([01]?\d|2[0-4]):([0-5]\d)(?::[0-5]\d)?(?![\w:]|\.\d)")
_ALWAYS_OPEN = re.compile(r"(?<!\d)24\s*/\s*7(?!\d)")
_OUT_OF = re.compile(r"(?<![\d/])(\d{1,3})\s?/\s?(10|100|5|20)(?![\d/])")
_MONEY = re.compile(r"([$£€])\s?(\d+(?:,\d{3})*(?:\.\d+)?)|(\d+(?:,\d{3})*(?:\.\d+)?)\s?([$£€])")
_PERCENT = re.compile(r"(\d(?:[\d,]*\d)?(?:\.\d+)?)\s?%")
_RANGE = re.compile(r"(?<![\w.,:/-])(\d{1,4})\s?[-–—]\s?(\d{1,4})(?![\w:/-]|[.,]\d)")
_ORDINAL = re.compile(r"(?<![\w.])(\d{1,3})(?:st|nd|rd|th)\b")
_NUMBER = re.compile(r"(?<![\d.,])([-−](?<![\w][-−]))?(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d{1,9}))?(?!\d)")
_UNIT_FOLLOWS = re.compile(
    r"\s?(?:minutes?|hours?|days?|weeks?|years?|people|times|cities|percent|pages?|words?|metres?|meters?|km|kg|"
    r"دقیقه|ساعت|روز|هفته|ماه|سال|نفر|بار|شهر|درصد|تومان|تومن|ریال|کیلو|متر|صفحه|کلمه|تا|هزار)(?!\w)"
)
_ADDRESS = re.compile(
    r"(?<![\w.-])(?:https?://)?(?:www\.)?((?:[a-zA-Z0-9-]{1,40}\.){1,4}(?:com|org|info|net|uk|ir|ca|au|eu))(?:/\S*)?"
)

_CURRENCY = {
    "en": {"$": "dollars", "£": "pounds", "€": "euros"},
    "fa": {"$": "دلار", "£": "پوند", "€": "یورو"},
}
_ORDINALS = {1: "first", 2: "second", 3: "third", 5: "fifth", 8: "eighth", 9: "ninth", 12: "twelfth"}

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
    (re.compile(r"°\s?C\b"), " degrees Celsius"),
)
_PERSIAN_WORDS = (
    (re.compile(r"(?<!\w)SMS(?!\w)"), "پیامک"),
    (re.compile(r"(?<!\w)OK(?!\w)", re.IGNORECASE), "باشه"),
    (re.compile(r"(?<!\w)و غیره\."), "و غیره"),
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

    Numbers, times, percentages, sums and web addresses become words, telephone numbers single digits in
    groups, hotline numbers single digits with pauses, common abbreviations their words; Persian
    punctuation becomes , ; ? since voices know no other; quotation marks, brackets and every other sign
    go. The steps run in the order: normal form, words, numbers, punctuation.
    """
    text = _APOSTROPHE.sub("'", normalise(text, language))
    text = _ADDRESS.sub(lambda match: _spoken_address(match.group(1), language), text)
    for pattern, word in _PERSIAN_WORDS if language == "fa" else _ENGLISH_WORDS:
        text = pattern.sub(word, text)
    text = _numbers_to_words(text, language)
    text = _UNSPOKEN.sub(" ", _QUOTES.sub(" ", text.translate(_PUNCTUATION)))
    text = _MARK_RUN.sub(r"\1", _SPACED_MARK.sub("", " ".join(text.split()))).strip(" ,;:-'")
    return text if any(map(str.isalpha, text)) else ""


def _numbers_to_words(text: str, language: str) -> str:
    persian = language == "fa"
    text = _ALWAYS_OPEN.sub("شبانه‌روزی" if persian else "twenty-four seven", text)
    text = _CLOCK.sub(lambda match: _spoken_time(int(match.group(1)), int(match.group(2)), language), text)
    text = _RANGE.sub(lambda match: _spoken_range(match, language), text)
    text = _TELEPHONE.sub(lambda match: _spoken_telephone(match.group(), language), text)
    text = _OUT_OF.sub(r"\1 از \2" if persian else r"\1 out of \2", text)
    text = _MONEY.sub(lambda match: _spoken_money(match, language), text)
    text = _PERCENT.sub(r"\1 درصد" if persian else r"\1 percent", text)
    if not persian:
        text = _ORDINAL.sub(lambda match: _english_ordinal(int(match.group(1))), text)
    text = _NUMBER.sub(lambda match: _spoken_number(match, language), text)
    return re.sub(r"\d+", lambda match: f" {digit_words(match.group(), language)} ", text)


def _spoken_time(hour: int, minute: int, language: str) -> str:
    said = number_words(hour, language)
    if language == "fa":
        if minute == 30:
            return f"{said} و نیم"
        return said if minute == 0 else f"{said} و {number_words(minute, language)} دقیقه"
    if minute == 0:
        return f"{said} o'clock" if 0 < hour <= 12 else f"{said} hundred"
    return f"{said} {'oh ' if minute < 10 else ''}{number_words(minute, language)}"


def _spoken_range(match: re.Match[str], language: str) -> str:
    first, last = match.groups()
    dialled = first in _DIALLED or (len(first) != len(last) and max(len(first), len(last)) > 2)
    if dialled or int(first) >= int(last):
        return match.group()
    return f"{first} تا {last}" if language == "fa" else f"{first} to {last}"


def _spoken_telephone(number: str, language: str) -> str:
    groups = re.findall(r"\d+", number)
    if len("".join(groups)) < 7 and "".join(groups) not in _DIALLED:
        return number
    short = [group[start : start + 4] for group in groups for start in range(0, len(group), 4)]
    if len("".join(groups)) <= 6:
        return _dialled("".join(groups), language)
    return ", ".join(digit_words(group, language) for group in short)


def _dialled(digits: str, language: str) -> str:
    # A pause at each digit, and in English before the first: "call nine" sounds like "call him".
    read = ", ".join(digit_words(digit, language) for digit in digits)
    return read if language == "fa" else f", {read}"


def _spoken_money(match: re.Match[str], language: str) -> str:
    sign = match.group(1) or match.group(4)
    return f"{match.group(2) or match.group(3)} {_CURRENCY.get(language, _CURRENCY['en'])[sign]}"


def _english_ordinal(number: int) -> str:
    if number in _ORDINALS:
        return _ORDINALS[number]
    words = number_words(number, "en")
    head, separator, last = words.rpartition("-")
    ones = number % 10
    if separator and ones in _ORDINALS:
        return head + separator + _ORDINALS[ones]
    if number % 100 in _ORDINALS:
        return words.rpartition(" ")[0] + " " + _ORDINALS[number % 100]
    return words[:-1] + "ieth" if words.endswith("y") else words + "th"


def _spoken_number(match: re.Match[str], language: str) -> str:
    sign, whole, fraction = match.groups()
    if whole in _DIALLED and not fraction and not _UNIT_FOLLOWS.match(match.string, match.end()):
        return f" {_dialled(whole, language)} "
    if len(whole) > 1 and whole[0] == "0" and not fraction:
        return f" {digit_words(whole, language)} "
    digits = whole.replace(",", "")
    words = number_words(int(digits), language) if len(digits) <= 12 else digit_words(digits, language)
    if sign:
        words = ("منفی " if language == "fa" else "minus ") + words
    if fraction:
        if language == "fa":
            words += " و نیم" if fraction == "5" else " ممیز " + number_words(int(fraction), language)
        else:
            words += " point " + digit_words(fraction, language)
    return f" {words} "


def _spoken_address(address: str, language: str) -> str:
    return address.replace(".", " دات " if language == "fa" else " dot ").replace("-", " ")
