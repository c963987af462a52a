"""Who may open a talk: tokens and origins, checked before the websocket is accepted."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from starlette.requests import HTTPConnection

from bot.tokens import Claims, TokenError, TokenIssuer

__all__ = [
    "bearer_token",
    "check_origin",
    "claims_of",
    "is_direct",
    "is_local",
    "is_local_page",
    "offered_protocols",
]

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
    """Reads the token from the header, from a sub-protocol (browsers can set no header) or from `?token=`.

    Raises:
        TokenError: for none, or a bad one.
    """
    token = bearer_token(connection)
    if token is None and "origin" in connection.headers:
        for name in offered_protocols(connection):
            if name.startswith(_KEY_PROTOCOL):
                token = name.removeprefix(_KEY_PROTOCOL)
    query = connection.query_params.get("token")
    if token is None and query and "origin" in connection.headers:
        claims = issuer.check(query)
        if not claims.single_use:  # addresses stay in the logs of proxies
            raise TokenError("Only single-use tokens may stand in an address.")
        return claims
    return issuer.check(token)


def check_origin(connection: HTTPConnection, allowed: tuple[str, ...]) -> bool:
    """Whether the page that connects may: same origin, or on the list.

    A missing Origin passes: browsers always send one, programs don't; `claims_of` asks these for a Bearer
    token, since a sub-protocol is what a page would use.
    """
    origin = connection.headers.get("origin")
    return origin is None or origin in allowed or _is_same_origin(connection, origin)


def is_local_page(connection: HTTPConnection) -> bool:
    """Whether this is our own page, open on this very machine under a loopback name.

    The name is checked because a foreign name that resolves to loopback (DNS rebinding) would pass as
    "same origin" otherwise.
    """
    origin = connection.headers.get("origin")
    return is_local(connection) and origin is not None and _is_same_origin(connection, origin)


def is_local(connection: HTTPConnection) -> bool:
    """Whether the other end is on this very machine and asks for us under a loopback name."""
    client = connection.client.host if connection.client is not None else ""
    name = _parts_of(f"//{connection.headers.get('host', '')}").hostname or ""
    return _is_loopback(client) and _is_loopback(name)


def is_direct(connection: HTTPConnection) -> bool:
    """Whether a program on this machine asks; behind a proxy everybody looks local, but for its headers."""
    by_proxy = any(
        name in connection.headers for name in ("forwarded", "x-forwarded-for", "x-real-ip", "origin")
    )
    return is_local(connection) and not by_proxy


def _is_same_origin(connection: HTTPConnection, origin: str) -> bool:
    netloc = _parts_of(origin).netloc
    return bool(netloc) and netloc == connection.headers.get("host")


def _parts_of(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:  # brackets that hold no address
        return urlsplit("")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
