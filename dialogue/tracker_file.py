"""One SQLite file with what Rasa keeps of talks: a sealed row for each, and nothing that can be read.

Imports no Rasa. All calls come from one thread and may block. Whatever is deleted is overwritten, and gone
from the write-ahead log as well (`secure_delete`, a truncating checkpoint).
"""

from __future__ import annotations

import os
import sqlite3
import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dialogue.tracker_key import SealBrokenError, TrackerKey, TrackerKeyError

__all__ = ["MOST_TRACKERS", "TrackerFile", "TrackerFileError", "TrackerPlaces", "TrackerSettingError"]

MOST_TRACKERS = 500
"""How many talks are kept where nobody asks to forget them, such as those of the REST channel."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS trackers (
    row BLOB NOT NULL UNIQUE,  -- HMAC of the sender's id
    saved_s REAL NOT NULL,     -- seconds since 1970
    wrapped_key BLOB NOT NULL,
    sealed BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS key (id TEXT NOT NULL);
"""
_VERSION = 1
_BUSY_S = 0.5
_LONGEST_HOURS = 24 * 365
_DEFAULT_HOURS = 24.0


class TrackerFileError(Exception):
    """The file can't do what was asked of it."""


class TrackerSettingError(Exception):
    """A variable of the environment has a value that can't be used."""


@dataclass(frozen=True)
class TrackerPlaces:
    """Where the trackers lie, and for how long.

    Attributes:
        database: the SQLite file.
        key_file: its key, where the environment gives none.
        keep_s: seconds of quiet after which a talk is deleted that nobody has asked to forget.
    """

    database: Path
    key_file: Path
    keep_s: float = _DEFAULT_HOURS * 3600

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> TrackerPlaces:
        """From HAMDEL_TRACKERS and HAMDEL_TRACKER_HOURS, else the platform's data folder and 24 hours.

        Raises:
            TrackerSettingError: where the hours are no number above 0 and up to a year's.
        """
        chosen = environment.get("HAMDEL_TRACKERS")
        data = environment.get("XDG_DATA_HOME") or "~/.local/share"
        path = Path(chosen or f"{data}/hamdel/trackers.sqlite").expanduser()
        text = environment.get("HAMDEL_TRACKER_HOURS") or str(_DEFAULT_HOURS)
        try:
            hours = float(text)
        except ValueError:
            hours = 0.0
        if not 0 < hours <= _LONGEST_HOURS:
            raise TrackerSettingError(
                f"HAMDEL_TRACKER_HOURS must be a number above 0 and up to {_LONGEST_HOURS}, not {text!r}."
            )
        return cls(path, path.parent / "keys" / f"{path.stem}.key", hours * 3600)


