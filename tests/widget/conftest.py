"""The real page in a real browser, against a scripted gateway at the edge of the network."""

from __future__ import annotations

import asyncio
import base64
import json
import math
import queue
import re
import socket
import struct
import threading
import time
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from chromium import running_chromium
from playwright.sync_api import Browser, Page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

WIDGET = Path(__file__).parents[2] / "widget"
AUDIO_FORMAT = dict(
    re.findall(r"export const (\w+) = (\d+);", (WIDGET / "audio-format.js").read_text(encoding="utf-8"))
)
SAMPLE_RATE_HZ = int(AUDIO_FORMAT["SAMPLE_RATE_HZ"])
FRAME_MS = int(AUDIO_FORMAT["FRAME_MS"])
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; connect-src 'self'; script-src 'self'; style-src 'self'; worker-src 'self'; "
    "media-src 'self' blob:"
)


def tone(seconds: float, *, rate_hz: int, frequency_hz: float = 330.0) -> bytes:
    """PCM16 mono of a steady tone."""
    count = int(seconds * rate_hz)
    samples = (int(9_000 * math.sin(2 * math.pi * frequency_hz * n / rate_hz)) for n in range(count))
    return struct.pack(f"<{count}h", *samples)


class ScriptedGateway:
    """Stands in for the server: serves the page, keeps what it sends, says what it is told."""

    def __init__(self, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self.token_status = 200
        self.token_requests: list[dict[str, Any]] = []
        self.token_origin: str | None = None
        self.takes_sockets = True
        self.refusal: tuple[dict[str, Any], int] | None = None
        self.silent = False
        self.serves_files = True
        self.lines: list[dict[str, str]] = []
        self.lines_of: dict[str, Any] = {}
        self.lines_asked: list[dict[str, str]] = []
        self.cut_connections: Callable[[], None] = lambda: None
        self.subprotocols: list[str] = []
        self.received: list[dict[str, Any]] = []
        self._outgoing: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._changed = threading.Condition()

    def routes(self) -> list[Any]:
        return [
            Route("/", self._index),
            Route("/v1/tokens", self._token, methods=["POST"]),
            Route("/v1/lines", self._lines),
            Route("/v1/consents", self._consents),
            WebSocketRoute("/v1/realtime", self._talk),
            Mount("/widget", self._file),
        ]

    async def _consents(self, request: Request) -> Response:
        return JSONResponse({"version": "1", "offered": self.offered})

    def reset(self) -> None:
        self.offered = ["talk", "emotion", "store_text", "store_audio", "share"]
        self.token_status = 200
        self.token_requests.clear()
        self.takes_sockets = True
        self.refusal = None
        self.silent = False
        self.serves_files = True
        self.lines = []
        self.lines_of = {}
        self.lines_asked = []
        self.received.clear()
        self._outgoing = queue.SimpleQueue()

    def send(self, *events: dict[str, Any]) -> None:
        """Sends events to the page, in order."""
        for event in events:
            self._outgoing.put(event)

    def refuse_talks(self, code: str, close_code: int, lines: list[dict[str, str]]) -> None:
        """Lets nobody in: an error with the emergency lines, then the close, as pages are told."""
        self.refusal = ({"type": "error", "error": {"code": code, "lines": lines}}, close_code)

    def let_talks_in(self) -> None:
        self.refusal = None
        self.takes_sockets = True

    def close(self, code: int) -> None:
        """Closes the socket after what was sent before."""
        self._outgoing.put(code)

    def types(self) -> list[str]:
        """Types of all events received, frames of the microphone left out."""
        return [event["type"] for event in self.of_other_type("input_audio_buffer.append")]

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in list(self.received) if event["type"] == kind]

    def of_other_type(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in list(self.received) if event["type"] != kind]

    def wait_for(self, kind: str, count: int = 1, timeout_s: float = 10.0) -> list[dict[str, Any]]:
        """Waits until so many events of a type have come, and gives them."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.of_type(kind)) >= count, timeout_s):
                raise AssertionError(f"{kind} did not come {count} times; there were {self.types()}")
        return self.of_type(kind)

    async def _lines(self, request: Request) -> Response:
        self.lines_asked.append(dict(request.query_params))
        country = request.query_params.get("country")
        if country is not None and country not in self.lines_of:
            return JSONResponse({"error": {}}, status_code=503)
        lines = self.lines if country is None else self.lines_of[country]
        return JSONResponse({"country": country, "lines": lines})

    async def _index(self, request: Request) -> Response:
        return FileResponse(WIDGET / "index.html")

    async def _file(self, scope: Any, receive: Any, send: Any) -> None:
        files = StaticFiles(directory=WIDGET) if self.serves_files else Response(status_code=503)
        await files(scope, receive, send)

    async def _token(self, request: Request) -> Response:
        self.token_requests.append(await request.json())
        self.token_origin = request.headers.get("origin")
        if self.token_status != 200:
            return JSONResponse({"error": {"code": "refused"}}, status_code=self.token_status)
        return JSONResponse({"value": "ek_scripted", "expires_at": int(time.time()) + 60})

    async def _talk(self, websocket: WebSocket) -> None:
        self.subprotocols = list(websocket.scope["subprotocols"])
        if not self.takes_sockets:
            await websocket.send_denial_response(JSONResponse({"error": {}}, status_code=429))
            return
        await websocket.accept(subprotocol="realtime")
        if self.refusal is not None:
            event, close_code = self.refusal
            await websocket.send_text(json.dumps(event))
            await websocket.close(close_code)
            return
        await websocket.send_text(json.dumps({"type": "session.created", "event_id": "e_1", "session": {}}))
        sender = asyncio.create_task(self._say(websocket))
        try:
            while True:
                event = json.loads(await websocket.receive_text())
                with self._changed:
                    self.received.append(event)
                    self._changed.notify_all()
                if event["type"] == "session.update" and not self.silent:
                    await websocket.send_text(json.dumps({"type": "session.updated", "session": {}}))
        except WebSocketDisconnect:
            pass
        finally:
            sender.cancel()

    async def _say(self, websocket: WebSocket) -> None:
        while True:
            try:
                message = self._outgoing.get_nowait()
            except queue.Empty:
                await asyncio.sleep(0.005)
                continue
            if isinstance(message, int):
                await websocket.close(message)
                return
            await websocket.send_text(json.dumps(message))


def with_policy(app: Any) -> Any:
    """Adds the gateway's content security policy to each response."""

    async def wrapped(scope: Any, receive: Any, send: Any) -> None:
        async def send_with_policy(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"].append((b"content-security-policy", CONTENT_SECURITY_POLICY.encode()))
            await send(message)

        await app(scope, receive, send_with_policy)

    return wrapped


@pytest.fixture(scope="session")
def running_gateway() -> Iterator[ScriptedGateway]:
    listener = socket.create_server(("127.0.0.1", 0))
    gateway = ScriptedGateway(listener.getsockname()[1])
    app = with_policy(Starlette(routes=gateway.routes()))
    config = uvicorn.Config(app, log_level="warning", ws="websockets-sansio", lifespan="off")
    server = uvicorn.Server(config)

    def cut_connections() -> None:
        for connection in list(server.server_state.connections):
            server.servers[0].get_loop().call_soon_threadsafe(connection.transport.abort)

    gateway.cut_connections = cut_connections
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield gateway
    server.should_exit = True
    server.force_exit = True
    thread.join(timeout=5)


@pytest.fixture
def scripted_gateway(running_gateway: ScriptedGateway) -> ScriptedGateway:
    running_gateway.reset()
    return running_gateway


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    recording = tmp_path_factory.mktemp("microphone") / "tone.wav"
    with wave.open(str(recording), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes(tone(3.0, rate_hz=48_000))
    microphone = ("--use-fake-device-for-media-stream", f"--use-file-for-fake-audio-capture={recording}")
    with running_chromium(*microphone) as browser:
        yield browser


class Watched:
    """A page of which everything is kept that must not happen."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.status = page.locator("#status")
        self.notice = page.locator("#notice")
        self._address = address
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("request", lambda request: self._on_request(request.url))
        page.on("websocket", lambda socket: self._on_request(socket.url.replace("ws:", "http:", 1)))

    def in_state(self, state: str) -> None:
        self.page.wait_for_selector(f'html[data-state="{state}"]', state="attached")

    def begin(self) -> None:
        """Agrees to the talk and presses the button."""
        self.page.check("#consent-talk")
        self.page.click("#talk-button")

    def type(self, text: str) -> None:
        self.page.fill("#text", text)
        self.page.press("#text", "Enter")

    def wait(self, seconds: float) -> None:
        """Lets time pass on a page that was opened with `clock=True`."""
        self.page.clock.fast_forward(int(seconds * 1000))

    def turns(self, role: str) -> Any:
        return self.page.locator(f".turn--{role}")

    def _on_console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    def _on_request(self, url: str) -> None:
        if not url.startswith(self._address):
            self.complaints.append(f"request to {url}")


OpenPage = Callable[..., Watched]


@pytest.fixture
def open_page(browser: Browser, scripted_gateway: ScriptedGateway) -> Iterator[OpenPage]:
    """Opens the page; `microphone=False` refuses it, `clock=True` lets tests pass time, others are of a context."""
    contexts = []

    def open_it(*, microphone: bool = True, clock: bool = False, **options: Any) -> Watched:
        context = browser.new_context(
            **{"viewport": {"width": 390, "height": 844}, "locale": "en-GB", **options}
        )
        contexts.append(context)
        if microphone:
            context.grant_permissions(["microphone"], origin=scripted_gateway.address)
        page = context.new_page()
        page.set_default_timeout(10_000)
        if clock:
            page.clock.install()
        watched = Watched(page, scripted_gateway.address)
        page.goto(scripted_gateway.address)
        page.wait_for_selector("html[data-ready]", state="attached")
        return watched

    yield open_it
    for context in contexts:
        context.close()


@pytest.fixture
def audio_format() -> tuple[int, int]:
    """Sample rate in Hz and length of a frame in ms, as the page has them."""
    return SAMPLE_RATE_HZ, FRAME_MS


@pytest.fixture
def script() -> type[Script]:
    return Script


class Script:
    """Server events in the order of a talk."""

    @staticmethod
    def user_turn(item_id: str, text: str, mood: str | None = None) -> list[dict[str, Any]]:
        heard = {
            "type": "conversation.item.input_audio_transcription.completed",
            "item_id": item_id,
            "content_index": 0,
            "transcript": text,
        }
        feeling = {
            "type": "hamdel.emotion",
            "item_id": item_id,
            "modality": "speech",
            "label": mood,
            "probabilities": {},
            "model": "scripted",
        }
        return [
            {"type": "input_audio_buffer.speech_started", "item_id": item_id, "audio_start_ms": 0},
            {"type": "input_audio_buffer.speech_stopped", "item_id": item_id, "audio_end_ms": 900},
            {"type": "input_audio_buffer.committed", "item_id": item_id, "previous_item_id": None},
            *([feeling] if mood is not None else []),
            heard,
        ]

    @staticmethod
    def reply_begins(item_id: str) -> list[dict[str, Any]]:
        item = {"id": item_id, "type": "message", "role": "assistant", "status": "in_progress", "content": []}
        return [
            {"type": "response.created", "response": {"id": f"resp_{item_id}", "status": "in_progress"}},
            {"type": "response.output_item.added", "response_id": f"resp_{item_id}", "item": item},
        ]

    @staticmethod
    def words(item_id: str, delta: str) -> dict[str, Any]:
        return {
            "type": "response.output_audio_transcript.delta",
            "response_id": f"resp_{item_id}",
            "item_id": item_id,
            "delta": delta,
        }

    @staticmethod
    def sound(item_id: str, seconds: float) -> dict[str, Any]:
        audio = base64.b64encode(tone(seconds, rate_hz=SAMPLE_RATE_HZ)).decode()
        return {
            "type": "response.output_audio.delta",
            "response_id": f"resp_{item_id}",
            "item_id": item_id,
            "delta": audio,
        }

    @staticmethod
    def reply_ends(item_id: str, text: str, status: str = "completed") -> list[dict[str, Any]]:
        content = [{"type": "output_audio", "transcript": text}]
        item = {
            "id": item_id,
            "type": "message",
            "role": "assistant",
            "status": "completed" if status == "completed" else "incomplete",
            "content": content,
        }
        response = {"id": f"resp_{item_id}", "status": status, "output": [item]}
        return [
            {"type": "response.output_audio.done", "response_id": f"resp_{item_id}", "item_id": item_id},
            {"type": "response.output_audio_transcript.done", "item_id": item_id, "transcript": text},
            {"type": "response.output_item.done", "response_id": f"resp_{item_id}", "item": item},
            {"type": "response.done", "response": response},
        ]

    @classmethod
    def reply(cls, item_id: str, text: str, seconds: float = 0.2) -> list[dict[str, Any]]:
        return [
            *cls.reply_begins(item_id),
            cls.words(item_id, text),
            cls.sound(item_id, seconds),
            *cls.reply_ends(item_id, text),
        ]


@pytest.fixture
def talking(open_page: Any) -> Any:
    """A page in a talk by voice, on which tests can let time pass."""
    watched = open_page(clock=True)
    watched.begin()
    watched.in_state("listening")
    return watched
