"""How fast tokens may be asked for, by whom asks: token buckets without a clock of their own."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address

__all__ = ["TokenPace", "asker"]

_MOST_ASKERS = 10_000


class TokenPace:
    """Lets so many requests a minute pass for each asker, as many of them at once after a quiet minute.

    Args:
        per_minute: requests.
    """

    def __init__(self, per_minute: int) -> None:
        self._most = float(per_minute)
        self._buckets: dict[str, tuple[float, float]] = {}

    def wait_s(self, who: str, now_s: float) -> float:
        """Takes a request at this time; gives 0, or for how many seconds it is too early."""
        left, since_s = self._buckets.pop(who, (self._most, now_s))
        left = min(self._most, left + max(0.0, now_s - since_s) * self._most / 60)
        passes = left >= 1
        self._buckets[who] = (left - 1 if passes else left, now_s)  # the latest asker stands last
        if len(self._buckets) > _MOST_ASKERS:
            del self._buckets[next(iter(self._buckets))]
        return 0.0 if passes else (1 - left) * 60 / self._most


def asker(address: str | None) -> str:
    """The name under which an address is counted: of IPv6 its network: one machine has many."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return f"{int(parsed) >> 64:x}"
    return str(parsed)
