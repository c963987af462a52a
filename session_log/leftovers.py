"""What a process killed while it erased may have left beside the database, deleted at the next start."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlite_utils import Database

from session_log.audio import delete_audio
from session_log.location import LogPlaces
from session_log.schema import backups_beside

__all__ = ["delete_leftovers"]


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


def _erased_talks(database: Database) -> list[tuple[str]]:
    cursor: sqlite3.Cursor = database.execute("SELECT talk_id FROM talks WHERE erased_at IS NOT NULL")
    return cursor.fetchall()
