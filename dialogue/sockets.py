"""One client's websocket: frames in, frames out, and a bound on what waits in either direction."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Sequence
from typing import Any

from sanic.exceptions import WebsocketClosed
from websockets.exceptions import ConnectionClosed

from dialogue.frames import ForgetRequest, FrameError, HeardRequest, PingRequest, error_frame, read_frame
from dialogue.turn_desk import Post, TurnDesk

__all__ = ["MOST_FRAMES_IN", "MOST_FRAMES_OUT", "serve_socket"]

MOST_FRAMES_IN = 5_000
"""How many frames of a client may wait to be read before its socket is closed with 1008."""

MOST_FRAMES_OUT = 1_000
"""How many frames may wait for a slow client before its socket is closed with 1008."""

_CLOSE_WITHIN_S = 1.0
_INVALID_DATA = 1007
_POLICY_VIOLATION = 1008


async def serve_socket(socket: Any, desk: TurnDesk) -> None:
    """Reads frames until the client leaves; a task of its own writes, so that no turn waits for it."""
    _bound_backlog(socket)
    outgoing: asyncio.Queue[dict[str, Any]] = asyncio.Queue(MOST_FRAMES_OUT)
    writer = asyncio.create_task(_write(socket, outgoing))

    def post(frame: dict[str, Any]) -> None:
        try:
            outgoing.put_nowait(frame)
        except asyncio.QueueFull:
            writer.cancel()

    try:
        while not writer.done():
            raw = await socket.recv()
            if raw is None:
                return
            _receive(raw, desk, post)
    except (ConnectionClosed, WebsocketClosed):
        return
    finally:
        desk.leave(post)
        writer.cancel()
        await asyncio.gather(writer, return_exceptions=True)


def _receive(raw: str | bytes, desk: TurnDesk, post: Post) -> None:
    try:
        frame = read_frame(raw)
    except FrameError as error:
        post(error_frame(error.turn_id, error.code, str(error)))
        return
    if isinstance(frame, PingRequest):
        post({"type": "pong"})
    elif isinstance(frame, ForgetRequest):
        desk.submit_forget(frame, post)
    elif isinstance(frame, HeardRequest):
        desk.submit_heard(frame, post)
    else:
        desk.submit(frame, post)


async def _write(socket: Any, outgoing: asyncio.Queue[dict[str, Any]]) -> None:
    try:
        while True:
            frame = await outgoing.get()
            await socket.send(json.dumps(frame))
    except (ConnectionClosed, WebsocketClosed):
        return
    except asyncio.CancelledError:
        _drop(socket, _POLICY_VIOLATION, "too slow") if outgoing.full() else None
        raise


def _bound_backlog(socket: Any) -> None:
    """Closes a socket that sends faster than it is read, or sends what is no text.

    Sanic reads on however much is waiting, and forgets a text frame that isn't UTF-8.
    """
    receive = socket.async_data_received
    waiting = 0

    def counted(data: Sequence[bytes], frames: Sequence[Any]) -> Coroutine[Any, Any, None]:
        nonlocal waiting
        waiting += len(frames)
        if waiting > MOST_FRAMES_IN:
            _drop(socket, _POLICY_VIOLATION, "too many frames at once")
        return received(data, frames)

    async def received(data: Sequence[bytes], frames: Sequence[Any]) -> None:
        nonlocal waiting
        try:
            await receive(data, frames)
        except UnicodeDecodeError:
            _drop(socket, _INVALID_DATA, "text frames must be UTF-8")
        finally:
            waiting -= len(frames)

    socket.async_data_received = counted


def _drop(socket: Any, code: int, reason: str) -> None:
    socket.fail_connection(code, reason)
    # A client that doesn't read doesn't take the close frame either.
    asyncio.get_running_loop().call_later(_CLOSE_WITHIN_S, socket.io_proto.transport.abort)
