"""Rasa's input channel for the gateway: many talks over one websocket, behind a token."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel, OutputChannel, UserMessage
from rasa.shared.exceptions import RasaException
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response

from dialogue.action_server import BoundedActionServer
from dialogue.answered import Answered, answer_to
from dialogue.discreet_log import keep_words_out_of_the_log
from dialogue.frames import HeardRequest, TurnRequest
from dialogue.heard import note_heard
from dialogue.sockets import serve_socket
from dialogue.trackers import bound_trackers, forget_tracker, sealed_store
from dialogue.turn_desk import TurnDesk

__all__ = [
    "TOKEN_VARIABLE",
    "HamdelInput",
    "NoModel",
    "NotRecorded",
    "UnsafeBinding",
    "prepare_agent",
    "refusal",
    "require_safe_binding",
]

TOKEN_VARIABLE = "HAMDEL_DIALOGUE_TOKEN"  # noqa: S105 - the variable's name, not a token


class UnsafeBinding(RasaException):  # type: ignore[misc]
    """The server would be open to a network without a token."""


class NoModel(RasaException):  # type: ignore[misc]
    """Rasa has loaded no model, and could not answer anything."""


class NotRecorded(RasaException):  # type: ignore[misc]
    """Rasa has answered a turn and kept nothing of it."""


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
        sweepers: dict[Sanic, asyncio.Task[None]] = {}

        async def open_desk(app: Sanic, _loop: object) -> None:
            require_safe_binding(app.state.host, self._token)
            desks[app] = _desk_of(app, on_new_message)

        async def finish_start(app: Sanic, _loop: object) -> None:
            prepare_agent(getattr(app.ctx, "agent", None))
            store = sealed_store(app.ctx.agent)
            if store is not None:
                sweepers[app] = asyncio.create_task(store.sweep_hourly())
            keep_words_out_of_the_log()

        async def close_desk(app: Sanic, _loop: object) -> None:
            if app in desks:
                await desks.pop(app).close()
            if app in sweepers:
                sweepers[app].cancel()
                await asyncio.gather(sweepers.pop(app), return_exceptions=True)

        async def close_store(app: Sanic, _loop: object) -> None:
            store = sealed_store(getattr(app.ctx, "agent", None))
            if store is not None:
                await asyncio.to_thread(store.close)

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
            await serve_socket(socket, desks[request.app])

        routes.listener("before_server_start")(open_desk)
        routes.listener("after_server_start")(finish_start)
        routes.listener("before_server_stop")(close_desk)
        routes.listener("after_server_stop")(close_store)
        routes.middleware(admit, "request")
        routes.add_route(health, "/health")
        routes.add_websocket_route(turns, "/turns")
        return routes


def prepare_agent(agent: Agent | None) -> None:
    """Bounds what Rasa waits for and keeps, once it has loaded its model.

    Raises:
        NoModel: where it has not (it would go on without one, and answer nothing).
    """
    if agent is None or not agent.is_ready():
        raise NoModel(
            "No usable dialogue model was found. Train one with "
            "'.venv-dialogue/bin/python -m dialogue train' and start again."
        )
    bound_trackers(agent)
    if agent.action_endpoint is not None:
        agent.action_endpoint = agent.processor.action_endpoint = BoundedActionServer(agent.action_endpoint)


def _is_ready(app: Sanic) -> bool:
    agent = getattr(app.ctx, "agent", None)
    return agent is not None and agent.is_ready()


def _desk_of(app: Sanic, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> TurnDesk:
    async def answer(request: TurnRequest, emit: Callable[[Mapping[str, Any]], None]) -> Mapping[str, Any]:
        if not _is_ready(app):
            raise NoModel
        answered = await _found(app.ctx.agent, request)
        if answered is not None:
            for message in answered.messages:
                emit(message)
            return answered.outcome
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
        tracker = await app.ctx.agent.tracker_store.retrieve(request.sender)
        answered = answer_to(tracker, request.turn_id)
        if answered is None:
            raise NotRecorded
        return answered.outcome

    async def forget(sender: str) -> None:
        if _is_ready(app):
            await forget_tracker(app.ctx.agent, sender)

    async def hear(request: HeardRequest) -> None:
        if not _is_ready(app):
            raise NoModel
        await note_heard(app.ctx.agent, request)

    return TurnDesk(answer, forget, hear)


async def _found(agent: Agent, request: TurnRequest) -> Answered | None:
    """The answer of a process before this one, whose frames may be lost."""
    store = sealed_store(agent)
    if store is None or not await store.mentions(request.sender, request.turn_id):
        return None
    return answer_to(await store.retrieve(request.sender), request.turn_id)
