"""What a channel to contacts is: something that delivers an alert, or says why it could not."""

from __future__ import annotations

from typing import Protocol

from on_call.alert import Alert
from on_call.rota import Contact

__all__ = ["Channel", "DeliveryError", "OnCallError"]


class OnCallError(Exception):
    """Contacts cannot be reached as things are set up; the message says what to do."""


class DeliveryError(Exception):
    """One attempt failed; the message says why, without addresses, names and secrets."""


class Channel(Protocol):
    """A way to reach contacts."""

    async def deliver(self, alert: Alert, contact: Contact, link: str | None) -> None:
        """Makes one attempt.

        Args:
            alert: what is told.
            contact: who has an address for this channel.
            link: under which it is acknowledged; None marks a test, with which nothing is to be done.

        Raises:
            DeliveryError: where it failed. Without end of its own: the caller sets the deadline.
        """

    async def close(self) -> None:
        """Gives connections back."""
