"""The transport under the gateway: its socket, and deadlines for clients that begin and never go on."""

from __future__ import annotations

import asyncio
import socket

from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.settings import SettingsError

__all__ = ["http_protocol", "listening_socket"]

_UNREAD_MS = 30_000
_BACKLOG = 128


def listening_socket(host: str, port: int) -> socket.socket:
    """Opens the port.

    Its connections are given up when what was sent stays unread for 30 s (RFC 5482), where the system
    knows that option: a client that vanishes or never reads costs nothing for long.

    Raises:
        SettingsError: if the port can't be used.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNREAD_MS)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"{host} port {port} can't be used ({error.strerror}): end the other server, or change "
            "hamdel.server in endpoints.yml."
        ) from error
    return listener


def http_protocol(handshake_s: float) -> type[asyncio.Protocol]:
    """Uvicorn's HTTP protocol with a deadline for the head of every request, that of the upgrade too.

    Args:
        handshake_s: from opening the connection, or from the first byte of a later request, to the
            end of its head.
    """

    class DeadlineProtocol(H11Protocol):
        _deadline: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._expect_head()

        def data_received(self, data: bytes) -> None:
            answering = self.cycle is not None and not self.cycle.response_complete
            if self._deadline is None and not answering:
                self._expect_head()
            before = self.cycle
            super().data_received(data)
            if self.cycle is not before or self.transport.get_protocol() is not self:
                self._head_is_complete()

        def connection_lost(self, exc: Exception | None) -> None:
            self._head_is_complete()
            super().connection_lost(exc)

        def _expect_head(self) -> None:
            self._deadline = self.loop.call_later(handshake_s, self._give_up)

        def _head_is_complete(self) -> None:
            if self._deadline is not None:
                self._deadline.cancel()
                self._deadline = None

        def _give_up(self) -> None:
            self._deadline = None
            self.transport.abort()

    return DeadlineProtocol
