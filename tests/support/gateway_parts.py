"""The gateway's shell without models: real rules, phrases, voice detector, metrics and session log; the
recogniser, the dialogue engine and the voice are scripted. `served` runs an application on a real port."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import numpy as np
import uvicorn
from websockets.asyncio.client import connect

import crisis
from bot.commands import DialogueDone, DialogueMessage
from bot.feedback_learning import FeedbackLearning
from bot.gateway import server_config
from bot.listening_socket import listening_socket
from bot.metrics import Metrics
from bot.on_call_desk import open_on_call_desk
from bot.phrases import Phrases
from bot.server import create_app
from bot.settings import ROOT, ConversationSettings, ServerSettings, Settings
from bot.speech import Heard
from bot.talk_parts import Parts
from bot.talks import Talks
from bot.tokens import Claims, TokenIssuer
from bot.transcriber import Transcript
from bot.voice_activity import load_voice_activity_model
from on_call.settings import OnCallSettings
from session_log import SessionLog
from tts_voices import VoiceError

__all__ = [
    "RunningGateway",
    "ScriptedDialogue",
    "ScriptedSpeech",
    "ToneVoice",
    "gateway_parts",
    "running_gateway",
    "served",
    "until",
]


class ToneVoice:
    """Gives a constant tone at once; the texts "broken" and "late" fail before and after the first sound."""

    sample_rate_hz = 22_050
    languages = frozenset({"en", "fa"})

    def __init__(self, seconds=0.1, name="tone", level=1_000):
        self.seconds = seconds
        self.name = name
        self.level = level
        self.spoken = []
        self.closed = threading.Event()

    def speak(self, text, *, language, speed=1.0, style="plain", cancelled=None):
        self.spoken.append(text)
        if text == "broken":
            raise VoiceError("the voice is broken")
        try:
            for _ in range(int(self.seconds * 10)):
                if cancelled is not None and cancelled.is_set():
                    return
                yield np.full(2_205, self.level, dtype=np.int16)
                if text == "late":
                    raise VoiceError("the voice broke off")
        finally:
            self.closed.set()


class ScriptedSpeech:
    """Hears the same words in whatever it is given."""

    def __init__(self, text="I feel fine today."):
        self.text = text
        self.waiting = 0

    async def understand(self, samples, *, language, with_emotion):
        return Heard(Transcript(self.text, "en", 1.0, 0.9, 0.0, False, len(samples) // 16), None)

    def close(self):
        pass


class ScriptedDialogue:
    """Answers every turn with the same text."""

    def __init__(self, text="I see."):
        self.text = text
        self.connected = True
        self.asked = []
        self.told = []
        self.forgotten = []

    async def ask(self, sender, turn_id, text, metadata):
        self.asked.append(text)
        yield DialogueMessage(turn_id, self.text, None)
        yield DialogueDone(turn_id, "share", "en")

    async def tell(self, sender, turn_id, text, heard_text, question):
        self.told.append((text, heard_text, question))

    async def forget(self, sender):
        self.forgotten.append(sender)


@contextmanager
def gateway_parts(folder, **changes):
    """Parts for a gateway, with the session log in this folder; `changes` replace some."""
    log_path = folder / "session_log.sqlite"
    session_log = SessionLog.open(log_path)
    learning = FeedbackLearning(session_log)
    learning.load()
    parts = Parts(
        **{
            "guard": crisis,
            "phrases": Phrases.load(ROOT / "data" / "phrases.json"),
            "speech": ScriptedSpeech(),
            "voice_activity": load_voice_activity_model(),
            "voices": (ToneVoice(),),
            "dialogue": ScriptedDialogue(),
            "session_log": session_log,
            "on_call": open_on_call_desk(OnCallSettings(), {}, session_log, log_path),
            "threads": ThreadPoolExecutor(2),
            "metrics": Metrics(),
            "learning": learning,
            **changes,
        }
    )
    try:
        yield parts
    finally:
        parts.close()


@asynccontextmanager
async def served(app, *, handshake_s=5.0, **config):
    """Serves an application as the gateway does, on a free port of loopback, which it gives."""
    listener = listening_socket("127.0.0.1", 0)
    port = listener.getsockname()[1]
    configuration = server_config(app, Settings(server=ServerSettings(handshake_s=handshake_s)))
    configuration.timeout_graceful_shutdown = 1
    for name, value in config.items():
        setattr(configuration, name, value)
    server = uvicorn.Server(configuration)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    await until(lambda: server.started or task.done())
    try:
        yield port
    finally:
        server.should_exit = True
        await task


@dataclass
class RunningGateway:
    """A gateway on a real port.

    Attributes:
        port: on 127.0.0.1.
        issuer: of its tokens.
        talks: who is let in.
        parts: what the talks share.
    """

    port: int
    issuer: TokenIssuer
    talks: Talks
    parts: Parts

    @property
    def origin(self):
        """That of the gateway's own page."""
        return f"http://127.0.0.1:{self.port}"

    def token(self, **claims):
        """A fresh token."""
        return self.issuer.issue(Claims(**claims), lifetime_s=60)[0]

    def connect(self, token=None, *, query="", **options):
        """Opens a talk, as a program with a fresh token unless another one is given ("" for none)."""
        token = self.token() if token is None else token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        # With a bounded queue the client would not read the close frame behind events that nobody wants.
        options = {"additional_headers": headers, "proxy": None, "max_queue": None, **options}
        return connect(f"ws://127.0.0.1:{self.port}/v1/realtime{query}", **options)


@asynccontextmanager
async def running_gateway(folder, *, server=None, conversation=None, sections=None, **changes):
    """Runs a gateway with these settings (`sections`: others by name); `changes` replace some of its parts."""
    settings = Settings(
        server=ServerSettings(**(server or {})),
        conversation=ConversationSettings(**(conversation or {})),
        **(sections or {}),
    )
    issuer = TokenIssuer(b"s" * 32, "server-key")
    talks = Talks(most=settings.server.max_talks, most_per_token=settings.server.max_talks_per_token)
    with gateway_parts(folder, **changes) as parts:
        app = create_app(settings, issuer, talks, parts)
        async with served(
            app, ws_max_size=settings.server.max_message_bytes, ws_per_message_deflate=False
        ) as port:
            yield RunningGateway(port, issuer, talks, parts)


async def until(condition, timeout_s=5.0):
    """Waits for a condition, at most so long."""
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.005)
