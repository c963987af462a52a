"""Who may talk: short-lived signed tokens (JWT, RFC 7519) and the claims in them.

Browser tokens begin with `ek_`, as stock Realtime clients expect of ephemeral keys.
"""

from __future__ import annotations

import hmac
import re
import secrets
import time
from dataclasses import dataclass
from typing import Any

import jwt

from bot.talk_state import TalkIdentity
from language import LANGUAGES
from session_log.events import SCOPES

__all__ = ["DEVELOPMENT_SUBJECT", "Claims", "TokenError", "TokenIssuer", "same_secret"]

DEVELOPMENT_SUBJECT = "development"
"""Who talks on the developer's own machine: with nobody, a talk is anonymous and nothing of it is kept."""

_ALGORITHM = "HS256"
_PREFIX = "ek_"
_SCOPES = frozenset(SCOPES)
_MOST_CONTRAINDICATIONS = 20
_CONTRAINDICATION = re.compile("[a-z_]{1,40}")


class TokenError(Exception):
    """A token is missing, forged, expired or used up; the message never holds the token."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says: a pseudonymous subject (or none), and the frame of the talk.

    `token_id` and `expires_at` (second since the epoch) are the token's own, set when it is read.
    A `single_use` token opens one socket. `contraindications` are at most 20 names, whose meaning the
    suggestions know; a name that they don't know has no effect.
    """

    subject: str | None = None
    clinic: str | None = None
    purpose: str = "therapy"
    language: str | None = None
    country: str | None = None
    grants: frozenset[str] = frozenset()
    single_use: bool = False
    contraindications: frozenset[str] = frozenset()
    token_id: str = ""
    expires_at: float = 0

    def __post_init__(self) -> None:
        if self.purpose not in ("therapy", "service", "kiosk"):
            raise TokenError("purpose must be therapy, service or kiosk.")
        if self.language not in (None, *LANGUAGES):
            raise TokenError(f"language must be one of {', '.join(LANGUAGES)}.")
        if self.country is not None and not (
            len(self.country) == 2 and self.country.isascii() and self.country.isalpha()
        ):
            raise TokenError("country must be a two-letter ISO 3166 code.")
        if not self.grants <= _SCOPES:
            raise TokenError(f"grants may hold {', '.join(sorted(_SCOPES))}.")
        if len(self.contraindications) > _MOST_CONTRAINDICATIONS or not all(
            _CONTRAINDICATION.fullmatch(name) for name in self.contraindications
        ):
            raise TokenError(f"contraindications are up to {_MOST_CONTRAINDICATIONS} names of a-z and _.")
        for value in (self.subject, self.clinic):
            if value is not None and not 1 <= len(value) <= 128:
                raise TokenError("subject and clinic have 1 to 128 characters.")

    def identity(
        self,
        talk_id: str,
        client: str,
        *,
        by_page: bool,
        default_country: str | None,
        refused: frozenset[str] = frozenset(),
    ) -> TalkIdentity:
        """The talk that these claims open, from a page or from another program.

        `refused` are scopes that the person has revoked for all talks.
        """
        return TalkIdentity(
            talk_id=talk_id,
            subject=self.subject,
            clinic=self.clinic,
            purpose=self.purpose,
            language=self.language,
            country=self.country.upper() if self.country is not None else None,
            client=client,
            default_country=default_country,
            grants=self.grants,
            consents_by="widget" if by_page else "client",
            refused=refused,
            contraindications=self.contraindications,
        )


class TokenIssuer:
    """Makes and checks tokens.

    Args:
        secret: signing key of at least 32 bytes.
        server_key: what an embedding site's server shows to be given tokens; None refuses them all.
    """

    def __init__(self, secret: bytes, server_key: str | None) -> None:
        if len(secret) < 32:
            raise TokenError("HAMDEL_TOKEN_SECRET must have at least 32 bytes.")
        self._secret = secret
        self._server_key = server_key

    def issue(self, claims: Claims, *, lifetime_s: int) -> tuple[str, int]:
        """Signs a token; gives it and the second since the epoch at which it expires."""
        expires_at = int(time.time()) + lifetime_s
        payload = {
            "sub": claims.subject,
            "clinic": claims.clinic,
            "purpose": claims.purpose,
            "language": claims.language,
            "country": claims.country,
            "grants": sorted(claims.grants),
            "once": claims.single_use or None,
            "contraindications": sorted(claims.contraindications) or None,
            "exp": expires_at,
            "jti": secrets.token_hex(8),
        }
        present = {key: value for key, value in payload.items() if value is not None}
        return _PREFIX + jwt.encode(present, self._secret, algorithm=_ALGORITHM), expires_at

    def check(self, token: str | None) -> Claims:
        """Reads a token.

        Raises:
            TokenError: if there is none, or it is forged, expired or of the wrong shape.
        """
        if not token:
            raise TokenError("A token is needed: Authorization: Bearer, the sub-protocol, or ?token= once.")
        try:
            payload: dict[str, Any] = jwt.decode(
                token.removeprefix(_PREFIX),
                self._secret,
                algorithms=[_ALGORITHM],
                options={"require": ["exp", "purpose", "jti"]},
            )
        except jwt.ExpiredSignatureError as error:
            raise TokenError("The token has expired; ask for a new one.") from error
        except jwt.InvalidTokenError as error:
            raise TokenError("The token is not valid.") from error
        return Claims(
            subject=payload.get("sub"),
            clinic=payload.get("clinic"),
            purpose=payload["purpose"],
            language=payload.get("language"),
            country=payload.get("country"),
            grants=frozenset(payload.get("grants", ())),
            single_use=bool(payload.get("once")),
            contraindications=frozenset(payload.get("contraindications", ())),
            token_id=payload["jti"],
            expires_at=payload["exp"],
        )

    def is_server_key(self, key: str | None) -> bool:
        """Whether this is the embedding site's key."""
        return same_secret(key, self._server_key)


def same_secret(given: str | None, secret: str | None) -> bool:
    """Whether the secret was given, compared in constant time; an unset one is never given."""
    if not secret or given is None:
        return False
    return hmac.compare_digest(given.encode(), secret.encode())
