"""Lock-out: who has failed to sign in too often has to wait, longer each time.

Attempts are counted by the name that was tried (whether it exists or not) and by the address they came from,
both as digests under the log's key, since people type passwords where names belong. An attempt counts before
it is looked at, and is taken back where it succeeds: so many at once don't slip through.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Sequence
from datetime import datetime, timedelta

from session_log.transaction import Transaction

__all__ = ["begin_attempt", "source_of_address", "succeeded"]

_FREE_FAILURES = 5
_FIRST_WAIT = timedelta(seconds=15)
_LONGEST_WAIT = timedelta(minutes=15)
_FORGOTTEN_AFTER = timedelta(hours=24)


def source_of_address(address: str) -> str:
    """What attempts from an address are counted under: of IPv6 the network of 64 bits that one site has."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return f"address {address}"
    if parsed.version == 6 and parsed.ipv4_mapped is None:
        network = ipaddress.IPv6Network((int(parsed), 64), strict=False)
        return f"address {network}"
    return f"address {parsed}"


def begin_attempt(transaction: Transaction, sources: Sequence[str], now: datetime) -> timedelta | None:
    """Counts an attempt, unless one of its sources has to wait: then returns for how long."""
    database = transaction.database
    database.execute("DELETE FROM review_failures WHERE last_at < ?", (_text(now - _FORGOTTEN_AFTER),))
    waits = []
    for source in _digests(transaction, sources):
        row = database.execute(
            "SELECT failures, last_at FROM review_failures WHERE source = ?", (source,)
        ).fetchone()
        if row is None:
            continue
        last_at = datetime.fromisoformat(row[1])
        if last_at > now:  # the clock was set back; the wait begins anew, so that it can't be for ever
            last_at = now
            database.execute("UPDATE review_failures SET last_at = ? WHERE source = ?", (_text(now), source))
        waits.append(last_at + _wait_after(row[0]) - now)
    longest = max(waits, default=timedelta(0))
    if longest > timedelta(0):
        return longest
    for source in _digests(transaction, sources):
        database.execute(
            """INSERT INTO review_failures (source, failures, last_at) VALUES (?1, 1, ?2)
            ON CONFLICT (source) DO UPDATE SET failures = failures + 1, last_at = ?2""",
            (source, _text(now)),
        )
    return None


def succeeded(transaction: Transaction, forget: str, take_back: str) -> None:
    """Takes an attempt back.

    Args:
        transaction: to do it in.
        forget: the source whose failures are over.
        take_back: the source, such as an address that others share, that loses this attempt alone.
    """
    gone, fewer = _digests(transaction, (forget, take_back))
    database = transaction.database
    database.execute("DELETE FROM review_failures WHERE source = ?", (gone,))
    database.execute(
        "UPDATE review_failures SET failures = failures - 1 WHERE source = ? AND failures > 0", (fewer,)
    )


def _wait_after(failures: int) -> timedelta:
    if failures < _FREE_FAILURES:
        return timedelta(0)
    doubled: int = 2 ** min(failures - _FREE_FAILURES, 10)
    return min(_LONGEST_WAIT, _FIRST_WAIT * doubled)


def _digests(transaction: Transaction, sources: Sequence[str]) -> list[str]:
    key = transaction.keys.log_key(transaction.database).secret
    return [
        hmac.new(key, f"hamdel review failure 1\n{source}".encode(), hashlib.sha256).hexdigest()
        for source in sources
    ]


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")
