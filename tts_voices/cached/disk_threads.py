"""Threads for work with a disk that may hang: whoever gives them work is never kept waiting."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable

__all__ = ["DiskThreads"]

logger = logging.getLogger(__name__)


class DiskThreads:
    """A few threads that begin with the first work, and that never keep the process from ending.

    Args:
        name: of the threads.
        threads: how many.
        waiting: how much work may wait; what is offered beyond that is refused.
    """

    def __init__(self, name: str, *, threads: int, waiting: int) -> None:
        self._name, self._count, self._most = name, threads, waiting
        self._work: deque[Callable[[], None]] = deque()
        self._threads: list[threading.Thread] = []
        self._changed = threading.Condition()
        self._closed = False

    def offer(self, work: Callable[[], None]) -> bool:
        """Has work done soon; False where too much of it waits already, or after `close`."""
        with self._changed:
            if self._closed or len(self._work) >= self._most:
                return False
            self._work.append(work)
            if not self._threads:
                self._threads = [
                    threading.Thread(target=self._run, name=self._name, daemon=True)
                    for _ in range(self._count)
                ]
                for thread in self._threads:
                    thread.start()
            self._changed.notify()
        return True

    def close(self, patience_s: float) -> None:
        """Lets what waits be done, for at most so long, and ends the threads."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        until = time.monotonic() + patience_s
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._work or self._closed)
                if not self._work:
                    return
                work = self._work.popleft()
            try:
                work()
            except Exception as error:  # the thread goes on with the next
                logger.error("work with the cache of sentences failed (%s)", type(error).__name__)
