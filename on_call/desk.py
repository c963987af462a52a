"""The desk: keeps every open alert going, whatever becomes of the talk that raised it.

One task looks at what is due; each attempt to deliver has a task of its own, with a deadline, in a group that
`run` owns. All methods are for the thread of the event loop. What is not over when the desk closes stands in
the session log without a last step, and is taken up by the next desk.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from on_call.alert import LINK_LIFETIME, Alert, Status, Update
from on_call.delivery import Channel, DeliveryError
from on_call.escalation import Escalation, EscalationRules, Send, Step
from on_call.rota import Contact, Rota
from on_call.stored_alerts import StoredAlert
from session_log.events import AlertStep

__all__ = ["AlertState", "Desk"]

MOST_OPEN = 200
"""Alerts on their way at once; more are unreached at once, and say so."""

_MOST_KEPT = 2_000
_QUIET_AFTER_ACKNOWLEDGEMENT = timedelta(minutes=10)

_NOBODY: tuple[Status, ...] = ("unreached", "nobody_on_call")

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AlertState:
    """An alert as it stands; `acknowledged_at` is in UTC."""

    alert: Alert
    status: Status
    acknowledged_by: str | None
    acknowledged_at: datetime | None


@dataclass(slots=True)
class _Kept:
    escalation: Escalation
    on_update: Callable[[Update], None] | None
    told: Status | None = None
    acknowledged_at: datetime | None = None

    @property
    def talk_id(self) -> str:
        return self.escalation.alert.talk_id


class Desk:
    """Calls contacts and hears their acknowledgements.

    Args:
        rota: who is on duty.
        rules: the numbers of the escalation.
        webhook, mail: the channels; None where no contact has an address for it.
        record: takes each step for the session log, without waiting.
        issue_link: gives the address under which a contact acknowledges an alert.
        stored: alerts of the last day, from `stored_alerts`.
        now: gives the time in UTC.
    """

    def __init__(
        self,
        rota: Rota,
        rules: EscalationRules,
        webhook: Channel | None,
        mail: Channel | None,
        record: Callable[[AlertStep], object],
        issue_link: Callable[[Alert, Contact], str],
        *,
        stored: Iterable[StoredAlert] = (),
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._rota = rota
        self._rules = rules
        self._channels = {"webhook": webhook, "mail": mail}
        self._record_event = record
        self._issue_link = issue_link
        self._now = now
        self._changed = asyncio.Event()
        self._closing = False
        self._alerts: dict[str, _Kept] = {}
        for each in stored:
            self._take_up(each)

    @property
    def open_alerts(self) -> int:
        """How many alerts are on their way."""
        return sum(kept.escalation.is_open for kept in self._alerts.values())

    def anyone(self, clinic: str | None) -> bool:
        """Whether anybody is on duty now for a clinic, or for a talk of none."""
        return self._rota.anyone(clinic, self._now())

    async def run(self) -> None:
        """Keeps the alerts going until `close`; then waits for the attempts under way, and starts no more."""
        async with asyncio.TaskGroup() as attempts:
            while not self._closing:
                self._changed.clear()
                wait_s = self._advance(attempts)
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait_s):
                        await self._changed.wait()

    def close(self) -> None:
        """Ends `run`; may be called again."""
        self._closing = True
        self._changed.set()

    def raise_alert(self, alert: Alert, on_update: Callable[[Update], None] | None = None) -> str:
        """Begins to call contacts, in the background.

        An alert of a talk that has one of its kind, of the same or a higher level, open or acknowledged in
        the last ten minutes, is merged into it: nobody is called again, and `on_update` follows that one.

        Args:
            alert: what is told.
            on_update: told each status, the present one of a merged alert too; after this call has returned.
                That nobody was reached is told once, and only while no other alert of the talk is under
                way or was taken on just now.

        Returns:
            The id of the alert that is under way: the given one's, or that of the one it was merged into.
        """
        earlier = self._alerts.get(alert.alert_id) or self._same(alert)
        if earlier is not None:
            earlier.on_update = on_update
            earlier.told = None
            self._changed.set()
            return earlier.escalation.alert.alert_id
        self._forget_old_alerts()
        kept = _Kept(Escalation(alert, self._rules), on_update)
        if self.open_alerts >= MOST_OPEN:
            _logger.error("more than %d alerts are open; another one calls nobody", MOST_OPEN)
            kept.escalation.status = "unreached"
            self._record(kept, (Step("raised"), Step("unreached")))
        self._alerts[alert.alert_id] = kept
        self._changed.set()
        return alert.alert_id

    def acknowledge(self, alert_id: str, contact_name: str) -> bool:
        """A contact takes an alert on, and with it those of the same talk of no higher level.

        Only the first acknowledgement counts; another one changes nothing and is no error.

        Returns:
            False where there is no such alert in the last day, or this contact was not called for it.
        """
        kept = self._alerts.get(alert_id)
        steps = kept.escalation.acknowledge(contact_name) if kept is not None else None
        if kept is None or steps is None:
            return False
        if steps:
            alert = kept.escalation.alert
            self._acknowledged(kept, steps)
            for other in self._alerts.values():
                its = other.escalation.alert
                if other.escalation.is_open and its.talk_id == alert.talk_id and its.level <= alert.level:
                    self._acknowledged(other, other.escalation.taken_on(contact_name))
        return True

    def find(self, alert_id: str) -> AlertState | None:
        """An alert of the last day as it stands; None for an unknown one."""
        kept = self._alerts.get(alert_id)
        if kept is None:
            return None
        escalation = kept.escalation
        status = escalation.status or "calling"
        return AlertState(escalation.alert, status, escalation.acknowledged_by, kept.acknowledged_at)

    def _take_up(self, stored: StoredAlert) -> None:
        escalation = Escalation.resumed(
            stored.alert,
            self._rules,
            stored.steps,
            self._rota.contact,
            now=self._now(),
            now_s=time.monotonic(),
        )
        acknowledged = [step.at for step in stored.steps if step.step == "acknowledged"]
        self._alerts[stored.alert.alert_id] = _Kept(
            escalation,
            on_update=None,
            told=escalation.status,
            acknowledged_at=acknowledged[0] if acknowledged else None,
        )

    def _advance(self, attempts: asyncio.TaskGroup) -> float | None:
        """Does what is due; returns the seconds until something else is, None for no time."""
        now_s, now = time.monotonic(), self._now()
        moments = []
        for kept in self._alerts.values():
            escalation = kept.escalation
            for action in escalation.due(now_s, self._rota.on_duty(escalation.alert.clinic, now)):
                if isinstance(action, Send):
                    attempts.create_task(self._attempt(kept, action))
                else:
                    self._record(kept, (action,))
            self._tell(kept)
            if escalation.next_due_s is not None:
                moments.append(escalation.next_due_s)
        return max(0.0, min(moments) - time.monotonic()) if moments else None

    async def _attempt(self, kept: _Kept, send: Send) -> None:
        problem = await self._problem(kept.escalation.alert, send)
        if problem is None:
            steps = kept.escalation.delivered(send)
        else:
            _logger.warning("an alert was not delivered: %s", problem)
            steps = kept.escalation.failed(send, time.monotonic())
        self._record(kept, steps)
        self._changed.set()

    async def _problem(self, alert: Alert, send: Send) -> str | None:
        channel = self._channels[send.channel]
        if channel is None:
            return f"there is no {send.channel}"
        try:
            async with asyncio.timeout(self._rules.attempt_timeout_s):
                await channel.deliver(alert, send.contact, self._issue_link(alert, send.contact))
        except TimeoutError:
            return f"the {send.channel} took too long"
        except DeliveryError as error:
            return str(error)
        except Exception as error:
            # A defect must not end the desk, and with it all other alerts.
            _logger.exception("a channel failed")
            return f"the {send.channel} is broken ({type(error).__name__})"
        return None

    def _acknowledged(self, kept: _Kept, steps: tuple[Step, ...]) -> None:
        kept.acknowledged_at = self._now()
        self._record(kept, steps)
        self._changed.set()

    def _record(self, kept: _Kept, steps: Iterable[Step]) -> None:
        alert = kept.escalation.alert
        for step in steps:
            try:
                self._record_event(
                    AlertStep(
                        talk_id=alert.talk_id,
                        # The day in which an alert can be acknowledged begins when it was raised.
                        at=alert.raised_at if step.step == "raised" else self._now(),
                        alert_id=alert.alert_id,
                        step=step.step,
                        level=alert.level,
                        kind=alert.kind,
                        clinic=alert.clinic,
                        contact=step.contact,
                        channel=step.channel,
                        language=alert.language,
                        country=alert.country,
                    )
                )
            except Exception:
                _logger.exception("a step of an alert could not be recorded")

    def _tell(self, kept: _Kept) -> None:
        status = kept.escalation.status
        if status is None or status == kept.told:
            return
        others = self._others_of_talk(kept)
        if status in _NOBODY:
            if any(other.escalation.is_open or self._is_quiet(other) for other in others):
                return  # somebody may still come, or is there
            for other in others:
                other.told = other.escalation.status
        kept.told = status
        if kept.on_update is not None:
            try:
                kept.on_update(Update(kept.escalation.alert.alert_id, status))
            except Exception:
                _logger.exception("a talk could not be told of its alert")

    def _others_of_talk(self, kept: _Kept) -> list[_Kept]:
        talk_id = kept.escalation.alert.talk_id
        return [each for each in self._alerts.values() if each is not kept and each.talk_id == talk_id]

    def _same(self, alert: Alert) -> _Kept | None:
        """An alert of the same talk and kind, no less grave, on its way or taken on just now."""
        for kept in self._alerts.values():
            its = kept.escalation.alert
            if (its.talk_id, its.kind) != (alert.talk_id, alert.kind) or its.level < alert.level:
                continue
            if kept.escalation.is_open or self._is_quiet(kept):
                return kept
        return None

    def _is_quiet(self, kept: _Kept) -> bool:
        at = kept.acknowledged_at
        return at is not None and at >= self._now() - _QUIET_AFTER_ACKNOWLEDGEMENT

    def _forget_old_alerts(self) -> None:
        oldest = self._now() - LINK_LIFETIME
        over = [key for key, kept in self._alerts.items() if not kept.escalation.is_open]
        surplus = len(self._alerts) - _MOST_KEPT
        for place, key in enumerate(over):
            if place < surplus or self._alerts[key].escalation.alert.raised_at < oldest:
                del self._alerts[key]
