"""When the bot gives way to a voice: it lowers its own, holds it, and stops or goes on. No I/O.

A listener's "mm-hm" must not cut a reply, a person who wants the floor must have it at once, and in the first
half second nobody can tell the two apart. So each step can be taken back but the last:

    voice begins → the volume goes down (96 ms of voice) → the voice goes on: the reply is held (352 ms)
    → it is speech: the reply is cut;  or the voice ends: volume and reply come back, and nothing is lost.

Times are of the audio; the events come from `endpointing` and `back_channel`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.commands import HoldSpeaking, ReleaseSpeaking
from bot.heard import SpokenSentence
from bot.outbox import Outbox

__all__ = ["DUCKED_DB", "HELD_DB", "IDLE_FLOOR", "Floor", "Interruption", "is_asking"]

DUCKED_DB = -18
"""The volume while a voice may be beginning to interrupt."""

HELD_DB = -60
"""From this volume down a client pauses its playback, and goes on at the same place afterwards."""

_FORGOTTEN_MS = 1_500
"""A client that sends no more audio in the middle of a burst: the reply must not be held without end."""

_ANSWER_WITHIN_MS = 1_000
_QUESTION_MARKS = ("?", "؟")
_CLOSING = "\"'”’»)] "


@dataclass(frozen=True, slots=True)
class Floor:
    """What the bot is doing as a voice is heard.

    Attributes:
        item_id: of the reply under way, None where there is none.
        sounding: whether any of it can have been heard yet.
        asking: whether the sentence that was heard last is a question: a short answer is an answer.
        yields: whether a voice may interrupt it.
    """

    item_id: str | None = None
    sounding: bool = False
    asking: bool = False
    yields: bool = True

    @property
    def taken(self) -> bool:
        """Whether a reply is under way."""
        return self.item_id is not None

    @property
    def awaits_words(self) -> bool:
        """Whether even a short burst is meant as an answer, or as the rest of what the user was saying."""
        return self.asking or not self.sounding


IDLE_FLOOR = Floor()


def is_asking(sentences: Sequence[SpokenSentence], played_ms: float) -> bool:
    """Whether the sentence that was heard last is a question, or the one before it was, a second ago.

    Args:
        sentences: of the reply, in order.
        played_ms: how much of its sound can have been heard.
    """
    begun = [each for each in sentences if each.start_ms is not None and each.start_ms < played_ms]
    if not begun:
        return False
    since_ms = played_ms - (begun[-1].start_ms or 0)
    latest = begun[-2:] if since_ms < _ANSWER_WITHIN_MS else begun[-1:]
    return any(each.text.rstrip(_CLOSING).endswith(_QUESTION_MARKS) for each in latest)


class Interruption:
    """The volume of the reply under way, as a burst of voice lowers it and gives it back.

    Every lowering is followed by a return to 0 dB, after a cut too.
    """

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._item_id: str | None = None
        self._gain_db = 0
        self._at_ms = 0.0

    @property
    def under_way(self) -> bool:
        """Whether the volume is lowered."""
        return self._item_id is not None

    def duck(self, floor: Floor) -> None:
        """A voice begins."""
        if floor.item_id != self._item_id:
            self.release()  # of a reply that is over
        if floor.sounding and floor.yields and self._item_id is None:
            self._item_id = floor.item_id
            self._change(DUCKED_DB)

    def hold(self, floor: Floor) -> None:
        """The voice goes on: nothing more is sent until it is known what it is."""
        self.duck(floor)
        if self._item_id is not None and self._gain_db != HELD_DB:
            self._change(HELD_DB)
            self._outbox.emit(HoldSpeaking())

    def release(self) -> None:
        """The voice has ended, or the reply has been cut: what is left of it goes on, at full volume."""
        if self._item_id is None:
            return
        held = self._gain_db == HELD_DB
        self._change(0)
        self._item_id = None
        if held:
            self._outbox.emit(ReleaseSpeaking(paused_by_client=self._outbox.own_events))

    def is_forgotten(self) -> bool:
        """Whether the burst has been open for so long that its end will never come."""
        return self._item_id is not None and self._outbox.now_ms - self._at_ms >= _FORGOTTEN_MS

    def _change(self, gain_db: int) -> None:
        self._gain_db = gain_db
        self._at_ms = self._outbox.now_ms
        self._outbox.send_own({"type": "hamdel.duck", "item_id": self._item_id, "gain_db": gain_db})
