"""Checks of single event fields: each takes a value and returns it in its canonical type.

A check raises ValueError with the second half of a sentence ("must be …"), never with the value
itself, which may be something a person said. An event names the check of each field in the
field's metadata; `check_fields` runs them all.
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
"""Longest text of one turn or reply; longer text has to be cut before the event is made."""

Check = Callable[[object], Any]

_IDENTIFIER = re.compile(r"[\x21-\x7e]{1,128}")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_/.:+-]{0,99}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


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


identifier = _pattern(_IDENTIFIER, "must be 1 to 128 printable ASCII characters without spaces")
code = _pattern(_CODE, "must be a short code of letters, digits and _ / . : + - such as user_asked")
language = _pattern(_LANGUAGE, "must be a language tag such as en or fa")
country = _pattern(_COUNTRY, "must be a two-letter country code such as IR")


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
    """Text of a person or of a reply, at most `MAX_TEXT_CHARACTERS` long.

    NUL and lone surrogates, which no database column keeps faithfully, become U+FFFD.
    """
    if not isinstance(value, str) or len(value) > MAX_TEXT_CHARACTERS:
        raise ValueError(f"must be text of at most {MAX_TEXT_CHARACTERS} characters; cut it before logging")
    return _UNSTORABLE.sub("\ufffd", value)


def line(value: object) -> str:
    """One line of 1 to 200 characters without control characters."""
    if not isinstance(value, str) or not 1 <= len(value) <= 200 or _CONTROL.search(value):
        raise ValueError("must be one line of 1 to 200 characters without control characters")
    return _plain(value)


def lines(value: object) -> tuple[str, ...]:
    """At most 50 lines, each as `line` wants it."""
    if not isinstance(value, tuple | list) or len(value) > 50:
        raise ValueError("must be a tuple of at most 50 lines")
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
        if isinstance(value, bool | str) or not isinstance(value, SupportsFloat):
            raise ValueError("must be a number")
        plain = float(value)
        if not math.isfinite(plain) or not lowest <= plain <= highest:
            raise ValueError(f"must be a finite number between {lowest:g} and {highest:g}")
        return plain

    return check


def integer(lowest: int, highest: int) -> Check:
    """A check for a whole number between two bounds; numpy integers become plain ones."""

    def check(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, SupportsIndex):
            raise ValueError("must be a whole number")
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
