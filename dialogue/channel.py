"""Rasa's input channel for the gateway: many talks over one websocket, behind a token."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import json
import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from rasa.core.channels.channel import InputChannel, OutputChannel, UserMessage
from rasa.core.tracker_store import InMemoryTrackerStore
from rasa.shared.core.events import Restarted
from rasa.shared.exceptions import RasaException
from sanic import Blueprint, Sanic
from sanic.exceptions import WebsocketClosed
from sanic.request import Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response
from websockets.exceptions import ConnectionClosed

from dialogue.entities import values_of_entities
from dialogue.frames import ForgetRequest, FrameError, PingRequest, TurnRequest, error_frame, read_frame
from dialogue.turn_desk import Post, TurnDesk

__all__ = ["TOKEN_VARIABLE", "HamdelInput", "UnsafeBinding", "refusal", "require_safe_binding"]

TOKEN_VARIABLE = "HAMDEL_DIALOGUE_TOKEN"  # noqa: S105 - the variable's name, not a token
_OUTGOING_FRAMES = 1_000
"""How many frames may wait for a slow client before its socket is closed."""


class UnsafeBinding(RasaException):  # type: ignore[misc]
    """The server would be open to a network without a token."""


class _AgentNotReady(Exception):
    """No model is loaded yet."""


class _TurnOutput(OutputChannel):  # type: ignore[misc]
    """Passes on what Rasa says as it says it."""

    def __init__(self, emit: Callable[[Mapping[str, Any]], None]) -> None:
        self._emit = emit

    @classmethod
    def name(cls) -> str:
        """The channel's name, as in conditions of responses."""
        return HamdelInput.name()

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Passes on one message whole: text, buttons, custom data and the response's name."""
        self._emit(message)


def _is_loopback(address: str | None) -> bool:
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return False


def require_safe_binding(host: str | None, token: str | None) -> None:
    """Lets a server without a token start on a loopback address only.

    Raises:
        UnsafeBinding: otherwise.
    """
    if token is None and not _is_loopback(host):
        raise UnsafeBinding(
            f"The dialogue server is bound to {host!r} without a token. "
            f"Start it with '-i 127.0.0.1', or set {TOKEN_VARIABLE}."
        )


def refusal(
    *, token: str | None, authorization: str | None, peer: str | None, origin: str | None
) -> str | None:
    """Why a request is refused, or None where it may pass.

    Args:
        token: the expected token; None where none is configured.
        authorization: the request's header of that name.
        peer: the client's address.
        origin: the request's header of that name; only browsers send one.
    """
    if token is None:
        # Any web page may open a socket to the visitor's own machine, but not hide that it does.
        return None if _is_loopback(peer) and origin is None else "only local programs are served"
    scheme, _, given = (authorization or "").partition(" ")
    known = hmac.compare_digest(given.strip().encode(), token.encode())
    return None if known and scheme.lower() == "bearer" else "a valid bearer token is required"


