"""Dates and years as they are said."""

from __future__ import annotations

import re

from language.numbers import digit_words, number_words
from language.ordinals import ordinal_words
from language.telephone import is_dialled

__all__ = ["with_dates"]

_MONTH_WORDS = """
January February March April May June July August September October November December
"""
_MONTHS = _MONTH_WORDS.split()
_SHORT = {month[:3]: month for month in _MONTHS} | {"Sept": "September"}
_MONTH = rf"({'|'.join([*_MONTHS, 'Sept', *(month[:3] for month in _MONTHS)])})(?![\w'-])"
_DOT = r"(?:\.(?=,?\s?\d))?"
_ENDING = r"(?:st|nd|rd|th)?"
_YEAR = r"(?:1[1-9]|20)\d\d"
_RECENT = r"(?:19|20)\d\d"
# A larger number, an amount or a code goes on like this; a year does not.
_NO_MORE = rf"(?![\w%$£€°:]|[.,:/]\d|\s?[%$£€°]|\s\d|-(?!{_RECENT}(?!\d))\w)"
_COUNTED = re.compile(
    r"\s(?!(?:was|is|has|as|does|this|his|us|its|always|perhaps)\b)(?:[a-z]+s\b|people\b|men\b|women\b|children\b|"
    r"k[mg]\b|m[lgm]\b|h\b|min\b|percent\b|million\b|more\b|or more\b|feet\b)"
)

_IN = r"in|since|the year|years?|(?:spring|summer|autumn|fall|winter|class|end|beginning|start|middle) of"
_OTHER = (
    r"from|until|till|by|before|after|during|around|circa|between|early|mid|late|born|spring|summer|autumn|"
    r"winter|Christmas|Easter"
)
_NAMED_YEAR = re.compile(
    rf"\b(?:(?:{_IN}) (?={_YEAR})|(?:{_OTHER})[ -](?={_RECENT}))"
    rf"(?:{_YEAR}{_NO_MORE}(?:(?:,| and| or| to| until| till|,? and) (?={_YEAR}{_NO_MORE})"
    rf"|\s?[-–—]\s?(?={_RECENT}{_NO_MORE}))?){{1,9}}",
    re.IGNORECASE,
)
_YEARS = re.compile(rf"(?<![\d.,/:-])({_RECENT})\s?[-–—]\s?({_RECENT}){_NO_MORE}(?!\s?[-–—/])")
_LONE_YEAR = re.compile(
    rf"(?<=\()({_RECENT})(?=\))|\A({_RECENT})(?=[.!?]?\Z)|\b({_RECENT})(?= (?:was|has|had)\b)"
)
_FOUR = re.compile(r"\d{4}")
_CENTURY_DECADE = re.compile(r"(?<![\w.,/:])(?<!\d-)(1[1-9]|20)(\d)0'?s(?![\w'])")
_DECADE = re.compile(
    r"\b(the|my|his|her|your|our|their|early|mid|late)([ -])'?([2-9])0'?s(?![\w'])", re.IGNORECASE
)

_DAY_MONTH = re.compile(
    rf"(?<![\w.,/:$£€-])(?<!\bat )(the )?(?:(\d{{1,2}}){_ENDING}\s?[-–—]\s?)?(\d{{1,2}}){_ENDING}"
    rf"(?: of)? {_MONTH}{_DOT}(?:,? ({_YEAR}){_NO_MORE})?",
)
_MONTH_DAY = re.compile(
    rf"(?<![\w-]){_MONTH}{_DOT} (\d{{1,2}})(?:\s?[-–—]\s?(\d{{1,2}}))?(?!\d|[.,:/]\d|\s?[%$£€°])"
    rf"(st|nd|rd|th)?(?!\w)"
    rf"(?:,? ({_YEAR}){_NO_MORE})?",
)
_AFTER_A_DAY = re.compile(
    r"\s?(?:[.,;:?!)\"]|$)|\s(?:at|and|or|to|until|till|from|in|for|is|was|with|I|we|you|he|she|they|it|the|an?|my|"
    r"our|this|if|when|because|but|as|on)\b"
)
_MONTH_YEAR = re.compile(rf"(?<![\w-]){_MONTH}{_DOT},? ({_YEAR}){_NO_MORE}")

_PERSIAN_MONTH_WORDS = """
فروردین اردیبهشت خرداد تیر مرداد شهریور مهر آبان آذر دی بهمن اسفند
"""
_PERSIAN_MONTHS = _PERSIAN_MONTH_WORDS.split()
_WESTERN_WORDS = """
ژانویه فوریه مارس آوریل مه ژوئن ژوئیه اوت سپتامبر اکتبر نوامبر دسامبر
"""
_WESTERN_MONTHS = _WESTERN_WORDS.split()
# Arrow, love, yesterday, or fire as well: a month only where a year or «ماه» follows.
_ALSO_OTHER = frozenset({"تیر", "مهر", "دی", "آذر"})
_KASRA = "\u0650"
_PERSIAN_DATE = re.compile(
    rf"(?<![\w/.-])(\d{{1,2}})(?:\u200c?ا?م)? ({'|'.join(_PERSIAN_MONTHS)})(?:[ \u200c](ماه))?(?![\w\u200c])"
    r"(?: (?:سال )?(1[2-4]\d\d)(?![\w/%]|[.,:]\d))?"
)

_EDGE = r"(?<![\w.,/:+-])(?<!\d )"
_NUMERIC_END = r"(?![\w/:%-]|[.,]\d|\s\d)"
_YEAR_FIRST = re.compile(rf"{_EDGE}(\d{{4}})([-/.])(\d{{1,2}})\2(\d{{1,2}}){_NUMERIC_END}")
_YEAR_LAST = re.compile(rf"{_EDGE}(\d{{1,2}})([-/.])(\d{{1,2}})\2(\d{{4}}){_NUMERIC_END}")


