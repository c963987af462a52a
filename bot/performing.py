"""Carries out the commands of one conversation: to its client, the models and the other processes."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable
from datetime import UTC, datetime

from bot import commands as c
from bot.audio_encoding import PCM16
from bot.conversation import Conversation
from bot.kept_sound import KeptSound
from bot.listener import Listener
from bot.outgoing import Outgoing
from bot.recognitions import Recognitions
from bot.speaker import Speaker
from bot.talk_parts import Parts
from on_call.alert import Alert, Update, new_alert_id

__all__ = ["Performing"]

_PIECE_MS = 200  # a long append is cut, or its beginning would be forgotten


class Performing:
    """Ears, mouth and memory of one talk.

    Until `record_what_waits`, nothing is written to the session log.

    Args:
        conversation: the rules.
        talk_id: name of the talk for the dialogue engine.
        parts: shared models and connections.
        outgoing: takes what goes to the client.
        patience_ms: silence that ends a turn, until the session says otherwise.

    Attributes:
        receiving: how the client's audio comes.
        closing: the command that ends the talk, None before.
        closing_since_s: when that came, of the monotonic clock.
        over: whether the talk has ended: set by whoever holds it.
    """

    def __init__(
        self,
        conversation: Conversation,
        talk_id: str,
        parts: Parts,
        *,
        outgoing: Outgoing,
        patience_ms: int,
    ) -> None:
        self._conversation = conversation
        self._talk_id = talk_id
        self._parts = parts
        self.now_ms = parts.now_ms
        self._outgoing = outgoing
        self._listener = Listener(
            parts.voice_activity, client_rate_hz=PCM16.sample_rate_hz, patience_ms=patience_ms
        )
        self._speaker = Speaker(
            parts.voices,
            parts.threads,
            on_sound=self._sound,
            on_spoken=lambda generation: self.perform(conversation.spoken(generation, self.now_ms())),
            on_failure=self._voice_failed,
            rendered=parts.rendered,
        )
        self._recognitions = Recognitions(
            parts.speech,
            parts.metrics,
            on_result=lambda result: self.perform(conversation.understood(result, self.now_ms())),
        )
        self._sounds = KeptSound(parts.session_log, talk_id)
        self._ears = asyncio.Lock()
        self._unrecorded: list[c.Record] | None = []  # None once they are written
        self._tasks: asyncio.TaskGroup
        self.receiving = c.ReceiveAudio(PCM16, False)
        self.closing: c.CloseTalk | None = None
        self.closing_since_s = 0.0
        self.over = False

    def start(self, tasks: asyncio.TaskGroup) -> None:
        """The talk begins; `tasks` is where its work runs from now on."""
        self._tasks = tasks
        tasks.create_task(self._speaker.run())
        self.perform(self._conversation.start(self.now_ms()))

    @property
    def records(self) -> bool:
        """Whether the session log gets what happens."""
        return self._unrecorded is None

    def record_what_waits(self) -> None:
        """From now on the session log gets what happens, and first what has happened so far."""
        waiting, self._unrecorded = self._unrecorded, None
        for record in waiting or ():
            self._parts.session_log.record(record.event)

    def remember_end(self, reason: str) -> None:
        """The talk is over: writes that and all that waits, and sends nothing more."""
        self.record_what_waits()
        for command in self._conversation.end(reason, self.now_ms()):
            if isinstance(command, c.Record):
                self._parts.metrics.observe(command)
                self._parts.session_log.record(command.event)

    async def hear(self, audio: bytes) -> None:
        """Takes audio of the client, in order."""
        piece_bytes = self.receiving.encoding.bytes_of(_PIECE_MS)
        async with self._ears:
            for start in range(0, len(audio), piece_bytes):
                piece = audio[start : start + piece_bytes]
                for event in await asyncio.to_thread(self._listener.append, piece):
                    self.perform(self._conversation.hear(event, self.now_ms()))

    def perform(self, commands: Iterable[c.Command]) -> None:
        """Carries out commands in their order; what takes time goes on in the background."""
        for command in commands:
            self._parts.metrics.observe(command)
            match command:
                case c.Send():
                    self._outgoing.keeping = self._conversation.resumable
                    self._outgoing.put(json.dumps(command.event), time.monotonic())
                case c.Speak():
                    self._speaker.say(
                        command.generation,
                        command.text,
                        command.language,
                        command.speed,
                        style=command.style,
                    )
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
                    samples = self._listener.audio(command.start_ms, command.end_ms)
                    self._sounds.hold(command, samples)
                    self._recognitions.start(command, samples, self._tasks)
                case c.StopUnderstanding():
                    self._recognitions.stop(command.item_id)
                    self._sounds.drop(command.item_id)
                case c.AskDialogue():
                    self._tasks.create_task(self._ask(command))
                case c.TellDialogue():
                    self._tasks.create_task(self._tell(command))
                case c.Record():
                    self._record(command)
                case c.RecallMemory():
                    self._tasks.create_task(self._recall(command))
                case c.KeepSound():
                    self._sounds.keep(command, self._tasks)
                case c.ReceiveAudio():
                    self.receiving = command
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
                        self.perform(self._conversation.hear(event, self.now_ms()))
                case c.EndUtterance():
                    for event in self._listener.end_utterance():
                        self.perform(self._conversation.hear(event, self.now_ms()))
                case c.ForgetAudio():
                    self._listener.forget()
                case c.CallPeople():
                    self._call_people(command)
                case c.CloseTalk():
                    self.closing, self.closing_since_s = command, time.monotonic()
                    self._outgoing.finish()

    def _record(self, command: c.Record) -> None:
        if self._unrecorded is not None:
            self._unrecorded.append(command)
        else:
            self._parts.session_log.record(command.event)

    async def _ask(self, command: c.AskDialogue) -> None:
        answers = self._parts.dialogue.ask(self._talk_id, command.turn_id, command.text, command.metadata)
        async for answer in answers:
            if isinstance(answer, c.DialogueFailed):
                self._parts.metrics.dialogue_failed()
            self.perform(self._conversation.dialogue(answer, self.now_ms()))

    async def _recall(self, command: c.RecallMemory) -> None:
        learning = self._parts.learning
        memory = None if learning is None else await learning.recall(command.subject, self._talk_id)
        if memory is not None:
            self.perform(self._conversation.recalled(command.number, memory, self.now_ms()))

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
            raised_at=datetime.fromtimestamp(self.now_ms() / 1000, UTC),
        )

        def tell(update: Update) -> None:
            if not self.over:  # the alert goes on without the talk
                self.perform(self._conversation.people(command.kind, update.status, self.now_ms()))

        self._parts.on_call.desk.raise_alert(alert, tell)

    def _sound(self, generation: int, sentence_index: int, pcm: bytes) -> None:
        commands = self._conversation.sound(generation, sentence_index, pcm, self.now_ms())
        if commands:  # else it is of an older reply
            self._listener.played(pcm, PCM16.sample_rate_hz)
        self.perform(commands)

    def _voice_failed(self, generation: int) -> None:
        self._parts.metrics.voice_failed()
        self.perform(self._conversation.voice_failed(generation, self.now_ms()))
