"""One talk: the thin shell that gives the conversation core a clock and a websocket (`performing`: the rest).

A talk is held by whoever called `run`, until it is over; its websocket may break meanwhile, and another
one take its place.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import NoReturn

from bot import protocol as p
from bot.client_socket import CLOSE_WITHIN_S, ClientSocket, SocketOverError
from bot.conversation import Conversation
from bot.outgoing import Outgoing, TooSlowError
from bot.performing import Performing
from bot.protocol import AudioAppend, ProtocolError, decode_audio, decode_frame, parse_client_event
from bot.talk_parts import Parts

__all__ = ["Talk"]

_CHARACTERS_OF_AN_EVENT = 100
_MOST_EVENTS = 200  # that one message counts for, however long it is
_SHORTEST_AUDIO_MS = 5  # what is shorter counts as part of an event
_TICK_S = 1.0
_UNDECIDED_S = 10.0
"""A talk that has done nothing for so long is one of its own: no older one goes on in its place any more."""
_CHANGE_NOTHING = (p.Ping, p.Playback, p.ItemRetrieve, p.SessionUpdate)


class Talk:
    """Holds one conversation over a websocket, and over another when that breaks.

    Until its client does something of its own, a talk leaves no trace in the session log: its websocket may
    be there only to go on with an older one.

    Args:
        conversation: the rules.
        talk_id: name of the talk for the dialogue engine.
        parts: shared models and connections.
        patience_ms: silence that ends a turn, until the session says otherwise.
        resume: gives this talk's websocket to the older talk that the event names; False where there is none.
        admit: called before the talk does anything; False where there is no place for it.
    """

    def __init__(
        self,
        conversation: Conversation,
        talk_id: str,
        parts: Parts,
        *,
        patience_ms: int,
        resume: Callable[[p.Resume, ClientSocket], bool],
        admit: Callable[[], bool],
    ) -> None:
        self._conversation = conversation
        self._talk_id = talk_id
        self._parts = parts
        self._outgoing = Outgoing()
        self._performing = Performing(
            conversation, talk_id, parts, outgoing=self._outgoing, patience_ms=patience_ms
        )
        self._resume = resume
        self._admit = admit
        self._undecided_until_s = time.monotonic() + _UNDECIDED_S
        self._socket: ClientSocket | None = None
        self._receiver: asyncio.Task[None]
        self._sender: asyncio.Task[None]
        self._tasks: asyncio.TaskGroup

    async def run(self, socket: ClientSocket) -> None:
        """Holds the talk until the client leaves for good or the core closes it."""
        reason = "failed"
        try:
            async with asyncio.TaskGroup() as self._tasks:
                self._performing.start(self._tasks)
                self._attach(socket)
                await self._tick()
        except* (_TalkOverError, TooSlowError) as over:
            reason = _reason(over)
        finally:
            running = asyncio.current_task()
            if reason == "failed" and running is not None and running.cancelling():
                reason = "server_stopped"
            self._performing.over = True
            if self._socket is not None:
                self._socket.over.set()
            if reason != _NO_TALK:
                self._performing.remember_end(reason)
                await self._parts.dialogue.forget(self._talk_id)

    @property
    def talk_id(self) -> str:
        """Its name in the session log and for the dialogue engine."""
        return self._talk_id

    @property
    def granted(self) -> frozenset[str]:
        """The consents in force."""
        return self._conversation.granted

    def set_consent(self, scope: str, granted: bool, version: str) -> None:
        """The person granted or revoked a scope elsewhere, which holds from now on."""
        if not self._performing.over:
            now_ms = self._performing.now_ms()
            self._performing.perform(self._conversation.set_consent(scope, granted, version, now_ms))

    def is_waiting(self) -> bool:
        """Whether the client's websocket broke, and it may come back."""
        return self._socket is None and self.is_resumable()

    def is_resumable(self) -> bool:
        """Whether a client can go on with this talk over another websocket."""
        return not self._performing.over and self._performing.closing is None and self._conversation.resumable

    def go_on(self, event: p.Resume, socket: ClientSocket) -> bool:
        """Goes on over another websocket, behind the last event that the client has seen.

        Returns:
            False where the event does not fit to this talk; then nothing has changed.
        """
        fits = self.is_resumable() and self._conversation.accepts(event.token, self._performing.now_ms())
        if not fits or socket is self._socket or not self._outgoing.reaches(event.last_event_seq):
            return False
        if not self._begin():
            return False
        older = self._socket
        reading = (self._receiver, self._sender)
        try:
            self._attach(socket)
        except RuntimeError:  # its tasks are just coming to their end
            return False
        self._outgoing.attach(event.last_event_seq)
        if older is not None:
            for task in reading:
                task.cancel()  # at once: neither takes or sends anything more
            self._tasks.create_task(older.dismiss())
        self._parts.metrics.talk_resumed()
        self._performing.perform(self._conversation.regain(self._performing.now_ms()))
        return True

    def restart(self) -> None:
        """The server is about to stop: the talk ends at its next gap."""
        self._performing.perform(self._conversation.restart(self._performing.now_ms()))

    # One direction: from the client to the core --------------------------------------------------

    def _attach(self, socket: ClientSocket) -> None:
        receiving = self._receive(socket)
        try:
            self._receiver = self._tasks.create_task(receiving)
        except RuntimeError:
            receiving.close()
            raise
        self._sender = self._tasks.create_task(self._send(socket))
        self._socket = socket

    async def _receive(self, socket: ClientSocket) -> None:
        try:
            while True:
                await socket.keep_pace(await self._take(await socket.receive(), socket))
        except SocketOverError as over:
            self._lose(socket, over)

    async def _take(self, message: str | bytes, socket: ClientSocket) -> float:
        """Takes a message; gives the number of events that it counts for."""
        receiving = self._performing.receiving
        try:
            if isinstance(message, bytes):
                frame = decode_frame(message, receiving.encoding, negotiated=receiving.binary_frames)
                return await self._take_audio(frame)
            event = parse_client_event(message)
            self._decide(event, socket)
            if isinstance(event, AudioAppend):
                return await self._take_audio(decode_audio(event, receiving.encoding))
            self._performing.perform(self._conversation.receive(event, self._performing.now_ms()))
        except ProtocolError as error:
            self._refuse(error)
            return 1.0
        # A long text takes the crisis guard longer, and the event loop belongs to all talks.
        return min(_MOST_EVENTS, 1 + len(message) / _CHARACTERS_OF_AN_EVENT)

    async def _take_audio(self, audio: bytes) -> float:
        if not self._begin():
            raise _TalkOverError(_NO_TALK)
        shortest = self._performing.receiving.encoding.bytes_of(_SHORTEST_AUDIO_MS)
        await self._listen(audio)
        return max(0.0, 1 - len(audio) / shortest)

    def _decide(self, event: p.ClientEvent, socket: ClientSocket) -> None:
        """Finds out whether this talk is one of its own, or goes on with an older one."""
        if self._performing.records or isinstance(event, _CHANGE_NOTHING):
            return
        if isinstance(event, p.Resume) and self._resume(event, socket):
            self._socket = None  # it belongs to the older one
            raise _TalkOverError(_NO_TALK)
        if not self._begin():
            raise _TalkOverError(_NO_TALK)

    def _begin(self) -> bool:
        """From now on the talk is one of its own; False where there is no place for it."""
        if not self._performing.records:
            if not self._admit():
                return False
            self._performing.record_what_waits()
        return True

    def _lose(self, socket: ClientSocket, over: SocketOverError) -> None:
        socket.over.set()
        if self._performing.closing is not None:
            raise _TalkOverError(self._performing.closing.reason)
        if not (over.broken and self._conversation.resumable):
            raise _TalkOverError(over.reason)
        if not self._begin():
            raise _TalkOverError(_NO_TALK)
        self._sender.cancel()
        self._socket = None
        self._outgoing.detach()
        self._performing.perform(self._conversation.lose(self._performing.now_ms()))

    async def _listen(self, audio: bytes) -> None:
        # When another websocket takes the place of this one, what has come is heard to its end.
        await asyncio.shield(self._tasks.create_task(self._performing.hear(audio)))

    def _refuse(self, error: ProtocolError) -> None:
        self._performing.perform(self._conversation.refuse(error, self._performing.now_ms()))

    async def _tick(self) -> NoReturn:
        while True:
            await asyncio.sleep(_TICK_S)
            now_s = time.monotonic()
            self._outgoing.trim(now_s)
            if now_s >= self._undecided_until_s and not self._begin():
                raise _TalkOverError(_NO_TALK)
            self._performing.perform(self._conversation.tick(self._performing.now_ms()))
            self._give_up()

    def _give_up(self) -> None:
        """Ends a talk that is to be closed: a client that does not read never sees the close."""
        closing = self._performing.closing
        patience_s = 2 * CLOSE_WITHIN_S if self._socket is not None else 0.0
        if closing is not None and time.monotonic() >= self._performing.closing_since_s + patience_s:
            raise _TalkOverError(closing.reason)

    # The other: from the core to the client ------------------------------------------------------

    async def _send(self, socket: ClientSocket) -> None:
        while (text := await self._outgoing.next()) is not None:
            if not await socket.send(text):
                return
        closing = self._performing.closing
        if closing is not None:
            await socket.close(closing.code, closing.reason)
            raise _TalkOverError(closing.reason)


_NO_TALK = "no_talk"
"""Reason of a talk that leaves no trace: another one went on in its place, or it was not let in."""


class _TalkOverError(Exception):
    """Ends the tasks of a talk; its text is the reason."""


def _reason(over: BaseExceptionGroup[BaseException]) -> str:
    first = over.exceptions[0]
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    if isinstance(first, _TalkOverError):
        return str(first)
    return "client_too_slow" if isinstance(first, TooSlowError) else "client_left"
