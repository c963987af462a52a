"""Holds the talks of an invented caseload with a running server, as a page would.

Each talk goes through recogniser, dialogue and session log like any other; typed turns are answered in
text, spoken ones are said by a voice of ours and sent in real time.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soxr
from websockets.asyncio.client import ClientConnection, connect

from tts_voices import Voice

__all__ = ["DemoTalk", "hold_talk", "load_caseload"]

_RATE_HZ = 24_000
_FRAME_SAMPLES = _RATE_HZ // 25
_SILENCE_S = 2.0
_ANSWER_S = 60.0
_TYPING_S = 3.0
_CHARACTERS_A_SECOND = 8.0


@dataclass(frozen=True, slots=True)
class DemoTalk:
    """One talk of an invented person.

    Attributes:
        days_ago: when it is said to have been.
        before, after: distress 0–10, None where it is not asked for.
        spoken: whether the turns are spoken.
    """

    person: str
    clinic: str
    language: str
    country: str
    consents: tuple[str, ...]
    days_ago: int
    turns: tuple[str, ...]
    before: int | None = None
    after: int | None = None
    spoken: bool = False


def load_caseload(path: Path) -> list[DemoTalk]:
    """Reads the caseload, the oldest talk first."""
    document = json.loads(path.read_text(encoding="utf-8"))
    talks = [
        DemoTalk(
            person=patient["person"],
            clinic=document["clinic"],
            language=patient["language"],
            country=patient["country"],
            consents=tuple(patient["consents"]),
            **{**talk, "turns": tuple(talk["turns"])},
        )
        for patient in document["patients"]
        for talk in patient["talks"]
    ]
    return sorted(talks, key=lambda talk: (-talk.days_ago, talk.person))


async def hold_talk(
    talk: DemoTalk, *, url: str, token: str, voice: Voice, pass_time: Callable[[float], None]
) -> None:
    """Holds one talk from its beginning to its end.

    Args:
        talk: what is said.
        url: of the talk's endpoint, ws://….
        token: of the person.
        voice: says the spoken turns.
        pass_time: lets the talk's clock run on for some seconds, while somebody reads and types.

    Raises:
        TimeoutError: where a turn is not answered.
    """
    headers = {"Authorization": f"Bearer {token}"}
    async with connect(url, additional_headers=headers, max_size=2**24, proxy=None) as socket:
        client = _Client(socket)
        modalities = ["audio"] if talk.spoken else ["text"]
        own = {"disclosure": "shown", "language": talk.language}
        session = {"type": "realtime", "output_modalities": modalities, "hamdel": own}
        await client.send(type="session.update", session=session)
        for scope in talk.consents:
            await client.send(type="hamdel.consent.set", scope=scope, granted=True, version="1")
        await client.until("session.updated")
        if talk.before is not None:
            await client.send(type="hamdel.distress.set", value=talk.before, moment="before")
        for turn in talk.turns:
            if talk.spoken:
                await client.say(turn, talk.language, voice)
            else:
                pass_time(_TYPING_S + len(turn) / _CHARACTERS_A_SECOND)
                reply = await client.type(turn)
                pass_time(len(reply) / _CHARACTERS_A_SECOND)
        if talk.after is not None:
            await client.send(type="hamdel.distress.set", value=talk.after, moment="after")


class _Client:
    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def send(self, **event: Any) -> None:
        await self._socket.send(json.dumps(event, ensure_ascii=False))

    async def until(self, *kinds: str) -> dict[str, Any]:
        async with asyncio.timeout(_ANSWER_S):
            while True:
                event: dict[str, Any] = json.loads(await self._socket.recv())
                if event["type"] in kinds:
                    return event

    async def type(self, text: str) -> str:
        content = [{"type": "input_text", "text": text}]
        await self.send(
            type="conversation.item.create", item={"type": "message", "role": "user", "content": content}
        )
        await self.send(type="response.create")
        return await self._answered()

    async def say(self, text: str, language: str, voice: Voice) -> None:
        for frame in await asyncio.to_thread(_frames, text, language, voice):
            encoded = base64.b64encode(frame).decode("ascii")
            await self.send(type="input_audio_buffer.append", audio=encoded)
            await asyncio.sleep(_FRAME_SAMPLES / _RATE_HZ)
        await self._answered()

    async def _answered(self) -> str:
        while True:
            response = (await self.until("response.done"))["response"]
            if response["status"] != "cancelled":
                parts = [part for item in response["output"] for part in item["content"]]
                return " ".join(part.get("transcript") or part.get("text") or "" for part in parts)


def _frames(text: str, language: str, voice: Voice) -> list[bytes]:
    """Frames of 40 ms of a spoken sentence, with the silence that ends a turn."""
    spoken = np.concatenate(list(voice.speak(text, language=language)))
    resampled = soxr.resample(spoken, voice.sample_rate_hz, _RATE_HZ)
    silence = np.zeros(int(_SILENCE_S * _RATE_HZ), dtype=np.int16)
    samples = np.concatenate((resampled.astype(np.int16), silence))
    return [
        samples[start : start + _FRAME_SAMPLES].astype("<i2").tobytes()
        for start in range(0, len(samples), _FRAME_SAMPLES)
    ]
