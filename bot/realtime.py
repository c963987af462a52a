"""One talk over one websocket: the thin shell that gives the conversation core its ears, mouth and clock."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Iterable
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NoReturn

import onnxruntime
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from bot import commands as c
from bot.conversation import Conversation
from bot.dialogue_client import DialogueClient
from bot.listener import Listener
from bot.metrics import Metrics
from bot.on_call_desk import OnCallDesk
from bot.outgoing import Outgoing, TooSlowError
from bot.pace import Pace
from bot.phrases import Phrases
from bot.protocol import AudioAppend, ProtocolError, decode_audio, parse_client_event
from bot.rendered_speech import RenderedSpeech
from bot.safety import Guard
from bot.session_config import SAMPLE_RATE_HZ
from bot.speaker import Speaker
from bot.speech import SpeechBackend, SpeechBusyError
from on_call.alert import Alert, Update, new_alert_id
from session_log import SessionLog
from tts_voices import Voice

__all__ = ["Parts", "Talk"]

logger = logging.getLogger(__name__)

_PIECE_BYTES = SAMPLE_RATE_HZ * 2 // 5  # 200 ms: a long append is cut, or its beginning would be forgotten
_CHARACTERS_OF_AN_EVENT = 100
_MOST_EVENTS = 200  # that one message counts for, however long it is
_SHORTEST_AUDIO_BYTES = SAMPLE_RATE_HZ * 2 // 200  # 5 ms; what is shorter counts as part of an event
_RESTART_CLOSE = 1012
_TICK_S = 1.0
_CLOSE_WITHIN_S = 5.0


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

    Args:
        websocket: accepted.
        conversation: the rules.
        talk_id: name of the talk for the dialogue engine.
        parts: shared models and connections.
        patience_ms: silence that ends a turn, until the session says otherwise.
        control_events_per_s: events beside audio that are read in a second.
    """

    def __init__(
        self,
        websocket: WebSocket,
        conversation: Conversation,
        talk_id: str,
        parts: Parts,
        *,
        patience_ms: int,
        control_events_per_s: int,
    ) -> None:
        self._websocket = websocket
        self._conversation = conversation
        self._talk_id = talk_id
        self._parts = parts
        self._listener = Listener(
            parts.voice_activity, client_rate_hz=SAMPLE_RATE_HZ, patience_ms=patience_ms
        )
        self._speaker = Speaker(
            parts.voices,
            parts.threads,
            on_sound=lambda generation, index, pcm: self._perform(
                conversation.sound(generation, index, pcm, _now_ms())
            ),
            on_spoken=lambda generation: self._perform(conversation.spoken(generation, _now_ms())),
            on_failure=self._voice_failed,
            rendered=parts.rendered,
        )
        self._outgoing = Outgoing()
        self._pace = Pace(control_events_per_s)
        self._recognitions: dict[str, asyncio.Task[None]] = {}
        self._tasks: asyncio.TaskGroup
        self._closing: c.CloseTalk | None = None
        self._over = False
        self._give_up_at_s = 0.0

    async def run(self) -> None:
        """Holds the talk until the client leaves or the core closes it."""
        reason = "failed"
        try:
            async with asyncio.TaskGroup() as self._tasks:
                self._tasks.create_task(self._send())
                self._tasks.create_task(self._speaker.run())
                self._tasks.create_task(self._tick())
                self._perform(self._conversation.start(_now_ms()))
                await self._receive()
        except* (_TalkOverError, TooSlowError, WebSocketDisconnect) as over:
            reason = _reason(over)
        finally:
            running = asyncio.current_task()
            if reason == "failed" and running is not None and running.cancelling():
                reason = "server_stopped"
            self._over = True
            self._remember_end(reason)
            await self._parts.dialogue.forget(self._talk_id)

    def restart(self) -> None:
        """The server is about to stop: the talk ends at its next gap."""
        self._perform(self._conversation.restart(_now_ms()))

    # One direction: from the client to the core --------------------------------------------------

    async def _receive(self) -> NoReturn:
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                raise _TalkOverError(
                    "server_stopped" if message.get("code") == _RESTART_CLOSE else "client_left"
                )
            text = message.get("text")
            if text is None:
                self._refuse(ProtocolError("invalid_event", "Binary frames were not negotiated."))
                await self._keep_pace(1)
                continue
            try:
                event = parse_client_event(text)
                if isinstance(event, AudioAppend):
                    pcm = decode_audio(event)
                    await self._listen(pcm)
                    cost = max(0.0, 1 - len(pcm) / _SHORTEST_AUDIO_BYTES)
                else:
                    # A long text takes the crisis guard longer, and the event loop belongs to all talks.
                    cost = min(_MOST_EVENTS, 1 + len(text) / _CHARACTERS_OF_AN_EVENT)
                    self._perform(self._conversation.receive(event, _now_ms()))
            except ProtocolError as error:
                cost = 1.0
                self._refuse(error)
            await self._keep_pace(cost)

    async def _keep_pace(self, cost: float) -> None:
        wait_s = self._pace.wait_s(time.monotonic(), cost) if cost else 0.0
        if wait_s:
            await asyncio.sleep(wait_s)

    async def _listen(self, pcm: bytes) -> None:
        for start in range(0, len(pcm), _PIECE_BYTES):
            piece = pcm[start : start + _PIECE_BYTES]
            for event in await asyncio.to_thread(self._listener.append, piece):
                self._perform(self._conversation.hear(event, _now_ms()))

    def _refuse(self, error: ProtocolError) -> None:
        self._perform(self._conversation.refuse(error, _now_ms()))

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            self._perform(self._conversation.tick(_now_ms()))
            if self._closing is not None and time.monotonic() >= self._give_up_at_s:
                raise _TalkOverError(self._closing.reason)  # a client that does not read never sees the close

    # The other: from the core to the client and the models ---------------------------------------

    def _perform(self, commands: Iterable[c.Command]) -> None:
        for command in commands:
            self._parts.metrics.observe(command)
            match command:
                case c.Send():
                    self._outgoing.put(json.dumps(command.event))
                case c.Speak():
                    self._speaker.say(command.generation, command.text, command.language, command.speed)
                case c.FinishSpeaking():
                    self._speaker.finish(command.generation)
                case c.StopSpeaking():
                    self._speaker.stop(command.generation)
                case c.Understand():
                    self._understand(command)
                case c.AskDialogue():
                    self._tasks.create_task(self._ask(command))
                case c.Record():
                    self._parts.session_log.record(command.event)
                case c.ConfigureListening():
                    self._listener.configure(
                        automatic=command.automatic,
                        threshold=command.threshold,
                        patience_ms=command.patience_ms,
                    )
                case c.EndUtterance():
                    for event in self._listener.end_utterance():
                        self._perform(self._conversation.hear(event, _now_ms()))
                case c.ForgetAudio():
                    self._listener.forget()
                case c.CallPeople():
                    self._call_people(command)
                case c.CloseTalk():
                    self._closing = command
                    self._outgoing.put("")  # the mark after which nothing is sent
                    # Checked in `_tick`, not a task: a talk that is just ending takes no new one.
                    self._give_up_at_s = time.monotonic() + 2 * _CLOSE_WITHIN_S

    async def _send(self) -> None:
        while True:
            text = await self._outgoing.next()
            if not text and self._closing is not None:
                with suppress(TimeoutError):
                    async with asyncio.timeout(_CLOSE_WITHIN_S):
                        await self._websocket.close(self._closing.code, self._closing.reason)
                raise _TalkOverError(self._closing.reason)
            if self._websocket.application_state is WebSocketState.CONNECTED:
                await self._websocket.send_text(text)

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

    def _voice_failed(self, generation: int) -> None:
        self._parts.metrics.voice_failed()
        self._perform(self._conversation.voice_failed(generation, _now_ms()))

    def _remember_end(self, reason: str) -> None:
        for command in self._conversation.end(reason, _now_ms()):
            if isinstance(command, c.Record):
                self._parts.metrics.observe(command)
                self._parts.session_log.record(command.event)


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
