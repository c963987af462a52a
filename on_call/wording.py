"""What contacts read, in English and Persian: kinds of danger (the review too), moments, lines of alerts."""

from __future__ import annotations

import unicodedata
from datetime import UTC

from on_call.alert import Alert
from on_call.rota import Contact

__all__ = ["danger_words", "facts", "one_line"]

_KINDS = {
    "suicide": ("suicide", "خودکشی"),
    "self_harm": ("self-harm", "آسیب زدن به خود"),
    "harm_to_others": ("harm to others", "آسیب زدن به دیگران"),
    "abuse": ("violence or abuse", "خشونت یا آزار"),
    "child_danger": ("a child in danger", "کودکی در خطر"),
    "medical": ("medical emergency", "فوریت پزشکی"),
    "psychosis": ("voices or commanding thoughts", "صداها یا فکرهای فرمان‌دهنده"),
    "third_person": ("worry about somebody else", "نگرانی برای شخصی دیگر"),
    "past": ("something in the past", "رویدادی در گذشته"),
}
_LANGUAGES = {"en": ("English", "انگلیسی"), "fa": ("Persian", "فارسی")}
_PERSIAN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
_DIRECTION_MARKS = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LABELS = {
    "en": ("Level", "Kind", "Time", "Clinic", "Talk", "Language", "Country"),
    "fa": ("سطح", "نوع خطر", "زمان", "کلینیک", "شناسهٔ گفت‌وگو", "زبان", "کشور"),
}


def facts(alert: Alert, contact: Contact, language: str) -> tuple[tuple[str, str], ...]:
    """Labels and values of an alert in a language ("en" or "fa"), without those that are not known."""
    column = ("en", "fa").index(language)
    level = f"{alert.level} of 3" if language == "en" else f"{alert.level} از 3".translate(_PERSIAN_DIGITS)
    spoken = _LANGUAGES.get(alert.language or "", (alert.language, alert.language))[column]
    values = (
        level,
        danger_words(alert.kind, language),
        _moment(alert, contact),
        alert.clinic,
        alert.talk_id,
        spoken,
        alert.country,
    )
    labelled = zip(_LABELS[language], values, strict=True)
    return tuple((label, one_line(value)) for label, value in labelled if value)


def danger_words(kind: str, language: str) -> str:
    """A kind of danger as the guard names it, in words; one that has none as it is."""
    return _KINDS.get(kind, (kind, kind))[("en", "fa").index(language)]


def one_line(text: str) -> str:
    """Text of strangers without line breaks, control and direction characters."""
    return "".join(
        " " if sign in _DIRECTION_MARKS or unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") else sign
        for sign in text
    )


def _moment(alert: Alert, contact: Contact) -> str:
    local, utc = contact.local(alert.raised_at), alert.raised_at.astimezone(UTC)
    if local.utcoffset() == utc.utcoffset():
        return f"{utc:%Y-%m-%d %H:%M} UTC"
    return f"{local:%Y-%m-%d %H:%M} {contact.timezone} ({utc:%Y-%m-%d %H:%M} UTC)"