class TrackerFile:
    """The file; it is opened when it is needed first, and again where that failed.

    Any call may raise `sqlite3.Error`, `OSError` or `TrackerFileError` where the disk fails, and
    `TrackerKeyError` where the key is another than the one that sealed the talks that are there.

    Args:
        places: where it lies, and for how long talks are kept.
        environment: where the key may be.
        most: how many talks are kept.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        places: TrackerPlaces,
        environment: Mapping[str, str] = os.environ,
        *,
        most: int = MOST_TRACKERS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._places = places
        self._environment = environment
        self._most = most
        self._clock = clock
        self._opened: tuple[sqlite3.Connection, TrackerKey] | None = None

    def open(self) -> None:
        """Opens the file, or makes it, and deletes what is too old."""
        self._open()

    def write(self, sender: str, text: str) -> None:
        """Keeps a talk's serialised tracker in the place of the one before."""
        database, key = self._open()
        row = key.row_of(sender)
        wrapped, sealed = key.seal(row, zlib.compress(text.encode(), 1))
        with database:
            database.execute("BEGIN IMMEDIATE")
            database.execute(
                "INSERT INTO trackers VALUES (?, ?, ?, ?) ON CONFLICT (row) DO UPDATE SET "
                "saved_s = excluded.saved_s, wrapped_key = excluded.wrapped_key, sealed = excluded.sealed",
                (row, self._clock(), wrapped, sealed),
            )
            database.execute(
                "DELETE FROM trackers WHERE row IN "
                "(SELECT row FROM trackers ORDER BY saved_s DESC, row = ? DESC LIMIT -1 OFFSET ?)",
                (row, self._most),
            )

    def read(self, sender: str) -> str | None:
        """The tracker that was kept last; None where there is none.

        Raises:
            SealBrokenError: where it was changed.
        """
        database, key = self._open()
        row = key.row_of(sender)
        found = database.execute("SELECT wrapped_key, sealed FROM trackers WHERE row = ?", (row,)).fetchone()
        return None if found is None else _text(key, row, *found)

    def texts(self) -> list[str]:
        """All trackers that can be opened, the one saved last at the end."""
        database, key = self._open()
        texts = []
        for row, wrapped, sealed in database.execute(
            "SELECT row, wrapped_key, sealed FROM trackers ORDER BY saved_s"
        ):
            try:
                texts.append(_text(key, row, wrapped, sealed))
            except SealBrokenError:
                continue
        return texts

    def delete(self, senders: Iterable[str]) -> None:
        """Deletes talks without a trace."""
        database, key = self._open()
        with database:
            database.execute("BEGIN IMMEDIATE")
            database.executemany(
                "DELETE FROM trackers WHERE row = ?", [(key.row_of(sender),) for sender in senders]
            )
        _leave_no_trace(database)

    def sweep(self) -> None:
        """Deletes the talks that have been quiet for too long."""
        self._sweep(self._open()[0])

    def close(self) -> None:
        """Closes the file; a later call opens it again."""
        if self._opened is not None:
            self._opened[0].close()
            self._opened = None

    def _open(self) -> tuple[sqlite3.Connection, TrackerKey]:
        if self._opened is None:
            path = self._places.database
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # SQLite's other files get the same mode
            database = sqlite3.connect(
                path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False, cached_statements=32
            )
            try:
                _prepare(database, path)
                self._sweep(database)
                self._opened = database, self._key_for(database)
            except BaseException:
                database.close()
                raise
        return self._opened

    def _sweep(self, database: sqlite3.Connection) -> None:
        now, keep_s = self._clock(), self._places.keep_s
        with database:
            # A clock that was set back makes talks of the future, which would be kept for longer.
            gone = database.execute(
                "DELETE FROM trackers WHERE saved_s NOT BETWEEN ? AND ?", (now - keep_s, now + keep_s)
            ).rowcount
        if gone:
            _leave_no_trace(database)

    def _key_for(self, database: sqlite3.Connection) -> TrackerKey:
        empty = database.execute("SELECT 1 FROM trackers LIMIT 1").fetchone() is None
        key = TrackerKey.load(self._places.key_file, self._environment, create=empty)
        (known,) = database.execute("SELECT max(id) FROM key").fetchone()
        if key.id == known:
            return key
        if not empty:
            raise TrackerKeyError(
                f"{self._places.database} was sealed with another key (its id begins with {str(known)[:8]}). "
                "Put that key back, or delete the file: then Rasa has forgotten the talks under way. "
                "Nothing was changed."
            )
        with database:
            database.execute("BEGIN IMMEDIATE")
            database.execute("DELETE FROM key")
            database.execute("INSERT INTO key VALUES (?)", (key.id,))
        return key


def _prepare(database: sqlite3.Connection, path: Path) -> None:
    database.execute("PRAGMA secure_delete = ON")
    database.execute("PRAGMA temp_store = MEMORY")
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version == 0:
        database.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {_VERSION}; COMMIT;")
    elif version != _VERSION:
        raise TrackerFileError(f"{path} was made by another version ({version}); delete it or put it aside.")


def _leave_no_trace(database: sqlite3.Connection) -> None:
    (busy, _, _) = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise TrackerFileError("another program uses the trackers; what was deleted is still in their log")


def _text(key: TrackerKey, row: bytes, wrapped: bytes, sealed: bytes) -> str:
    return zlib.decompress(key.unseal(row, wrapped, sealed)).decode()
