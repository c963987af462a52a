"""The trackers in memory: bounded in number, the least recently saved of them go first."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

__all__ = ["RecentTrackers"]


class RecentTrackers(OrderedDict[str, Any]):
    """The serialised trackers by sender.

    Args:
        most: how many are kept.
        clock: seconds; only differences matter.
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._most = most
        self._clock = clock
        self._saved_s: dict[str, float] = {}

    def __setitem__(self, sender: str, tracker: Any) -> None:
        super().__setitem__(sender, tracker)
        self.move_to_end(sender)
        self._saved_s[sender] = self._clock()
        while len(self) > self._most:
            del self[next(iter(self))]

    def __delitem__(self, sender: str) -> None:
        super().__delitem__(sender)
        self._saved_s.pop(sender, None)

    def drop_quiet(self, keep_s: float) -> None:
        """Drops those that were saved longer ago than this."""
        oldest_s = self._clock() - keep_s
        for sender in [sender for sender in self if self._saved_s[sender] < oldest_s]:
            del self[sender]
