"""The talks of this process: who is let in, who is under way, and how they end with the server."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from bot.outgoing import TooSlowError
from bot.realtime import Talk
from bot.tokens import Claims

__all__ = ["RefusedTalkError", "Talks"]


class RefusedTalkError(Exception):
    """A talk is not let in.

    Attributes:
        status: HTTP status of a refusal before the upgrade.
        close_code: close code of a refusal after it (RFC 6455 section 7.4.1).
        code: machine-readable reason.
    """

    def __init__(self, status: int, close_code: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.close_code = close_code
        self.code = code
        self.message = message


class Talks:
    """Keeps count, so that more talks than the machine bears are refused, not slowed down.

    Args:
        most: talks at once.
        most_per_token: talks at once with the same token.
    """

    def __init__(self, *, most: int, most_per_token: int) -> None:
        self._most = most
        self._most_per_token = most_per_token
        self._by_token: Counter[str] = Counter()
        self._used: dict[str, float] = {}
        self._under_way: set[Talk] = set()
        self._count = 0
        self._draining = False
        self._nobody = asyncio.Event()
        self._nobody.set()

    @property
    def count(self) -> int:
        """Talks at present."""
        return self._count

    @property
    def draining(self) -> bool:
        """Whether the server is about to stop, and lets nobody in."""
        return self._draining

    @contextmanager
    def place(self, claims: Claims) -> Iterator[None]:
        """Holds a place for a talk.

        Raises:
            RefusedTalkError: where there is none for this token.
        """
        self._admit(claims)
        self._count += 1
        self._nobody.clear()
        self._by_token[claims.token_id] += 1
        try:
            yield
        finally:
            self._count -= 1
            if not self._count:
                self._nobody.set()
            self._by_token[claims.token_id] -= 1
            if not self._by_token[claims.token_id]:
                del self._by_token[claims.token_id]

    @contextmanager
    def under_way(self, talk: Talk) -> Iterator[None]:
        """Knows of a talk while it runs."""
        self._under_way.add(talk)
        try:
            yield
        finally:
            self._under_way.discard(talk)

    async def drain(self, within_s: float) -> None:
        """Lets nobody in any more, and has the talks under way end at their next gap, or after a time."""
        self._draining = True
        for talk in tuple(self._under_way):
            with suppress(TooSlowError):  # its own tasks end such a talk
                talk.restart()
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._nobody.wait()

    def _admit(self, claims: Claims) -> None:
        if self._draining:
            raise RefusedTalkError(503, 1012, "server_restarting", "The server is restarting; try again.")
        if self._count >= self._most:
            busy = "All places are taken; please try again shortly."
            raise RefusedTalkError(429, 1013, "session_limit_reached", busy)
        if self._by_token[claims.token_id] >= self._most_per_token:
            busy = "This token has as many talks as it may; end one of them first."
            raise RefusedTalkError(429, 1013, "session_limit_reached", busy)
        if claims.single_use:
            self._use_up(claims)

    def _use_up(self, claims: Claims) -> None:
        now = time.time()
        self._used = {token: expires_at for token, expires_at in self._used.items() if expires_at > now}
        if claims.token_id in self._used:
            raise RefusedTalkError(
                401, 1008, "invalid_token", "The token was used before; ask for a new one."
            )
        self._used[claims.token_id] = claims.expires_at
