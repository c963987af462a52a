"""Puts the on-call desk together: settings and secrets in, a desk, its routes and its links out."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from starlette.routing import Route

from bot.alert_links import AlertLinks
from bot.alert_routes import alert_routes
from on_call.channels import Channels, open_channels
from on_call.desk import Desk
from on_call.rota import Rota
from on_call.settings import OnCallSettings
from on_call.stored_alerts import stored_alerts
from session_log import SessionLog

__all__ = ["OnCallDesk", "open_on_call_desk"]


@dataclass(frozen=True, slots=True)
class OnCallDesk:
    """A desk with what belongs to it.

    Attributes:
        desk: raises alerts.
        rota: who is on duty, and when.
        routes: under which contacts acknowledge.
        channels: by which it reaches them.
    """

    desk: Desk
    rota: Rota
    routes: list[Route]
    channels: Channels

    async def run(self) -> None:
        """Runs the desk until `desk.close()`, and gives its connections back."""
        try:
            await self.desk.run()
        finally:
            await self.channels.close()


def open_on_call_desk(
    settings: OnCallSettings,
    environment: Mapping[str, str],
    session_log: SessionLog,
    log_path: Path,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> OnCallDesk:
    """Makes a desk, which takes up the alerts that the last one left open.

    Without `HAMDEL_TOKEN_SECRET` the links of messages end with this process, as tokens do.

    Args:
        settings: `hamdel.on_call`; without contacts there is a desk too, which says that nobody is on call.
        environment: holds the secrets.
        session_log: open for writing, so that its file is there and of this version.
        log_path: of its file.
        now: gives the time in UTC.

    Raises:
        OnCallError: where a secret is missing or of the wrong shape.
        LinkError: where `HAMDEL_TOKEN_SECRET` is too short.
        SessionLogError: where the log cannot be read.
    """
    secret = environment.get("HAMDEL_TOKEN_SECRET") or secrets.token_hex(32)
    links = AlertLinks(secret.encode(), settings.public_url or "")
    rota = settings.rota()
    channels = open_channels(settings, environment)
    desk = Desk(
        rota,
        settings.rules(),
        channels.webhook,
        channels.mail,
        session_log.record,
        links.issue,
        stored=stored_alerts(log_path, now()),
        now=now,
    )
    return OnCallDesk(desk, rota, alert_routes(desk, links, rota), channels)
