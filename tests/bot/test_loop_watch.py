import asyncio
import time

from gateway_parts import until

from bot.loop_watch import watch_loop


def block(seconds):
    """Keeps the event loop from turning."""
    time.sleep(seconds)


async def test_a_loop_that_was_blocked_is_reported_as_late():
    lags_s = []
    watching = asyncio.create_task(watch_loop(lags_s.append, period_s=0.02))
    await until(lambda: len(lags_s) >= 2)
    before = len(lags_s)
    block(0.3)
    await until(lambda: len(lags_s) > before)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    assert min(lags_s) >= 0
    assert 0.25 <= max(lags_s[before:]) < 5


async def test_a_free_loop_is_reported_as_punctual():
    lags_s = []
    watching = asyncio.create_task(watch_loop(lags_s.append, period_s=0.01))
    await until(lambda: len(lags_s) > 20)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    assert sorted(lags_s)[len(lags_s) // 2] < 0.05
