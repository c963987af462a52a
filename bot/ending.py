"""When a talk ends by itself: limits, and a server that is about to stop. No I/O."""

from __future__ import annotations

from bot import server_events as events
from bot.answering import Answering
from bot.commands import CloseTalk
from bot.outbox import Outbox
from bot.talk_state import TalkLimits, TalkState

__all__ = ["Ending"]

_EXPIRED_CLOSE = 1000  # RFC 6455 section 7.4.1
_RESTART_CLOSE = 1012
_GRACE_MS = 120_000  # for whoever speaks on beyond the longest talk


class Ending:
    """Ends a talk in a gap, after a goodbye; one in which danger was heard is never ended by a limit.

    Args:
        state: the talk.
        outbox: takes commands and events.
        answering: says goodbye.
        limits: when.
    """

    def __init__(self, *, state: TalkState, outbox: Outbox, answering: Answering, limits: TalkLimits) -> None:
        self._state = state
        self._outbox = outbox
        self._answering = answering
        self._limits = limits
        self._began_ms = 0.0
        self._active_ms = 0.0
        self._said_goodbye = False
        self._restarting = False
        self._closed = False

    def begin(self) -> None:
        """The talk has begun."""
        self._began_ms = self._active_ms = self._outbox.now_ms

    def note_activity(self) -> None:
        """Either side has said something."""
        self._active_ms = self._outbox.now_ms

    @property
    def restarting(self) -> bool:
        """Whether the server is about to stop."""
        return self._restarting

    def restart(self) -> None:
        """The server is about to stop: the talk ends at its next gap."""
        self._restarting = True

    def leave(self, reason: str) -> None:
        """Nobody is there any more: the talk ends at once, without a word."""
        if not self._closed:
            self._closed = True
            self._outbox.emit(CloseTalk(_EXPIRED_CLOSE, reason))

    def tick(self, *, replying: bool, hearing: bool) -> None:
        """Ends the talk if it is time.

        Args:
            replying: whether an answer is awaited or being spoken.
            hearing: whether the user is speaking, or what they said is being recognised.
        """
        if self._closed:
            return
        quiet = not (replying or hearing)
        if hearing or (replying and not self._said_goodbye):  # the goodbye itself wakes nothing
            self.note_activity()
        if self._restarting and quiet:
            self._close(_RESTART_CLOSE, "server_restarting", "The server is restarting; connect again.")
            return
        limit = self._passed_limit()
        if limit is None or self._state.crisis_level > 0:
            self._said_goodbye = False
            return
        overdue = self._outbox.now_ms - self._began_ms > self._limits.longest_ms + _GRACE_MS
        if quiet and not self._said_goodbye:
            self._said_goodbye = True
            self._answering.say(f"goodbye_{limit}")
        elif quiet or overdue:
            self._close(_EXPIRED_CLOSE, "session_expired", "The talk has reached its limit; begin a new one.")

    def _passed_limit(self) -> str | None:
        now_ms = self._outbox.now_ms
        if now_ms - self._began_ms >= self._limits.longest_ms:
            return "long"
        return "idle" if now_ms - self._active_ms >= self._limits.idle_ms else None

    def _close(self, close_code: int, code: str, message: str) -> None:
        self._closed = True
        self._outbox.send(events.error(code, message))
        self._outbox.emit(CloseTalk(close_code, code))
