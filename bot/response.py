"""One reply: its sentences, its audio, and the order of its events. No I/O."""

from __future__ import annotations

from typing import Any

from bot import server_events as events
from bot.audio_encoding import PCM16, AudioEncoding, SoundEncoder
from bot.choices import Choices
from bot.heard import Heard, SpokenSentence, heard_of
from bot.interruption import is_asking
from bot.playing import Playing
from bot.session_config import SAMPLE_RATE_HZ

__all__ = ["Response"]

_BYTES_PER_MS = SAMPLE_RATE_HZ * 2 // 1000  # PCM16 mono


class Response:
    """A reply under way. Every method returns the server events that its call makes due, in order.

    Attributes:
        generation: number under which its sentences are spoken; a later reply has a higher one.
        turn_id: the turn that it answers, None for a greeting.
        playing: how much of its sound can have been played.
        choices: answers to its question, to be offered once it is over.
    """

    def __init__(
        self,
        *,
        response_id: str,
        item_id: str,
        generation: int,
        turn_id: str | None,
        spoken: bool,
        metadata: dict[str, str] | None = None,
        encoding: AudioEncoding = PCM16,
    ) -> None:
        self.response_id = response_id
        self.item_id = item_id
        self.generation = generation
        self.turn_id = turn_id
        self.spoken = spoken
        self.playing = Playing()
        self.choices: Choices | None = None
        self._audio_bytes = 0
        self._encoder = SoundEncoder(encoding)
        self._metadata = metadata
        self._sentences: list[SpokenSentence] = []
        self._sounding = -1
        self._is_read = not spoken
        self._previous_item_id: str | None = None

    @property
    def text(self) -> str:
        """All sentences so far."""
        return " ".join(sentence.text for sentence in self._sentences)

    @property
    def empty(self) -> bool:
        """Whether nothing has been said yet."""
        return not self._sentences

    @property
    def audio_ms(self) -> int:
        """How much sound was sent."""
        return self._audio_bytes // _BYTES_PER_MS

    @property
    def dialogue_text(self) -> str:
        """What of it the dialogue engine, or the crisis guard in its place, has said."""
        return " ".join(sentence.text for sentence in self._sentences if sentence.of_dialogue)

    def heard(self, now_ms: float, *, shown: bool = False) -> Heard:
        """What of it was heard by now; `shown`: its text stays on the screen."""
        played_ms = None if self._is_read else self.playing.played_ms(now_ms)
        return heard_of(self._sentences, played_ms, shown=shown)

    def asking(self, now_ms: float) -> bool:
        """Whether what was heard of it last is a question."""
        return is_asking(self._sentences, self.playing.played_ms(now_ms))

    def begin(self, previous_item_id: str | None) -> list[dict[str, Any]]:
        """Announces the reply, its item (behind the previous one) and its one part."""
        self._previous_item_id = previous_item_id
        item = events.assistant_item(self.item_id, None, spoken=self.spoken, status="in_progress")
        return [
            events.response_event("created", self._object("in_progress", [])),
            events.output_item("added", self.response_id, item),
            {"type": "conversation.item.added", "previous_item_id": previous_item_id, "item": item},
            events.content_part("added", self.response_id, self.item_id, spoken=self.spoken, text=None),
        ]

    def say(
        self, sentence: str, *, language: str = "en", speed: float = 1.0, of_dialogue: bool = True
    ) -> list[dict[str, Any]]:
        """Adds a sentence: its text is shown before its sound is made."""
        delta = sentence if self.empty else " " + sentence
        self._sentences.append(SpokenSentence(sentence, language, speed, of_dialogue))
        kind = "output_audio_transcript.delta" if self.spoken else "output_text.delta"
        return [events.response_part(kind, self.response_id, self.item_id, delta=delta)]

    def sound(self, pcm: bytes, sentence_index: int, now_ms: float) -> list[dict[str, Any]]:
        """Adds a piece of audio of the sentence with this index, which is sent now."""
        if sentence_index > self._sounding:
            self._complete_until(sentence_index)
            self._sounding = sentence_index
            self._sentences[sentence_index].start_ms = self.audio_ms
        self._audio_bytes += len(pcm)
        sounding = self._sentences[self._sounding]
        sounding.sound_ms = self.audio_ms - (sounding.start_ms or 0)
        self.playing.send(len(pcm) / _BYTES_PER_MS, now_ms)
        return self._encoded(pcm)

    def finish(
        self, status: str, now_ms: float, *, reason: str | None = None, failure: str | None = None
    ) -> list[dict[str, Any]]:
        """Ends the reply: "completed", "cancelled" (with a reason) or "failed" (with a code).

        What a broken voice leaves stands on the screen, and counts as read like a written reply.
        """
        if status == "cancelled":
            self.playing.stop(now_ms)
        else:
            self.playing.complete()
            self._complete_until(len(self._sentences))
            self._is_read = self._is_read or status == "failed"
        text = self.text
        item_status = "completed" if status == "completed" else "incomplete"
        item = events.assistant_item(self.item_id, text, spoken=self.spoken, status=item_status)
        identity = (self.response_id, self.item_id)
        if self.spoken:
            closing = [
                *(self._encoded(b"", last=True) if status == "completed" else []),
                events.response_part("output_audio.done", *identity),
                events.response_part("output_audio_transcript.done", *identity, transcript=text),
            ]
        else:
            closing = [events.response_part("output_text.done", *identity, text=text)]
        return [
            *closing,
            events.content_part("done", *identity, spoken=self.spoken, text=text),
            events.output_item("done", self.response_id, item),
            {
                "type": "conversation.item.done",
                "previous_item_id": self._previous_item_id,
                "item": item,
            },
            events.response_event("done", self._object(status, [item], reason=reason, failure=failure)),
        ]

    def _encoded(self, pcm: bytes, *, last: bool = False) -> list[dict[str, Any]]:
        audio = self._encoder.encode(pcm, last=last)
        return [events.audio_delta(self.response_id, self.item_id, audio)] if audio else []

    def _complete_until(self, end: int) -> None:
        for sentence in self._sentences[max(0, self._sounding) : end]:
            sentence.complete = True
            if sentence.start_ms is None:  # nothing in it could be spoken
                sentence.start_ms = self.audio_ms

    def _object(
        self,
        status: str,
        output: list[dict[str, Any]],
        *,
        reason: str | None = None,
        failure: str | None = None,
    ) -> dict[str, Any]:
        return events.response_object(
            self.response_id,
            status=status,
            modality="audio" if self.spoken else "text",
            metadata=self._metadata,
            output=output,
            reason=reason,
            failure=failure,
        )
