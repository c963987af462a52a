"""The log's files while a writer has them open, and what happens when somebody deletes or replaces them.

SQLite goes on writing into a file that no longer has a name, and all of it is lost at the end. So the
name is looked at before each transaction. Where it is gone, a new log is begun; of the talks under way
it gets the frame (beginning, consents, disclosure, crisis flags, alerts, hand-overs), so that what follows of
them has its place. Content isn't brought back: whoever deleted the file may have meant to erase it.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils import Database

from session_log import schema, store, writer_lock
from session_log.audit_events import ChainBroken
from session_log.chain import CONFLICT_STAMP, Head, HeadError, read_head, write_head
from session_log.consent import CONTENT_EVENTS
from session_log.data_keys import LOG_OWNER, DataKeys, SealError, WrappedKey
from session_log.events import EVENT_CLASSES, TalkEnded
from session_log.file_modes import close_to_others
from session_log.kinds import AnyEvent
from session_log.location import LogPlaces
from session_log.master_keys import MasterKeys, WrongKeyError
from session_log.schema import SessionLogError, open_for_writing
from session_log.transaction import Transaction

__all__ = ["LogFile"]

_BUSY_TIMEOUT_MS = 200
_FRAME_EVENTS = tuple(kind for kind in EVENT_CLASSES if kind not in (*CONTENT_EVENTS, TalkEnded))
_INSERT_KEY = "INSERT INTO keys (owner, master_id, wrapped) VALUES (?, ?, ?) ON CONFLICT (owner) DO NOTHING"

_logger = logging.getLogger(__name__)


class LogFile:
    """An open log and the right to be its only writer.

    Args:
        places: where its files are; the key is made with a new log, and only then.

    Attributes:
        keys: the data keys.
        head_problem: class of the error of the latest try to write the head, None when it succeeded.

    Raises:
        SessionLogError: where the path cannot be written, holds something else than a session log of
            this or an earlier version, has a writer already, or its key is missing or another.
    """

    def __init__(self, places: LogPlaces) -> None:
        self._places = places
        self._path = places.database
        self.head_problem: str | None = None
        self._claimed = writer_lock.claim(self._path)
        self._carried: list[AnyEvent] | None = None
        self._beside: dict[Path, tuple[int, int] | None] = {}
        try:
            new = not self._path.exists() or (self._path.is_file() and self._path.stat().st_size == 0)
            if not new:
                schema.check(self._path)  # first, lest a key be asked for what is no log of ours
            self.keys = DataKeys(MasterKeys.load(places.key_file, create=new))
            self._open()
            close_to_others(places)
        except (SessionLogError, sqlite3.Error) as error:
            writer_lock.release(self._claimed)
            if isinstance(error, sqlite3.Error):
                raise SessionLogError(
                    f"{self._path} cannot be read ({type(error).__name__}); move it aside and restore a "
                    "backup, or let the server start with a new log."
                ) from None
            raise

    @property
    def database(self) -> Database:
        """The connection; another one after `renew_if_gone` returned True."""
        return self._database

    @property
    def log_key(self) -> bytes:
        """The log's own key, which authenticates chain, head and spool."""
        return self.keys.log_key(self._database).secret

    def begin(self) -> Transaction:
        """Begins a transaction; to be ended by COMMIT, or `rollback` of the database.

        Raises:
            sqlite3.Error: where the database cannot be written now.
        """
        self._database.execute("BEGIN IMMEDIATE")
        return Transaction(self._database, self.keys)

    def keep_head(self, head: Head) -> None:
        """Writes the newest link to its file; a failure is noted, and the next transaction tries again."""
        try:
            write_head(self._places.head_file, self.log_key, head)
        except OSError as error:
            if self.head_problem is None:
                _logger.error("the head of the session log cannot be written (%s)", type(error).__name__)
            self.head_problem = type(error).__name__
        else:
            self.head_problem = None

    def renew_if_gone(self, talks: Mapping[str, WrappedKey | None]) -> bool:
        """Begins a new log where the file was deleted or replaced; True where it was.

        Args:
            talks: talks under way, whose frame is carried over, with the keys that they have.

        Raises:
            sqlite3.Error: where no new log can be made now; to be called again later then.
        """
        if self._carried is None:
            if self._identity == _identity_of(self._path):
                self._beside = {path: _identity_of(path) for path in _beside(self._path)}
                return False
            _logger.error("the session log's file was deleted or replaced; a new log is begun")
            self._carried = self._frames(talks)
            self._database.close()
        try:
            self._remove_what_stood_beside()
            if not writer_lock.holds(self._claimed, self._path):
                claimed = writer_lock.claim(self._path)
                writer_lock.release(self._claimed)
                self._claimed = claimed
            self.keys.forget_all_but_the_log()
            masters = self.keys.masters
            if masters.path is not None and not masters.path.exists():
                masters.save()  # it was deleted with the log; without it the new one could never be read
            self._open()
        except (SessionLogError, OSError) as error:
            raise sqlite3.OperationalError("no new session log can be made") from error
        self._write(self._carried, [key for key in talks.values() if key is not None])
        self._carried = None
        return True

    def close(self) -> None:
        """Closes the file and gives the log free for another writer."""
        self._database.close()
        writer_lock.release(self._claimed)

    def _open(self) -> None:
        self._database = open_for_writing(self._path)
        try:
            self._database.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
            self._ensure_log_key()
            self._identity = _identity_of(self._path)
            self._check_head()
        except (SessionLogError, sqlite3.Error):
            self._database.close()
            raise

    def _ensure_log_key(self) -> None:
        database = self._database
        row = database.execute("SELECT master_id, wrapped FROM keys WHERE owner = ?", (LOG_OWNER,)).fetchone()
        if row is not None:
            self.keys.learn(WrappedKey(LOG_OWNER, row[0], bytes(row[1])))
            return
        if store.last_row(database).sequence:
            raise WrongKeyError(f"{self._path} has lost its own key; restore a backup. Nothing was changed.")
        # A log that was deleted under way goes on with its own key, so that spool and head stay valid.
        known = self.keys.known(LOG_OWNER)
        if known is None:
            _, wrapped = self.keys.make(LOG_OWNER)
        else:
            masters = self.keys.masters
            wrapped = WrappedKey(LOG_OWNER, masters.current_id, masters.wrap(LOG_OWNER, known.secret))
        database.execute("BEGIN IMMEDIATE")
        with database.conn:
            database.execute(_INSERT_KEY, (wrapped.owner, wrapped.master_id, wrapped.wrapped))

    def _check_head(self) -> None:
        """Compares the head with the chain; what does not fit is recorded and the head set aside as proof."""
        last = store.last_row(self._database)
        head_sequence, problem = 0, None
        try:
            head = read_head(self._places.head_file, self.log_key)
        except HeadError:
            problem = "head_changed"
        else:
            if head is None:
                problem = "head_missing" if last.sequence else None
                if problem is None:
                    self.keep_head(last)
            elif head.sequence > last.sequence:
                head_sequence, problem = head.sequence, "tail_cut"
            elif head.sequence and not self._has_link(head):
                head_sequence, problem = head.sequence, "link_changed"
        if problem is None:
            return
        _logger.error(
            "the session log does not fit its head (%s); run `.venv/bin/python -m session_log verify`",
            problem,
        )
        now = datetime.now(UTC)
        with contextlib.suppress(FileNotFoundError):
            file = self._places.head_file
            file.replace(file.with_name(f"{file.name}.{now:{CONFLICT_STAMP}}.conflict"))
        event = ChainBroken(at=now, head_sequence=head_sequence, last_sequence=last.sequence, problem=problem)
        self._write([event], ())

    def _has_link(self, head: Head) -> bool:
        query = "SELECT link FROM events WHERE sequence = ?"
        row = self._database.execute(query, (head.sequence,)).fetchone()
        return row is not None and bytes(row[0]) == head.link

    def _remove_what_stood_beside(self) -> None:
        # SQLite would take our old write-ahead log for that of the file which now has the name.
        for path, identity in self._beside.items():
            if identity is not None and identity == _identity_of(path):
                path.unlink(missing_ok=True)
        self._beside = {}

    def _frames(self, talk_ids: Collection[str]) -> list[AnyEvent]:
        frames: list[AnyEvent] = []
        for talk_id in talk_ids:
            # What cannot be read is gone.
            with contextlib.suppress(sqlite3.Error, SealError, WrongKeyError):
                frames.extend(store.read_events(self._database, self.keys, talk_id, _FRAME_EVENTS))
        return frames

    def _write(self, events: list[AnyEvent], keys: Collection[WrappedKey]) -> None:
        try:
            transaction = self.begin()
            for key in keys:
                self._database.execute(_INSERT_KEY, (key.owner, key.master_id, key.wrapped))
            for event in events:
                with contextlib.suppress(store.UnfittingEventError):
                    transaction.append(event)
            self._database.execute("COMMIT")
        finally:
            self._database.rollback()  # does nothing after COMMIT
        self.keep_head(transaction.head)


def _beside(path: Path) -> tuple[Path, Path]:
    return path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")


def _identity_of(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
