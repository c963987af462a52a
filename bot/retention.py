"""Has what is due to go from the session log go, once a day beside the talks."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime

from bot.settings import SessionLogSettings
from bot.talk_parts import Parts
from session_log import SessionLogError
from session_log.retention import run_retention

__all__ = ["keep_retention"]

logger = logging.getLogger(__name__)

_DAY_S = 86_400.0
_RETRY_S = 3_600.0


async def keep_retention(parts: Parts, settings: SessionLogSettings, *, pause_s: float = _DAY_S) -> None:
    """Runs retention at once, and again after each pause, until it is cancelled.

    What could not be done now is tried again within the hour. With `audio_days` 0 all sound goes.
    """
    while True:
        log, now = parts.session_log, datetime.now(UTC)
        next_s = pause_s
        try:
            removed = await asyncio.to_thread(
                run_retention, log, now, settings.text_days, settings.audio_days
            )
        except SessionLogError as error:
            parts.metrics.retention_failures.inc()
            logger.error("retention did not come to its end (%s)", type(error).__name__)
            next_s = min(pause_s, _RETRY_S)
        else:
            if removed.talks or removed.sounds:
                logger.info("retention: %d talks erased, %d sounds deleted", removed.talks, removed.sounds)
        await asyncio.sleep(next_s)