def with_dates(text: str, language: str) -> str:
    """`text` with dates and years as words.

    A number is a year only where the words beside it say so. 03/05/2024, which is in March or in May, stays
    in English; Persian dates open with the day or with the year.
    """
    persian = language == "fa"
    text = _YEAR_FIRST.sub(lambda match: _numeric(match, match[1], match[3], match[4], persian=persian), text)
    text = _YEAR_LAST.sub(lambda match: _day_first(match, persian=persian), text)
    if persian:
        return _PERSIAN_DATE.sub(_persian_named, text)
    text = _DAY_MONTH.sub(_day_month, text)
    text = _MONTH_DAY.sub(_month_day, text)
    text = _MONTH_YEAR.sub(lambda match: f"{_month(match[1])} {_year_words(match[2])}", text)
    text = _NAMED_YEAR.sub(_named_years, text)
    text = _YEARS.sub(_years, text)
    text = _LONE_YEAR.sub(lambda match: _year_words(match.group()), text)
    text = _CENTURY_DECADE.sub(lambda match: _century_decade(match[1], match[2]), text)
    return _DECADE.sub(lambda match: f"{match[1]}{match[2]}{_tens(match[3])}", text)


def _numeric(match: re.Match[str], year: str, month: str, day: str, *, persian: bool) -> str:
    if not 1 <= int(month) <= 12 or not 1 <= int(day) <= 31:
        return match.group()
    iranian = 1200 <= int(year) < 1500
    if persian and (iranian or 1800 <= int(year) < 2100):
        name = (_PERSIAN_MONTHS if iranian else _WESTERN_MONTHS)[int(month) - 1]
        return _persian_date(day, name, year)
    if not persian and 1800 <= int(year) < 2100:
        return f"{_MONTHS[int(month) - 1]} {ordinal_words(int(day), 'en')}, {_year_words(year)}"
    return match.group()


def _day_first(match: re.Match[str], *, persian: bool) -> str:
    first, sign, second, year = match.groups()
    if not persian and sign != ".":
        if int(second) > 12:
            return _numeric(match, year, first, second, persian=False)
        if int(first) <= 12 and first != second:
            return match.group()
    return _numeric(match, year, second, first, persian=persian)


def _persian_date(day: str, month: str, year: str) -> str:
    link = "\u0654" if month.endswith("ه") else _KASRA
    return f" {_persian_day(day)}{_KASRA} {month}{link} {number_words(int(year), 'fa')} "


def _persian_day(day: str) -> str:
    return "اول" if int(day) == 1 else ordinal_words(int(day), "fa")


def _persian_named(match: re.Match[str]) -> str:
    day, month, word, year = match.groups()
    if not 1 <= int(day) <= 31 or (month in _ALSO_OTHER and not word and not year):
        return match.group()
    if year and not word:
        return _persian_date(day, month, year)
    said = f"{_persian_day(day)}{_KASRA} {month}{' ' + word if word else ''}"
    return f" {said}{_KASRA} {number_words(int(year), 'fa')} " if year else f" {said}"


def _month(name: str) -> str:
    return _SHORT.get(name, name)


def _day_month(match: re.Match[str]) -> str:
    the, first, last, month, year = match.groups()
    days = [int(day) for day in (first, last) if day]
    if not all(1 <= day <= 31 for day in days) or days != sorted(set(days)):
        return match.group()
    said = " to the ".join(ordinal_words(day, "en") for day in days)
    return f"{the or 'the '}{said} of {_month(month)}{' ' + _year_words(year) if year else ''}"


def _month_day(match: re.Match[str]) -> str:
    month, first, last, ending, year = match.groups()
    days = [int(day) for day in (first, last) if day]
    text, end = match.string, match.end()
    sure = ending or year or (last and not _COUNTED.match(text, end)) or _AFTER_A_DAY.match(text, end)
    if not sure or not all(1 <= day <= 31 for day in days) or days != sorted(set(days)):
        return match.group()
    said = " to ".join(ordinal_words(day, "en") for day in days)
    return f"{_month(month)} {said}{', ' + _year_words(year) if year else ''}"


def _named_years(match: re.Match[str]) -> str:
    if _COUNTED.match(match.string, match.end()):
        return match.group()
    parted = re.sub(r"(?<=\d)\s?[-–—]\s?(?=\d)", " to ", match.group())
    return _FOUR.sub(
        lambda year: year.group() if is_dialled(year.group()) else _year_words(year.group()), parted
    )


def _years(match: re.Match[str]) -> str:
    if int(match[1]) >= int(match[2]) or _COUNTED.match(match.string, match.end()):
        return match.group()
    return f"{_year_words(match[1])} to {_year_words(match[2])}"


def _year_words(year: str) -> str:
    century, rest = int(year[:2]), int(year[2:])
    if year[1:3] == "00":
        return number_words(int(year), "en")
    if rest == 0:
        return f"{number_words(century, 'en')} hundred"
    said = f"oh {digit_words(year[3], 'en')}" if rest < 10 else number_words(rest, "en")
    return f"{number_words(century, 'en')} {said}"


def _century_decade(century: str, decade: str) -> str:
    if decade == "0":
        return "two thousands" if century == "20" else f"{number_words(int(century), 'en')} hundreds"
    return f"{number_words(int(century), 'en')} {_tens(decade)}"


def _tens(digit: str) -> str:
    said = number_words(10 * int(digit), "en")
    return said.removesuffix("y") + "ies" if said.endswith("y") else said + "s"
