"""One talk: the thin shell that gives the conversation core its ears, mouth and clock, and a websocket.

A talk is held by whoever called `run`, until it is over; its websocket may break meanwhile, and another
one take its place.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NoReturn

import onnxruntime

from bot import commands as c
from bot import protocol as p
from bot.audio_encoding import PCM16
from bot.client_socket import CLOSE_WITHIN_S, ClientSocket, SocketOverError
from bot.conversation import Conversation
from bot.dialogue_client import DialogueClient
from bot.listener import Listener
from bot.metrics import Metrics
from bot.on_call_desk import OnCallDesk
from bot.outgoing import Outgoing, TooSlowError
from bot.phrases import Phrases
from bot.protocol import AudioAppend, ProtocolError, decode_audio, decode_frame, parse_client_event
from bot.rendered_speech import RenderedSpeech
from bot.safety import Guard
from bot.speaker import Speaker
from bot.speech import SpeechBackend, SpeechBusyError
from on_call.alert import Alert, Update, new_alert_id
from session_log import SessionLog
from tts_voices import Voice

__all__ = ["Parts", "Talk"]

logger = logging.getLogger(__name__)

_PIECE_MS = 200  # a long append is cut, or its beginning would be forgotten
_CHARACTERS_OF_AN_EVENT = 100
_MOST_EVENTS = 200  # that one message counts for, however long it is
_SHORTEST_AUDIO_MS = 5  # what is shorter counts as part of an event
_TICK_S = 1.0
_UNDECIDED_S = 10.0
"""A talk that has done nothing for so long is one of its own: no older one goes on in its place any more."""
_CHANGE_NOTHING = (p.Ping, p.Playback, p.ItemRetrieve, p.SessionUpdate)


@dataclass(frozen=True, slots=True)
class Parts:
    """What all talks share; `voices` are tried in order, what is `rendered` before them."""

    guard: Guard
    phrases: Phrases
    speech: SpeechBackend
    voice_activity: onnxruntime.InferenceSession
    voices: tuple[Voice, ...]
    dialogue: DialogueClient
    session_log: SessionLog
    on_call: OnCallDesk
    threads: Executor
    metrics: Metrics
    rendered: RenderedSpeech | None = None

    def close(self) -> None:
        """Writes what the session log still holds, and ends the threads."""
        self.session_log.close()  # first: a thread may hang
        self.speech.close()
        if self.rendered is not None:
            self.rendered.close()
        self.threads.shutdown(cancel_futures=True)


class Talk:
    """Carries out the commands of one conversation.

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
        self._listener = Listener(
            parts.voice_activity, client_rate_hz=PCM16.sample_rate_hz, patience_ms=patience_ms
        )
        self._speaker = Speaker(
            parts.voices,
            parts.threads,
            on_sound=self._sound,
            on_spoken=lambda generation: self._perform(conversation.spoken(generation, _now_ms())),
            on_failure=self._voice_failed,
            rendered=parts.rendered,
        )
        self._receiving = c.ReceiveAudio(PCM16, False)
        self._outgoing = Outgoing()
        self._resume = resume
        self._admit = admit
        self._unrecorded: list[c.Record] | None = []  # None once the talk is one of its own
        self._undecided_until_s = time.monotonic() + _UNDECIDED_S
        self._socket: ClientSocket | None = None
        self._receiver: asyncio.Task[None]
        self._sender: asyncio.Task[None]
        self._ears = asyncio.Lock()
        self._recognitions: dict[str, asyncio.Task[None]] = {}
        self._tasks: asyncio.TaskGroup
        self._closing: c.CloseTalk | None = None
        self._over = False
        self._give_up_at_s = 0.0

    async def run(self, socket: ClientSocket) -> None:
        """Holds the talk until the client leaves for good or the core closes it."""
        reason = "failed"
        try:
            async with asyncio.TaskGroup() as self._tasks:
                self._tasks.create_task(self._speaker.run())
                self._perform(self._conversation.start(_now_ms()))
                self._attach(socket)
                await self._tick()
        except* (_TalkOverError, TooSlowError) as over:
            reason = _reason(over)
        finally:
            running = asyncio.current_task()
            if reason == "failed" and running is not None and running.cancelling():
                reason = "server_stopped"
            self._over = True
            if self._socket is not None:
                self._socket.over.set()
            if reason != _NO_TALK:
                self._remember_end(reason)
                await self._parts.dialogue.forget(self._talk_id)

    def is_waiting(self) -> bool:
        """Whether the client's websocket broke, and it may come back."""
        return self._socket is None and self.is_resumable()

    def is_resumable(self) -> bool:
        """Whether a client can go on with this talk over another websocket."""
        return not self._over and self._closing is None and self._conversation.resumable

    def go_on(self, event: p.Resume, socket: ClientSocket) -> bool:
        """Goes on over another websocket, behind the last event that the client has seen.

        Returns:
            False where the event does not fit to this talk; then nothing has changed.
        """
        fits = self.is_resumable() and self._conversation.accepts(event.token, _now_ms())
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
        self._perform(self._conversation.regain(_now_ms()))
        return True

    def restart(self) -> None:
        """The server is about to stop: the talk ends at its next gap."""
        self._perform(self._conversation.restart(_now_ms()))

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
        encoding, binary_frames = self._receiving.encoding, self._receiving.binary_frames
        try:
            if isinstance(message, bytes):
                return await self._take_audio(decode_frame(message, encoding, negotiated=binary_frames))
            event = parse_client_event(message)
            self._decide(event, socket)
            if isinstance(event, AudioAppend):
                return await self._take_audio(decode_audio(event, encoding))
            self._perform(self._conversation.receive(event, _now_ms()))
        except ProtocolError as error:
            self._refuse(error)
            return 1.0
        # A long text takes the crisis guard longer, and the event loop belongs to all talks.
        return min(_MOST_EVENTS, 1 + len(message) / _CHARACTERS_OF_AN_EVENT)

    async def _take_audio(self, audio: bytes) -> float:
        if not self._begin():
            raise _TalkOverError(_NO_TALK)
        shortest = self._receiving.encoding.bytes_of(_SHORTEST_AUDIO_MS)
        await self._listen(audio)
        return max(0.0, 1 - len(audio) / shortest)

    def _decide(self, event: p.ClientEvent, socket: ClientSocket) -> None:
        """Finds out whether this talk is one of its own, or goes on with an older one."""
        if self._unrecorded is None or isinstance(event, _CHANGE_NOTHING):
            return
        if isinstance(event, p.Resume) and self._resume(event, socket):
            self._socket = None  # it belongs to the older one
            raise _TalkOverError(_NO_TALK)
        if not self._begin():
            raise _TalkOverError(_NO_TALK)

    def _begin(self) -> bool:
        """From now on the talk is one of its own; False where there is no place for it."""
        if self._unrecorded is not None:
            if not self._admit():
                return False
            self._record_what_waits()
        return True

    def _record_what_waits(self) -> None:
        waiting, self._unrecorded = self._unrecorded, None
        for record in waiting or ():
            self._parts.session_log.record(record.event)

    def _lose(self, socket: ClientSocket, over: SocketOverError) -> None:
        socket.over.set()
        if self._closing is not None:
            raise _TalkOverError(self._closing.reason)
        if not (over.broken and self._conversation.resumable):
            raise _TalkOverError(over.reason)
        if not self._begin():
            raise _TalkOverError(_NO_TALK)
        self._sender.cancel()
        self._socket = None
        self._outgoing.detach()
        self._perform(self._conversation.lose(_now_ms()))

    async def _listen(self, audio: bytes) -> None:
        # When another websocket takes the place of this one, what has come is heard to its end.
        await asyncio.shield(self._tasks.create_task(self._hear(audio)))

    async def _hear(self, audio: bytes) -> None:
        piece_bytes = self._receiving.encoding.bytes_of(_PIECE_MS)
        async with self._ears:
            for start in range(0, len(audio), piece_bytes):
                piece = audio[start : start + piece_bytes]
                for event in await asyncio.to_thread(self._listener.append, piece):
                    self._perform(self._conversation.hear(event, _now_ms()))

    def _refuse(self, error: ProtocolError) -> None:
        self._perform(self._conversation.refuse(error, _now_ms()))

    async def _tick(self) -> NoReturn:
        while True:
            await asyncio.sleep(_TICK_S)
            now_s = time.monotonic()
            self._outgoing.trim(now_s)
            if now_s >= self._undecided_until_s and not self._begin():
                raise _TalkOverError(_NO_TALK)
            self._perform(self._conversation.tick(_now_ms()))
            if self._closing is not None and time.monotonic() >= self._give_up_at_s:
                raise _TalkOverError(self._closing.reason)  # a client that does not read never sees the close

    # The other: from the core to the client and the models ---------------------------------------

    def _perform(self, commands: Iterable[c.Command]) -> None:
        for command in commands:
            self._parts.metrics.observe(command)
            match command:
                case c.Send():
                    self._outgoing.keeping = self._conversation.resumable
                    self._outgoing.put(json.dumps(command.event), time.monotonic())
                case c.Speak():
                    self._speaker.say(command.generation, command.text, command.language, command.speed)
                case c.FinishSpeaking():
                    self._speaker.finish(command.generation)
                case c.StopSpeaking():
                    self._speaker.stop(command.generation)
                    self._listener.silenced()
                case c.HoldSpeaking():
                    self._speaker.hold()
                case c.ReleaseSpeaking():
                    self._speaker.release(paused_by_client=command.paused_by_client)
                case c.Understand():
                    self._understand(command)
                case c.StopUnderstanding():
                    stale = self._recognitions.get(command.item_id)
                    if stale is not None:
                        stale.cancel()
                case c.AskDialogue():
                    self._tasks.create_task(self._ask(command))
                case c.TellDialogue():
                    self._tasks.create_task(self._tell(command))
                case c.Record():
                    self._record(command)
                case c.ReceiveAudio():
                    self._receiving = command
                    self._listener.use_encoding(command.encoding)
                case c.ConfigureListening():
                    self._listener.configure(
                        automatic=command.automatic,
                        threshold=command.threshold,
                        patience_ms=command.patience_ms,
                        grace_ms=command.grace_ms,
                    )
                case c.ChangePatience():
                    for event in self._listener.wait(command.pause_end_ms, command.patience_ms):
                        self._perform(self._conversation.hear(event, _now_ms()))
                case c.EndUtterance():
                    for event in self._listener.end_utterance():
                        self._perform(self._conversation.hear(event, _now_ms()))
                case c.ForgetAudio():
                    self._listener.forget()
                case c.CallPeople():
                    self._call_people(command)
                case c.CloseTalk():
                    self._closing = command
                    self._outgoing.finish()
                    # Checked in `_tick`, not a task: a talk that is just ending takes no new one.
                    patience_s = 2 * CLOSE_WITHIN_S if self._socket is not None else 0.0
                    self._give_up_at_s = time.monotonic() + patience_s

    async def _send(self, socket: ClientSocket) -> None:
        while (text := await self._outgoing.next()) is not None:
            if not await socket.send(text):
                return
        if self._closing is not None:
            await socket.close(self._closing.code, self._closing.reason)
            raise _TalkOverError(self._closing.reason)

    def _record(self, command: c.Record) -> None:
        if self._unrecorded is not None:
            self._unrecorded.append(command)
        else:
            self._parts.session_log.record(command.event)

    def _understand(self, command: c.Understand) -> None:
        stale = self._recognitions.get(command.item_id)
        if stale is not None:
            stale.cancel()
        samples = self._listener.audio(command.start_ms, command.end_ms)

        async def recognise() -> None:
            result: c.Understood | c.UnderstandingFailed
            try:
                heard = await self._parts.speech.understand(
                    samples, language=command.language, with_emotion=command.with_emotion
                )
                result = c.Understood(
                    item_id=command.item_id,
                    attempt=command.attempt,
                    text=heard.transcript.text,
                    language=heard.transcript.language,
                    confidence=heard.transcript.confidence,
                    alternatives=heard.transcript.alternatives,
                    duration_ms=len(samples) // 16,
                    mood=heard.mood,
                )
            except Exception as error:
                # Whatever fails in a model, the talk goes on; the error's own words may quote the user.
                logger.error("recognition failed: %s", type(error).__name__)
                busy = isinstance(error, SpeechBusyError)
                self._parts.metrics.recognition_failed(type(error).__name__)
                result = c.UnderstandingFailed(command.item_id, command.attempt, busy)
            self._perform(self._conversation.understood(result, _now_ms()))

        task = self._tasks.create_task(recognise())
        self._recognitions[command.item_id] = task
        task.add_done_callback(lambda done: self._forget_recognition(command.item_id, done))

    def _forget_recognition(self, item_id: str, task: asyncio.Task[None]) -> None:
        if self._recognitions.get(item_id) is task:
            del self._recognitions[item_id]

    async def _ask(self, command: c.AskDialogue) -> None:
        answers = self._parts.dialogue.ask(self._talk_id, command.turn_id, command.text, command.metadata)
        async for answer in answers:
            if isinstance(answer, c.DialogueFailed):
                self._parts.metrics.dialogue_failed()
            self._perform(self._conversation.dialogue(answer, _now_ms()))

    async def _tell(self, command: c.TellDialogue) -> None:
        turn = (command.turn_id, command.turn_text)
        await self._parts.dialogue.tell(self._talk_id, *turn, command.heard_text, command.question)

    def _call_people(self, command: c.CallPeople) -> None:
        alert = Alert(
            alert_id=new_alert_id(),
            talk_id=self._talk_id,
            clinic=command.clinic,
            subject=command.subject,
            level=command.level,
            kind=command.kind,
            country=command.country,
            language=command.language,
            raised_at=datetime.now(UTC),
        )

        def tell(update: Update) -> None:
            if not self._over:  # the alert goes on without the talk
                self._perform(self._conversation.people(command.kind, update.status, _now_ms()))

        self._parts.on_call.desk.raise_alert(alert, tell)

    def _sound(self, generation: int, sentence_index: int, pcm: bytes) -> None:
        commands = self._conversation.sound(generation, sentence_index, pcm, _now_ms())
        if commands:  # else it is of an older reply
            self._listener.played(pcm, PCM16.sample_rate_hz)
        self._perform(commands)

    def _voice_failed(self, generation: int) -> None:
        self._parts.metrics.voice_failed()
        self._perform(self._conversation.voice_failed(generation, _now_ms()))

    def _remember_end(self, reason: str) -> None:
        self._record_what_waits()
        for command in self._conversation.end(reason, _now_ms()):
            if isinstance(command, c.Record):
                self._parts.metrics.observe(command)
                self._parts.session_log.record(command.event)


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


def _now_ms() -> float:
    return time.time() * 1000
