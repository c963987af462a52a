"""What every answer of the review tells the browser not to do, and how large a form may be."""

from __future__ import annotations

import ipaddress
import logging

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["ProtectedApp"]

_MAX_BODY_BYTES = 256 * 1024
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "permissions-policy": "microphone=(), camera=(), geolocation=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


_PLAIN_HTTP = (
    "The review is shown over https alone. If a reverse proxy does that, it has to send X-Forwarded-Proto, "
    "and its address has to stand in FORWARDED_ALLOW_IPS of the server."
)


_FAILED = "Something went wrong; try again."

_logger = logging.getLogger(__name__)


class ProtectedApp:
    """An application whose answers carry these headers, and which reads no more than `_MAX_BODY_BYTES`.

    Over plain http it answers this machine alone. What fails in it goes no further.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["scheme"] == "http" and not _is_here(scope):
            await PlainTextResponse(_PLAIN_HTTP, 403, headers=_HEADERS)(scope, receive, send)
            return
        read, begun = 0, False

        async def receive_bounded() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > _MAX_BODY_BYTES:
                raise HTTPException(413)
            return message

        async def send_with_headers(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
            await send(message)

        try:
            await self._app(scope, receive_bounded, send_with_headers)
        except Exception as error:
            # It ends here, with its class alone: its message may hold what somebody said.
            _logger.error("a page of the review failed (%s)", type(error).__name__)
            if not begun:
                await PlainTextResponse(_FAILED, 500)(scope, receive, send_with_headers)


def _is_here(scope: Scope) -> bool:
    client = scope.get("client")
    try:
        return client is not None and ipaddress.ip_address(client[0]).is_loopback
    except ValueError:
        return False
