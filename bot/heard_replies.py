"""What was heard of each reply, the same for items, session log, dialogue and crisis guard. No I/O."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from bot import server_events as events
from bot.commands import TellDialogue
from bot.heard import Heard
from bot.history import History
from bot.journal import Journal
from bot.outbox import Outbox
from bot.response import Response
from bot.talk_state import TalkState, Turn

__all__ = ["AskedTurn", "HeardReplies"]

_REMEMBERED_REPLIES = 32  # as `bot.replying` does


@dataclass(frozen=True, slots=True)
class AskedTurn:
    """A turn as the dialogue engine was given it."""

    turn_id: str
    text: str


@dataclass(slots=True)
class _Reply:
    """What is known of a reply beside itself.

    Attributes:
        asked: the turn in whose place the dialogue engine remembers it, None where it does not.
        told: what the dialogue engine knows to have been heard, None where that is what it said itself.
        in_context: its words as they stand in the crisis guard's context, None where they do not.
        on_screen: whether its text stays on the screen.
        logged: what the session log knows to have been heard, None before the reply is over.
        over_ms: when that was.
        status: "completed" or "cancelled".
    """

    asked: AskedTurn | None = None
    told: tuple[str, str] | None = None
    in_context: str | None = None
    on_screen: bool = False
    logged: str | None = None
    over_ms: float = 0.0
    status: str = "completed"


class HeardReplies:
    """Keeps of each reply what was heard, and corrects it when more is known.

    Args:
        state: the talk, with the context of the crisis guard.
        outbox: takes commands.
        history: has the items.
        journal: remembers.
    """

    def __init__(self, *, state: TalkState, outbox: Outbox, history: History, journal: Journal) -> None:
        self._state = state
        self._outbox = outbox
        self._history = history
        self._journal = journal
        self._replies: dict[str, _Reply] = {}

    def begin(self, response: Response) -> None:
        """A reply begins."""
        self._replies[response.item_id] = _Reply()
        if len(self._replies) > _REMEMBERED_REPLIES:
            del self._replies[next(iter(self._replies))]

    def stands_for(self, response: Response, asked: AskedTurn | None, *, corrected: bool = False) -> None:
        """The dialogue engine has this turn on record; `corrected`: with less than is said now."""
        reply = self._replies.get(response.item_id)
        if reply is not None:
            reply.asked = asked
            reply.told = ("", "unheard") if corrected else reply.told

    def asked_of(self, response: Response) -> AskedTurn | None:
        """The turn in whose place the dialogue engine remembers a reply."""
        reply = self._replies.get(response.item_id)
        return reply.asked if reply is not None else None

    def add_context(self, response: Response, text: str, *, on_screen: bool = False) -> None:
        """The crisis guard reads the next turns against this text, which is now in its context."""
        reply = self._replies.get(response.item_id)
        if reply is not None:
            reply.in_context, reply.on_screen = text, on_screen

    def context(self, response: Response | None) -> tuple[str, ...]:
        """The crisis guard's context as it stands if nothing more is heard of the reply under way."""
        recent = self._state.recent.copy()
        reply = self._replies.get(response.item_id) if response is not None else None
        if response is not None and reply is not None:
            _shorten(recent, reply, response.heard(self._outbox.now_ms, shown=reply.on_screen))
        return tuple(recent)

    def drop(self, asked: AskedTurn) -> None:
        """Nothing of what the dialogue engine says to this turn will be heard."""
        self._outbox.emit(TellDialogue(asked.turn_id, asked.text, "", "unheard"))

    def keep(self, response: Response, turn: Turn | None, *, status: str) -> None:
        """A reply is over: "completed" or "cancelled"."""
        reply = self._replies.get(response.item_id)
        if reply is None:
            return
        heard = response.heard(self._outbox.now_ms, shown=reply.on_screen)
        reply.logged, reply.over_ms, reply.status = heard.text, self._outbox.now_ms, status
        self._put(response, heard, status)
        if turn is not None:
            self._journal.reply(
                turn.item_id,
                response.text,
                language=self._state.pinned_language or turn.language,
                intent=turn.intent,
                heard_text=heard.text,
                status=status,
            )
        self._tell(response, reply, heard, answered=turn is None or turn.answered)
        self._shorten_context(reply, heard)

    def correct(self, response: Response) -> None:
        """More is known of what was heard of a reply that is over."""
        reply = self._replies.get(response.item_id)
        if reply is None or reply.logged is None:
            return
        heard = response.heard(self._outbox.now_ms, shown=reply.on_screen)
        if heard.text != reply.logged:
            reply.logged = heard.text
            if response.item_id in self._history:  # it may have been deleted
                self._put(response, heard, reply.status)
            if response.turn_id is not None:
                self._journal.heard(response.turn_id, heard.text, over_ms=reply.over_ms)
        self._tell(response, reply, heard, answered=True)
        self._shorten_context(reply, heard)

    def _put(self, response: Response, heard: Heard, status: str) -> None:
        self._history.put(
            events.assistant_item(
                response.item_id,
                heard.text,
                spoken=response.spoken,
                status="completed" if status == "completed" else "incomplete",
            )
        )

    def _tell(self, response: Response, reply: _Reply, heard: Heard, *, answered: bool) -> None:
        if reply.asked is None:
            return
        # While its answer is not complete, the dialogue engine may have said more than has come.
        known = reply.told or ((response.dialogue_text, "heard") if answered else None)
        now = (heard.dialogue_text, heard.question)
        if now != known:
            reply.told = now
            self._outbox.emit(TellDialogue(reply.asked.turn_id, reply.asked.text, *now))

    def _shorten_context(self, reply: _Reply, heard: Heard) -> None:
        _shorten(self._state.recent, reply, heard)
        if reply.in_context is not None or reply.asked is not None:
            reply.in_context = heard.context or None


def _shorten(recent: deque[str], reply: _Reply, heard: Heard) -> None:
    """Leaves of a reply in the crisis guard's context what was heard of it."""
    if reply.in_context is None:
        if heard.context and reply.asked is not None:
            recent.append(heard.context)
        return
    for at in reversed(range(len(recent))):
        if recent[at] == reply.in_context:
            if heard.context:
                recent[at] = heard.context
            else:
                del recent[at]
            break
