"""Who may open a talk: tokens and origins, checked before the websocket is accepted."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from bot.tokens import Claims, TokenIssuer

__all__ = ["bearer_token", "check_origin", "claims_of", "is_local_page", "offered_protocols"]

_KEY_PROTOCOL = "openai-insecure-api-key."


def offered_protocols(connection: HTTPConnection) -> list[str]:
    """The websocket sub-protocols that the client offers."""
    header = connection.headers.get("sec-websocket-protocol", "")
    return [name.strip() for name in header.split(",") if name.strip()]


def bearer_token(connection: HTTPConnection) -> str | None:
    """The token of `Authorization: Bearer`, or None."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def claims_of(connection: HTTPConnection, issuer: TokenIssuer) -> Claims:
    """Reads the token from the header or from a sub-protocol (browsers can set no header).

    Raises:
        TokenError: for none, or a bad one.
    """
    token = bearer_token(connection)
    if token is None and "origin" in connection.headers:
        for name in offered_protocols(connection):
            if name.startswith(_KEY_PROTOCOL):
                token = name.removeprefix(_KEY_PROTOCOL)
    return issuer.check(token)


def check_origin(connection: HTTPConnection, allowed: tuple[str, ...]) -> bool:
    """Whether the page that connects may: same origin, or on the list.

    A missing Origin passes: browsers always send one, programs don't; `claims_of` asks these for a Bearer
    token, since a sub-protocol is what a page would use.
    """
    origin = connection.headers.get("origin")
    return origin is None or origin in allowed or urlsplit(origin).netloc == connection.headers.get("host")


def is_local_page(connection: HTTPConnection) -> bool:
    """Whether this is our own page, open on this very machine under a loopback name.

    The name is checked because a foreign name that resolves to loopback (DNS rebinding) would pass as
    "same origin" otherwise.
    """
    host = urlsplit(f"//{connection.headers.get('host', '')}").hostname or ""
    origin = connection.headers.get("origin")
    client = connection.client.host if connection.client is not None else ""
    return (
        _is_loopback(client)
        and _is_loopback(host)
        and origin is not None
        and urlsplit(origin).netloc == connection.headers.get("host")
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
