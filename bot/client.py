"""A client of our own server: plays recordings into a talk in real time and gathers the answers."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from bot.audio_encoding import ENCODINGS, PCM16, SAMPLE_RATE_HZ, AudioEncoding, SoundDecoder, SoundEncoder
from bot.settings import load_settings, runtime_dir

__all__ = ["ClientError", "TalkClient", "TurnResult", "open_talk", "read_recording"]

_FRAME_MS = 40
_FRAME_SAMPLES = SAMPLE_RATE_HZ * _FRAME_MS // 1000
_NO_SPEECH_S = 4.0
_NO_REPLY_S = 2.0
_LONGEST_REPLY_S = 120.0


class ClientError(Exception):
    """No talk can be held; the message says what to do."""


@dataclass
class TurnResult:
    """One turn as the client saw it.

    Attributes:
        sent_at: loop time at which each frame of 40 ms was sent, in seconds.
        first_audio_at: loop time at which the last reply's first sound came, or None.
        turn_ended_at: loop time at which the server said that the (last) turn had ended, or None.
        cut_ins: replies that the recording itself talked over, because a pause was taken for the end.
        reply_audio: (n,), at the session's rate.
        server_latency: the milliseconds of `hamdel.latency`.
        events: types of all events, in order.
    """

    transcript: str = ""
    language: str | None = None
    emotion: dict[str, Any] | None = None
    intent: str | None = None
    suggestions: list[dict[str, Any]] = field(default_factory=list)
    choices: list[dict[str, Any]] = field(default_factory=list)
    crisis: dict[str, Any] | None = None
    handoff: dict[str, Any] | None = None
    reply_text: str = ""
    reply_status: str | None = None
    reply_audio: NDArray[np.int16] = field(default_factory=lambda: np.zeros(0, dtype=np.int16))
    server_latency: dict[str, int] = field(default_factory=dict)
    first_audio_at: float | None = None
    turn_ended_at: float | None = None
    cut_ins: int = 0
    sent_at: list[float] = field(default_factory=list)
    events: list[str] = field(default_factory=list)

    def time_of(self, audio_ms: float) -> float:
        """Loop time at which this position of the recording had been sent, in seconds."""
        frame = min(int(audio_ms // _FRAME_MS), len(self.sent_at) - 1)
        return self.sent_at[max(frame, 0)] + (audio_ms % _FRAME_MS) / 1000

    def after_ms(self, moment: float | None, audio_ms: float) -> float | None:
        """Milliseconds from a position of the recording to a moment (loop time in seconds)."""
        return None if moment is None else (moment - self.time_of(audio_ms)) * 1000


def read_recording(path: Path) -> NDArray[np.int16]:
    """Reads a recording of any format that libsndfile knows as mono (n,) at the session's rate.

    Raises:
        ClientError: for a file that is missing, empty or no audio.
    """
    if not path.is_file():
        raise ClientError(f"{path} does not exist.")
    try:
        samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, soundfile.LibsndfileError) as error:
        raise ClientError(f"{path} can't be read as audio.") from error
    if len(samples) == 0:
        raise ClientError(f"{path} holds no audio.")
    mono = soxr.resample(samples.mean(axis=1), rate_hz, SAMPLE_RATE_HZ)
    converted: NDArray[np.int16] = (np.clip(mono, -1, 1) * 32767).astype(np.int16)
    return converted


@asynccontextmanager
async def open_talk(
    *,
    url: str | None = None,
    token: str | None = None,
    purpose: str = "therapy",
    language: str = "auto",
    consents: Sequence[str] = ("talk", "emotion"),
    patience_ms: int | None = None,
    audio_format: str = PCM16.name,
    binary: bool = False,
) -> AsyncIterator[TalkClient]:
    """Opens a talk with a running server.

    Args:
        url: base address such as ws://127.0.0.1:8300/v1; by default the server of `endpoints.yml` on
            this machine, with its development token.
        token: for another address than the default.
        purpose: "therapy" or "service".
        language: "en", "fa" or "auto".
        consents: scopes to grant.
        patience_ms: silence that ends a turn; None leaves it to the server.
        audio_format: how the sound travels, both ways: "audio/pcm", "audio/pcmu" or "audio/pcma".
        binary: whether recordings are sent in binary frames.

    Raises:
        ClientError: when there is no server, or it refuses.
    """
    local = url is None
    if url is None or token is None:
        url, token = _development_access(purpose)
    try:
        async with connect(
            f"{url}/realtime",
            additional_headers={"Authorization": f"Bearer {token}"},
            max_size=2**24,
            proxy=None if local else True,
            open_timeout=10,
        ) as socket:
            client = TalkClient(socket, encoding=ENCODINGS[audio_format], binary=binary)
            reader = asyncio.create_task(client.read())
            try:
                await client.begin(language, consents, patience_ms)
                yield client
            finally:
                reader.cancel()
                await asyncio.gather(reader, return_exceptions=True)
    except InvalidHandshake as error:
        raise ClientError(f"The server at {url} refused the talk: {error}.") from error
    except (OSError, TimeoutError) as error:
        raise ClientError(f"No server answers at {url}; start one with `make serve`.") from error


class TalkClient:
    """One talk, from the client's side.

    Args:
        socket: open.
        encoding: how the sound travels, both ways.
        binary: whether it is sent in binary frames.
    """

    def __init__(
        self, socket: ClientConnection, *, encoding: AudioEncoding = PCM16, binary: bool = False
    ) -> None:
        self._socket = socket
        self._encoding = encoding
        self._binary = binary
        self._turn = TurnResult()
        self._updated = asyncio.Event()
        self._refusal: str | None = None
        self._audio: list[bytes] = []

    async def begin(self, language: str, consents: Sequence[str], patience_ms: int | None) -> None:
        """Negotiates the session."""
        detection: dict[str, Any] = {"type": "server_vad"}
        if patience_ms is not None:
            detection["silence_duration_ms"] = patience_ms
        for scope in consents:
            await self._send({"type": "hamdel.consent.set", "scope": scope, "granted": True, "version": "1"})
        await self._send(
            {
                "type": "session.update",
                "session": {
                    "type": "realtime",
                    "audio": {
                        "input": {
                            "format": {"type": self._encoding.name},
                            "transcription": {"language": language},
                            "turn_detection": detection,
                        },
                        "output": {"format": {"type": self._encoding.name}},
                    },
                    "hamdel": {"binary": self._binary, "disclosure": "shown", "language": language},
                },
            }
        )
        async with asyncio.timeout(10):
            await self._updated.wait()
        if self._refusal is not None:
            raise ClientError(f"The server refused: {self._refusal}")

    async def play(self, samples: NDArray[np.int16], *, until: str = "reply") -> TurnResult:
        """Plays a recording in real time, then silence until the answer is complete.

        Args:
            samples: (n,), at the session's rate.
            until: "reply" waits for the whole answer; "first_audio" cancels it at its first sound.
        """
        turn = self._turn = TurnResult()
        self._audio = []
        encoder = SoundEncoder(self._encoding)
        loop = asyncio.get_running_loop()
        start = loop.time()
        frames = -(-len(samples) // _FRAME_SAMPLES)
        over_at = start + frames * _FRAME_MS / 1000
        index = 0
        while index < frames or not self._complete(turn, until, loop.time() - over_at):
            piece = samples[index * _FRAME_SAMPLES : (index + 1) * _FRAME_SAMPLES]
            frame = np.zeros(_FRAME_SAMPLES, dtype="<i2")
            frame[: len(piece)] = piece
            # A microphone gives a frame when its last sample has been spoken.
            await asyncio.sleep(max(0.0, start + (index + 1) * _FRAME_MS / 1000 - loop.time()))
            turn.sent_at.append(loop.time() - _FRAME_MS / 1000)
            await self._send_audio(encoder.encode(frame.tobytes()))
            index += 1
        if until == "first_audio" and turn.reply_status is None and turn.first_audio_at is not None:
            await self._send({"type": "response.cancel"})
        turn.reply_audio = SoundDecoder(self._encoding, SAMPLE_RATE_HZ).decode(
            b"".join(self._audio), last=True
        )
        return turn

    async def read(self) -> None:
        """Takes server events until the socket closes."""
        try:
            async for text in self._socket:
                self._take(json.loads(text))
        except ConnectionClosed:
            return

    def _complete(self, turn: TurnResult, until: str, over_s: float) -> bool:
        if turn.reply_status is not None or over_s > _LONGEST_REPLY_S:
            return True
        if until == "first_audio" and turn.first_audio_at is not None:
            return True
        if "response.created" in turn.events:
            return turn.cut_ins > 0 and over_s > _NO_SPEECH_S and turn.first_audio_at is None
        if "conversation.item.input_audio_transcription.completed" in turn.events:
            return over_s > _NO_REPLY_S and not turn.transcript
        return over_s > _NO_SPEECH_S and "input_audio_buffer.speech_started" not in turn.events

    def _take(self, event: dict[str, Any]) -> None:
        turn = self._turn
        now = asyncio.get_running_loop().time()
        turn.events.append(event["type"])
        match event["type"]:
            case "session.updated":
                self._updated.set()
            case "error":
                self._refusal = event["error"]["message"]
            case "input_audio_buffer.speech_stopped":
                turn.turn_ended_at = now
            case "conversation.item.input_audio_transcription.completed":
                turn.transcript = f"{turn.transcript} {event['transcript']}".strip()
            case "hamdel.emotion":
                turn.emotion = {key: event[key] for key in ("label", "probabilities", "model")}
            case "hamdel.intent":
                turn.intent, turn.language = event["intent"], event["language"]
            case "hamdel.suggestions":
                turn.suggestions = event["items"]
            case "hamdel.choices":
                turn.choices = event["items"]
            case "hamdel.crisis":
                turn.crisis = event
            case "hamdel.handoff":
                turn.handoff = {key: event[key] for key in ("queue", "reason", "reached")}
            case "hamdel.latency":
                turn.server_latency = {key: value for key, value in event.items() if isinstance(value, int)}
            case "response.output_audio.delta":
                if turn.first_audio_at is None:
                    turn.first_audio_at = now
                self._audio.append(base64.b64decode(event["delta"]))
            case "response.output_audio_transcript.done":
                turn.reply_text = event["transcript"]
            case "response.done":
                status = event["response"]["status"]
                turn.reply_status = status if status != "cancelled" else None
                if status == "cancelled":  # the recording went on: a later reply answers it
                    turn.cut_ins += 1
                    turn.first_audio_at = None
                    self._audio.clear()

    async def _send_audio(self, audio: bytes) -> None:
        if self._binary:
            await self._send(audio)
        else:
            encoded = base64.b64encode(audio).decode("ascii")
            await self._send({"type": "input_audio_buffer.append", "audio": encoded})

    async def _send(self, message: dict[str, Any] | bytes) -> None:
        try:
            await self._socket.send(
                message if isinstance(message, bytes) else json.dumps(message, ensure_ascii=False)
            )
        except ConnectionClosed as error:
            raise ClientError("The server closed the talk.") from error


def _development_access(purpose: str) -> tuple[str, str]:
    path = runtime_dir() / f"development-{load_settings().server.port}.json"
    try:
        access = json.loads(path.read_text())
        return access["url"], access["tokens"][purpose]
    except FileNotFoundError as error:
        raise ClientError("No server runs on this machine; start one with `make serve`.") from error
    except (ValueError, KeyError) as error:
        raise ClientError(f"{path} can't be read; restart the server with `make serve`.") from error
