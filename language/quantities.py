"""Amounts as they are said: fractions, units, degrees, money, percentages, ranges."""

from __future__ import annotations

import re

from language.numbers import decimal_words, number_words
from language.ordinals import ordinal_words
from language.telephone import is_dialled

__all__ = ["with_amounts", "with_fractions", "with_ranges", "with_units"]

_NUMBER = r"\d{1,3}(?:,\d{3}){1,4}(?:\.\d{1,9})?|\d{1,12}(?:\.\d{1,9})?"

_GLYPHS = {
    "½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅖": (2, 5), "⅗": (3, 5),
    "⅘": (4, 5), "⅙": (1, 6), "⅚": (5, 6), "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8), "⅞": (7, 8),
}  # fmt: skip
_GLYPH = re.compile(f"(?:(?<![\\d.,/:-])(\\d{{1,3}}) ?)?([{''.join(_GLYPHS)}])")
_FRACTION = re.compile(r"(?<![\w.,/⁄:-])(?:(\d{1,3}) )?(\d{1,2})([/⁄])(\d{1,2})(?![\w/⁄%-]|[.,:]\d)")
_BEFORE_A_DATE = re.compile(r"\b(?:on|since|until|by|from)\s$", re.IGNORECASE)
_HALF_AND_HALF = re.compile(r"(?<![\w.,/])50\s?/\s?50(?![\w/]|[.,]\d)")
_OUT_OF = re.compile(r"(?<![\d/])(\d{1,3})\s?/\s?(10|100|5|20)(?![\d/])")
# "1/10" is one out of ten of a scale, "1/12" most likely a date.
_DENOMINATORS = frozenset({2, 3, 4, 6, 8})
_WITH_A_WHOLE = _DENOMINATORS | {5}

_ENGLISH_UNITS = {
    "km/h": "kilometre per hour", "km": "kilometre", "cm": "centimetre", "mm": "millimetre", "kg": "kilogram",
    "g": "gram", "mg": "milligram", "mcg": "microgram", "ml": "millilitre", "l": "litre", "h": "hour",
    "hr": "hour", "hrs": "hour", "min": "minute", "mins": "minute", "sec": "second", "secs": "second",
    "mph": "mile per hour", "kcal": "kilocalorie", "lb": "pound", "lbs": "pound", "ft": "foot",
}  # fmt: skip
_PERSIAN_UNITS = {
    "km/h": "کیلومتر در ساعت", "km": "کیلومتر", "cm": "سانتی‌متر", "mm": "میلی‌متر", "m": "متر",
    "kg": "کیلوگِرَم", "g": "گِرَم", "mg": "میلی‌گِرَم", "ml": "میلی‌لیتْر", "l": "لیتر", "h": "ساعت",
    "min": "دقیقه", "sec": "ثانیه", "kcal": "کیلوکالری",
}  # fmt: skip
_PER = {
    "en": {"day": "per day", "d": "per day", "week": "per week", "h": "per hour", "kg": "per kilogram"},
    "fa": {"day": "در روز", "d": "در روز", "week": "در هفته", "h": "در ساعت", "kg": "در کیلوگِرَم"},
}
# A lone letter behind a single digit may be a name: "5G", "4g", "2h".
_UNIT = re.compile(
    r"(?<=\d)(?:[ -]?(km/h|km|cm|mm|kg|mg|mcg|ml|hrs?|mins?|secs?|mph|kcal|lbs?|ft)|(?: |(?<=\d\d))([lghm]))"
    r"(?:/(day|d|week|h|kg))?(?![\w/'’]|-\w)(?:\.(?=\s+[a-z]))?",
    re.IGNORECASE,
)
_DEGREES = re.compile(r"(?<=\d)\s?°(?:\s?([CF]))?(?!\w)")
_SCALES = {
    "en": {"C": " Celsius", "F": " Fahrenheit", None: ""},
    "fa": {"C": "ٔ سانتی‌گِراد", "F": "ٔ فارنهایت", None: ""},
}
_PERCENT = re.compile(r"(?<=\d)\s?%")

