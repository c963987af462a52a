"""One talk over one websocket: the thin shell that gives the conversation core its ears, mouth and clock."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass

import onnxruntime
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from bot import commands as c
from bot.answering import Guard
from bot.conversation import Conversation
from bot.dialogue_client import DialogueClient
from bot.listener import Listener
from bot.phrases import Phrases
from bot.protocol import AudioAppend, ProtocolError, decode_audio, parse_client_event
from bot.session_config import SAMPLE_RATE_HZ
from bot.speaker import Speaker
from bot.speech import SpeechBackend
from session_log import SessionLog
from tts_voices import Voice

__all__ = ["Parts", "Talk"]

logger = logging.getLogger(__name__)

_PIECE_BYTES = SAMPLE_RATE_HZ * 2 // 5  # 200 ms: a long append is cut, or its beginning would be forgotten
_OUTGOING_EVENTS = 4_000


@dataclass(frozen=True, slots=True)
class Parts:
    """What all talks share."""

    guard: Guard
    phrases: Phrases
    speech: SpeechBackend
    voice_activity: onnxruntime.InferenceSession
    voice: Voice
    dialogue: DialogueClient
    session_log: SessionLog
    threads: Executor

    def close(self) -> None:
        """Ends the threads and writes what the session log still holds."""
        self.speech.close()
        self.threads.shutdown(cancel_futures=True)
        self.session_log.close()


class Talk:
    """Carries out the commands of one conversation.

    Args:
        websocket: accepted.
        conversation: the rules.
        talk_id: name of the talk for the dialogue engine.
        parts: shared models and connections.
        patience_ms: silence that ends a turn, until the session says otherwise.
    """

    def __init__(
        self,
        websocket: WebSocket,
        conversation: Conversation,
        talk_id: str,
        parts: Parts,
        *,
        patience_ms: int,
    ) -> None:
        self._websocket = websocket
        self._conversation = conversation
        self._talk_id = talk_id
        self._parts = parts
        self._listener = Listener(
            parts.voice_activity, client_rate_hz=SAMPLE_RATE_HZ, patience_ms=patience_ms
        )
        self._speaker = Speaker(
            parts.voice,
            parts.threads,
            on_sound=lambda generation, index, pcm: self._perform(
                conversation.sound(generation, index, pcm, _now_ms())
            ),
            on_spoken=lambda generation: self._perform(conversation.spoken(generation, _now_ms())),
            on_failure=lambda generation: self._perform(conversation.voice_failed(generation, _now_ms())),
        )
        self._outgoing: asyncio.Queue[str] = asyncio.Queue(_OUTGOING_EVENTS)
        self._recognitions: dict[str, asyncio.Task[None]] = {}
        self._tasks: asyncio.TaskGroup

    async def run(self) -> None:
        """Holds the talk until the client leaves or the core closes it."""
        try:
            async with asyncio.TaskGroup() as self._tasks:
                self._tasks.create_task(self._send())
                self._tasks.create_task(self._speaker.run())
                self._perform(self._conversation.start(_now_ms()))
                await self._receive()
                raise _TalkOverError  # cancels every task of the group
        except* (_TalkOverError, WebSocketDisconnect):
            pass
        finally:
            for command in self._conversation.end("client_left", _now_ms()):
                if isinstance(command, c.Record):
                    self._parts.session_log.record(command.event)
            await self._parts.dialogue.forget(self._talk_id)

    # One direction: from the client to the core --------------------------------------------------

    async def _receive(self) -> None:
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text")
            if text is None:
                self._refuse(ProtocolError("invalid_event", "Binary frames were not negotiated."))
                continue
            try:
                event = parse_client_event(text)
                if isinstance(event, AudioAppend):
                    await self._listen(decode_audio(event))
                else:
                    self._perform(self._conversation.receive(event, _now_ms()))
            except ProtocolError as error:
                self._refuse(error)

    async def _listen(self, pcm: bytes) -> None:
        for start in range(0, len(pcm), _PIECE_BYTES):
            piece = pcm[start : start + _PIECE_BYTES]
            for event in await asyncio.to_thread(self._listener.append, piece):
                self._perform(self._conversation.hear(event, _now_ms()))

    def _refuse(self, error: ProtocolError) -> None:
        self._perform(self._conversation.refuse(error, _now_ms()))

    # The other: from the core to the client and the models ---------------------------------------

    def _perform(self, commands: list[c.Command] | Iterator[c.Command]) -> None:
        for command in commands:
            match command:
                case c.Send():
                    self._put(json.dumps(command.event))
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

    def _put(self, item: str) -> None:
        try:
            self._outgoing.put_nowait(item)
        except asyncio.QueueFull:
            raise _TalkOverError from None  # the client does not read; memory has an end

    async def _send(self) -> None:
        while True:
            item = await self._outgoing.get()
            if self._websocket.application_state is WebSocketState.CONNECTED:
                await self._websocket.send_text(item)

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
                    duration_ms=len(samples) // 16,
                    mood=heard.mood,
                )
            except Exception as error:
                # Whatever fails in a model, the talk goes on; the error's own words may quote the user.
                logger.error("recognition failed: %s", type(error).__name__)
                result = c.UnderstandingFailed(command.item_id, command.attempt)
            self._perform(self._conversation.understood(result, _now_ms()))

        task = self._tasks.create_task(recognise())
        self._recognitions[command.item_id] = task
        task.add_done_callback(lambda done: self._forget_recognition(command.item_id, done))

    def _forget_recognition(self, item_id: str, task: asyncio.Task[None]) -> None:
        if self._recognitions.get(item_id) is task:
            del self._recognitions[item_id]

    async def _ask(self, command: c.AskDialogue) -> None:
        answers = self._parts.dialogue.ask(self._talk_id, command.turn_id, command.text, command.metadata)
        try:
            async for answer in answers:
                self._perform(self._conversation.dialogue(answer, _now_ms()))
        except (KeyError, TypeError, ValueError) as error:
            logger.error("the dialogue engine's answer can't be used: %s", type(error).__name__)
            failed = c.DialogueFailed(command.turn_id)
            self._perform(self._conversation.dialogue(failed, _now_ms()))


class _TalkOverError(Exception):
    """Ends the tasks of a talk."""


def _now_ms() -> float:
    return time.time() * 1000
