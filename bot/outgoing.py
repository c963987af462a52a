"""What waits to be sent to a client: bounded in bytes, so that one who never reads costs little."""

from __future__ import annotations

import asyncio
from collections import deque

__all__ = ["LONGEST_BACKLOG_BYTES", "Outgoing", "TooSlowError"]

LONGEST_BACKLOG_BYTES = 8 * 1024 * 1024
"""More than two minutes of speech in base64; what is paced never comes near it."""


class TooSlowError(Exception):
    """The client does not read what it is sent."""


class Outgoing:
    """Texts in the order in which they are to be sent.

    Args:
        longest_backlog_bytes: how much may wait.
    """

    def __init__(self, longest_backlog_bytes: int = LONGEST_BACKLOG_BYTES) -> None:
        self._longest_backlog_bytes = longest_backlog_bytes
        self._texts: deque[str] = deque()
        self._waiting_bytes = 0
        self._news = asyncio.Event()

    def put(self, text: str) -> None:
        """Adds a text.

        Raises:
            TooSlowError: where too much is waiting already.
        """
        # ASCII, as json.dumps writes it, has one byte a character.
        if self._waiting_bytes + len(text) > self._longest_backlog_bytes:
            raise TooSlowError
        self._waiting_bytes += len(text)
        self._texts.append(text)
        self._news.set()

    async def next(self) -> str:
        """Waits for the next text and takes it."""
        while not self._texts:
            self._news.clear()
            await self._news.wait()
        text = self._texts.popleft()
        self._waiting_bytes -= len(text)
        return text