_CURRENCIES = {
    "en": {"$": ("dollar", "cent"), "£": ("pound", "pence"), "€": ("euro", "cent")},
    "fa": {"$": ("دلار", "سِنت"), "£": ("پوند", "پنس"), "€": ("یورو", "سِنت")},
}
_NAMES = {
    "dollar": "$", "dollars": "$", "pound": "£", "pounds": "£", "euro": "€", "euros": "€",
    "دلار": "$", "پوند": "£", "یورو": "€",
}  # fmt: skip
_MULTIPLES = {
    "en": {"k": "thousand", "m": "million", "bn": "billion"},
    "fa": {"k": "هزار", "m": "میلیون", "bn": "میلیارد"},
}
_MULTIPLE = r"(?:\s?(million|billion|thousand|میلیون|میلیارد|هزار|k|m|bn)(?![\w/]))?"
_BEFORE = re.compile(
    rf"(?:(?<!\w)([-−]))?([$£€])\s?({_NUMBER})(?!\d)(?:\s?[-–—]\s?\2?({_NUMBER})(?![\d:/]))?{_MULTIPLE}",
    re.IGNORECASE,
)
_BEHIND = re.compile(
    rf"(?<![\w.,:/-])(?:({_NUMBER})\s?[-–—]\s?)?({_NUMBER}){_MULTIPLE}\s?([$£€](?!\d))", re.IGNORECASE
)
_NAMED = re.compile(rf"(?<![\w.,:/-])(\d{{1,6}}\.\d\d)\s({'|'.join(_NAMES)})(?!\w)", re.IGNORECASE)

_RANGE = re.compile(
    r"(?<![\w.,:/-])(\d{1,4}(?:\.\d{1,2})?)\s?[-–—]\s?(\d{1,4}(?:\.\d{1,2})?)(?![\w:/-]|[.,]\d)"
)


def with_units(text: str, language: str) -> str:
    """`text` with units and degrees behind digits as words; the digits stay."""
    text = _UNIT.sub(lambda match: _unit(match, language), text)
    return _DEGREES.sub(lambda match: _degrees(match, language), text)


def with_fractions(text: str, language: str) -> str:
    """`text` with fractions as words: 3/4, 2 1/2, ½, 50/50; "7/10" becomes 7 out of 10.

    Only what is below one, of halves, thirds, quarters, sixths and eighths, is a fraction: the rest may be
    a date or anything else.
    """
    text = _GLYPH.sub(lambda match: _glyph(match, language), text)
    text = _HALF_AND_HALF.sub("پنجاه پنجاه" if language == "fa" else "fifty-fifty", text)
    text = _FRACTION.sub(lambda match: _fraction(match, language), text)
    return _OUT_OF.sub(r"\1 از \2" if language == "fa" else r"\1 out of \2", text)


def with_amounts(text: str, language: str) -> str:
    """`text` with sums of money as words, and the word for percent behind digits."""
    text = _BEFORE.sub(lambda match: _signed_money(match, language), text)
    text = _BEHIND.sub(lambda match: _money(match[4], [match[1], match[2]], match[3], language), text)
    text = _NAMED.sub(lambda match: _money(_NAMES[match[2].lower()], [match[1]], None, language), text)
    return _PERCENT.sub(" درصد" if language == "fa" else " percent", text)


def with_ranges(text: str, language: str) -> str:
    """`text` with "to" between the ends of a range; what falls is none, nor is what may be dialled."""
    return _RANGE.sub(lambda match: _range(match, language), text)


def _unit(match: re.Match[str], language: str) -> str:
    written, letter, per = match.groups()
    if letter is not None and letter not in "lLghm":
        return match.group()
    units = _PERSIAN_UNITS if language == "fa" else _ENGLISH_UNITS
    name = (written or letter).lower()
    if name not in units:
        return match.group()
    said = units[name]
    before = match.string[max(0, match.start() - 3) : match.start()]
    hyphen = match.group().startswith("-")
    if language != "fa" and not hyphen and not re.search(r"(?<![\d.,])1$", before):
        said = _plural(said)
    return f" {said}{' ' + _PER[language][per.lower()] if per else ''}"


def _plural(unit: str) -> str:
    first, _, rest = unit.partition(" ")
    plural = "feet" if first == "foot" else first + "s"
    return f"{plural} {rest}" if rest else plural


