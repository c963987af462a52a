"""The gateway's end of the dialogue channel: one websocket to Rasa, all talks over it.

Turn ids make it safe to send a turn again: the channel replays what it has answered already, and what has
been passed on is not passed on twice.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from bot.commands import DialogueFailed, DialogueMessage
from bot.dialogue_frames import Answer, DialogueAnswer, DialogueFrameError, Forgotten, Noted, read_answer

__all__ = ["DialogueClient"]

logger = logging.getLogger(__name__)

_RETRY_S = 0.5
_LONGEST_RETRY_S = 5.0
_AGAIN_AFTER_S = 0.5
_MOST_UNFORGOTTEN = 10_000
_MOST_UNTOLD = 10_000


@dataclass(slots=True)
class _Asked:
    """A turn whose answer is awaited; `passed_on` counts the pieces that the talk has."""

    number: int
    frame: str
    answers: asyncio.Queue[Answer] = field(default_factory=asyncio.Queue)
    passed_on: int = 0
    sent_again: bool = False


@dataclass(frozen=True, slots=True)
class _Told:
    """What was heard of an answer, not known to have arrived."""

    number: int
    sender: str
    frame: str


class DialogueClient:
    """Keeps the connection and hands each answer to the turn that asked.

    Args:
        url: websocket address of the channel.
        token: its secret, or None on loopback without one.
        timeout_s: longest silence between a turn and the next piece of its answer, a break of the
            connection included.
        reconnect_s: how long a turn waits for a channel that is not open.
    """

    def __init__(self, url: str, token: str | None, *, timeout_s: float, reconnect_s: float = 3.0) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._timeout_s = timeout_s
        self._reconnect_s = reconnect_s
        self._socket: ClientConnection | None = None
        self._open = asyncio.Event()
        self._needed = asyncio.Event()
        self._asked: dict[str, _Asked] = {}
        self._untold: dict[str, _Told] = {}
        self._unforgotten: dict[str, None] = {}
        self._numbers = itertools.count()

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
                    wait_s = _RETRY_S
                    logger.info("dialogue channel open")
                    await self._catch_up(socket)
                    await self._read(socket)
            except (OSError, InvalidHandshake, InvalidURI, ConnectionClosed, TimeoutError) as error:
                logger.debug("dialogue channel: %s", type(error).__name__)
            finally:
                if self._socket is not None:
                    logger.warning("dialogue channel closed")
                self._socket = None
                self._open.clear()
            with suppress(TimeoutError):  # a turn that needs it does not wait for the next try
                async with asyncio.timeout(wait_s):
                    await self._needed.wait()
            self._needed.clear()
            wait_s = min(wait_s * 2, _LONGEST_RETRY_S)

    async def ask(
        self, sender: str, turn_id: str, text: str, metadata: Mapping[str, Any]
    ) -> AsyncIterator[DialogueAnswer]:
        """Sends a turn and yields its answer, which ends with DialogueDone or DialogueFailed.

        A turn under way when the channel breaks is sent again when it is back, and one that the dialogue
        engine could not answer is sent once more.
        """
        key = _key(sender, turn_id, text)
        turn = {"type": "turn", "turn_id": key, "sender": sender, "text": text, "metadata": dict(metadata)}
        asked = self._asked[key] = _Asked(next(self._numbers), json.dumps(turn, ensure_ascii=False))
        try:
            await self._send_when_open(asked)
            while True:
                answer = await self._next(asked)
                yield replace(answer.content, turn_id=turn_id)
                if not isinstance(answer.content, DialogueMessage):
                    return
        except TimeoutError:
            logger.warning("dialogue engine gave no answer in time")
            yield DialogueFailed(turn_id)
        finally:
            if self._asked.get(key) is asked:
                del self._asked[key]

    async def tell(self, sender: str, turn_id: str, text: str, heard_text: str, question: str) -> None:
        """Says what was heard of the answer to a turn; where the channel is broken, when it is back.

        It arrives behind the turns that were asked before and before those that are asked later.
        """
        key = _key(sender, turn_id, text)
        told = {"type": "heard", "sender": sender, "turn_id": key, "text": heard_text, "question": question}
        frame = json.dumps(told, ensure_ascii=False)
        self._untold.pop(key, None)
        self._untold[key] = _Told(next(self._numbers), sender, frame)
        if len(self._untold) > _MOST_UNTOLD:
            del self._untold[next(iter(self._untold))]
        if self._socket is not None:
            with suppress(ConnectionClosed, TimeoutError):
                async with asyncio.timeout(self._reconnect_s):
                    await self._socket.send(frame)

    async def forget(self, sender: str) -> None:
        """Has the dialogue engine delete what it knows of a talk; where it is away, when it is back."""
        for key in [key for key, told in self._untold.items() if told.sender == sender]:
            del self._untold[key]
        self._unforgotten[sender] = None
        if len(self._unforgotten) > _MOST_UNFORGOTTEN:  # away for long, it has forgotten them by itself
            del self._unforgotten[next(iter(self._unforgotten))]
        if self._socket is not None:
            with suppress(ConnectionClosed, TimeoutError):
                async with asyncio.timeout(self._reconnect_s):
                    await self._send_forget(self._socket, sender)

    async def _send_when_open(self, asked: _Asked) -> None:
        if self._socket is None:  # `run` sends it when the channel is open
            self._needed.set()
            async with asyncio.timeout(self._reconnect_s):
                await self._open.wait()
            return
        with suppress(ConnectionClosed):  # `run` notices too, and sends it again
            async with asyncio.timeout(self._reconnect_s):
                await self._socket.send(asked.frame)

    async def _next(self, asked: _Asked) -> Answer:
        async with asyncio.timeout(self._timeout_s):
            while True:
                answer = await asked.answers.get()
                if isinstance(answer.content, DialogueFailed):
                    if answer.again and not asked.sent_again:
                        asked.sent_again = True
                        await asyncio.sleep(_AGAIN_AFTER_S)
                        await self._send_when_open(asked)
                        continue
                    return answer
                if answer.seq >= asked.passed_on:
                    asked.passed_on = answer.seq + 1
                    return answer

    def _connect(self) -> connect:
        # A proxy of the environment must never see the words of a talk.
        return connect(self._url, additional_headers=self._headers, max_size=2**22, proxy=None)

    async def _catch_up(self, socket: ClientConnection) -> None:
        for sender in tuple(self._unforgotten):
            await self._send_forget(socket, sender)
        waiting: list[_Asked | _Told] = [*self._asked.values(), *self._untold.values()]
        self._socket = socket
        self._open.set()
        for piece in sorted(waiting, key=lambda piece: piece.number):
            await socket.send(piece.frame)

    async def _send_forget(self, socket: ClientConnection, sender: str) -> None:
        await socket.send(json.dumps({"type": "forget", "sender": sender}))

    async def _read(self, socket: ClientConnection) -> None:
        async for text in socket:
            try:
                answer = read_answer(text)
            except DialogueFrameError as error:
                logger.error("dialogue engine sent a frame that can't be used")
                if error.key is None:
                    continue
                answer = Answer(error.key, 0, DialogueFailed(error.key))
            if isinstance(answer, Forgotten):
                self._unforgotten.pop(answer.sender, None)
                continue
            if isinstance(answer, Noted):
                self._untold.pop(answer.key, None)
                continue
            asked = self._asked.get(answer.key) if answer is not None else None
            if answer is None or asked is None:
                continue
            if isinstance(answer.content, DialogueFailed):
                logger.warning("dialogue engine could not answer a turn")
            asked.answers.put_nowait(answer)


def _key(sender: str, turn_id: str, text: str) -> str:
    # Clients choose item ids, also anew for other words and with characters that the channel refuses.
    return f"{sender}/{sha256(f'{turn_id} {text}'.encode()).hexdigest()[:32]}"
