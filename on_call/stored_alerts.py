"""Alerts of the last day as the session log has them, for a desk that begins."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from on_call.alert import LINK_LIFETIME, Alert
from session_log.events import AlertStep
from session_log.reader import read_alert_steps

__all__ = ["StoredAlert", "stored_alerts"]

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StoredAlert:
    """An alert and all that happened to it, in order."""

    alert: Alert
    steps: tuple[AlertStep, ...]


def stored_alerts(path: Path, now: datetime) -> list[StoredAlert]:
    """Reads the alerts raised in the 24 hours before `now` (UTC), those that are over too.

    One that is over calls nobody any more, but its link must still say what became of it, and one that
    reached nobody can still be acknowledged.

    Raises:
        SessionLogError: where there is no readable log of this version at `path`.
    """
    together: dict[str, list[AlertStep]] = {}
    subjects: dict[str, str | None] = {}
    for subject, step in read_alert_steps(path, now - LINK_LIFETIME):
        together.setdefault(step.alert_id, []).append(step)
        subjects[step.alert_id] = subject
    alerts = []
    for alert_id, steps in together.items():
        try:
            alerts.append(StoredAlert(_alert(steps, subjects[alert_id]), tuple(steps)))
        except ValueError:  # rows that somebody changed must not keep the others from going on
            _logger.error("a stored alert cannot be read and is left")
    return alerts


def _alert(steps: list[AlertStep], subject: str | None) -> Alert:
    raised = next(step for step in steps if step.step == "raised")
    return Alert(
        alert_id=raised.alert_id,
        talk_id=raised.talk_id,
        clinic=raised.clinic,
        subject=subject,
        level=raised.level,
        kind=raised.kind,
        country=raised.country,
        language=raised.language,
        raised_at=raised.at,
    )
