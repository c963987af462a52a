"""Bursts of voice that did not interrupt: heard all the same, in the background. No I/O.

A "mm-hm" is let pass. Words of danger in it interrupt at once, and so does "stop"; where the bot had just
asked, it is the answer. Then the burst becomes a turn like any other, with its beginning.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.commands import StopUnderstanding, Understand, UnderstandingFailed, Understood
from bot.outbox import Outbox
from bot.talk_state import TalkState, Turn
from language import fold

__all__ = ["Aside", "Asides"]

_TRAILING_MS = 150  # a final consonant fades below the voice threshold
_MOST_WAITING = 8
_STOPS = frozenset(
    (
        *("stop", "stop it", "please stop", "wait", "hold on", "hang on", "be quiet", "shut up", "help"),
        *("no", "no no", "صبر کن", "صبر کنید", "بس کن", "بس کنید", "بسه", "نه", "نه نه", "وایسا", "ساکت"),
        *("کمک", "یک لحظه", "یه لحظه", "کافیه", "کافی است"),
    )
)


@dataclass(slots=True)
class Aside:
    """A burst that did not interrupt.

    Attributes:
        turn: what it becomes if its words ask for it; it has the item id and the beginning.
        answers: whether it counts as an answer: the bot had asked, or is silent.
        ended: whether the voice has not come back within the patience of a turn.
        end_ms: end of its voice in the input audio.
        waited_ms: silence since, when it ended.
    """

    turn: Turn
    answers: bool
    ended: bool = False
    end_ms: int = 0
    waited_ms: int = 0


class Asides:
    """Has spared bursts recognised and tells which of them are to be turns.

    Args:
        state: the talk.
        outbox: takes commands.
        finds_danger: whether a turn's words mean danger; reads them without answering.
    """

    def __init__(self, *, state: TalkState, outbox: Outbox, finds_danger: Callable[[Turn], bool]) -> None:
        self._state = state
        self._outbox = outbox
        self._finds_danger = finds_danger
        self._waiting: dict[str, Aside] = {}

    @property
    def waiting(self) -> bool:
        """Whether an answer has ended whose words are not known yet."""
        return any(aside.answers and aside.ended for aside in self._waiting.values())

    def __contains__(self, item_id: str) -> bool:
        return item_id in self._waiting

    def listen(self, aside: Aside) -> None:
        """Has the burst recognised as far as it has come."""
        turn = aside.turn
        self._waiting[turn.item_id] = aside
        turn.attempt += 1
        turn.recognising, turn.result = True, None
        self._outbox.emit(
            Understand(
                item_id=turn.item_id,
                attempt=turn.attempt,
                start_ms=turn.start_ms,
                end_ms=aside.end_ms + _TRAILING_MS,
                language=self._state.config.language,
                with_emotion=aside.answers and self._state.consented_to_emotion,
                with_sound=self._state.keeps_sound,
            )
        )
        if len(self._waiting) > _MOST_WAITING:
            del self._waiting[next(iter(self._waiting))]

    def go_on(self, aside: Aside) -> None:
        """The voice came back: what is recognised of the beginning is stale."""
        turn = aside.turn
        turn.attempt += 1
        turn.result = None
        if turn.recognising:
            turn.recognising = False
            self._outbox.emit(StopUnderstanding(turn.item_id))
        self._waiting.pop(turn.item_id, None)

    def understood(self, result: Understood | UnderstandingFailed) -> Aside | None:
        """Takes a recognition; gives the burst if it is to be a turn now."""
        aside = self._waiting.get(result.item_id)
        if aside is None or aside.turn.attempt != result.attempt or aside.turn.result is not None:
            return None
        turn = aside.turn
        turn.recognising = False
        turn.result = result
        if isinstance(result, Understood):
            turn.text, turn.language = result.text, result.language
            words = fold(result.text, result.language).strip(" .!?؟،…")
            # An answer may go on: "No, …". A wish for silence needs no more words.
            if self._finds_danger(turn) or (words in _STOPS and not aside.answers):
                return self._take(aside)
        return self.settle(aside)

    def settle(self, aside: Aside) -> Aside | None:
        """Gives the burst if it has ended, is an answer and has words; forgets one that has ended without."""
        if not aside.ended or aside.turn.result is None:
            return None
        self._take(aside)
        result = aside.turn.result
        return aside if aside.answers and isinstance(result, Understood) and result.text else None

    def forget(self) -> None:
        """Drops all of them."""
        for item_id in self._waiting:
            self._outbox.emit(StopUnderstanding(item_id))
        self._waiting.clear()

    def _take(self, aside: Aside) -> Aside:
        self._waiting.pop(aside.turn.item_id, None)
        return aside
