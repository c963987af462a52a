"""How fast a client may send: a token bucket that says how long to wait, without a clock of its own."""

from __future__ import annotations

__all__ = ["Pace"]


class Pace:
    """Lets `per_s` events a second pass on average, and as many at once after a quiet second.

    Args:
        per_s: events a second.
    """

    def __init__(self, per_s: float) -> None:
        self._per_s = per_s
        self._allowance = per_s
        self._last_s: float | None = None

    def wait_s(self, now_s: float, cost: float = 1) -> float:
        """Takes an event at this time; gives the seconds for which the next is not to be read.

        `cost` is how many events it counts for.
        """
        if self._last_s is not None:
            gained = max(0.0, now_s - self._last_s) * self._per_s
            self._allowance = min(self._per_s, self._allowance + gained)
        self._last_s = now_s
        self._allowance -= cost
        return max(0.0, -self._allowance / self._per_s)
