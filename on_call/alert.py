"""What is told to a contact, and what is told back to the talk. No I/O."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

__all__ = ["LINK_LIFETIME", "Alert", "Status", "Update", "new_alert_id"]

LINK_LIFETIME = timedelta(hours=24)
"""How long after an alert it can be acknowledged."""

Status = Literal["nobody_on_call", "calling", "delivered", "acknowledged", "unreached"]
"""How far an alert has come; "delivered" means that it lies with a contact, not that anybody read it."""

_ALERT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_KIND = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Somebody in a talk may be in danger; never with any of their words.

    Attributes:
        subject: pseudonym of the person, None for an anonymous talk; only a webhook is told it.
        level: 1 to 3, as in `crisis`.
        kind: a code, as in `crisis`.
        language: in which the person speaks, a tag such as fa.
        country: ISO 3166, two letters. Of another shape, country and language are not known: None.
        raised_at: in UTC.

    Raises:
        ValueError: for an id, level, kind or time of another shape.
    """

    alert_id: str
    talk_id: str
    clinic: str | None
    subject: str | None
    level: int
    kind: str
    country: str | None
    language: str | None
    raised_at: datetime

    def __post_init__(self) -> None:
        if not _ALERT_ID.fullmatch(self.alert_id):
            raise ValueError("Alert.alert_id must be 1 to 64 letters, digits, - and _")
        if self.level not in (1, 2, 3):
            raise ValueError("Alert.level must be 1, 2 or 3")
        if not _KIND.fullmatch(self.kind):
            raise ValueError("Alert.kind must be a short code such as self_harm")
        if self.language is not None and not _LANGUAGE.fullmatch(self.language):
            object.__setattr__(self, "language", None)
        if self.country is not None and not _COUNTRY.fullmatch(self.country):
            object.__setattr__(self, "country", None)
        if self.raised_at.utcoffset() != timedelta(0):
            raise ValueError("Alert.raised_at must be a datetime in UTC")


@dataclass(frozen=True, slots=True)
class Update:
    """An alert has come so far."""

    alert_id: str
    status: Status


def new_alert_id() -> str:
    """An id that nobody can guess."""
    return f"alert_{secrets.token_hex(12)}"
