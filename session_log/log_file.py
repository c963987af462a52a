"""The log's file while a writer has it open, and what happens when somebody deletes or replaces it.

SQLite goes on writing into a file that no longer has a name, and all of it is lost at the end. So the
name is looked at before each transaction. Where it is gone, a new log is begun; of the talks under way
it gets the frame (beginning, consents, disclosure, crisis flags, alerts, hand-overs), so that what follows of
them has its place. Content isn't brought back: whoever deleted the file may have meant to erase it.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Collection
from pathlib import Path

from sqlite_utils import Database

from session_log import store, writer_lock
from session_log.consent import CONTENT_EVENTS
from session_log.events import EVENT_CLASSES, Event, TalkEnded
from session_log.schema import SessionLogError, open_for_writing

__all__ = ["LogFile"]

_BUSY_TIMEOUT_MS = 200
_FRAME_EVENTS = tuple(kind for kind in EVENT_CLASSES if kind not in (*CONTENT_EVENTS, TalkEnded))

_logger = logging.getLogger(__name__)


class LogFile:
    """An open log and the right to be its only writer.

    Raises:
        SessionLogError: where the path cannot be written, holds something else than a session log of
            this or an earlier version, or has a writer already.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._claimed = writer_lock.claim(path)
        self._carried: list[Event] | None = None
        self._beside: dict[Path, tuple[int, int] | None] = {}
        try:
            self._open()
        except SessionLogError:
            writer_lock.release(self._claimed)
            raise

    @property
    def database(self) -> Database:
        """The connection; another one after `renew_if_gone` returned True."""
        return self._database

    def renew_if_gone(self, talk_ids: Collection[str]) -> bool:
        """Begins a new log where the file was deleted or replaced; True where it was.

        Args:
            talk_ids: talks under way, whose frame is carried over.

        Raises:
            sqlite3.Error: where no new log can be made now; to be called again later then.
        """
        if self._carried is None:
            if self._identity == _identity_of(self._path):
                self._beside = {path: _identity_of(path) for path in _beside(self._path)}
                return False
            _logger.error("the session log's file was deleted or replaced; a new log is begun")
            self._carried = self._frames(talk_ids)
            self._database.close()
        try:
            self._remove_what_stood_beside()
            if not writer_lock.holds(self._claimed, self._path):
                claimed = writer_lock.claim(self._path)
                writer_lock.release(self._claimed)
                self._claimed = claimed
            self._open()
        except (SessionLogError, OSError) as error:
            raise sqlite3.OperationalError("no new session log can be made") from error
        self._insert(self._carried)
        self._carried = None
        return True

    def close(self) -> None:
        """Closes the file and gives the log free for another writer."""
        self._database.close()
        writer_lock.release(self._claimed)

    def _open(self) -> None:
        self._database = open_for_writing(self._path)
        self._database.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
        self._identity = _identity_of(self._path)

    def _remove_what_stood_beside(self) -> None:
        # SQLite would take our old write-ahead log for that of the file which now has the name.
        for path, identity in self._beside.items():
            if identity is not None and identity == _identity_of(path):
                path.unlink(missing_ok=True)
        self._beside = {}

    def _frames(self, talk_ids: Collection[str]) -> list[Event]:
        frames: list[Event] = []
        for talk_id in talk_ids:
            with contextlib.suppress(sqlite3.Error, ValueError, TypeError):  # what cannot be read is gone
                frames.extend(store.read_events(self._database, talk_id, _FRAME_EVENTS))
        return frames

    def _insert(self, events: list[Event]) -> None:
        try:
            self._database.execute("BEGIN IMMEDIATE")
            for event in events:
                with contextlib.suppress(store.UnfittingEventError):
                    store.insert_event(self._database, event)
            self._database.execute("COMMIT")
        finally:
            self._database.rollback()  # does nothing after COMMIT


def _beside(path: Path) -> tuple[Path, Path]:
    return path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")


def _identity_of(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
