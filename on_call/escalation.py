"""The rules of one alert: whom to call when, when to try again, when to go on, when to give up. No I/O.

Time is given to each method, in seconds of a clock that never jumps. A contact is called by all its channels
side by side; each channel is tried `attempts` times with pauses that double. The contact has
`acknowledge_within_s` from its call; then, or as soon as all its channels have failed, the next contact on
duty is called, while earlier ones may still acknowledge. Where there is no next one, the alert is unreached:
nobody more is called, but an acknowledgement still counts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from on_call.alert import Alert, Status
from on_call.rota import Contact
from session_log.events import AlertStep

__all__ = ["Escalation", "EscalationRules", "Send", "Step"]

StepName = Literal[
    "raised", "delivered", "failed", "acknowledged", "escalated", "nobody_on_call", "unreached"
]

_LAST_STEPS: dict[str, Status] = {
    "acknowledged": "acknowledged",
    "nobody_on_call": "nobody_on_call",
    "unreached": "unreached",
}


@dataclass(frozen=True, slots=True)
class EscalationRules:
    """The numbers of the rules; `retry_pause_s` follows the first failed attempt, and doubles with each."""

    acknowledge_within_s: float = 120.0
    attempts: int = 3
    attempt_timeout_s: float = 10.0
    retry_pause_s: float = 2.0

    def pause_s(self, failures: int) -> float:
        """The pause after this many failed attempts, from 1."""
        return float(self.retry_pause_s * 2 ** (failures - 1))


@dataclass(frozen=True, slots=True)
class Send:
    """To be done: one attempt to reach a contact by one channel."""

    contact: Contact
    channel: str


@dataclass(frozen=True, slots=True)
class Step:
    """It happened, and is to be recorded. "raised" and "escalated" name the contact that is called now."""

    step: StepName
    contact: str | None = None
    channel: str | None = None


@dataclass(slots=True)
class _Delivery:
    send: Send
    due_s: float | None  # None: under way, delivered or given up
    failures: int = 0
    given_up: bool = False


class Escalation:
    """One alert on its way from contact to contact.

    Attributes:
        alert: of which it is.
        status: how far it has come; None before its first step.
        acknowledged_by: name of the contact.
    """

    def __init__(self, alert: Alert, rules: EscalationRules) -> None:
        self.alert = alert
        self.status: Status | None = None
        self.acknowledged_by: str | None = None
        self._rules = rules
        self._called: list[str] = []
        self._called_s = 0.0
        self._deliveries: dict[tuple[str, str], _Delivery] = {}

    @classmethod
    def resumed(
        cls,
        alert: Alert,
        rules: EscalationRules,
        steps: Sequence[AlertStep],
        contact: Callable[[str], Contact | None],
        *,
        now: datetime,
        now_s: float,
    ) -> Escalation:
        """Goes on where recorded steps end.

        Attempts that were under way are made again. A contact that is no longer in the rota is not tried
        again, and may still acknowledge.

        Args:
            alert: as it was raised.
            rules: of today.
            steps: of this alert, in their order.
            contact: gives the contact of a name.
            now: in UTC.
            now_s: the same moment on the clock of the rules.
        """
        self = cls(alert, rules)
        for step in steps:
            if step.step in ("raised", "escalated") and step.contact is not None:
                # A clock that was set back meanwhile must not make anybody wait longer.
                elapsed_s = max(0.0, (now - step.at).total_seconds())
                self._call(step.contact, contact(step.contact), now_s, called_s=now_s - elapsed_s)
                self.status = "calling"
            elif step.step in ("delivered", "failed"):
                self._settle(step.contact, step.channel, step.step == "delivered", now_s)
            elif step.step in _LAST_STEPS:
                self.status = _LAST_STEPS[step.step]
                self.acknowledged_by = step.contact
        return self

    @property
    def is_open(self) -> bool:
        """Whether anything may still fall due."""
        return self.status in (None, "calling", "delivered")

    @property
    def next_due_s(self) -> float | None:
        """When `due` has something to say, None where never by itself."""
        if not self.is_open:
            return None
        if not self._called:
            return -math.inf
        moments = [each.due_s for each in self._deliveries.values() if each.due_s is not None]
        return min([*moments, self._escalate_at_s()])

    def due(self, now_s: float, on_duty: Sequence[Contact]) -> tuple[Step | Send, ...]:
        """What has happened by now, and what is to be done now.

        Args:
            now_s: the time.
            on_duty: who is on duty at this time, in order.
        """
        steps: list[Step | Send] = []
        if not self.is_open:
            return ()
        if not self._called:
            if not on_duty:
                self.status = "nobody_on_call"
                return (Step("raised"), Step("nobody_on_call"))
            self.status = "calling"
            self._call(on_duty[0].name, on_duty[0], now_s, called_s=now_s)
            steps.append(Step("raised", on_duty[0].name))
        elif now_s >= self._escalate_at_s():
            following = next((c for c in on_duty if c.name not in self._called), None)
            if following is None:
                self.status = "unreached"
                return (Step("unreached"),)
            self._call(following.name, following, now_s, called_s=now_s)
            steps.append(Step("escalated", following.name))
        for delivery in self._deliveries.values():
            if delivery.due_s is not None and delivery.due_s <= now_s:
                delivery.due_s = None
                steps.append(delivery.send)
        return tuple(steps)

    def delivered(self, send: Send) -> tuple[Step, ...]:
        """An attempt has succeeded."""
        self._settle(send.contact.name, send.channel, True, 0.0)
        return (Step("delivered", send.contact.name, send.channel),)

    def failed(self, send: Send, now_s: float) -> tuple[Step, ...]:
        """An attempt has failed, whatever the reason; `due` says when the next one is."""
        self._settle(send.contact.name, send.channel, False, now_s)
        delivery = self._deliveries[send.contact.name, send.channel]
        if not delivery.given_up:
            delivery.due_s = now_s + self._rules.pause_s(delivery.failures)
        return (Step("failed", send.contact.name, send.channel),)

    def acknowledge(self, contact: str) -> tuple[Step, ...] | None:
        """A contact takes it on; only the first one counts, and one that was never called does not.

        Returns:
            What is to be recorded; None where this contact has nothing to acknowledge.
        """
        if contact not in self._called:
            return None
        if self.status == "acknowledged":
            return ()
        return self.taken_on(contact)

    def taken_on(self, contact: str) -> tuple[Step, ...]:
        """Somebody who acknowledged a graver alert of the same talk has taken on this one too."""
        self.status = "acknowledged"
        self.acknowledged_by = contact
        return (Step("acknowledged", contact),)

    def _call(self, name: str, contact: Contact | None, now_s: float, *, called_s: float) -> None:
        self._called.append(name)
        self._called_s = called_s
        if contact is not None:
            for channel in contact.channels:
                self._deliveries[name, channel] = _Delivery(Send(contact, channel), due_s=now_s)

    def _settle(self, contact: str | None, channel: str | None, delivered: bool, now_s: float) -> None:
        delivery = self._deliveries.get((contact or "", channel or ""))
        if delivered and self.status == "calling":
            self.status = "delivered"
        if delivery is None:
            return
        if delivered:
            delivery.due_s = None
        else:
            delivery.failures += 1
            delivery.given_up = delivery.failures >= self._rules.attempts
            delivery.due_s = None if delivery.given_up else now_s

    def _escalate_at_s(self) -> float:
        current = [each for (name, _), each in self._deliveries.items() if name == self._called[-1]]
        if all(each.given_up for each in current):
            return -math.inf
        return self._called_s + self._rules.acknowledge_within_s
