"""The section `hamdel.on_call` of the deployer's settings, checked when it is read."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from on_call.addresses import check_email, check_url, is_loopback
from on_call.escalation import EscalationRules
from on_call.rota import ANY_CLINIC, Contact, DutyHours, Rota

__all__ = ["ContactSettings", "OnCallSettings", "SmtpSettings"]

_PORTS = {"tls": 465, "starttls": 587, "none": 25}


def _parsed(hours: Any) -> Any:
    lines = [hours] if isinstance(hours, str) else hours
    if not isinstance(lines, list | tuple) or not all(isinstance(line, str) for line in lines):
        raise ValueError('must be a list such as ["Mon-Fri 09:00-17:00", "Sat 22:00-06:00"]')
    return tuple(DutyHours.parse(line) for line in lines)


def _known_zone(name: str) -> str:
    Contact("any", email="any@localhost", timezone=name)
    return name


_Url = Annotated[str, AfterValidator(check_url)]
_Email = Annotated[str, AfterValidator(check_email)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class SmtpSettings(_Section):
    """Who takes our mail. The password of `username` is in the environment: `HAMDEL_SMTP_PASSWORD`."""

    host: str = Field(min_length=1, max_length=253)
    security: Literal["starttls", "tls", "none"] = "starttls"
    port: int | None = Field(default=None, ge=1, le=65535)
    username: str | None = Field(default=None, min_length=1)
    sender: _Email

    @field_validator("security")
    @classmethod
    def _encrypted(cls, security: str, info: ValidationInfo) -> str:
        if security == "none" and not is_loopback(info.data.get("host", "localhost")):
            raise ValueError("none is for a server on this machine (127.0.0.1) alone; use starttls or tls")
        return security

    @property
    def effective_port(self) -> int:
        """The port, by default the one of the security: 587 for starttls, 465 for tls, 25 for none."""
        return self.port or _PORTS[self.security]


class ContactSettings(_Section):
    """One contact: whose, how it is reached, and when."""

    clinic: str = Field(default=ANY_CLINIC, min_length=1, max_length=128)
    name: str
    webhook: _Url | None = None
    email: _Email | None = None
    timezone: Annotated[str, AfterValidator(_known_zone)] = "UTC"
    hours: Annotated[tuple[Any, ...], BeforeValidator(_parsed)] = ()

    @model_validator(mode="after")
    def _usable(self) -> ContactSettings:
        if self.hours and "timezone" not in self.model_fields_set:
            raise ValueError("timezone is missing; say on which clock the hours are, such as Asia/Tehran")
        self.contact()
        return self

    def contact(self) -> Contact:
        """The contact."""
        return Contact(self.name, self.webhook, self.email, self.timezone, self.hours)


class OnCallSettings(_Section):
    """Whom to reach when life may be at risk, and how long to wait for each.

    A contact has `acknowledge_within_s` before the next one on duty is called. A channel is tried `attempts`
    times, each for at most `attempt_timeout_s`, with pauses of `retry_pause_s` that double.
    """

    acknowledge_within_s: float = Field(default=120, gt=0, le=3600)
    attempts: int = Field(default=3, ge=1, le=10)
    attempt_timeout_s: float = Field(default=10, gt=0, le=120)
    retry_pause_s: float = Field(default=2, gt=0, le=60)
    public_url: _Url | None = None
    smtp: SmtpSettings | None = None
    contacts: tuple[ContactSettings, ...] = ()

    @field_validator("contacts")
    @classmethod
    def _reachable(
        cls, contacts: tuple[ContactSettings, ...], info: ValidationInfo
    ) -> tuple[ContactSettings, ...]:
        if contacts and info.data.get("public_url", "") is None:
            raise ValueError(
                "need hamdel.on_call.public_url, the address at which contacts reach this server "
                "(such as https://hamdel.clinic.example), to open the link in their message"
            )
        if info.data.get("smtp", "") is None and any(contact.email is not None for contact in contacts):
            raise ValueError("have an email, which needs hamdel.on_call.smtp (host, security, sender)")
        if len({contact.name for contact in contacts}) < len(contacts):
            raise ValueError("must have names of their own, by which they acknowledge")
        return contacts

    def rota(self) -> Rota:
        """The contacts by clinic."""
        together: dict[str, list[Contact]] = {}
        for each in self.contacts:
            together.setdefault(each.clinic, []).append(each.contact())
        return Rota(together)

    def rules(self) -> EscalationRules:
        """The numbers of the escalation."""
        return EscalationRules(
            acknowledge_within_s=self.acknowledge_within_s,
            attempts=self.attempts,
            attempt_timeout_s=self.attempt_timeout_s,
            retry_pause_s=self.retry_pause_s,
        )
