"""The gateway's end of the dialogue channel: one websocket to Rasa, all talks over it."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from bot.commands import DialogueDone, DialogueFailed, DialogueMessage

__all__ = ["DialogueAnswer", "DialogueClient"]

logger = logging.getLogger(__name__)

DialogueAnswer = DialogueMessage | DialogueDone | DialogueFailed

_RETRY_S = 0.5
_LONGEST_RETRY_S = 5.0


class DialogueClient:
    """Keeps the connection and hands each answer to the turn that asked.

    Args:
        url: websocket address of the channel.
        token: its secret, or None on loopback without one.
        timeout_s: longest silence between a turn and the next piece of its answer.
    """

    def __init__(self, url: str, token: str | None, *, timeout_s: float) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._timeout_s = timeout_s
        self._socket: ClientConnection | None = None
        self._answers: dict[str, asyncio.Queue[DialogueAnswer]] = {}
        self._unforgotten: set[str] = set()

    @property
    def connected(self) -> bool:
        """Whether the channel is open."""
        return self._socket is not None

    async def run(self) -> None:
        """Keeps the channel open until cancelled, reconnecting as often as needed."""
        wait_s = _RETRY_S
        while True:
            try:
                async with self._connect() as socket:
                    self._socket = socket
                    wait_s = _RETRY_S
                    logger.info("dialogue channel open")
                    for sender in tuple(self._unforgotten):
                        await self._send_forget(socket, sender)
                    await self._read(socket)
            except (OSError, InvalidHandshake, InvalidURI, ConnectionClosed, TimeoutError) as error:
                logger.debug("dialogue channel: %s", type(error).__name__)
            finally:
                self._socket = None
                self._fail_all()
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, _LONGEST_RETRY_S)

    async def ask(
        self, sender: str, turn_id: str, text: str, metadata: Mapping[str, Any]
    ) -> AsyncIterator[DialogueAnswer]:
        """Sends a turn and yields its answer, which ends with DialogueDone or DialogueFailed.

        A turn that is sent again after a break is not answered twice: the channel knows its id.
        """
        key = f"{sender}/{turn_id}"
        queue = self._answers[key] = asyncio.Queue()
        turn = {"type": "turn", "turn_id": key, "sender": sender, "text": text, "metadata": dict(metadata)}
        try:
            if self._socket is None:
                yield DialogueFailed(turn_id)
                return
            with suppress(ConnectionClosed):  # `run` notices too, and fails this turn
                await self._socket.send(json.dumps(turn, ensure_ascii=False))
            while True:
                async with asyncio.timeout(self._timeout_s):
                    answer = await queue.get()
                yield replace(answer, turn_id=turn_id)
                if not isinstance(answer, DialogueMessage):
                    return
        except TimeoutError:
            logger.warning("dialogue engine gave no answer within %s s", self._timeout_s)
            yield DialogueFailed(turn_id)
        finally:
            del self._answers[key]

    async def forget(self, sender: str) -> None:
        """Has the dialogue engine delete what it knows of a talk; where it is away, when it is back."""
        self._unforgotten.add(sender)
        if self._socket is not None:
            with suppress(ConnectionClosed):
                await self._send_forget(self._socket, sender)

    def _connect(self) -> connect:
        # A proxy of the environment must never see the words of a talk.
        return connect(self._url, additional_headers=self._headers, max_size=2**22, proxy=None)

    async def _send_forget(self, socket: ClientConnection, sender: str) -> None:
        await socket.send(json.dumps({"type": "forget", "sender": sender}))
        self._unforgotten.discard(sender)

    async def _read(self, socket: ClientConnection) -> None:
        async for text in socket:
            try:
                frame = json.loads(text)
                key = frame.get("turn_id") or ""
            except (ValueError, AttributeError):
                logger.warning("dialogue engine sent a frame that is no JSON object")
                continue
            queue = self._answers.get(key)
            if queue is None:
                continue
            match frame.get("type"):
                case "message":
                    queue.put_nowait(DialogueMessage(key, frame.get("text"), frame.get("custom")))
                case "done":
                    intent = (frame.get("intent") or {}).get("name")
                    crisis = bool(frame.get("crisis"))
                    queue.put_nowait(DialogueDone(key, intent, frame.get("language"), crisis))
                case "error":
                    logger.warning("dialogue engine refused a turn: %s", frame.get("code"))
                    queue.put_nowait(DialogueFailed(key))

    def _fail_all(self) -> None:
        for key, queue in self._answers.items():
            queue.put_nowait(DialogueFailed(key))
