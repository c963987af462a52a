"""One websocket of a talk: messages in at a pace, events out, and how it came to its end."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import suppress
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from bot import server_events
from bot.pace import Pace

__all__ = ["CLOSE_WITHIN_S", "ClientSocket", "SocketOverError"]

CLOSE_WITHIN_S = 5.0
_RESTART_CLOSE = 1012  # RFC 6455 section 7.4.1
_POLICY_CLOSE = 1008  # never tried again, or two tabs would take the talk from each other for ever
_NO_CODE = 1005
_LEAVING_CODES = frozenset({1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010})
"""The client has ended the talk or its page, or has broken the rules of the websocket itself."""


class SocketOverError(Exception):
    """The websocket is gone.

    Attributes:
        broken: whether nobody wanted it to end, so that the client may come back.
        reason: why, for the session log.
    """

    def __init__(self, *, broken: bool, reason: str) -> None:
        super().__init__(reason)
        self.broken = broken
        self.reason = reason


class ClientSocket:
    """A client's end of a talk.

    Args:
        websocket: accepted.
        control_events_per_s: events beside audio that are read in a second.

    Attributes:
        over: set when no talk uses the websocket any more.
    """

    def __init__(self, websocket: WebSocket, *, control_events_per_s: int) -> None:
        self.over = asyncio.Event()
        self._websocket = websocket
        self._pace = Pace(control_events_per_s)

    async def receive(self) -> str | bytes:
        """Waits for a message.

        Raises:
            SocketOverError: when none will come any more.
        """
        message: Any = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise _end(message.get("code", _NO_CODE), by_frame="reason" in message)
        text: str | None = message.get("text")
        return text if text is not None else message["bytes"]

    async def keep_pace(self, cost: float) -> None:
        """Waits until the next message may be read, if the last one counts for so many events."""
        wait_s = self._pace.wait_s(time.monotonic(), cost) if cost else 0.0
        if wait_s:
            await asyncio.sleep(wait_s)

    async def send(self, text: str) -> bool:
        """Sends a text; False when it is of no use to send any more: `receive` gets to know why."""
        if self._websocket.application_state is not WebSocketState.CONNECTED:
            return False
        try:
            await self._websocket.send_text(text)
        except WebSocketDisconnect:
            return False
        return True

    async def close(self, code: int, reason: str) -> None:
        """Closes it, without waiting for long."""
        with suppress(TimeoutError, WebSocketDisconnect, RuntimeError):
            async with asyncio.timeout(CLOSE_WITHIN_S):
                await self._websocket.close(code, reason)

    async def dismiss(self) -> None:
        """Tells a client whose talk goes on elsewhere, and closes."""
        event = server_events.error("session_taken_over", "The talk goes on over another connection.")
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_WITHIN_S):
                await self.send(json.dumps({**event, "event_id": "event_taken_over_1"}))
        await self.close(_POLICY_CLOSE, "session_taken_over")
        self.over.set()


def _end(code: int, *, by_frame: bool) -> SocketOverError:
    """What a disconnection means; `by_frame`: a close frame told the code."""
    if code == _RESTART_CLOSE:
        return SocketOverError(broken=False, reason="server_stopped")
    leaving = code in _LEAVING_CODES or (code == _NO_CODE and by_frame)
    return SocketOverError(broken=not leaving, reason="client_left")
