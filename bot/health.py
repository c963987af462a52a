"""Whether the gateway lives, whether each of its parts is ready, and what monitoring may know."""

from __future__ import annotations

import asyncio
import time

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.access import bearer_token, is_direct
from bot.metrics import CONTENT_TYPE
from bot.responses import refusal
from bot.settings import Settings
from bot.talk_parts import Parts
from bot.talks import Talks
from bot.tokens import TokenIssuer

__all__ = ["Health"]

_ACTIONS_KNOWN_FOR_S = 2.0
_ACTIONS_WITHIN_S = 1.0


class Health:
    """`/healthz`, `/readyz` and `/metrics`.

    Args:
        settings: the deployer's.
        issuer: knows the server key, with which monitoring on other machines reads the metrics.
        talks: those under way.
        parts: the shared models and connections.
    """

    def __init__(self, settings: Settings, issuer: TokenIssuer, talks: Talks, parts: Parts) -> None:
        self._settings = settings
        self._issuer = issuer
        self._talks = talks
        self._parts = parts
        self._actions = False
        self._actions_asked_at = -_ACTIONS_KNOWN_FOR_S
        self._asking_actions = asyncio.Lock()

    async def health(self, request: Request) -> Response:
        """Answers as long as the event loop turns."""
        return JSONResponse({"status": "ok"})

    async def ready(self, request: Request) -> Response:
        """Whether a talk can begin, part by part; status 503 where it can't.

        Without actions, session log, what was learnt or the chosen voice a talk goes on with less, so that
        these alone don't take it back.
        """
        log, learning = self._parts.session_log.health(), self._parts.learning
        parts = {
            "gateway": not self._talks.draining,
            "places": self._talks.count < self._settings.server.max_talks,
            "dialogue": self._parts.dialogue.connected,
            "recogniser": self._parts.speech.waiting < self._settings.recogniser.places,
            "actions": await self._actions_ready(),
            "session_log": not (log.last_error or log.spool_error or log.head_error or log.sound_error),
            "learning": learning is None or learning.well,
            "voice": self._parts.voice_problem is None,
        }
        ready = all(parts[name] for name in ("gateway", "places", "dialogue", "recogniser"))
        return JSONResponse({"ready": ready, "parts": parts}, 200 if ready else 503)

    async def metrics(self, request: Request) -> Response:
        """Metrics for programs on this machine, and for holders of the server key."""
        if not (is_direct(request) or self._issuer.is_server_key(bearer_token(request))):
            return refusal(401, "invalid_server_key", "A server key is needed: Authorization: Bearer.")
        metrics = self._parts.metrics
        log = self._parts.session_log.health()
        metrics.talks.set(self._talks.count)
        metrics.recogniser_queue.set(self._parts.speech.waiting)
        metrics.session_log_queue.set(log.queued)
        metrics.session_log_dropped.set(log.dropped)
        metrics.session_log_spooled.set(log.spooled)
        metrics.session_log_spool_failing.set(log.spool_error is not None)
        metrics.session_log_head_failing.set(log.head_error is not None)
        metrics.session_log_sound_to_delete.set(log.sound_to_delete)
        metrics.dialogue_connected.set(self._parts.dialogue.connected)
        metrics.tasks.set(len(asyncio.all_tasks()))
        return Response(metrics.text(), headers={"content-type": CONTENT_TYPE})

    async def _actions_ready(self) -> bool:
        async with self._asking_actions:  # not at the pace of whoever asks us
            if time.monotonic() - self._actions_asked_at >= _ACTIONS_KNOWN_FOR_S:
                self._actions = await _answers(self._settings.dialogue.actions_health_url)
                self._actions_asked_at = time.monotonic()
            return self._actions


async def _answers(url: str) -> bool:
    try:
        async with httpx.AsyncClient(timeout=_ACTIONS_WITHIN_S, trust_env=False) as client:
            return (await client.get(url)).is_success
    except (httpx.HTTPError, httpx.InvalidURL):
        return False
