"""Times of the day as they are said."""

from __future__ import annotations

import re

from language.numbers import number_words

__all__ = ["with_times"]

_ALWAYS_OPEN = re.compile(r"(?<!\d)24\s*/\s*7(?!\d)")
_HALF_DAY = r"\s?([ap])\.?\s?m(?![\w'’])"
_TWELVE = re.compile(rf"(?<![\w:.,/])(1[0-2]|0?[1-9])(?:[:.]([0-5]\d))?{_HALF_DAY}", re.IGNORECASE)
_CLOCK = re.compile(r"(?<![\w:.])([01]?\d|2[0-4]):([0-5]\d)(?::[0-5]\d)?(?![\w:]|\.\d)")
_DASH = re.compile(
    r"(?<=[\w:]{2})\s?[-–—]\s?(?=\d{1,2}(?:[:.][0-5]\d|[:.\d]{0,4}\s?[ap]\.?\s?m(?!\w)))", re.I
)
_ENDS_IN_TIME = re.compile(r"(?:(?<![\d:.])\d{1,2}:[0-5]\d|\d\s?[ap]\.?\s?m\.?)$", re.IGNORECASE)
_BARE_HOUR = re.compile(
    r"(?<![\w:.,/-])(\d{1,2})\s?[-–—]\s?(?=\d{1,2}(?:[:.][0-5]\d)?\s?[ap]\.?\s?m(?!\w))", re.I
)
_HALF_DAYS = {"en": {"a": "A M", "p": "P M"}, "fa": {"a": "صبح", "p": "بعدازظهر"}}


def with_times(text: str, language: str) -> str:
    """`text` with times of the day as words: 7:30, 19:05, "7pm", "8:00-17:30", 24/7."""
    text = _ALWAYS_OPEN.sub("شبانه‌روزی" if language == "fa" else "twenty-four seven", text)
    joint = " تا " if language == "fa" else " to "
    text = _DASH.sub(lambda match: _joint(match, joint), text)
    text = _BARE_HOUR.sub(rf"\1{joint}", text)
    text = _TWELVE.sub(lambda match: _of_half_day(match, language), text)
    return _CLOCK.sub(lambda match: _time(int(match[1]), int(match[2]), language), text)


def _joint(dash: re.Match[str], joint: str) -> str:
    before = dash.string[max(0, dash.start() - 12) : dash.start()]
    return joint if _ENDS_IN_TIME.search(before) else dash.group()


def _of_half_day(match: re.Match[str], language: str) -> str:
    hour, minute = int(match[1]), int(match[2] or 0)
    half = _HALF_DAYS.get(language, _HALF_DAYS["en"])[match[3].lower()]
    said = number_words(hour, language) if minute == 0 else _time(hour, minute, language)
    return f"{said} {half}"


def _time(hour: int, minute: int, language: str) -> str:
    said = number_words(hour, language)
    if language == "fa":
        if minute == 30:
            return f"{said} و نیم"
        return said if minute == 0 else f"{said} و {number_words(minute, language)} دقیقه"
    if minute == 0:
        return f"{said} o'clock" if 0 < hour <= 12 else f"{said} hundred"
    return f"{said} {'oh ' if minute < 10 else ''}{number_words(minute, language)}"
