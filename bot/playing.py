"""How much of a reply's sound a client can have played. No I/O, no clock."""

from __future__ import annotations

__all__ = ["Playing"]


class Playing:
    """The smallest of all that bounds it: what was sent, when it was sent, and the client's own word.

    Sound that was sent cannot be played sooner than it lasts. A report of the client says how far it was
    when the report came; from then on it can have gone on at most as long as time has passed, until the
    reply was stopped. What the client says of the end (`truncate`) is its last word.
    """

    def __init__(self) -> None:
        self.sent_ms = 0.0
        self._over_at_ms = 0.0
        self._completed = False
        self._stopped_at_ms: float | None = None
        self._reported: tuple[float, float] | None = None
        self._truncated: tuple[float, float] | None = None

    @property
    def stopped(self) -> bool:
        """Whether the client was told to play no more."""
        return self._stopped_at_ms is not None

    def send(self, duration_ms: float, now_ms: float) -> None:
        """Sound of this length is sent."""
        self._over_at_ms = max(self._over_at_ms, now_ms) + duration_ms
        self.sent_ms += duration_ms

    def complete(self) -> None:
        """The voice is through: the client will play all of it, unless it says otherwise."""
        self._completed = True

    def stop(self, now_ms: float) -> None:
        """The client is told to play no more; the first time counts."""
        if self._stopped_at_ms is None:
            self._stopped_at_ms = now_ms

    def report(self, played_ms: float, now_ms: float) -> None:
        """The client has played this much so far."""
        played_ms = float(played_ms)
        if self._reported is not None and self._stopped_at_ms is not None:  # nothing sounds any more
            before_ms, at_ms = self._reported
            played_ms = min(played_ms, before_ms + max(0.0, self._stopped_at_ms - at_ms))
        self._reported = (played_ms, now_ms)

    def truncate(self, played_ms: float, now_ms: float) -> None:
        """The client has played this much and plays no more; the least that it says counts."""
        if self._truncated is None or played_ms < self._truncated[0]:
            self._truncated = (float(played_ms), now_ms)

    def played_ms(self, now_ms: float) -> float:
        """How much can have been played by now, in milliseconds of the reply's sound."""
        until_ms = now_ms if self._stopped_at_ms is None else min(now_ms, self._stopped_at_ms)
        bounds = [self.sent_ms]
        if not self._completed:
            bounds.append(self.sent_ms - max(0.0, self._over_at_ms - until_ms))
        if self._truncated is not None:
            bounds.append(self._truncated[0])
            until_ms = max(until_ms, self._truncated[1])  # it may have played on until it was told
        if self._reported is not None and (self.stopped or self._truncated or not self._completed):
            reported_ms, at_ms = self._reported
            bounds.append(reported_ms + max(0.0, until_ms - at_ms))
        return max(0.0, min(bounds))
