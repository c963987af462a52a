"""The listening half of a talk: from voice activity to a finished turn with its words. No I/O."""

from __future__ import annotations

from collections.abc import Callable

from bot import server_events as events
from bot.asides import Aside, Asides
from bot.commands import EndUtterance, StopUnderstanding, Understand, UnderstandingFailed, Understood
from bot.endpointing import (
    EndpointEvent,
    SpeechConfirmed,
    SpeechEnded,
    SpeechLasting,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    SpeechSustained,
)
from bot.history import History
from bot.interruption import Floor, Interruption
from bot.outbox import Outbox
from bot.patience import Patience
from bot.protocol import ProtocolError
from bot.talk_state import TalkState, Turn

__all__ = ["Hearing"]

_TRAILING_MS = 150  # a final consonant fades below the voice threshold


class Hearing:
    """Follows the turn under way, has it recognised speculatively, and concludes it.

    Args:
        state: the talk.
        outbox: takes commands and events.
        history: takes the user's items.
        patience_ms: silence that ends a turn where the client has not chosen one.
        new_id: makes an id with the given prefix.
        interruption: lowers and holds the reply under way.
        asides: hears what did not interrupt.
    """

    def __init__(
        self,
        *,
        state: TalkState,
        outbox: Outbox,
        history: History,
        patience_ms: int,
        new_id: Callable[[str], str],
        interruption: Interruption,
        asides: Asides,
    ) -> None:
        self._state = state
        self._outbox = outbox
        self._history = history
        self._patience = Patience(state=state, outbox=outbox, deployer_ms=patience_ms)
        self._new_id = new_id
        self._interruption = interruption
        self._asides = asides
        self._aside: Aside | None = None
        self._turn: Turn | None = None

    @property
    def speaking(self) -> bool:
        """Whether the user is in the middle of a turn."""
        return self._turn is not None

    @property
    def waiting(self) -> bool:
        """Whether a turn has ended whose words are not known yet."""
        recognising = any(turn.ended and turn.recognising for turn in self._state.turns.values())
        return recognising or self._asides.waiting

    def configure(self) -> None:
        """Sets turn detection to what the session and the latest mood ask for."""
        self._patience.configure()

    def hear(self, event: EndpointEvent, floor: Floor) -> tuple[bool, Turn | None]:
        """Takes voice activity.

        Args:
            event: what was found in the audio.
            floor: what the bot is doing; while it speaks, not every burst of voice begins a turn.

        Returns:
            Whether a turn has just begun, and the turn that has just been concluded, if any.
        """
        match event:
            case SpeechStarted() if not floor.taken:
                return self._begin(event.start_ms), None
            case SpeechStarted():
                self._hear_aside(event.start_ms, floor)
            case SpeechConfirmed() if self._state.config.audio.input.turn_detection is None:
                return self._begin(event.start_ms), None
            case SpeechConfirmed() | SpeechLasting() if not floor.taken or floor.awaits_words:
                return self._begin(event.start_ms), None
            case SpeechLasting() if self._turn is None:
                self._interruption.hold(floor)
            case SpeechSustained():
                return self._begin(event.start_ms), None
            case SpeechPaused():
                if self._turn is None and self._aside is not None:
                    self._spare(self._aside, event.end_ms, floor)
                self._pause(event)
            case SpeechResumed():
                if self._turn is None:
                    return self._resume_aside(event.at_ms, floor), None
                self._go_on()
            case SpeechEnded():
                if self._turn is None and self._aside is not None:
                    self._end_aside(self._aside, event, floor)
                return False, self._end(event)
        return False, None

    def take_answer(self) -> Aside | None:
        """A burst that did not interrupt and has ended, and turns out to be an answer."""
        aside, self._aside = self._aside, None
        return None if aside is None else self._asides.settle(aside)

    def adopt(self, aside: Aside) -> None:
        """Begins the turn that a spared burst is after all."""
        self._drop_aside(aside)
        self._announce(aside.turn)

    def conclude(self, aside: Aside) -> Turn | None:
        """Ends the turn that was adopted."""
        turn, end_ms = aside.turn, aside.end_ms
        self._close(turn, end_ms, waited_ms=aside.waited_ms)
        return self._conclude(turn)

    def understood(self, result: Understood | UnderstandingFailed) -> Turn | None:
        """Takes a recognition; gives the turn that it concludes. A stale or second one is dropped."""
        turn = self._state.turns.get(result.item_id)
        if turn is None or turn.attempt != result.attempt or turn.result is not None:
            return None
        turn.recognising = False
        turn.result = result
        if turn is self._turn:
            self._patience.judge(result)
        return self._conclude(turn)

    def tick(self) -> None:
        """Time passes: a pause in which no more audio comes at all ends the turn too, a little later."""
        if self._interruption.is_forgotten():
            self._interruption.release()
        self._patience.tick()

    def commit(self, event_id: str | None) -> None:
        """Ends the turn by hand.

        Raises:
            ProtocolError: where nothing was heard.
        """
        if self._turn is None and self._aside is not None and not self._aside.ended:
            self._take_up(self._aside)  # what is ended by hand was meant
        if self._turn is None:
            raise ProtocolError(
                "input_audio_buffer_commit_empty", "No speech was heard to commit.", event_id=event_id
            )
        self._outbox.emit(EndUtterance())

    def forget(self) -> None:
        """Drops the turn under way; what is recognised of it is not answered."""
        if self._turn is not None:
            if self._turn.recognising:
                self._outbox.emit(StopUnderstanding(self._turn.item_id))
            self._state.turns.pop(self._turn.item_id, None)
            self._turn = None
        self._aside = None
        self._asides.forget()
        self._interruption.release()
        self._patience.go_on()

    def _begin(self, start_ms: int) -> bool:
        if self._turn is not None:
            return False
        if self._aside is not None:
            self._take_up(self._aside)
        else:
            self._turn = self._new_turn(start_ms)
            self._announce(self._turn)
        return True

    def _new_turn(self, start_ms: int) -> Turn:
        detection = self._state.config.audio.input.turn_detection
        padding_ms = detection.prefix_padding_ms if detection is not None else 0
        return Turn(item_id=self._new_id("item"), source="voice", start_ms=max(0, start_ms - padding_ms))

    def _announce(self, turn: Turn) -> None:
        self._state.remember(turn)
        self._outbox.send(
            {
                "type": "input_audio_buffer.speech_started",
                "audio_start_ms": turn.start_ms,
                "item_id": turn.item_id,
            }
        )

    def _take_up(self, aside: Aside) -> None:
        """Makes the burst under way the turn under way."""
        self._asides.go_on(aside)
        self._aside = None
        self._turn = aside.turn
        self._announce(aside.turn)

    def _hear_aside(self, start_ms: int, floor: Floor) -> None:
        if self._turn is None:
            self._aside = Aside(self._new_turn(start_ms), answers=floor.asking)
            self._interruption.duck(floor)

    def _resume_aside(self, at_ms: int, floor: Floor) -> bool:
        if self._aside is not None:
            self._asides.go_on(self._aside)
            self._interruption.duck(floor)
        elif floor.taken:  # what was said before the pause has become a turn already
            self._hear_aside(at_ms, floor)
        else:
            return self._begin(at_ms)
        return False

    def _spare(self, aside: Aside, end_ms: int, floor: Floor) -> None:
        self._interruption.release()
        aside.end_ms = end_ms
        aside.answers = aside.answers or floor.asking or not floor.taken
        self._asides.listen(aside)

    def _end_aside(self, aside: Aside, event: SpeechEnded, floor: Floor) -> None:
        self._interruption.release()
        aside.ended = True
        aside.end_ms, aside.waited_ms = event.end_ms, event.waited_ms
        aside.turn.voiced_ms = event.voiced_ms
        aside.answers = aside.answers or not floor.taken
        if not aside.turn.recognising and not isinstance(aside.turn.result, Understood):
            self._asides.listen(aside)

    def _drop_aside(self, aside: Aside) -> None:
        if self._aside is aside:
            self._aside = None

    def _pause(self, event: SpeechPaused) -> None:
        self._patience.pause(event.end_ms, understanding=self._turn is not None)
        if self._turn is not None:
            self._understand(self._turn, event.end_ms)

    def _go_on(self) -> None:
        self._patience.go_on()
        if self._turn is None:
            return
        if self._turn.recognising:
            self._outbox.emit(StopUnderstanding(self._turn.item_id))
        self._turn.attempt += 1
        self._turn.recognising = False
        self._turn.result = None

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
                with_sound=self._state.keeps_sound,
            )
        )

    def _end(self, event: SpeechEnded) -> Turn | None:
        turn, self._turn = self._turn, None
        self._patience.go_on()
        if turn is None:  # a burst that did not interrupt the reply under way
            return None
        turn.voiced_ms = event.voiced_ms
        self._close(turn, event.end_ms, waited_ms=event.waited_ms)
        # Ended by hand before the pause, or the speculative attempt has failed: now it counts.
        if not turn.recognising and not isinstance(turn.result, Understood):
            self._understand(turn, event.end_ms)
        return self._conclude(turn)

    def _close(self, turn: Turn, end_ms: int, *, waited_ms: int) -> None:
        turn.ended = True
        turn.times_ms["ended"] = self._outbox.now_ms - waited_ms
        self._outbox.send(
            {
                "type": "input_audio_buffer.speech_stopped",
                "audio_end_ms": end_ms,
                "item_id": turn.item_id,
            },
            {
                "type": "input_audio_buffer.committed",
                "item_id": turn.item_id,
                "previous_item_id": self._history.last_id,
            },
        )
        self._outbox.send(*self._history.add(events.user_audio_item(turn.item_id, None)))

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
