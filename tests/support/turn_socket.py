"""A client of the dialogue channel, for tests: asks a turn and reads its frames."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import websockets

TOKEN = "only-for-this-test-run"


def connect(server: Any, token: str | None = TOKEN, **headers: str) -> Any:
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    return websockets.connect(server.url.replace("http", "ws") + "/hamdel/turns", extra_headers=headers)


async def read_turn(socket: Any, turn_id: str) -> list[dict[str, Any]]:
    frames = []
    while True:
        frame = json.loads(await asyncio.wait_for(socket.recv(), 30))
        if frame.get("turn_id") != turn_id:
            continue
        frames.append(frame)
        if frame["type"] != "message":
            return frames


async def ask(socket: Any, sender: str, turn_id: str, text: str, **metadata: Any) -> list[dict[str, Any]]:
    turn = {"type": "turn", "turn_id": turn_id, "sender": sender, "text": text, "metadata": metadata}
    await socket.send(json.dumps(turn))
    return await read_turn(socket, turn_id)


def names_of(frames: list[dict[str, Any]]) -> list[str | None]:
    return [frame["name"] for frame in frames if frame["type"] == "message"]