def _degrees(match: re.Match[str], language: str) -> str:
    scale = _SCALES[language][match[1]]
    if language == "fa":
        return f" درجه{scale} "
    one = re.search(r"(?<![\d.,])1$", match.string[max(0, match.start() - 3) : match.start()])
    return f" degree{'' if one else 's'}{scale} "


def _glyph(match: re.Match[str], language: str) -> str:
    top, bottom = _GLYPHS[match[2]]
    if match[1] is None and bottom == 2 and language == "fa":
        return " نیم "
    return f" {_fraction_words(match[1], top, bottom, language)} "


def _fraction(match: re.Match[str], language: str) -> str:
    whole, top, bottom = match[1], int(match[2]), int(match[4])
    if not whole and _BEFORE_A_DATE.search(match.string[max(0, match.start() - 8) : match.start()]):
        return match.group()
    if match[3] == "⁄":
        fits = 1 < bottom <= 20
    else:
        fits = bottom in (_WITH_A_WHOLE if whole else _DENOMINATORS) and match[4][0] != "0"
    if not fits or not 0 < top < bottom or match[2][0] == "0":
        return match.group()
    return _fraction_words(whole, top, bottom, language)


def _fraction_words(whole: str | None, top: int, bottom: int, language: str) -> str:
    if language == "fa":
        part = f"{number_words(top, language)} {ordinal_words(bottom, language)}"
        if whole is None:
            return part
        return f"{decimal_words(whole, language)} و {'نیم' if bottom == 2 else part}"
    name = {2: "half", 4: "quarter"}.get(bottom) or ordinal_words(bottom, language)
    count = "a" if whole and top == 1 else number_words(top, language)
    part = f"{count} {name}{'s' if top > 1 else ''}"
    return f"{decimal_words(whole, language)} and {part}" if whole else part


def _signed_money(match: re.Match[str], language: str) -> str:
    said = _money(match[2], [match[3], match[4]], match[5], language)
    return f" {'منفی' if language == 'fa' else 'minus'}{said}" if match[1] else said


def _money(sign: str, amounts: list[str | None], multiple: str | None, language: str) -> str:
    """`amounts`: the sum, or the two ends of a range; None for an end that isn't there."""
    names = _CURRENCIES.get(language, _CURRENCIES["en"])[sign]
    numbers = [amount.replace(",", "") for amount in amounts if amount is not None]
    joint = " تا " if language == "fa" else " to "
    if multiple is None and any(re.search(r"\.\d\d$", number) for number in numbers):
        return f" {joint.join(_with_cents(number, names, language) for number in numbers)} "
    said = joint.join(decimal_words(number, language) for number in numbers)
    if multiple:
        said += " " + _MULTIPLES.get(language, _MULTIPLES["en"]).get(multiple.lower(), multiple)
    one = numbers == ["1"] and multiple is None
    return f" {said} {names[0] if language == 'fa' or one else names[0] + 's'} "


def _with_cents(number: str, names: tuple[str, str], language: str) -> str:
    major, minor = names
    before, _, behind = number.partition(".")
    whole, cents = int(before), int(f"{behind:0<2}"[:2])
    if language == "fa":
        parts = [
            f"{number_words(count, language)} {name}" for count, name in ((whole, major), (cents, minor))
        ]
    else:
        minor = {"pence": "penny"}.get(minor, minor) if cents == 1 else f"{minor}s".replace("pences", "pence")
        parts = [
            f"{number_words(whole, language)} {major if whole == 1 else major + 's'}",
            f"{number_words(cents, language)} {minor}",
        ]
    said = [part for part, count in zip(parts, (whole, cents), strict=True) if count] or parts[:1]
    return (" و " if language == "fa" else " and ").join(said)


def _range(match: re.Match[str], language: str) -> str:
    first, last = match.groups()
    lengths = [len(number.partition(".")[0]) for number in (first, last)]
    unlike = lengths[0] != lengths[1] and max(lengths) > 2
    coded = is_dialled(first) or (first[0] == "0" and lengths[0] > 2)
    if coded or unlike or float(first) >= float(last):
        return match.group()
    return f"{first} تا {last}" if language == "fa" else f"{first} to {last}"
