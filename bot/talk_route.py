"""The voice endpoint: lets a talk in, or refuses it with the emergency numbers, and holds it."""

from __future__ import annotations

import json
import secrets
from contextlib import suppress
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from bot import server_events
from bot.access import check_origin, claims_of, offered_protocols
from bot.client_socket import ClientSocket
from bot.conversation import Conversation
from bot.emergency_lines import shown_lines, wanted_language
from bot.metrics import Metrics
from bot.offered_consents import not_offered
from bot.personal_memory import no_corrections
from bot.realtime import Talk
from bot.responses import refusal
from bot.session_config import SessionConfig
from bot.settings import Settings
from bot.talk_parts import Parts
from bot.talk_state import TalkLimits
from bot.talks import Place, RefusedTalkError, Talks
from bot.tokens import Claims, TokenError, TokenIssuer

__all__ = ["TalkRoute"]


class TalkRoute:
    """`/v1/realtime`.

    Args:
        settings: the deployer's.
        issuer: checks tokens.
        talks: who is let in.
        parts: the shared models and connections.
    """

    def __init__(self, settings: Settings, issuer: TokenIssuer, talks: Talks, parts: Parts) -> None:
        self._settings = settings
        self._issuer = issuer
        self._talks = talks
        self._parts = parts

    async def talk(self, websocket: WebSocket) -> None:
        """Holds one talk."""
        country, language = self._settings.conversation.country, wanted_language(websocket)
        try:
            claims = self._claims(websocket)
            country, language = claims.country or country, claims.language or language
            returning = "resume" in websocket.query_params
            with self._talks.place(claims, returning=returning) as place:
                await websocket.accept(_protocol(websocket))
                socket = ClientSocket(
                    websocket, control_events_per_s=self._settings.server.control_events_per_s
                )
                await self._hold(websocket, socket, place)
                if place.refusal is not None:
                    raise place.refusal
            await socket.over.wait()  # an older talk may go on over it
        except RefusedTalkError as refused:
            self._metrics.talk_refused(refused.code)
            await self._refuse(websocket, refused, shown_lines(country, language))

    @property
    def _metrics(self) -> Metrics:
        return self._parts.metrics

    def _claims(self, websocket: WebSocket) -> Claims:
        if not check_origin(websocket, self._settings.server.allowed_origins):
            raise RefusedTalkError(403, 1008, "origin_refused", "This origin may not connect.")
        try:
            return claims_of(websocket, self._issuer)
        except TokenError as error:
            raise RefusedTalkError(401, 1008, "invalid_token", str(error)) from error

    async def _hold(self, websocket: WebSocket, socket: ClientSocket, place: Place) -> None:
        claims, conversation = place.claims, self._settings.conversation
        learning = self._parts.learning
        talk_id = secrets.token_hex(8)
        talk = Talk(
            Conversation(
                identity=claims.identity(
                    talk_id,
                    (websocket.headers.get("user-agent") or "unknown")[:128],
                    by_page="origin" in websocket.headers,
                    default_country=conversation.country,
                    refused=self._refused(claims),
                ),
                config=SessionConfig(id=f"sess_{talk_id}"),
                patience_ms=conversation.patience_ms,
                guard=self._parts.guard,
                rota=self._parts.on_call.rota,
                phrases=self._parts.phrases,
                new_id=lambda prefix: f"{prefix}_{secrets.token_hex(10)}",
                limits=TalkLimits(
                    idle_ms=round(conversation.idle_s * 1000),
                    longest_ms=round(conversation.longest_s * 1000),
                    slow_reply_ms=round(conversation.slow_reply_s * 1000),
                    resume_ms=round(conversation.resume_s * 1000),
                ),
                not_offered=not_offered(self._settings),
                corrections=no_corrections if learning is None else learning.corrections,
            ),
            talk_id,
            self._parts,
            patience_ms=conversation.patience_ms,
            resume=lambda event, over: self._talks.resume(event, over, claims),
            admit=lambda: self._talks.admit(place),
        )
        with self._talks.under_way(talk, claims):
            await talk.run(socket)

    def _refused(self, claims: Claims) -> frozenset[str]:
        """What the person has revoked for all talks."""
        if claims.subject is None:
            return frozenset()
        return self._parts.session_log.refusals(claims.subject)

    async def _refuse(
        self, websocket: WebSocket, refused: RefusedTalkError, shown: list[dict[str, Any]]
    ) -> None:
        # Whoever is turned away may be in danger: the numbers go with every refusal.
        accepted = websocket.application_state is WebSocketState.CONNECTED
        if not accepted and ("origin" not in websocket.headers or refused.status in (401, 403)):
            await websocket.send_denial_response(
                refusal(refused.status, refused.code, refused.message, lines=shown)
            )
            return
        # A page can't read a refusal before the upgrade.
        event = server_events.error(refused.code, refused.message)
        event["error"]["lines"] = shown
        with suppress(WebSocketDisconnect):
            if not accepted:
                await websocket.accept(_protocol(websocket))
            await websocket.send_text(json.dumps({**event, "event_id": "event_refused_1"}))
            await websocket.close(refused.close_code, refused.code)


def _protocol(websocket: WebSocket) -> str | None:
    return "realtime" if "realtime" in offered_protocols(websocket) else None
