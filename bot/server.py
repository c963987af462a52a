"""The HTTP and websocket routes of the gateway."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.emergency_lines import EmergencyLines
from bot.health import Health
from bot.log_routes import LogRoutes
from bot.person_routes import PersonRoutes
from bot.settings import ROOT, Settings
from bot.talk_parts import Parts
from bot.talk_route import TalkRoute
from bot.talks import Talks
from bot.token_routes import TokenRoutes
from bot.tokens import TokenIssuer
from review.app import Review, review_routes
from review.pages import Pages

__all__ = ["create_app"]

_PAGE = ROOT / "widget"
_SECURITY_HEADERS = {
    "content-security-policy": "default-src 'self'; connect-src 'self'; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'self'; media-src 'self' blob:",
    "permissions-policy": "microphone=(self), camera=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}


def create_app(
    settings: Settings,
    issuer: TokenIssuer,
    talks: Talks,
    parts: Parts,
    lifespan: Callable[[Any], AbstractAsyncContextManager[None]] | None = None,
    page: Path = _PAGE,
    log_token: str | None = None,
) -> ASGIApp:
    """Builds the gateway.

    Args:
        settings: the deployer's.
        issuer: makes and checks tokens.
        talks: who is let in.
        parts: the shared models and connections.
        lifespan: holds what runs beside the routes.
        page: folder of the web page.
        log_token: with which other processes on this machine hand events to the session log.
    """
    talk = TalkRoute(settings, issuer, talks, parts)
    tokens = TokenRoutes(settings, issuer)
    health = Health(settings, issuer, talks, parts)

    async def index(request: Request) -> Response:
        return FileResponse(page / "index.html")

    routes = [
        WebSocketRoute("/v1/realtime", talk.talk),
        WebSocketRoute("/ws", talk.talk),
        Route("/v1/tokens", tokens.tokens, methods=["POST"]),
        Route("/v1/realtime/client_secrets", tokens.client_secrets, methods=["POST"]),
        Route("/v1/lines", EmergencyLines(settings).lines),
        Route("/healthz", health.health),
        Route("/readyz", health.ready),
        Route("/metrics", health.metrics),
        *parts.on_call.routes,
        *PersonRoutes(settings, issuer, talks, parts.session_log, page).routes(),
        *LogRoutes(parts.session_log, log_token).routes(),
        *_review(settings, parts),
        Route("/", index),
        Mount("/widget", StaticFiles(directory=page)),
    ]
    return _SecurityHeaders(Starlette(routes=routes, lifespan=lifespan))


def _review(settings: Settings, parts: Parts) -> list[BaseRoute]:
    if not settings.review.enabled:
        return []
    pages = Pages.load(settings.review.timezone)
    return review_routes(Review(parts.session_log, pages, settings.review))


class _SecurityHeaders:
    """Adds the headers that keep the page from loading, or being framed by, anything foreign."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._headers = [(key.encode(), value.encode()) for key, value in _SECURITY_HEADERS.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {key for key, _ in message["headers"]}
                added = [(key, value) for key, value in self._headers if key not in own]
                message = {**message, "headers": [*message["headers"], *added]}
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)
