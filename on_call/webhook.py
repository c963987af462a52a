"""Delivery by webhook: a signed POST of JSON, after the Standard Webhooks specification 1.0.0.

The receiver checks the signature of `webhook-id.webhook-timestamp.body` with the shared secret, and knows by
`webhook-id` a message that comes twice. Redirects are not followed: the signed message goes where the
deployer said, or nowhere.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import ssl
import time
from collections.abc import Callable
from datetime import UTC
from typing import Any

import httpx

from on_call.alert import Alert
from on_call.delivery import DeliveryError, OnCallError
from on_call.rota import Contact

__all__ = ["SECRET_VARIABLE", "Webhook", "message_id", "payload", "read_secret", "signature"]

SECRET_VARIABLE = "HAMDEL_WEBHOOK_SECRET"  # noqa: S105 - the name of a variable
_PREFIX = "whsec_"
_SECRET_BYTES = range(24, 65)


class Webhook:
    """Delivers to the webhooks of contacts.

    Args:
        secret: signs the messages, 24 to 64 bytes.
        timeout_s: longest wait for connecting, and for each part of the answer.
        tls: for https; by default the machine's certificate authorities.
        clock: gives seconds since the epoch.
    """

    def __init__(
        self,
        secret: bytes,
        *,
        timeout_s: float = 10.0,
        tls: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._secret = secret
        self._clock = clock
        self._client = httpx.AsyncClient(
            timeout=timeout_s,
            verify=tls or ssl.create_default_context(),
            trust_env=False,
            follow_redirects=False,
            headers={"user-agent": "hamdel"},
        )

    async def deliver(self, alert: Alert, contact: Contact, link: str | None) -> None:
        """Posts the alert; any status of 200 to 299 is success.

        Raises:
            DeliveryError: where it cannot be sent, or the answer is another one.
        """
        if contact.webhook is None:
            raise DeliveryError("this contact has no webhook")
        identity, timestamp = message_id(alert, contact), int(self._clock())
        body = json.dumps(payload(alert, contact, link), ensure_ascii=False, separators=(",", ":")).encode()
        headers = {
            "content-type": "application/json",
            "webhook-id": identity,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(self._secret, identity, timestamp, body),
        }
        try:
            # Streamed, so that nothing of an answer is read but its head.
            async with self._client.stream(
                "POST", contact.webhook, content=body, headers=headers
            ) as response:
                status = response.status_code
        except httpx.TimeoutException:
            raise DeliveryError("the webhook did not answer in time") from None
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError) as error:
            raise DeliveryError(f"the webhook could not be reached ({type(error).__name__})") from None
        if not 200 <= status < 300:
            raise DeliveryError(f"the webhook answered with status {status}")

    async def close(self) -> None:
        """Closes idle connections."""
        await self._client.aclose()


def read_secret(text: str) -> bytes:
    """Reads a secret as the specification writes it: `whsec_` and base64.

    Raises:
        OnCallError: where it has another shape, or is shorter than 24 or longer than 64 bytes.
    """
    try:
        if not text.startswith(_PREFIX):
            raise ValueError
        secret = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
        if len(secret) not in _SECRET_BYTES:
            raise ValueError
    except (binascii.Error, ValueError):
        raise OnCallError(
            f"{SECRET_VARIABLE} must be {_PREFIX} and 24 to 64 random bytes in base64; make one with "
            f'echo "{_PREFIX}$(head -c 32 /dev/urandom | base64)" and give it to the receiver too.'
        ) from None
    return secret


def signature(secret: bytes, identity: str, timestamp: int, body: bytes) -> str:
    """The header `webhook-signature`: "v1," and the HMAC-SHA256 in base64."""
    signed = b".".join((identity.encode(), str(timestamp).encode(), body))
    return "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()


def message_id(alert: Alert, contact: Contact) -> str:
    """The same for each attempt, another one for each contact."""
    return f"msg_{alert.alert_id}_{hashlib.sha256(contact.name.encode()).hexdigest()[:8]}"


def payload(alert: Alert, contact: Contact, link: str | None) -> dict[str, Any]:
    """The body; documented in docs/on-call.md."""
    raised_at = alert.raised_at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return {
        "type": "hamdel.alert.raised" if link is not None else "hamdel.alert.test",
        "timestamp": raised_at,
        "data": {
            "alert_id": alert.alert_id,
            "talk_id": alert.talk_id,
            "clinic": alert.clinic,
            "subject": alert.subject,
            "level": alert.level,
            "kind": alert.kind,
            "country": alert.country,
            "language": alert.language,
            "contact": contact.name,
            "acknowledge_url": link,
        },
    }
