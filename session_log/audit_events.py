"""What happened to the log itself: who looked at what, took it away, erased it or changed an account.

The same immutable, checked values as in `session_log.events`; they hold no content. Required of a log of
health data by the HIPAA Security Rule (45 CFR 164.312(b)) and GDPR Art. 5(2).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from session_log import field_checks as checks
from session_log.events import new_event_id

__all__ = [
    "AUDIT_EVENTS",
    "ROLES",
    "AccessNoted",
    "AccountChanged",
    "AudioDeleted",
    "ChainBroken",
    "Erased",
]

ROLES = ("therapist", "supervisor", "administrator", "person", "operator", "server")
"""Who acts: people who sign in, the person whom the log is about, whoever has the commands, the server."""

_CODE = {"check": checks.code}
_IDENTIFIER = {"check": checks.identifier}
_OPTIONAL_IDENTIFIER = {"check": checks.optional(checks.identifier)}
_ROLE = {"check": checks.choice(ROLES)}
_UTC = {"check": checks.utc}


def _digest(value: object) -> str:
    if not isinstance(value, str) or len(value) != 64 or set(value) - set("0123456789abcdef"):
        raise ValueError("must be a SHA-256 in hexadecimal")
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessNoted:
    """Somebody did something that an audit asks about: signed in, failed to, looked, heard, exported, wrote.

    `action` is a code such as session_viewed or export_made; `allowed` is False where it was refused.
    `person` is the pseudonym of whose data it was.
    """

    at: datetime = field(metadata=_UTC)
    actor: str = field(metadata=_IDENTIFIER)
    role: str = field(metadata=_ROLE)
    action: str = field(metadata=_CODE)
    allowed: bool = field(default=True, metadata={"check": checks.boolean})
    person: str | None = field(default=None, metadata=_OPTIONAL_IDENTIFIER)
    about_talk: str | None = field(default=None, metadata=_OPTIONAL_IDENTIFIER)
    detail: str | None = field(default=None, metadata={"check": checks.optional(checks.line)})
    event_id: str = field(default_factory=new_event_id, metadata=_IDENTIFIER)

    def __post_init__(self) -> None:
        checks.check_fields(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChanged:
    """An account was made, changed or closed; `digest` is of the row as it is since then."""

    at: datetime = field(metadata=_UTC)
    actor: str = field(metadata=_IDENTIFIER)
    role: str = field(metadata=_ROLE)
    account: str = field(metadata=_IDENTIFIER)
    change: str = field(metadata=_CODE)
    digest: str = field(metadata={"check": _digest})
    event_id: str = field(default_factory=new_event_id, metadata=_IDENTIFIER)

    def __post_init__(self) -> None:
        checks.check_fields(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioDeleted:
    """The sound of a turn was deleted: its time was over, or consent was withdrawn."""

    talk_id: str = field(metadata=_IDENTIFIER)
    turn_id: str = field(metadata=_IDENTIFIER)
    at: datetime = field(metadata=_UTC)
    reason: str = field(metadata=_CODE)
    event_id: str = field(default_factory=new_event_id, metadata=_IDENTIFIER)

    def __post_init__(self) -> None:
        checks.check_fields(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """Content was erased: the tombstone of the rows that name this event, their number and digest.

    `digest` is the SHA-256 of their sequence numbers in order, one a line.
    """

    at: datetime = field(metadata=_UTC)
    actor: str = field(metadata=_IDENTIFIER)
    role: str = field(metadata=_ROLE)
    talk_id: str | None = field(default=None, metadata=_OPTIONAL_IDENTIFIER)
    reason: str = field(metadata=_CODE)
    rows: int = field(metadata={"check": checks.integer(0, 2**53)})
    digest: str = field(metadata={"check": _digest})
    event_id: str = field(default_factory=new_event_id, metadata=_IDENTIFIER)

    def __post_init__(self) -> None:
        checks.check_fields(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainBroken:
    """When the log was opened, the head kept outside did not fit: rows were cut off or changed."""

    at: datetime = field(metadata=_UTC)
    head_sequence: int = field(metadata={"check": checks.integer(0, 2**53)})
    last_sequence: int = field(metadata={"check": checks.integer(0, 2**53)})
    problem: str = field(metadata=_CODE)
    event_id: str = field(default_factory=new_event_id, metadata=_IDENTIFIER)

    def __post_init__(self) -> None:
        checks.check_fields(self)


AUDIT_EVENTS: tuple[type, ...] = (AccessNoted, AccountChanged, AudioDeleted, Erased, ChainBroken)
"""The classes of this module's events."""
