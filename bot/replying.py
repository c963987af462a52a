"""Which reply is under way, and that nothing of an older one gets out. No I/O."""

from __future__ import annotations

from collections.abc import Callable

from bot.audio_encoding import AudioEncoding
from bot.commands import Command, FinishSpeaking, Speak, SpeakingStyle, StopSpeaking
from bot.response import Response

__all__ = ["Replying"]

_REMEMBERED_REPLIES = 32  # a client truncates the latest or none


class Replying:
    """At most one reply at a time; each has a generation that makes late sound of older ones worthless.

    Args:
        emit: takes commands.
        send: takes any number of server events.
        now_ms: the time of the step.
        new_id: makes an id with the given prefix.
    """

    def __init__(
        self,
        *,
        emit: Callable[[Command], None],
        send: Callable[..., None],
        now_ms: Callable[[], float],
        new_id: Callable[[str], str],
    ) -> None:
        self._emit = emit
        self._send = send
        self._now_ms = now_ms
        self._new_id = new_id
        self._generation = 0
        self._finishing = False
        self._finished: dict[str, Response] = {}
        self.current: Response | None = None

    def begin(
        self,
        *,
        turn_id: str | None,
        spoken: bool,
        metadata: dict[str, str] | None,
        previous_item_id: str | None,
        encoding: AudioEncoding,
    ) -> Response:
        """Starts a reply, whose sound stays in this encoding; the one before has to be over."""
        self._generation += 1
        self._finishing = False
        self.current = Response(
            response_id=self._new_id("resp"),
            item_id=self._new_id("item"),
            generation=self._generation,
            turn_id=turn_id,
            spoken=spoken,
            metadata=metadata,
            encoding=encoding,
        )
        self._send(*self.current.begin(previous_item_id))
        return self.current

    def say(
        self, sentence: str, *, language: str, speed: float, of_dialogue: bool, style: SpeakingStyle = "plain"
    ) -> None:
        """Adds a sentence to the reply under way; `of_dialogue` as in `bot.heard`."""
        response = self.current
        if response is None:
            return
        self._send(*response.say(sentence, language=language, speed=speed, of_dialogue=of_dialogue))
        if response.spoken:
            self._emit(Speak(response.generation, sentence, language, speed, style))

    def sound(self, generation: int, sentence_index: int, pcm: bytes) -> bool:
        """Passes a piece of audio on, unless it belongs to an older reply; True for a reply's first."""
        response = self.current
        if response is None or generation != response.generation:
            return False
        first = response.audio_ms == 0
        self._send(*response.sound(pcm, sentence_index, self._now_ms()))
        return first

    def finish(self) -> Response | None:
        """No sentence follows: the reply ends when its last sound is out; gives it if that is now."""
        response = self.current
        if response is None or self._finishing:
            return None
        self._finishing = True
        if response.spoken and not response.empty:
            self._emit(FinishSpeaking(response.generation))
            return None
        self._end(response, "completed")
        return response

    def spoken(self, generation: int) -> Response | None:
        """The voice is through with a generation; gives the reply if that completed it."""
        response = self.current
        if response is None or generation != response.generation:
            return None
        self._end(response, "completed")
        return response

    def fail(self, generation: int, code: str) -> Response | None:
        """The voice broke: what is written stands, the reply is marked as failed."""
        response = self.current
        if response is None or generation != response.generation:
            return None
        self._emit(StopSpeaking(response.generation))
        self._end(response, "failed", failure=code)
        return response

    def cancel(self, reason: str) -> Response | None:
        """Stops the reply under way: "turn_detected" or "client_cancelled"."""
        response = self.current
        if response is None:
            return None
        if response.spoken:
            self._emit(StopSpeaking(response.generation))
        self._end(response, "cancelled", reason=reason)
        return response

    @property
    def latest(self) -> Response | None:
        """The reply that was over last."""
        return self._finished[next(reversed(self._finished))] if self._finished else None

    def find(self, item_id: str) -> Response | None:
        """The reply with this item, under way or over."""
        if self.current is not None and self.current.item_id == item_id:
            return self.current
        return self._finished.get(item_id)

    def _end(
        self, response: Response, status: str, *, reason: str | None = None, failure: str | None = None
    ) -> None:
        self.current = None
        self._finished[response.item_id] = response
        if len(self._finished) > _REMEMBERED_REPLIES:
            del self._finished[next(iter(self._finished))]
        self._send(*response.finish(status, self._now_ms(), reason=reason, failure=failure))
