"""The listening half of a talk: from voice activity to a finished turn with its words. No I/O."""

from __future__ import annotations

from collections.abc import Callable

from bot import server_events as events
from bot.commands import ConfigureListening, EndUtterance, Understand, UnderstandingFailed, Understood
from bot.endpointing import (
    EndpointEvent,
    SpeechConfirmed,
    SpeechEnded,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
)
from bot.history import History
from bot.outbox import Outbox
from bot.protocol import ProtocolError
from bot.talk_state import TalkState, Turn

__all__ = ["Hearing"]

_TRAILING_MS = 150  # a final consonant fades below the voice threshold
_SADNESS_PATIENCE_MS = 1_000
_NO_DETECTION_THRESHOLD = 0.5


class Hearing:
    """Follows the turn under way, has it recognised speculatively, and concludes it.

    Args:
        state: the talk.
        outbox: takes commands and events.
        history: takes the user's items.
        patience_ms: silence that ends a turn where the client has not chosen one.
        new_id: makes an id with the given prefix.
    """

    def __init__(
        self,
        *,
        state: TalkState,
        outbox: Outbox,
        history: History,
        patience_ms: int,
        new_id: Callable[[str], str],
    ) -> None:
        self._state = state
        self._outbox = outbox
        self._history = history
        self._patience_ms = patience_ms
        self._new_id = new_id
        self._turn: Turn | None = None

    @property
    def speaking(self) -> bool:
        """Whether the user is in the middle of a turn."""
        return self._turn is not None

    @property
    def waiting(self) -> bool:
        """Whether a turn has ended whose words are not known yet."""
        return any(turn.ended and turn.recognising for turn in self._state.turns.values())

    def configure(self) -> None:
        """Sets turn detection to what the session and the latest mood ask for."""
        detection = self._state.config.audio.input.turn_detection
        if detection is None:
            self._outbox.emit(ConfigureListening(False, _NO_DETECTION_THRESHOLD, self._patience_ms))
            return
        patience_ms = detection.silence_duration_ms
        if patience_ms is None:
            mood = self._state.mood
            sad = mood is not None and mood.label == "sadness"
            patience_ms = max(_SADNESS_PATIENCE_MS, self._patience_ms) if sad else self._patience_ms
        self._outbox.emit(ConfigureListening(True, detection.threshold, patience_ms))

    def hear(self, event: EndpointEvent, *, replying: bool) -> tuple[bool, Turn | None]:
        """Takes voice activity.

        Args:
            event: what the endpointer found.
            replying: whether the bot is speaking; then only confirmed speech begins a turn.

        Returns:
            Whether a turn has just begun, and the turn that has just been concluded, if any.
        """
        match event:
            case SpeechStarted():
                return (self._begin(event.start_ms) if not replying else False), None
            case SpeechConfirmed():
                return self._begin(event.start_ms), None
            case SpeechPaused():
                if self._turn is not None:
                    self._understand(self._turn, event.end_ms)
            case SpeechResumed():
                if self._turn is not None:
                    self._turn.attempt += 1
                    self._turn.recognising = False
                    self._turn.result = None
            case SpeechEnded():
                return False, self._end(event)
        return False, None

    def understood(self, result: Understood | UnderstandingFailed) -> Turn | None:
        """Takes a recognition; gives the turn that it concludes. A stale or second one is dropped."""
        turn = self._state.turns.get(result.item_id)
        if turn is None or turn.attempt != result.attempt or turn.result is not None:
            return None
        turn.recognising = False
        turn.result = result
        return self._conclude(turn)

    def commit(self, event_id: str | None) -> None:
        """Ends the turn by hand.

        Raises:
            ProtocolError: where nothing was heard.
        """
        if self._turn is None:
            raise ProtocolError(
                "input_audio_buffer_commit_empty", "No speech was heard to commit.", event_id=event_id
            )
        self._outbox.emit(EndUtterance())

    def forget(self) -> None:
        """Drops the turn under way; what is recognised of it is not answered."""
        if self._turn is not None:
            self._state.turns.pop(self._turn.item_id, None)
            self._turn = None

    def _begin(self, start_ms: int) -> bool:
        if self._turn is not None:
            return False
        detection = self._state.config.audio.input.turn_detection
        padding_ms = detection.prefix_padding_ms if detection is not None else 0
        turn = Turn(item_id=self._new_id("item"), source="voice", start_ms=max(0, start_ms - padding_ms))
        self._turn = turn
        self._state.remember(turn)
        self._outbox.send(
            {
                "type": "input_audio_buffer.speech_started",
                "audio_start_ms": turn.start_ms,
                "item_id": turn.item_id,
            }
        )
        return True

    def _understand(self, turn: Turn, end_ms: int) -> None:
        turn.attempt += 1
        turn.recognising = True
        turn.result = None
        self._outbox.emit(
            Understand(
                item_id=turn.item_id,
                attempt=turn.attempt,
                start_ms=turn.start_ms,
                end_ms=end_ms + _TRAILING_MS,
                language=self._state.config.language,
                with_emotion=self._state.consented_to_emotion,
            )
        )

    def _end(self, event: SpeechEnded) -> Turn | None:
        turn, self._turn = self._turn, None
        if turn is None:  # a burst too short to interrupt the reply under way
            return None
        turn.ended = True
        turn.voiced_ms = event.voiced_ms
        turn.times_ms["ended"] = self._outbox.now_ms - event.waited_ms
        self._outbox.send(
            {
                "type": "input_audio_buffer.speech_stopped",
                "audio_end_ms": event.end_ms,
                "item_id": turn.item_id,
            },
            {
                "type": "input_audio_buffer.committed",
                "item_id": turn.item_id,
                "previous_item_id": self._history.last_id,
            },
        )
        self._outbox.send(*self._history.add(events.user_audio_item(turn.item_id, None)))
        # Ended by hand before the pause, or the speculative attempt has failed: now it counts.
        if not turn.recognising and not isinstance(turn.result, Understood):
            self._understand(turn, event.end_ms)
        return self._conclude(turn)

    def _conclude(self, turn: Turn) -> Turn | None:
        if not turn.ended or turn.result is None:
            return None
        turn.times_ms["text"] = self._outbox.now_ms
        if isinstance(turn.result, UnderstandingFailed):
            self._outbox.send(events.transcription_failed(turn.item_id))
            return turn
        turn.text = turn.result.text
        turn.language = turn.result.language
        self._history.put(events.user_audio_item(turn.item_id, turn.text))
        seconds = turn.result.duration_ms / 1000
        self._outbox.send(events.transcription_completed(turn.item_id, turn.text, seconds))
        return turn
