"""One reply: its sentences, its audio, and the order of its events. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot import server_events as events
from bot.session_config import SAMPLE_RATE_HZ

__all__ = ["Response"]

_BYTES_PER_MS = SAMPLE_RATE_HZ * 2 // 1000  # PCM16 mono


@dataclass(slots=True)
class _Sentence:
    text: str
    audio_start_ms: int | None = None


class Response:
    """A reply under way. Every method returns the server events that its call makes due, in order.

    Attributes:
        generation: number under which its sentences are spoken; a later reply has a higher one.
        turn_id: the turn that it answers, None for a greeting.
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
    ) -> None:
        self.response_id = response_id
        self.item_id = item_id
        self.generation = generation
        self.turn_id = turn_id
        self.spoken = spoken
        self.audio_ms = 0
        self._metadata = metadata
        self._sentences: list[_Sentence] = []
        self._sounding = -1
        self._previous_item_id: str | None = None

    @property
    def text(self) -> str:
        """All sentences so far."""
        return " ".join(sentence.text for sentence in self._sentences)

    @property
    def empty(self) -> bool:
        """Whether nothing has been said yet."""
        return not self._sentences

    def heard_text(self, played_ms: int) -> str:
        """The sentences of which at least a beginning was played."""
        if not self.spoken:
            return self.text
        return " ".join(
            sentence.text
            for sentence in self._sentences
            if sentence.audio_start_ms is not None and sentence.audio_start_ms < played_ms
        )

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

    def say(self, sentence: str) -> list[dict[str, Any]]:
        """Adds a sentence: its text is shown before its sound is made."""
        delta = sentence if self.empty else " " + sentence
        self._sentences.append(_Sentence(sentence))
        kind = "output_audio_transcript.delta" if self.spoken else "output_text.delta"
        return [events.response_part(kind, self.response_id, self.item_id, delta=delta)]

    def sound(self, pcm: bytes, sentence_index: int) -> list[dict[str, Any]]:
        """Adds a piece of audio of the sentence with this index."""
        if sentence_index > self._sounding:
            self._sounding = sentence_index
            self._sentences[sentence_index].audio_start_ms = self.audio_ms
        self.audio_ms += len(pcm) // _BYTES_PER_MS
        return [events.audio_delta(self.response_id, self.item_id, pcm)]

    def finish(
        self, status: str, *, reason: str | None = None, failure: str | None = None
    ) -> list[dict[str, Any]]:
        """Ends the reply: "completed", "cancelled" (with a reason) or "failed" (with a code)."""
        text = self.text
        item_status = "completed" if status == "completed" else "incomplete"
        item = events.assistant_item(self.item_id, text, spoken=self.spoken, status=item_status)
        identity = (self.response_id, self.item_id)
        if self.spoken:
            closing = [
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
