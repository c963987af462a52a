"""Starts the gateway: loads the models, opens the connections, and says when a talk can begin."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import secrets
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import httpx
import uvicorn
from starlette.types import ASGIApp

import crisis
from bot import transcriber
from bot.alert_links import LinkError
from bot.check import safety, secret_states
from bot.dialogue_client import DialogueClient
from bot.feedback_learning import FeedbackLearning
from bot.fixed_sentences import load_fixed_sentences
from bot.json_logs import configure_logging
from bot.listening_socket import http_protocol, listening_socket
from bot.loop_watch import watch_loop
from bot.metrics import Metrics
from bot.model_manifest import ModelManifestError
from bot.model_store import ModelMissingError, UnknownModelError
from bot.on_call_desk import open_on_call_desk
from bot.phrases import Phrases, PhrasesError
from bot.rendered_speech import RenderedSpeech, default_folder
from bot.rendering import keep_rendered
from bot.retention import keep_retention
from bot.server import create_app
from bot.settings import ROOT, Settings, SettingsError, runtime_dir
from bot.speech_models import load_speech
from bot.talk_parts import Parts, wall_clock_ms
from bot.talks import Talks
from bot.tokens import DEVELOPMENT_SUBJECT, Claims, TokenError, TokenIssuer
from bot.used_tokens import UsedTokens
from bot.voice_activity import VoiceActivityError, load_voice_activity_model
from bot.voices import open_voices
from on_call.delivery import OnCallError
from recommender.suggestions import suggestions_folder
from ser_model.errors import SpeechEmotionError
from session_log import SessionLog, SessionLogError
from tts_voices import VoiceError

__all__ = ["development_token_path", "make_issuer", "run_gateway", "server_config"]

logger = logging.getLogger(__name__)

_DEVELOPMENT_TOKEN_S = 12 * 3600
_PONG_WITHIN_S = 120
_VOICE_THREADS = 8
_STARTUP_ERRORS = (
    LinkError,
    OnCallError,
    crisis.ClassifierError,
    crisis.LexiconError,
    crisis.LinesError,
    crisis.RepliesError,
    ModelManifestError,
    ModelMissingError,
    PhrasesError,
    SessionLogError,
    SettingsError,
    SpeechEmotionError,
    TokenError,
    UnknownModelError,
    VoiceActivityError,
    VoiceError,
    transcriber.ModelFileError,
)


def make_issuer() -> TokenIssuer:
    """The token issuer with the secrets of the environment; without a secret one for this run alone."""
    secret = os.environ.get("HAMDEL_TOKEN_SECRET") or secrets.token_hex(32)
    return TokenIssuer(secret.encode(), os.environ.get("HAMDEL_SERVER_KEY") or None)


def development_token_path(port: int) -> Path:
    """The file (mode 0600) in which command-line clients on this machine find address and tokens."""
    return runtime_dir() / f"development-{port}.json"


def run_gateway(
    settings: Settings,
    *,
    now_ms: Callable[[], float] | None = None,
    beside: Callable[[Parts], Coroutine[Any, Any, None]] | None = None,
) -> int:
    """Runs the gateway until it is told to end; gives the exit status.

    Args:
        settings: the deployer's.
        now_ms: another clock than the machine's for talks and alerts, milliseconds since the epoch.
        beside: runs in the gateway's loop while it serves.
    """
    configure_logging()
    try:
        listener = listening_socket(settings.server.host, settings.server.port)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    with listener:
        try:
            issuer = make_issuer()
            parts = _load_parts(settings, now_ms or wall_clock_ms)
        except _STARTUP_ERRORS as error:
            print(error, file=sys.stderr)
            return 2
        database = settings.session_log.places.database
        talks = Talks(
            most=settings.server.max_talks,
            most_per_token=settings.server.max_talks_per_token,
            used=UsedTokens(database.with_name(f"{database.name}.used_tokens")),
        )
        _warn_of_unsafe(settings, os.environ)
        running = _Running(settings, issuer, parts, beside)
        log_token = os.environ.get("HAMDEL_LOG_TOKEN")
        app = create_app(settings, issuer, talks, parts, running.lifespan, log_token=log_token)
        config = server_config(app, settings)
        server = _DrainingServer(config, talks, settings.server.drain_s)
        try:
            server.run(sockets=[listener])
        finally:
            parts.close()
    return 0 if server.started else 1


def _warn_of_unsafe(settings: Settings, environment: Mapping[str, str]) -> None:
    for finding in safety(settings, secret_states(environment)):
        if finding.state != "ok":
            logger.warning("%s: %s; mend it by: %s", finding.subject, finding.detail, finding.remedy)


def server_config(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    """How uvicorn serves the gateway."""
    return uvicorn.Config(
        app,
        http=http_protocol(settings.server.handshake_s),
        ws="websockets-sansio",
        ws_max_size=settings.server.max_message_bytes,
        # While a client's events wait to be read, its pongs wait behind them.
        ws_ping_timeout=_PONG_WITHIN_S,
        ws_per_message_deflate=False,  # what unpacks to hundreds of times its size fills the memory
        access_log=False,  # its lines would hold tokens of query strings
        log_config=None,
        log_level="warning",
        timeout_graceful_shutdown=5,
    )


class _DrainingServer(uvicorn.Server):
    """At the first signal lets the talks under way finish what they say; at the second ends at once."""

    def __init__(self, config: uvicorn.Config, talks: Talks, drain_s: float) -> None:
        super().__init__(config)
        self._talks = talks
        self._drain_s = drain_s
        self._drain_task: asyncio.Task[None] | None = None
        self._signalled = False

    async def serve(self, sockets: list[Any] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().serve(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Takes SIGTERM and SIGINT.

        Uvicorn's own would raise the signal again at the end, and the process would die before the session
        log has written what it holds.
        """
        if self._signalled or not self.started:
            self.force_exit = self._signalled
            self.should_exit = True
            return
        self._signalled = True
        self._loop.call_soon_threadsafe(self._begin_drain)

    def _begin_drain(self) -> None:
        logger.info("draining: talks end at their next gap")
        self._drain_task = self._loop.create_task(self._drain())

    async def _drain(self) -> None:
        try:
            await self._talks.drain(self._drain_s)
        finally:
            self.should_exit = True


