"""Tokens over HTTP: to an embedding site's server with its key, and to our own page on this machine."""

from __future__ import annotations

import math
import secrets
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.access import bearer_token, is_local_page
from bot.responses import RequestRefusedError, json_object
from bot.session_config import SessionConfig
from bot.settings import Settings
from bot.token_pace import TokenPace, asker
from bot.tokens import DEVELOPMENT_SUBJECT, Claims, TokenError, TokenIssuer

__all__ = ["TOKEN_FIELDS", "TokenRoutes"]

_SINGLE_USE_LIFETIME_S = 60
TOKEN_FIELDS = (
    "subject",
    "clinic",
    "purpose",
    "language",
    "country",
    "grants",
    "contraindications",
    "single_use",
)
"""What the body of a request may hold."""

_MOST_NAMED = 5
_LONGEST_NAME = 40


class TokenRoutes:
    """`POST /v1/tokens` and `POST /v1/realtime/client_secrets`.

    Args:
        settings: the deployer's.
        issuer: makes tokens.
    """

    def __init__(self, settings: Settings, issuer: TokenIssuer) -> None:
        self._settings = settings
        self._issuer = issuer
        self._pace = TokenPace(settings.server.tokens_per_minute)

    async def tokens(self, request: Request) -> Response:
        """Gives a token: `{value, expires_at}`."""
        try:
            body = await json_object(request)
            value, expires_at = self._issue(request, body, "")
        except RequestRefusedError as refused:
            return refused.response()
        return JSONResponse({"value": value, "expires_at": expires_at})

    async def client_secrets(self, request: Request) -> Response:
        """The same in the shape of the Realtime API; our fields are in the body's `hamdel`."""
        try:
            body = await json_object(request)
            own = body.get("hamdel") or {}
            if not isinstance(own, dict):
                raise RequestRefusedError(400, "invalid_value", "hamdel is an object.")
            misplaced = [name for name in TOKEN_FIELDS if name in body]
            if misplaced:  # what else stands there is of the Realtime API
                message = f"{', '.join(misplaced)}: belongs into the object hamdel of this request."
                raise RequestRefusedError(400, "invalid_value", message)
            value, expires_at = self._issue(request, own, "hamdel.")
        except RequestRefusedError as refused:
            return refused.response()
        session = SessionConfig(id=f"sess_{secrets.token_hex(10)}", expires_at=expires_at)
        return JSONResponse({"value": value, "expires_at": expires_at, "session": session.echo()})

    def _issue(self, request: Request, body: dict[str, Any], inside: str) -> tuple[str, int]:
        server = self._settings.server
        trusted = self._issuer.is_server_key(bearer_token(request))
        self._keep_pace(request, trusted=trusted)
        if not trusted and not (server.development and is_local_page(request)):
            message = "A server key is needed: Authorization: Bearer."
            raise RequestRefusedError(401, "invalid_server_key", message)
        _refuse_unknown(body, inside)
        claims = self._claims(body, trusted=trusted)
        lifetime_s = _SINGLE_USE_LIFETIME_S if claims.single_use else server.token_lifetime_s
        return self._issuer.issue(claims, lifetime_s=lifetime_s)

    def _keep_pace(self, request: Request, *, trusted: bool) -> None:
        address = request.client.host if request.client is not None else None
        wait_s = self._pace.wait_s("server key" if trusted else asker(address), time.monotonic())
        if wait_s > 0:
            message = "Too many tokens were asked for; ask again later."
            after = {"retry-after": str(math.ceil(wait_s))}
            raise RequestRefusedError(429, "rate_limit_exceeded", message, headers=after)

    def _claims(self, body: dict[str, Any], *, trusted: bool) -> Claims:
        text = {key: body.get(key) for key in ("subject", "clinic", "language", "country")}
        if any(value is not None and not isinstance(value, str) for value in text.values()):
            message = "subject, clinic, language and country are strings."
            raise RequestRefusedError(400, "invalid_value", message)
        grants = body.get("grants") or []
        if not isinstance(grants, list) or not all(isinstance(scope, str) for scope in grants):
            raise RequestRefusedError(400, "invalid_value", "grants is a list of consent scopes.")
        contraindications = body.get("contraindications") or []
        if not isinstance(contraindications, list) or not all(isinstance(n, str) for n in contraindications):
            raise RequestRefusedError(400, "invalid_value", "contraindications is a list of names.")
        single_use = body.get("single_use", False)
        if not isinstance(single_use, bool):
            raise RequestRefusedError(400, "invalid_value", "single_use is true or false.")
        try:
            return Claims(
                subject=text["subject"] if trusted else DEVELOPMENT_SUBJECT,
                clinic=text["clinic"] if trusted else None,
                purpose=str(body.get("purpose") or "therapy"),
                language=text["language"] if text["language"] != "auto" else None,
                country=text["country"],
                # A page asks each consent of the person itself; only a site's server may pass them on.
                grants=frozenset(grants) if trusted else frozenset(),
                single_use=single_use,
                # They only ever keep suggestions back, so that whoever asks may name them.
                contraindications=frozenset(contraindications),
            )
        except TokenError as error:
            raise RequestRefusedError(400, "invalid_value", str(error)) from error


def _refuse_unknown(body: dict[str, Any], inside: str) -> None:
    # Dropped silently, a misspelt subject would make a talk anonymous.
    unknown = [name for name in body if name not in TOKEN_FIELDS]
    if not unknown:
        return
    named = ", ".join(f"{inside}{name[:_LONGEST_NAME]}" for name in unknown[:_MOST_NAMED])
    more = f" and {len(unknown) - _MOST_NAMED} more" if len(unknown) > _MOST_NAMED else ""
    known = ", ".join(f"{inside}{name}" for name in TOKEN_FIELDS)
    raise RequestRefusedError(400, "unknown_parameter", f"There is no {named}{more}; there are {known}.")
