"""Starts the gateway: loads the models, opens the connections, and says when a talk can begin."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import secrets
import socket
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import uvicorn

import crisis
from bot import transcriber
from bot.dialogue_client import DialogueClient
from bot.model_manifest import ModelManifestError
from bot.model_store import ModelMissingError, UnknownModelError, default_store
from bot.phrases import Phrases
from bot.realtime import Parts
from bot.server import create_app
from bot.settings import ROOT, Settings, SettingsError, runtime_dir
from bot.speech import LocalSpeech
from bot.tokens import DEVELOPMENT_SUBJECT, Claims, TokenError, TokenIssuer
from bot.voice_activity import load_voice_activity_model
from ser_model import detector
from ser_model.errors import SpeechEmotionError
from session_log import SessionLog, SessionLogError, default_database_path
from tts_voices import VoiceError, load_voice

__all__ = ["development_token_path", "make_issuer", "run_gateway"]

logger = logging.getLogger(__name__)

_DEVELOPMENT_TOKEN_S = 12 * 3600
_VOICE_THREADS = 8
_STARTUP_ERRORS = (
    crisis.LexiconError,
    crisis.LinesError,
    crisis.RepliesError,
    ModelManifestError,
    ModelMissingError,
    SessionLogError,
    SettingsError,
    SpeechEmotionError,
    TokenError,
    UnknownModelError,
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


def run_gateway(settings: Settings) -> int:
    """Runs the gateway until it is told to end; gives the exit status."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        _require_free_port(settings)
        issuer = make_issuer()
        parts = _load_parts(settings)
    except _STARTUP_ERRORS as error:
        print(error, file=sys.stderr)
        return 2
    running = _Running(settings, issuer, parts)
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(settings, issuer, parts, running.lifespan),
            host=settings.server.host,
            port=settings.server.port,
            ws="websockets-sansio",
            ws_max_size=settings.server.max_message_bytes,
            access_log=False,  # its lines would hold tokens of query strings
            log_level="warning",
            timeout_graceful_shutdown=5,
        )
    )
    try:
        server.run()
    finally:
        parts.close()
    return 0 if server.started else 1


def _require_free_port(settings: Settings) -> None:
    host, port = settings.server.host, settings.server.port
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SettingsError(
                f"{host} port {port} can't be used ({error.strerror}): end the other server, or change "
                "hamdel.server in endpoints.yml."
            ) from error


class _Running:
    """What runs beside the routes: the dialogue channel, the announcement, the development tokens."""

    def __init__(self, settings: Settings, issuer: TokenIssuer, parts: Parts) -> None:
        self._settings = settings
        self._issuer = issuer
        self._parts = parts

    @asynccontextmanager
    async def lifespan(self, app: Any) -> AsyncIterator[None]:
        """Holds them while the server runs."""
        token_file = self._write_development_tokens()
        async with asyncio.TaskGroup() as tasks:
            channel = tasks.create_task(self._parts.dialogue.run())
            announcement = tasks.create_task(self._announce())
            try:
                yield
            finally:
                announcement.cancel()
                channel.cancel()
                if token_file is not None:
                    token_file.unlink(missing_ok=True)

    async def _announce(self) -> None:
        """Prints the one address as soon as every part answers."""
        settings = self._settings
        async with httpx.AsyncClient(timeout=2, trust_env=False) as client:
            while True:
                actions = False
                with suppress(httpx.HTTPError):
                    actions = (await client.get(settings.dialogue.actions_health_url)).is_success
                if actions and self._parts.dialogue.connected:
                    break
                await asyncio.sleep(0.3)
        host = settings.server.host if settings.server.host != "127.0.0.1" else "localhost"
        print(f"\nHamdel is ready:  http://{host}:{settings.server.port}/\n", flush=True)

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


def _load_parts(settings: Settings) -> Parts:
    crisis.assess("")  # reads the lexicon now, so that a damaged one is found before anybody talks
    crisis.reply(1, "en", settings.conversation.country)
    return Parts(
        guard=crisis,
        phrases=Phrases.load(ROOT / "data" / "phrases.json"),
        speech=_load_speech(settings),
        voice_activity=load_voice_activity_model(),
        voice=load_voice(settings.voice.name),
        dialogue=DialogueClient(
            settings.dialogue.url,
            os.environ.get("HAMDEL_DIALOGUE_TOKEN") or None,
            timeout_s=settings.dialogue.timeout_s,
        ),
        session_log=SessionLog.open(settings.session_log.path or default_database_path()),
        threads=ThreadPoolExecutor(_VOICE_THREADS, thread_name_prefix="voice"),
    )


def _load_speech(settings: Settings) -> LocalSpeech:
    recogniser = settings.recogniser
    return LocalSpeech(
        transcriber.Transcriber.load(
            default_store().path(recogniser.model), threads=recogniser.threads, workers=recogniser.workers
        ),
        detector.SpeechEmotionDetector.load(),
        workers=recogniser.workers,
        queue=recogniser.queue,
        deadline_s=recogniser.deadline_s,
    )
