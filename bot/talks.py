"""The talks of this process: who is let in, who is under way, and how they end with the server."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from bot.client_socket import ClientSocket
from bot.outgoing import TooSlowError
from bot.protocol import Resume
from bot.realtime import Talk
from bot.tokens import Claims
from bot.used_tokens import UsedTokens

__all__ = ["Place", "RefusedTalkError", "Talks"]

_FULL = "session_limit_reached"


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


@dataclass(slots=True)
class Place:
    """What a websocket was let in with.

    Attributes:
        claims: of its token.
        taken: whether it counts; without, the websocket may only go on with an older talk.
        refusal: why it may not begin a talk of its own, once it has tried to.
    """

    claims: Claims
    taken: bool = False
    refusal: RefusedTalkError | None = None


class Talks:
    """Keeps count, so that more talks than the machine bears are refused, not slowed down.

    Args:
        most: talks at once.
        most_per_token: talks at once with the same token.
        used: remembers single-use tokens; by default in memory alone.
    """

    def __init__(self, *, most: int, most_per_token: int, used: UsedTokens | None = None) -> None:
        self._most = most
        self._most_per_token = most_per_token
        self._by_token: Counter[str] = Counter()
        self._placeless: Counter[tuple[str | None, ...]] = Counter()
        self._used = used or UsedTokens()
        self._under_way: dict[Talk, Claims] = {}
        self._count = 0
        self._draining = False
        self._nobody = asyncio.Event()
        self._nobody.set()

    @property
    def count(self) -> int:
        """Talks at present, those that wait for their client included."""
        return self._count

    @property
    def draining(self) -> bool:
        """Whether the server is about to stop, and lets nobody in."""
        return self._draining

    @contextmanager
    def place(self, claims: Claims, *, returning: bool = False) -> Iterator[Place]:
        """Holds a place for a talk.

        Where all are taken, whoever has a talk that waits for its client is let in without one, to go on
        with that talk; so is who says to be `returning`, if the server has only not noticed yet that the
        old connection is broken.

        Raises:
            RefusedTalkError: where there is none for this token.
        """
        place, owner = Place(claims), _owner(claims)
        refusal = self._refusal(claims)
        if refusal is not None and not (refusal.code == _FULL and self._expects(owner, returning=returning)):
            raise refusal
        if claims.single_use:
            self._use_up(claims)
        if refusal is None:
            self._take(place)
        else:
            self._placeless[owner] += 1
        try:
            yield place
        finally:
            if refusal is not None:
                self._placeless[owner] -= 1
                self._placeless += Counter()  # drops what is down to nought
            self._leave(place)

    def admit(self, place: Place) -> bool:
        """Lets a talk of its own begin; False where it still has no place."""
        if not place.taken:
            place.refusal = self._refusal(place.claims)
            if place.refusal is None:
                self._take(place)
        return place.taken

    @contextmanager
    def under_way(self, talk: Talk, claims: Claims) -> Iterator[None]:
        """Knows of a talk while it runs, and of the claims with which it was begun."""
        self._under_way[talk] = claims
        try:
            yield
        finally:
            del self._under_way[talk]

    def of_person(self, subject: str) -> tuple[Talk, ...]:
        """The talks of a person that are under way."""
        return tuple(talk for talk, begun in self._under_way.items() if begun.subject == subject)

    def resume(self, event: Resume, socket: ClientSocket, claims: Claims) -> bool:
        """Gives a websocket to the talk of which the event has the token; False where there is none.

        The claims have to be for the same person, clinic and purpose as those that began the talk.
        """
        owner = _owner(claims)
        return any(
            talk.go_on(event, socket) for talk, begun in self._under_way.items() if _owner(begun) == owner
        )

    async def drain(self, within_s: float) -> None:
        """Lets nobody in any more, and has the talks under way end at their next gap, or after a time."""
        self._draining = True
        for talk in tuple(self._under_way):
            with suppress(TooSlowError):  # its own tasks end such a talk
                talk.restart()
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._nobody.wait()

    def _expects(self, owner: tuple[str | None, ...], *, returning: bool) -> bool:
        talks = [talk for talk, begun in self._under_way.items() if _owner(begun) == owner]
        expected = sum(talk.is_waiting() or (returning and talk.is_resumable()) for talk in talks)
        return expected > self._placeless[owner]

    def _refusal(self, claims: Claims) -> RefusedTalkError | None:
        if self._draining:
            return RefusedTalkError(503, 1012, "server_restarting", "The server is restarting; try again.")
        if self._count >= self._most:
            return RefusedTalkError(429, 1013, _FULL, "All places are taken; please try again shortly.")
        if self._by_token[claims.token_id] >= self._most_per_token:
            busy = "This token has as many talks as it may; end one of them first."
            return RefusedTalkError(429, 1013, _FULL, busy)
        return None

    def _take(self, place: Place) -> None:
        place.taken = True
        self._count += 1
        self._nobody.clear()
        self._by_token[place.claims.token_id] += 1

    def _leave(self, place: Place) -> None:
        if not place.taken:
            return
        self._count -= 1
        if not self._count:
            self._nobody.set()
        self._by_token[place.claims.token_id] -= 1
        if not self._by_token[place.claims.token_id]:
            del self._by_token[place.claims.token_id]

    def _use_up(self, claims: Claims) -> None:
        if not self._used.use(claims.token_id, claims.expires_at):
            raise RefusedTalkError(
                401, 1008, "invalid_token", "The token was used before; ask for a new one."
            )


def _owner(claims: Claims) -> tuple[str | None, ...]:
    return claims.subject, claims.clinic, claims.purpose