class _Running:
    """What runs beside the routes: the dialogue channel, the announcement, the development tokens."""

    def __init__(
        self,
        settings: Settings,
        issuer: TokenIssuer,
        parts: Parts,
        beside: Callable[[Parts], Coroutine[Any, Any, None]] | None = None,
    ) -> None:
        self._settings = settings
        self._issuer = issuer
        self._parts = parts
        self._beside = beside

    @asynccontextmanager
    async def lifespan(self, app: Any) -> AsyncIterator[None]:
        """Holds them while the server runs."""
        token_file = self._write_development_tokens()
        async with asyncio.TaskGroup() as tasks:
            beside = [
                tasks.create_task(self._parts.dialogue.run()),
                tasks.create_task(self._announce()),
                tasks.create_task(watch_loop(self._parts.metrics.loop_lagged)),
            ]
            if self._parts.rendered is not None:
                country = self._settings.conversation.country
                rendering = keep_rendered(self._parts.rendered, self._parts.voices, country=country)
                beside.append(tasks.create_task(rendering))
            beside.append(tasks.create_task(keep_retention(self._parts, self._settings.session_log)))
            if self._parts.learning is not None:
                beside.append(tasks.create_task(self._parts.learning.run()))
            if self._beside is not None:
                beside.append(tasks.create_task(self._beside(self._parts)))
            tasks.create_task(self._parts.on_call.run())
            try:
                yield
            finally:
                self._parts.on_call.desk.close()  # what is under way is sent; the group waits for it
                for task in beside:
                    task.cancel()
                if token_file is not None:
                    token_file.unlink(missing_ok=True)

    async def _announce(self) -> None:
        """Prints the one address as soon as every part answers."""
        settings = self._settings
        async with httpx.AsyncClient(timeout=2, trust_env=False) as client:
            while True:
                actions = False
                with suppress(httpx.HTTPError, httpx.InvalidURL):
                    actions = (await client.get(settings.dialogue.actions_health_url)).is_success
                if actions and self._parts.dialogue.connected:
                    break
                await asyncio.sleep(0.3)
        await self._rehearse()
        host = settings.server.host if settings.server.host != "127.0.0.1" else "localhost"
        print(f"\nHamdel is ready:  http://{host}:{settings.server.port}/\n", flush=True)

    async def _rehearse(self) -> None:
        """Has the dialogue engine answer a turn of nobody's: its first takes a second. Nothing is kept."""
        sender = f"rehearsal-{secrets.token_hex(8)}"
        metadata = {"language": "en", "purpose": "therapy"}
        async for _ in self._parts.dialogue.ask(sender, "rehearsal", "I feel sad", metadata):
            pass
        await self._parts.dialogue.forget(sender)

    def _write_development_tokens(self) -> Path | None:
        server = self._settings.server
        if not server.development or server.host not in ("127.0.0.1", "::1", "localhost"):
            return None
        tokens = {
            purpose: self._issuer.issue(
                Claims(
                    subject=DEVELOPMENT_SUBJECT,
                    purpose=purpose,
                    country=self._settings.conversation.country,
                ),
                lifetime_s=_DEVELOPMENT_TOKEN_S,
            )[0]
            for purpose in ("therapy", "service")
        }
        path = development_token_path(server.port)
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump({"url": f"ws://{server.host}:{server.port}/v1", "tokens": tokens}, file)
        return path


def _load_parts(settings: Settings, now_ms: Callable[[], float]) -> Parts:
    crisis.assess("")  # reads the lexicon now, so that a damaged one is found before anybody talks
    crisis.reply(1, "en", settings.conversation.country)
    crisis.named_country("")
    phrases = Phrases.load(ROOT / "data" / "phrases.json")
    speech = load_speech(settings)
    voice_activity = load_voice_activity_model()
    voices = open_voices(settings.voice, settings.conversation.country)
    rendered = RenderedSpeech(default_folder(), load_fixed_sentences(settings.conversation.country))
    places = settings.session_log.places
    session_log = SessionLog.open(places)  # last: a start that fails leaves nothing behind
    learning = FeedbackLearning(
        session_log, learn=settings.suggestions.learn, suggestions=suggestions_folder(os.environ)
    )
    learning.load()
    return Parts(
        guard=crisis,
        phrases=phrases,
        speech=speech,
        voice_activity=voice_activity,
        voices=voices.voices,
        voice_problem=voices.problem,
        dialogue=DialogueClient(
            settings.dialogue.url,
            os.environ.get("HAMDEL_DIALOGUE_TOKEN") or None,
            timeout_s=settings.dialogue.timeout_s,
        ),
        session_log=session_log,
        on_call=open_on_call_desk(
            settings.on_call,
            os.environ,
            session_log,
            places.database,
            now=lambda: datetime.fromtimestamp(now_ms() / 1000, UTC),
        ),
        threads=ThreadPoolExecutor(_VOICE_THREADS, thread_name_prefix="voice"),
        metrics=Metrics(),
        rendered=rendered,
        learning=learning,
        now_ms=now_ms,
    )
