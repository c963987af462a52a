"""Rasa's tracker store: what it knows of a talk outlives its process, and lies sealed on the disk.

Named in `endpoints.yml`. Memory comes first and the file (`tracker_file`) behind it: a disk that fails costs
what a restart would need, and no talk. A save ends when it is on the disk, so whoever has seen the end of a
turn finds the turn again. Only one Rasa may serve the same talk.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import json
import logging
import os
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import InMemoryTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import RasaException

from dialogue.recent_trackers import RecentTrackers
from dialogue.tracker_file import (
    MOST_TRACKERS,
    TrackerFile,
    TrackerFileError,
    TrackerPlaces,
    TrackerSettingError,
)
from dialogue.tracker_key import SealBrokenError, TrackerKeyError

__all__ = ["SealedTrackerStore", "TrackersUnusableError", "TrackersNotDeletedError"]

logger = logging.getLogger(__name__)

_WITHIN_S = 2.0
_SWEEP_EVERY_S = 3600.0
_DISK_ERRORS = (sqlite3.Error, OSError, TrackerFileError, TrackerKeyError)


class TrackersUnusableError(RasaException):  # type: ignore[misc]
    """The start ends: the key or a setting is wrong, which nobody would notice until a talk is lost."""


class TrackersNotDeletedError(Exception):
    """A talk may still lie sealed on the disk; its deletion is tried again with whatever comes next."""


class _DiskAwayError(Exception):
    """The disk has not done what was asked of it."""


class SealedTrackerStore(InMemoryTrackerStore):  # type: ignore[misc]
    """Keeps trackers in memory and, sealed, in a file; `FailSafeTrackerStore` around it finds no error.

    Args:
        domain: of the model.
        event_broker: as in every store of Rasa.
        host: of the section in `endpoints.yml`; nothing else may stand there.
        places: where the file lies; by default as the environment says.
        most: how many talks are kept.
        within_s: how long a turn waits for the disk.
        settings: none are known; places and keys come from the environment.

    Raises:
        TrackersUnusableError: for a wrong key, a wrong setting or an unknown one.
    """

    def __init__(
        self,
        domain: Domain | None,
        event_broker: EventBroker | None = None,
        host: str | None = None,
        *,
        places: TrackerPlaces | None = None,
        most: int = MOST_TRACKERS,
        within_s: float = _WITHIN_S,
        **settings: Any,
    ) -> None:
        if host is not None or settings:
            raise TrackersUnusableError(
                "dialogue.tracker_store.SealedTrackerStore takes no settings in endpoints.yml; the place is "
                "HAMDEL_TRACKERS and the hours HAMDEL_TRACKER_HOURS."
            )
        super().__init__(domain, event_broker)
        try:
            self._places = places or TrackerPlaces.of(os.environ)
        except TrackerSettingError as error:
            raise TrackersUnusableError(str(error)) from None
        self.store: RecentTrackers = RecentTrackers(most)
        self._within_s = within_s
        self._file = TrackerFile(self._places, most=most)
        self._thread = concurrent.futures.ThreadPoolExecutor(1, "trackers")
        self._late: concurrent.futures.Future[Any] | None = None
        self._failing = False
        self._undeleted: set[str] = set()
        try:
            self._thread.submit(self._file.open).result()
        except TrackerKeyError as error:
            raise TrackersUnusableError(str(error)) from None
        except _DISK_ERRORS as error:
            self._fails(error)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keeps a tracker; returns when it is on the disk, or when that has failed."""
        await super().save(tracker)
        sender = tracker.sender_id
        self._undeleted.discard(sender)
        with suppress(_DiskAwayError):
            await self._on_disk(self._file.write, sender, self.store[sender])
            await self._delete_the_undeleted()

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The tracker of a sender's latest session."""
        await self._recall(sender_id)
        return await super().retrieve(sender_id)

    async def retrieve_full_tracker(self, sender_id: str) -> DialogueStateTracker | None:
        """The tracker of all of a sender's sessions."""
        await self._recall(sender_id)
        return await super().retrieve_full_tracker(sender_id)

    async def mentions(self, sender: str, identifier: str) -> bool:
        """Whether an identifier is anywhere in what is kept of a sender; much cheaper than to read it."""
        await self._recall(sender)
        return json.dumps(identifier) in self.store.get(sender, "")

    async def keys(self) -> Iterable[str]:
        """The senders of all trackers."""
        texts: list[str] = []
        with suppress(_DiskAwayError):
            texts = await self._on_disk(self._file.texts)
        names = [str(json.loads(text)["name"]) for text in texts]
        return [*self.store, *(name for name in names if name not in self.store)]

    async def forget(self, sender: str) -> None:
        """Deletes what is kept of a sender, in memory and on the disk.

        Raises:
            TrackersNotDeletedError: where the disk fails.
        """
        if sender in self.store:
            del self.store[sender]
        self._undeleted.add(sender)
        try:
            await self._delete_the_undeleted()
        except _DiskAwayError:
            raise TrackersNotDeletedError from None

    async def sweep(self) -> None:
        """Deletes what has been quiet for too long, and what could not be deleted before."""
        self.store.drop_quiet(self._places.keep_s)
        with suppress(_DiskAwayError):
            await self._on_disk(self._file.sweep)
            await self._delete_the_undeleted()

    async def sweep_hourly(self) -> None:
        """Sweeps every hour until it is cancelled."""
        while True:
            await asyncio.sleep(_SWEEP_EVERY_S)
            await self.sweep()

    def close(self) -> None:
        """Waits for what is being written, and closes the file; may block for as long as a turn waits."""
        closed = self._thread.submit(self._file.close)
        self._thread.shutdown(wait=False)
        concurrent.futures.wait([closed], self._within_s)

    async def _recall(self, sender: str) -> None:
        if sender in self.store or sender in self._undeleted:
            return
        text = None
        try:
            with suppress(_DiskAwayError):
                text = await self._on_disk(self._file.read, sender)
        except SealBrokenError:
            logger.error("What was kept of a talk has been changed on the disk; the talk begins anew.")
        if text is not None and sender not in self.store:
            self.store[sender] = text

    async def _delete_the_undeleted(self) -> None:
        senders = tuple(self._undeleted)
        if senders:
            await self._on_disk(self._file.delete, senders)
            self._undeleted.difference_update(senders)

    async def _on_disk(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Has the thread do something with the file.

        Raises:
            _DiskAwayError: where that fails, or takes too long; it has been told then.
        """
        if self._late is not None and not self._late.done():
            raise _DiskAwayError  # everything would wait behind it
        future = self._thread.submit(work, *arguments)
        try:
            # A turn that is cancelled takes nothing back: what was handed over is done.
            done = await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(future)), self._within_s)
        except asyncio.TimeoutError:
            self._late = future
            self._fails(TrackerFileError("the disk takes too long"))
            raise _DiskAwayError from None
        except _DISK_ERRORS as error:
            self._fails(error)
            raise _DiskAwayError from None
        if self._failing:
            logger.warning("The trackers are kept on the disk again.")
        self._failing = False
        return done

    def _fails(self, error: Exception) -> None:
        if not self._failing:
            logger.error(
                "The trackers can't be kept on the disk (%s: %s). Talks go on from memory alone.",
                type(error).__name__,
                error,
            )
        self._failing = True
