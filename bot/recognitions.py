"""Recognitions under way in one talk: at most one a turn, a newer one in place of an older."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from bot.commands import Understand, UnderstandingFailed, Understood
from bot.metrics import Metrics
from bot.speech import SpeechBackend, SpeechBusyError

__all__ = ["Recognitions"]

logger = logging.getLogger(__name__)


class Recognitions:
    """Has turns recognised in the background.

    Args:
        speech: recognises, and infers feelings.
        metrics: counts what fails.
        on_result: takes what comes of each recognition that was not stopped.
    """

    def __init__(
        self,
        speech: SpeechBackend,
        metrics: Metrics,
        on_result: Callable[[Understood | UnderstandingFailed], None],
    ) -> None:
        self._speech = speech
        self._metrics = metrics
        self._on_result = on_result
        self._under_way: dict[str, asyncio.Task[None]] = {}

    def start(self, command: Understand, samples: NDArray[np.float32], tasks: asyncio.TaskGroup) -> None:
        """Begins a recognition, and stops an older one of the same turn.

        Args:
            command: what is asked for.
            samples: the turn's sound so far (n,), 16 kHz, −1 to 1.
            tasks: where it runs.
        """
        self.stop(command.item_id)
        task = tasks.create_task(self._recognise(command, samples))
        self._under_way[command.item_id] = task
        task.add_done_callback(lambda done: self._forget(command.item_id, done))

    def stop(self, item_id: str) -> None:
        """Stops the recognition of a turn, if there is one under way."""
        stale = self._under_way.get(item_id)
        if stale is not None:
            stale.cancel()

    async def _recognise(self, command: Understand, samples: NDArray[np.float32]) -> None:
        result: Understood | UnderstandingFailed
        try:
            heard = await self._speech.understand(
                samples, language=command.language, with_emotion=command.with_emotion
            )
            result = Understood(
                item_id=command.item_id,
                attempt=command.attempt,
                text=heard.transcript.text,
                language=heard.transcript.language,
                confidence=heard.transcript.confidence,
                alternatives=heard.transcript.alternatives,
                duration_ms=len(samples) // 16,
                mood=heard.mood,
            )
        except Exception as error:
            # Whatever fails in a model, the talk goes on; the error's own words may quote the user.
            logger.error("recognition failed: %s", type(error).__name__)
            self._metrics.recognition_failed(type(error).__name__)
            busy = isinstance(error, SpeechBusyError)
            result = UnderstandingFailed(command.item_id, command.attempt, busy)
        self._on_result(result)

    def _forget(self, item_id: str, task: asyncio.Task[None]) -> None:
        if self._under_way.get(item_id) is task:
            del self._under_way[item_id]
