"""Checks of single event fields: each takes a value and returns it in its canonical type.

A check raises ValueError with the second half of a sentence ("must be …"), never with the value
itself, which may be something a person said. Text that strangers may have had a hand in is mended
where it can be, rather than refused: no talk may stumble over its log. An event names the check of
each field in the field's metadata; `check_fields` runs them all.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, SupportsFloat, SupportsIndex

__all__ = [
    "MAX_TEXT_CHARACTERS",
    "boolean",
    "check_fields",
    "choice",
    "code",
    "country",
    "distribution",
    "identifier",
    "integer",
    "language",
    "line",
    "lines",
    "number",
    "optional",
    "utc",
    "words",
]

MAX_TEXT_CHARACTERS = 20_000
"""Longest text kept of one turn or reply; the rest is cut off, and an ellipsis says so."""

Check = Callable[[object], Any]

_MAX_LINE_CHARACTERS = 200
_MAX_IDENTIFIER_CHARACTERS = 512

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_/.:+-]{0,99}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def check_fields(event: Any) -> None:
    """Replaces each field of a frozen dataclass by what its check in the metadata returns.

    Raises:
        ValueError: naming the class and the field, and what the field must be.
    """
    for item in dataclasses.fields(event):
        try:
            value = item.metadata["check"](getattr(event, item.name))
        except ValueError as error:
            raise ValueError(f"{type(event).__name__}.{item.name} {error}") from None
        object.__setattr__(event, item.name, value)


def _plain(value: str) -> str:
    # str() of a member of a str enumeration gives the member's name, not its value.
    return str.__str__(value)


def _pattern(pattern: re.Pattern[str], requirement: str) -> Check:
    def check(value: object) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise ValueError(requirement)
        return _plain(value)

    return check


code = _pattern(_CODE, "must be a short code of letters, digits and _ / . : + - such as client_closed")
language = _pattern(_LANGUAGE, "must be a language tag such as en or fa")
country = _pattern(_COUNTRY, "must be a two-letter country code such as IR")


def identifier(value: object) -> str:
    """An id of 1 to 512 characters; control characters in it become U+FFFD."""
    if not isinstance(value, str) or not 1 <= len(value) <= _MAX_IDENTIFIER_CHARACTERS:
        raise ValueError(f"must be an id of 1 to {_MAX_IDENTIFIER_CHARACTERS} characters")
    return _CONTROL.sub("\ufffd", value)


def utc(value: object) -> datetime:
    """A date and time with the time zone UTC."""
    if not isinstance(value, datetime) or value.utcoffset() != timedelta(0):
        raise ValueError("must be a datetime in UTC (datetime.now(timezone.utc))")
    return value


def boolean(value: object) -> bool:
    """True or False, and nothing that merely counts as such."""
    if not isinstance(value, bool):
        raise ValueError("must be True or False")
    return value


def words(value: object) -> str:
    """Text of a person or of a reply, cut to `MAX_TEXT_CHARACTERS`.

    NUL and lone surrogates, which no database column keeps faithfully, become U+FFFD.
    """
    if not isinstance(value, str):
        raise ValueError("must be text")
    if len(value) > MAX_TEXT_CHARACTERS:
        value = value[: MAX_TEXT_CHARACTERS - 1] + "…"
    return _UNSTORABLE.sub("\ufffd", value)


def line(value: object) -> str:
    """One line, cut to 200 characters; control characters in it become spaces."""
    if not isinstance(value, str) or not value:
        raise ValueError("must be a line of text, and not empty")
    return _CONTROL.sub(" ", value)[:_MAX_LINE_CHARACTERS]


def lines(value: object) -> tuple[str, ...]:
    """Any number of lines, each as `line` wants it."""
    if not isinstance(value, tuple | list):
        raise ValueError("must be a tuple of lines")
    return tuple(line(item) for item in value)


def choice(options: Collection[str]) -> Check:
    """A check for one of a few words."""

    def check(value: object) -> str:
        if not isinstance(value, str) or value not in options:
            raise ValueError(f"must be one of {', '.join(options)}")
        return _plain(value)

    return check


def number(lowest: float = -math.inf, highest: float = math.inf) -> Check:
    """A check for a finite number between two bounds; numpy scalars become plain floats."""

    def check(value: object) -> float:
        if type(value) is float:  # asking for the protocol takes longer than all the rest
            plain = value
        elif isinstance(value, bool | str) or not isinstance(value, SupportsFloat):
            raise ValueError("must be a number")
        else:
            plain = float(value)
        if not math.isfinite(plain) or not lowest <= plain <= highest:
            raise ValueError(f"must be a finite number between {lowest:g} and {highest:g}")
        return plain

    return check


def integer(lowest: int, highest: int) -> Check:
    """A check for a whole number between two bounds; numpy integers become plain ones."""

    def check(value: object) -> int:
        if type(value) is int:
            plain = value
        elif isinstance(value, bool) or not isinstance(value, SupportsIndex):
            raise ValueError("must be a whole number")
        else:
            plain = value.__index__()
        if not lowest <= plain <= highest:
            raise ValueError(f"must be a whole number from {lowest} to {highest}")
        return plain

    return check


def distribution(labels: Collection[str]) -> Check:
    """A check for probabilities by label that sum to 1 within 0.01."""
    probability = number(0.0, 1.0)

    def check(value: object) -> dict[str, float]:
        if not isinstance(value, Mapping) or not value or not set(value) <= set(labels):
            raise ValueError(f"must map some of {', '.join(labels)} to probabilities")
        plain = {_plain(label): probability(share) for label, share in value.items()}
        if not math.isclose(sum(plain.values()), 1.0, abs_tol=0.01):
            raise ValueError("must sum to 1")
        return plain

    return check


def optional(check: Check) -> Check:
    """The same check, satisfied by None too."""

    def check_unless_none(value: object) -> Any:
        return None if value is None else check(value)

    return check_unless_none
