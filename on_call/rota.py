"""Who is on duty, and when: contacts of clinics with their hours. No I/O.

Hours are those of the clock on the contact's wall: where summer time repeats an hour, both count, and where
it skips one, a duty that began before it goes on behind it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from on_call.addresses import check_email, check_url

__all__ = ["ANY_CLINIC", "Contact", "DutyHours", "Rota", "RotaError"]

ANY_CLINIC = "*"
"""Stands for every clinic, and for talks of none."""

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY_NUMBERS = {name.lower(): number for number, name in enumerate(_DAYS)}
_WHOLE_DAY = 24 * 60
_HALF_SPACE = "\u200c"  # within Persian names
_TIME = r"([01]\d|2[0-3]|24):([0-5]\d)"
_HOURS = re.compile(
    rf"(daily|[A-Za-z]{{3}}(?:[-,][A-Za-z]{{3}})*)\s+{_TIME}\s*-\s*{_TIME}", re.ASCII | re.IGNORECASE
)
_WANTED = 'must be hours such as "Mon-Fri 09:00-17:00", "Sat 22:00-06:00" or "daily 08:00-24:00"'


class RotaError(ValueError):
    """A contact or its hours cannot be used; the message says what to write."""


@dataclass(frozen=True, slots=True)
class DutyHours:
    """A span of the clock on some days of the week.

    Attributes:
        days: on which it begins, 0 for Monday to 6 for Sunday.
        start_minute: of the day, from 0; belongs to it.
        end_minute: of the day, to 1440; does not. Not after the start: it is that of the next day.
    """

    days: frozenset[int]
    start_minute: int
    end_minute: int

    @classmethod
    def parse(cls, text: str) -> DutyHours:
        """Reads "Mon-Fri 09:00-17:00", "Sat,Sun 22:00-06:00" (until the next morning), "daily 08:00-24:00".

        Raises:
            RotaError: for anything else.
        """
        match = _HOURS.fullmatch(text.strip())
        if match is None:
            raise RotaError(_WANTED)
        start, end = (60 * int(match[hour]) + int(match[hour + 1]) for hour in (2, 4))
        if start >= _WHOLE_DAY or end > _WHOLE_DAY:
            raise RotaError(f"{_WANTED}; a day begins at 00:00 and ends at 24:00")
        if start == end:
            raise RotaError(f"{_WANTED}; a whole day is 00:00-24:00")
        return cls(_days(match[1]), start, end)

    def covers(self, local: datetime) -> bool:
        """Whether this moment of the contact's own clock lies within."""
        minute = 60 * local.hour + local.minute
        if self.start_minute < self.end_minute:
            return local.weekday() in self.days and self.start_minute <= minute < self.end_minute
        evening = local.weekday() in self.days and minute >= self.start_minute
        return evening or ((local.weekday() - 1) % 7 in self.days and minute < self.end_minute)

    def __str__(self) -> str:
        days = "daily" if len(self.days) == len(_DAYS) else ",".join(_DAYS[day] for day in sorted(self.days))
        return f"{days} {_clock(self.start_minute)}-{_clock(self.end_minute)}"


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody who can be called. Without hours always; `timezone` (IANA) is that of the hours.

    Raises:
        RotaError: for a name that is no line of 1 to 100 characters, an unknown time zone, or no channel.
        AddressError: for a webhook or mail address that cannot be used.
    """

    name: str
    webhook: str | None = field(default=None, repr=False)  # may hold a secret
    email: str | None = None
    timezone: str = "UTC"
    hours: tuple[DutyHours, ...] = ()

    def __post_init__(self) -> None:
        visible = self.name.replace(_HALF_SPACE, "")
        if not 1 <= len(visible.strip()) <= 100 or not visible.isprintable():
            raise RotaError("a contact needs a name of 1 to 100 characters, without line breaks")
        if self.webhook is None and self.email is None:
            raise RotaError("a contact needs a webhook or an email, or both")
        if self.webhook is not None:
            check_url(self.webhook)
        if self.email is not None:
            check_email(self.email)
        _zone(self.timezone)

    @property
    def channels(self) -> tuple[str, ...]:
        """By which it is reached: "webhook", "mail", or both."""
        return tuple(name for name, to in (("webhook", self.webhook), ("mail", self.email)) if to is not None)

    def local(self, at: datetime) -> datetime:
        """The contact's own clock at a moment with a time zone."""
        return at.astimezone(_zone(self.timezone))

    def is_on_duty(self, at: datetime) -> bool:
        """Whether a moment with a time zone lies within the hours."""
        local = self.local(at)
        return not self.hours or any(hours.covers(local) for hours in self.hours)


class Rota:
    """The contacts of each clinic.

    Args:
        contacts: by clinic, in the order in which they are called; those of `ANY_CLINIC` come after a
            clinic's own.

    Raises:
        RotaError: where two contacts have the same name, by which they acknowledge.
    """

    def __init__(self, contacts: Mapping[str, Sequence[Contact]]) -> None:
        self._contacts = {clinic: tuple(some) for clinic, some in contacts.items()}
        everybody = [contact for some in self._contacts.values() for contact in some]
        self._by_name = {contact.name: contact for contact in everybody}
        if len(self._by_name) < len(everybody):
            raise RotaError("each contact needs a name of its own")

    @property
    def everybody(self) -> tuple[Contact, ...]:
        """All contacts of all clinics."""
        return tuple(self._by_name.values())

    def contact(self, name: str) -> Contact | None:
        """The contact of this name."""
        return self._by_name.get(name)

    def on_duty(self, clinic: str | None, at: datetime) -> tuple[Contact, ...]:
        """Who is on duty for a clinic, or for a talk of none, in the order of escalation.

        Args:
            clinic: as in the talk's token.
            at: a moment with a time zone.
        """
        own = self._contacts.get(clinic, ()) if clinic not in (None, ANY_CLINIC) else ()
        return tuple(c for c in (*own, *self._contacts.get(ANY_CLINIC, ())) if c.is_on_duty(at))

    def anyone(self, clinic: str | None, at: datetime) -> bool:
        """Whether anybody is on duty for a clinic, or for a talk of none."""
        return bool(self.on_duty(clinic, at))


def _days(text: str) -> frozenset[int]:
    if text.lower() == "daily":
        return frozenset(range(len(_DAYS)))
    days: set[int] = set()
    for part in text.split(","):
        first, *rest = (_DAY_NUMBERS.get(name.lower(), -1) for name in part.split("-"))
        last = rest[0] if rest else first
        if first < 0 or last < 0 or len(rest) > 1:
            raise RotaError(f"{_WANTED}; the days are {', '.join(_DAYS)}")
        days.update((first + step) % 7 for step in range((last - first) % 7 + 1))
    return frozenset(days)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # unknown, malformed, a folder of the database
        raise RotaError(
            "must be a time zone of the IANA database such as Asia/Tehran or Europe/London"
        ) from None
