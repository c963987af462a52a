"""Watches how late the event loop is: whatever blocks it delays the sound of every talk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

__all__ = ["watch_loop"]

_PERIOD_S = 0.25


async def watch_loop(on_lag: Callable[[float], None], period_s: float = _PERIOD_S) -> None:
    """Reports the lag, in seconds, every `period_s` until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        due_s = loop.time() + period_s
        await asyncio.sleep(period_s)
        on_lag(max(0.0, loop.time() - due_s))
