"""The server events of a talk on their way to its client: what waits, and what may be asked for again.

Bounded in bytes, so that a client who never reads, or never comes back, costs little.
"""

from __future__ import annotations

import asyncio
from collections import deque
from itertools import islice

__all__ = ["KEPT_S", "LONGEST_BACKLOG_BYTES", "Outgoing", "TooSlowError"]

LONGEST_BACKLOG_BYTES = 8 * 1024 * 1024
"""More than two minutes of speech in base64; what is paced never comes near it."""

KEPT_S = 30.0
"""How long an event stays after it was sent, for a client that comes back."""


_FILLED = 0.75  # of the backlog, at most, with which a client begins that comes back


class TooSlowError(Exception):
    """The client does not read what it is sent."""


class Outgoing:
    """Texts in the order in which they are to be sent; the n-th that is put in has the number n.

    Args:
        longest_backlog_bytes: how much may wait and stay, together.
        kept_s: how long a text stays after it was put in, while `keeping`.

    Attributes:
        keeping: whether texts that were sent stay for a client that comes back.
    """

    def __init__(self, longest_backlog_bytes: int = LONGEST_BACKLOG_BYTES, kept_s: float = KEPT_S) -> None:
        self.keeping = False
        self._longest_backlog_bytes = longest_backlog_bytes
        self._kept_s = kept_s
        self._texts: deque[tuple[float, str]] = deque()
        self._bytes = 0
        self._unsent_bytes = 0
        self._first = 1  # number of the oldest text that is still there
        self._next = 1  # number of the text that is sent next
        self._now_s = 0.0
        self._finished = False
        self._detached = False
        self._news = asyncio.Event()

    @property
    def kept_bytes(self) -> int:
        """What waits and what stays."""
        return self._bytes

    def put(self, text: str, now_s: float = 0.0) -> None:
        """Adds a text at a time of a clock that never goes back; after the last one, does nothing.

        Raises:
            TooSlowError: where too much is waiting already; while nobody reads, the oldest goes instead.
        """
        if self._finished:
            return
        # ASCII, as json.dumps writes it, has one byte a character.
        if not self._detached and self._unsent_bytes + len(text) > self._longest_backlog_bytes:
            raise TooSlowError
        self._texts.append((now_s, text))
        self._bytes += len(text)
        self._unsent_bytes += len(text)
        self.trim(now_s)
        self._news.set()

    def finish(self) -> None:
        """Nothing follows: `next` gives None once everything is out."""
        self._finished = True
        self._news.set()

    async def next(self) -> str | None:
        """Waits for the next text and takes it; None after the last one of all."""
        while self._next - self._first >= len(self._texts):
            if self._finished:
                return None
            self._news.clear()
            await self._news.wait()
        text = self._texts[self._next - self._first][1]
        self._next += 1
        self._unsent_bytes -= len(text)
        self.trim(self._now_s)
        return text

    def detach(self) -> None:
        """Nobody reads any more: from now on no text goes because of its age."""
        self._detached = True

    def reaches(self, last_seen: int) -> bool:
        """Whether everything behind the text with this number is still there, and is not too much to send."""
        if not self._first - 1 <= last_seen <= self._first - 1 + len(self._texts):
            return False
        return self._bytes_behind(last_seen) <= self._longest_backlog_bytes * _FILLED

    def attach(self, last_seen: int) -> None:
        """Somebody reads again, and goes on behind the text with this number.

        Raises:
            ValueError: where that can't be (`reaches`).
        """
        if not self.reaches(last_seen):
            raise ValueError("what followed this text is not there any more")
        self._detached = False
        self._next = last_seen + 1
        self._unsent_bytes = self._bytes_behind(last_seen)
        self._news.set()

    def trim(self, now_s: float) -> None:
        """Forgets what nobody can ask for any more at this time."""
        self._now_s = now_s
        while self._texts and (self._bytes > self._longest_backlog_bytes or self._is_over(now_s)):
            _, text = self._texts.popleft()
            self._bytes -= len(text)
            if self._first == self._next:
                self._next += 1
                self._unsent_bytes -= len(text)
            self._first += 1

    def _bytes_behind(self, last_seen: int) -> int:
        return sum(len(text) for _, text in islice(self._texts, last_seen + 1 - self._first, None))

    def _is_over(self, now_s: float) -> bool:
        if self._detached or self._first >= self._next:
            return False
        return not self.keeping or now_s - self._texts[0][0] > self._kept_s
