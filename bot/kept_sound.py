"""The sound of a talk's turns, held until a turn is over, then kept in the session log where consented to.

Beside the talk: the work is done in threads, and nothing that fails in it is felt in the talk.
"""

from __future__ import annotations

import asyncio
import io
import logging
from datetime import datetime

import numpy as np
import soundfile
from numpy.typing import NDArray

from bot.commands import KeepSound, Understand
from bot.listener import LISTENING_RATE_HZ
from session_log import SessionLog

__all__ = ["KeptSound", "ogg_opus"]

logger = logging.getLogger(__name__)

_MOST_HELD = 4


class KeptSound:
    """Keeps the sound of one talk.

    Args:
        session_log: seals and stores.
        talk_id: of the talk.
    """

    def __init__(self, session_log: SessionLog, talk_id: str) -> None:
        self._session_log = session_log
        self._talk_id = talk_id
        self._held: dict[str, NDArray[np.float32]] = {}

    def hold(self, command: Understand, samples: NDArray[np.float32]) -> None:
        """Holds the newest sound of a turn (n,), 16 kHz, −1 to 1, if it may be kept later."""
        self._held.pop(command.item_id, None)
        if command.with_sound:
            self._held[command.item_id] = samples
        while len(self._held) > _MOST_HELD:
            del self._held[next(iter(self._held))]

    def drop(self, turn_id: str) -> None:
        """The sound that is held is stale."""
        self._held.pop(turn_id, None)

    def keep(self, command: KeepSound, tasks: asyncio.TaskGroup) -> None:
        """Has the sound of a turn sealed and stored, in the background."""
        samples = self._held.pop(command.turn_id, None)
        if samples is not None and len(samples):
            tasks.create_task(self._keep(command.turn_id, samples, command.at))

    async def _keep(self, turn_id: str, samples: NDArray[np.float32], at: datetime) -> None:
        try:
            await asyncio.to_thread(self._store, turn_id, samples, at)
        except Exception as error:
            # Whatever fails here (a full disk, an encoder), the talk goes on.
            logger.error("the sound of a turn could not be kept (%s)", type(error).__name__)

    def _store(self, turn_id: str, samples: NDArray[np.float32], at: datetime) -> None:
        duration_ms = len(samples) * 1000 // LISTENING_RATE_HZ
        sound = ogg_opus(samples)
        self._session_log.keep_audio(self._talk_id, turn_id, sound, at=at, duration_ms=duration_ms)


def ogg_opus(samples: NDArray[np.float32]) -> bytes:
    """Encodes sound (n,), 16 kHz mono, −1 to 1, as Ogg Opus (RFC 7845), which browsers play."""
    file = io.BytesIO()
    soundfile.write(file, samples, LISTENING_RATE_HZ, format="OGG", subtype="OPUS")
    return file.getvalue()
