"""Links under which on-call contacts acknowledge an alert: signed tokens (JWT, RFC 7519) that expire.

Their key is derived from the secret of the talks' tokens, and they have an audience of their own, so that
neither opens what the other does. The same alert and contact always give the same link, after a restart too.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any

import jwt

from on_call.alert import LINK_LIFETIME, Alert
from on_call.rota import Contact

__all__ = ["AlertLink", "AlertLinks", "LinkError", "LinkExpiredError"]

_ALGORITHM = "HS256"
_AUDIENCE = "hamdel:alert"
_LONGEST_TOKEN = 2_000


class LinkError(Exception):
    """A token is none of ours; the message never holds it."""


class LinkExpiredError(LinkError):
    """A token was ours, and its day is over."""


@dataclass(frozen=True, slots=True)
class AlertLink:
    """What a token says: which alert, and who acknowledges with it."""

    alert_id: str
    contact_name: str


class AlertLinks:
    """Makes and reads the links.

    Args:
        secret: of at least 32 bytes; links outlive a restart only where it does.
        public_url: the address at which contacts reach this server.

    Raises:
        LinkError: for a secret that is too short.
    """

    def __init__(self, secret: bytes, public_url: str) -> None:
        if len(secret) < 32:
            raise LinkError("HAMDEL_TOKEN_SECRET must have at least 32 bytes.")
        self._key = hmac.new(secret, b"hamdel alert links", hashlib.sha256).digest()
        self._base = f"{public_url.rstrip('/')}/v1/alerts/"

    def issue(self, alert: Alert, contact: Contact) -> str:
        """The address under which this contact acknowledges this alert, for 24 hours after it was raised."""
        payload = {
            "aud": _AUDIENCE,
            "alert": alert.alert_id,
            "contact": contact.name,
            "exp": int((alert.raised_at + LINK_LIFETIME).timestamp()),
        }
        return self._base + jwt.encode(payload, self._key, algorithm=_ALGORITHM)

    def read(self, token: str) -> AlertLink:
        """Reads a token.

        Raises:
            LinkExpiredError: if its day is over.
            LinkError: if it is forged, a talk's, or of the wrong shape.
        """
        try:
            if len(token) > _LONGEST_TOKEN or not token.isascii():
                raise jwt.InvalidTokenError
            payload: dict[str, Any] = jwt.decode(
                token,
                self._key,
                algorithms=[_ALGORITHM],
                audience=_AUDIENCE,
                options={"require": ["exp", "aud", "alert", "contact"]},
            )
        except jwt.ExpiredSignatureError:
            raise LinkExpiredError("The link has expired.") from None
        except jwt.InvalidTokenError:
            raise LinkError("The link is not valid.") from None
        return AlertLink(str(payload["alert"]), str(payload["contact"]))