class HamdelInput(InputChannel):  # type: ignore[misc]
    """The websocket `/hamdel/turns` and the health page `/hamdel/health`.

    Frames are described in `frames`; `turn_desk` keeps each sender's turns in order.

    Args:
        token: what clients have to show; None serves programs of this machine only.
    """

    def __init__(self, token: str | None = None) -> None:
        self._token = token

    @classmethod
    def name(cls) -> str:
        """The channel's name."""
        return "hamdel"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> HamdelInput:
        """Makes the channel with the token of the environment.

        Raises:
            RasaException: for settings in the credentials file, which has no place for secrets.
        """
        if credentials:
            raise RasaException(
                f"dialogue.channel.HamdelInput takes no settings; its token comes from {TOKEN_VARIABLE}."
            )
        return cls(os.environ.get(TOKEN_VARIABLE, "").strip() or None)

    def url_prefix(self) -> str:
        """An absolute path, so that Rasa's `/webhooks/` does not stand before it."""
        return "/hamdel"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """The routes, for Rasa to attach to its server."""
        routes = Blueprint("hamdel")
        desks: dict[Sanic, TurnDesk] = {}

        async def open_desk(app: Sanic, _loop: object) -> None:
            require_safe_binding(app.state.host, self._token)
            desks[app] = _desk_of(app, on_new_message)

        async def close_desk(app: Sanic, _loop: object) -> None:
            if app in desks:
                await desks.pop(app).close()

        async def admit(request: Request) -> HTTPResponse | None:
            reason = refusal(
                token=self._token,
                authorization=request.headers.get("authorization"),
                peer=request.ip,
                origin=request.headers.get("origin"),
            )
            if reason is None or request.path.endswith("/health"):
                return None
            return json_response({"status": "refused", "reason": reason}, status=401)

        async def health(request: Request) -> HTTPResponse:
            if _is_ready(request.app):
                return json_response({"status": "ok"})
            return json_response({"status": "loading"}, status=503)

        async def turns(request: Request, socket: Any) -> None:
            await _serve_socket(socket, desks[request.app])

        routes.listener("before_server_start")(open_desk)
        routes.listener("before_server_stop")(close_desk)
        routes.middleware(admit, "request")
        routes.add_route(health, "/health")
        routes.add_websocket_route(turns, "/turns")
        return routes


def _is_ready(app: Sanic) -> bool:
    agent = getattr(app.ctx, "agent", None)
    return agent is not None and agent.is_ready()


def _desk_of(app: Sanic, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> TurnDesk:
    async def answer(request: TurnRequest, emit: Callable[[Mapping[str, Any]], None]) -> Mapping[str, Any]:
        if not _is_ready(app):
            raise _AgentNotReady
        await on_new_message(
            UserMessage(
                text=request.text,
                output_channel=_TurnOutput(emit),
                sender_id=request.sender,
                input_channel=HamdelInput.name(),
                message_id=request.turn_id,
                metadata=dict(request.metadata),
            )
        )
        return await _outcome(app, request.sender)

    async def forget(sender: str) -> None:
        if _is_ready(app):
            await _forget(app, sender)

    return TurnDesk(answer, forget)


async def _outcome(app: Sanic, sender: str) -> Mapping[str, Any]:
    tracker = await app.ctx.agent.tracker_store.retrieve(sender)
    latest = tracker.latest_message
    values = values_of_entities(latest.entities)
    return {
        "intent": {
            "name": latest.intent.get("name"),
            "confidence": latest.intent.get("confidence", 0.0),
        },
        "entities": latest.entities,
        "mood": values.get("mood") or "unclear",
        "language": tracker.get_slot("language"),
        "crisis": bool(tracker.get_slot("crisis")),
    }


async def _forget(app: Sanic, sender: str) -> None:
    store = app.ctx.agent.tracker_store
    # The store may be wrapped in one that awaits and falls back.
    inner = getattr(store, "_tracker_store", store)
    if isinstance(inner, InMemoryTrackerStore):
        inner.store.pop(sender, None)
        return
    async with app.ctx.agent.lock_store.lock(sender):
        tracker = await store.retrieve(sender)
        if tracker is not None:
            tracker.update(Restarted())
            await store.save(tracker)


async def _serve_socket(socket: Any, desk: TurnDesk) -> None:
    """Reads frames until the client leaves; a task of its own writes, so that no turn waits for it."""
    outgoing: asyncio.Queue[dict[str, Any]] = asyncio.Queue(_OUTGOING_FRAMES)
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
    else:
        desk.submit(frame, post)


async def _write(socket: Any, outgoing: asyncio.Queue[dict[str, Any]]) -> None:
    try:
        while True:
            frame = await outgoing.get()
            await socket.send(json.dumps(frame, ensure_ascii=False))
    except (ConnectionClosed, WebsocketClosed):
        return
    except asyncio.CancelledError:
        socket.fail_connection(1008, "too slow") if outgoing.full() else None
        raise
