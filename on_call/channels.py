"""Opens the channels that the settings need, with the secrets of the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from on_call.delivery import OnCallError
from on_call.mail import PASSWORD_VARIABLE, Mail, SmtpServer
from on_call.settings import OnCallSettings
from on_call.webhook import SECRET_VARIABLE, Webhook, read_secret

__all__ = ["Channels", "open_channels"]


@dataclass(frozen=True, slots=True)
class Channels:
    """The ways to reach contacts; None where no contact has an address for it."""

    webhook: Webhook | None
    mail: Mail | None

    async def close(self) -> None:
        """Gives connections back."""
        if self.webhook is not None:
            await self.webhook.close()


def open_channels(settings: OnCallSettings, environment: Mapping[str, str]) -> Channels:
    """Makes the channels; nothing is sent yet.

    Raises:
        OnCallError: where a secret is missing or of the wrong shape.
    """
    webhook = mail = None
    if any(contact.webhook is not None for contact in settings.contacts):
        if not environment.get(SECRET_VARIABLE):
            raise OnCallError(
                f"A contact has a webhook: {SECRET_VARIABLE} is needed, which signs its messages."
            )
        webhook = Webhook(read_secret(environment[SECRET_VARIABLE]), timeout_s=settings.attempt_timeout_s)
    if settings.smtp is not None and any(contact.email is not None for contact in settings.contacts):
        smtp = settings.smtp
        password = environment.get(PASSWORD_VARIABLE) or None
        if smtp.username is not None and password is None:
            raise OnCallError(f"hamdel.on_call.smtp has a username: {PASSWORD_VARIABLE} is needed.")
        server = SmtpServer(
            host=smtp.host,
            port=smtp.effective_port,
            security=smtp.security,
            sender=smtp.sender,
            username=smtp.username,
            password=password if smtp.username is not None else None,
        )
        mail = Mail(server, timeout_s=settings.attempt_timeout_s)
    return Channels(webhook, mail)
