"""What of erased talks stands beside the tables: in the write-ahead log, spool, sound and backups.

It is deleted right after the transaction that erased them; what a process killed in between may have left
is deleted at the next start.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlite_utils import Database

from session_log.audio import delete_audio
from session_log.location import LogPlaces
from session_log.schema import backups_beside
from session_log.spool import Spool
from session_log.transaction import Transaction

__all__ = ["delete_beside", "delete_leftovers", "empty_write_ahead_log"]


def delete_beside(transaction: Transaction, places: LogPlaces, spool: Spool) -> None:
    """Deletes what a transaction that was committed has erased.

    Raises:
        OSError: where a file cannot be deleted or written anew.
    """
    spool.erase(frozenset(transaction.erased_talks), frozenset(transaction.erased_persons))
    for talk_id in transaction.erased_talks:
        delete_audio(places.audio, talk_id)
    for path in transaction.stale_backups:
        Path(path).unlink(missing_ok=True)


def delete_leftovers(database: Database, places: LogPlaces) -> None:
    """Deletes backups that the database does not list, and the sound of talks that were erased.

    Raises:
        OSError: where a file cannot be deleted.
        sqlite3.Error: where the database cannot be read.
    """
    listed = {Path(path) for (path,) in database.execute("SELECT path FROM backups").fetchall()}
    for backup in backups_beside(places.database):
        if backup not in listed:
            backup.unlink(missing_ok=True)
    if places.audio.is_dir() and any(places.audio.iterdir()):
        for (talk_id,) in _erased_talks(database):
            delete_audio(places.audio, talk_id)


def empty_write_ahead_log(database: Database) -> bool:
    """Deletes what was overwritten in the database and still stands in its write-ahead log.

    Returns:
        False where it has to be tried again, as when a reader holds it up.
    """
    try:
        busy, *_ = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.Error:
        return False
    return not busy


def _erased_talks(database: Database) -> list[tuple[str]]:
    cursor: sqlite3.Cursor = database.execute("SELECT talk_id FROM talks WHERE erased_at IS NOT NULL")
    return cursor.fetchall()
