"""The HTTP and websocket routes of the gateway."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

import crisis
from bot.access import bearer_token, check_origin, claims_of, is_local_page, offered_protocols
from bot.conversation import Conversation
from bot.realtime import Parts, Talk
from bot.session_config import SessionConfig
from bot.settings import ROOT, Settings
from bot.tokens import DEVELOPMENT_SUBJECT, Claims, TokenError, TokenIssuer

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
_LONGEST_BODY = 64 * 1024


def create_app(
    settings: Settings,
    issuer: TokenIssuer,
    parts: Parts,
    lifespan: Callable[[Any], AbstractAsyncContextManager[None]] | None = None,
    page: Path = _PAGE,
) -> ASGIApp:
    """Builds the gateway.

    Args:
        settings: the deployer's.
        issuer: makes and checks tokens.
        parts: the shared models and connections.
        lifespan: holds what runs beside the routes.
        page: folder of the web page.
    """
    gateway = _Gateway(settings, issuer, parts, page)
    routes = [
        WebSocketRoute("/v1/realtime", gateway.realtime),
        WebSocketRoute("/ws", gateway.realtime),
        Route("/v1/tokens", gateway.tokens, methods=["POST"]),
        Route("/v1/realtime/client_secrets", gateway.client_secrets, methods=["POST"]),
        Route("/healthz", gateway.health),
        Route("/readyz", gateway.ready),
        Route("/", gateway.page),
        Mount("/widget", StaticFiles(directory=page)),
    ]
    return _SecurityHeaders(Starlette(routes=routes, lifespan=lifespan))


class _Gateway:
    def __init__(self, settings: Settings, issuer: TokenIssuer, parts: Parts, page: Path) -> None:
        self._page = page
        self._settings = settings
        self._issuer = issuer
        self._parts = parts
        self._talks = 0

    async def page(self, request: Request) -> Response:
        return FileResponse(self._page / "index.html")

    async def health(self, request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(self, request: Request) -> Response:
        connected = self._parts.dialogue.connected
        parts = {"gateway": True, "dialogue": connected}
        return JSONResponse({"ready": all(parts.values()), "parts": parts}, 200 if connected else 503)

    async def tokens(self, request: Request) -> Response:
        """Gives a token to an embedding site's server, or to our own page on this machine."""
        try:
            body = await _json_object(request)
            value, expires_at = self._issue(request, body)
        except _RefusedError as refused:
            return _refusal(refused.status, refused.code, refused.message)
        return JSONResponse({"value": value, "expires_at": expires_at})

    async def client_secrets(self, request: Request) -> Response:
        """The same in the shape of the Realtime API."""
        try:
            body = await _json_object(request)
            value, expires_at = self._issue(request, body.get("hamdel") or {})
        except _RefusedError as refused:
            return _refusal(refused.status, refused.code, refused.message)
        session = SessionConfig(id=_new_id("sess"), expires_at=expires_at)
        return JSONResponse({"value": value, "expires_at": expires_at, "session": session.echo()})

    def _issue(self, request: Request, body: dict[str, Any]) -> tuple[str, int]:
        trusted = self._issuer.is_server_key(bearer_token(request))
        if not trusted and not (self._settings.server.development and is_local_page(request)):
            raise _RefusedError(401, "invalid_server_key", "A server key is needed: Authorization: Bearer.")
        text = {key: body.get(key) for key in ("subject", "clinic", "language", "country")}
        if any(value is not None and not isinstance(value, str) for value in text.values()):
            raise _RefusedError(400, "invalid_value", "subject, clinic, language and country are strings.")
        grants = body.get("grants") or []
        if not isinstance(grants, list) or not all(isinstance(scope, str) for scope in grants):
            raise _RefusedError(400, "invalid_value", "grants is a list of consent scopes.")
        language = text["language"] if text["language"] != "auto" else None
        try:
            claims = Claims(
                subject=text["subject"] if trusted else DEVELOPMENT_SUBJECT,
                clinic=text["clinic"] if trusted else None,
                purpose=str(body.get("purpose") or "therapy"),
                language=language,
                country=text["country"] or self._settings.conversation.country,
                # A page asks each consent of the person itself; only a site's server may pass them on.
                grants=frozenset(grants) if trusted else frozenset(),
            )
        except TokenError as error:
            raise _RefusedError(400, "invalid_value", str(error)) from error
        return self._issuer.issue(claims, lifetime_s=self._settings.server.token_lifetime_s)

    async def realtime(self, websocket: WebSocket) -> None:
        """Holds one talk."""
        limits = self._settings.server
        if not check_origin(websocket, limits.allowed_origins):
            await self._refuse_talk(websocket, 403, "origin_refused", "This origin may not connect.")
            return
        try:
            claims = claims_of(websocket, self._issuer)
        except TokenError as error:
            await self._refuse_talk(websocket, 401, "invalid_token", str(error))
            return
        if self._talks >= limits.max_talks:
            busy = "All places are taken; please try again shortly."
            await self._refuse_talk(websocket, 429, "session_limit_reached", busy)
            return
        self._talks += 1
        try:
            await websocket.accept("realtime" if "realtime" in offered_protocols(websocket) else None)
            talk_id = secrets.token_hex(8)
            conversation = Conversation(
                identity=claims.identity(talk_id, (websocket.headers.get("user-agent") or "unknown")[:128]),
                config=SessionConfig(id=f"sess_{talk_id}"),
                patience_ms=self._settings.conversation.patience_ms,
                guard=self._parts.guard,
                phrases=self._parts.phrases,
                new_id=_new_id,
            )
            talk = Talk(
                websocket,
                conversation,
                talk_id,
                self._parts,
                patience_ms=self._settings.conversation.patience_ms,
            )
            await talk.run()
        finally:
            self._talks -= 1

    async def _refuse_talk(self, websocket: WebSocket, status: int, code: str, message: str) -> None:
        # Whoever is turned away may be in danger: the numbers go with every refusal.
        lines = crisis.lines(self._settings.conversation.country)
        shown = [{"name": line.name, "number": line.number, "kind": line.kind} for line in lines]
        await websocket.send_denial_response(_refusal(status, code, message, lines=shown))


class _RefusedError(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


async def _json_object(request: Request) -> dict[str, Any]:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LONGEST_BODY:
            raise _RefusedError(413, "too_large", "The request body is too large.")
    try:
        data = json.loads(body or b"{}")
    except ValueError as error:
        raise _RefusedError(400, "invalid_json", "The request body is not valid JSON.") from error
    if not isinstance(data, dict):
        raise _RefusedError(400, "invalid_value", "The request body is a JSON object.")
    return data


def _refusal(status: int, code: str, message: str, **beside: Any) -> JSONResponse:
    error = {"type": "invalid_request_error", "code": code, "message": message}
    return JSONResponse({"error": error, **beside}, status)


def _new_id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(10)}"


class _SecurityHeaders:
    """Adds the headers that keep the page from loading, or being framed by, anything foreign."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._headers = [(key.encode(), value.encode()) for key, value in _SECURITY_HEADERS.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *self._headers]}
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)
