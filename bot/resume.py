"""A talk that outlives its socket: the tokens to come back with, and what happens while it waits. No I/O."""

from __future__ import annotations

import hmac
from collections.abc import Callable

from bot.commands import EndUtterance
from bot.ending import Ending
from bot.outbox import Outbox
from bot.talk_state import TalkState

__all__ = ["Resumption"]

_TOKEN_MS = 600_000
_REFRESHED_MS = _TOKEN_MS // 2  # so that a break never meets a token about to expire
_MOST_TOKENS = 4
_LISTENED_MS = 1_000
"""After so long without audio the turn that the break has cut is ended with what was heard of it."""


class Resumption:
    """Tells the client what it needs to come back, and ends a talk to which nobody does.

    Args:
        state: the talk.
        outbox: takes commands and events.
        ending: ends the talk.
        wait_ms: how long the talk waits after its socket broke; 0: it does not.
        new_token: makes a token that can't be guessed.
    """

    def __init__(
        self,
        *,
        state: TalkState,
        outbox: Outbox,
        ending: Ending,
        wait_ms: int,
        new_token: Callable[[], str],
    ) -> None:
        self._state = state
        self._outbox = outbox
        self._ending = ending
        self._wait_ms = wait_ms
        self._new_token = new_token
        self._expires_ms: dict[str, float] = {}  # of each token that is good
        self._lost_ms: float | None = None
        self._ended_hearing = False

    @property
    def possible(self) -> bool:
        """Whether the client could come back after a break."""
        return bool(self._expires_ms)

    @property
    def waiting(self) -> bool:
        """Whether the socket is broken."""
        return self._lost_ms is not None

    def accepts(self, token: str, now_ms: float) -> bool:
        """Whether this is a token of this talk that has not expired."""
        given = token.encode("utf-8", "surrogatepass")
        known = [good for good, expires_ms in self._expires_ms.items() if expires_ms > now_ms]
        return any(hmac.compare_digest(given, good.encode()) for good in known)

    def offer(self) -> None:
        """Gives a client that asks for our own events its token; one that gives them up can't come back."""
        if not self._outbox.own_events:
            self._expires_ms.clear()
        elif self._wait_ms and not self._expires_ms:
            self._issue()

    def lose(self) -> None:
        """The socket broke."""
        self._lost_ms = self._outbox.now_ms
        self._ended_hearing = False
        if self._ending.restarting:
            self._ending.leave("server_restarting")

    def regain(self) -> None:
        """The client is back, and is given a token for the next time."""
        self._lost_ms = None
        self._state.resumed = True
        self._issue()

    def tick(self) -> None:
        """Ends what the break has cut, and at last the talk; while the socket stands, renews the token."""
        now_ms = self._outbox.now_ms
        self._expires_ms = {token: at_ms for token, at_ms in self._expires_ms.items() if at_ms > now_ms}
        if self._lost_ms is None:
            newest_ms = max(self._expires_ms.values(), default=now_ms)
            if self._outbox.own_events and self._wait_ms and newest_ms - now_ms <= _TOKEN_MS - _REFRESHED_MS:
                self._issue()
            return
        waited_ms = now_ms - self._lost_ms
        if waited_ms >= _LISTENED_MS and not self._ended_hearing:
            self._ended_hearing = True
            self._outbox.emit(EndUtterance())
        if waited_ms >= self._wait_ms:
            self._ending.leave("client_left")

    def _issue(self) -> None:
        token = self._new_token()
        expires_ms = self._outbox.now_ms + _TOKEN_MS
        self._expires_ms[token] = expires_ms
        if len(self._expires_ms) > _MOST_TOKENS:  # the client may not have got the newest
            del self._expires_ms[next(iter(self._expires_ms))]
        expires_at = int(expires_ms / 1000)
        self._outbox.send_own({"type": "hamdel.resume_token", "token": token, "expires_at": expires_at})
