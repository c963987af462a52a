"""The tables of the session log, and how a database of an earlier version becomes one of this.

Every event has a row in `events`, whose `sequence` is never given twice and orders the whole log;
what is particular to its kind is in one row (of suggestions: several) of the kind's own table.
Times are ISO 8601 in UTC with microseconds, so that text order is time order.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from sqlite_utils import Database

__all__ = ["MIGRATIONS", "SessionLogError", "migrate", "open_for_reading", "open_for_writing"]

_APPLICATION_ID = 0x48414D44  # "HAMD": tells our files from other programs' databases
_OPEN_TIMEOUT_S = 5.0

_DETAIL = "sequence INTEGER PRIMARY KEY REFERENCES events (sequence) ON DELETE CASCADE"

_FIRST_TABLES = (
    f"PRAGMA application_id = {_APPLICATION_ID}",
    # Only a crisis flag, or a step of its alert, may make a talk of which nothing else is known; its purpose
    # is NULL then.
    """CREATE TABLE talks (
        talk_id TEXT PRIMARY KEY, started_at TEXT NOT NULL, subject TEXT, clinic TEXT, purpose TEXT,
        language TEXT, country TEXT, client TEXT, erased_at TEXT) STRICT""",
    "CREATE INDEX talks_by_start ON talks (started_at)",
    "CREATE INDEX talks_by_subject ON talks (subject, started_at)",
    """CREATE TABLE events (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT NOT NULL UNIQUE,
        talk_id TEXT NOT NULL REFERENCES talks (talk_id),
        event_kind TEXT NOT NULL, at TEXT NOT NULL) STRICT""",
    "CREATE INDEX events_by_talk ON events (talk_id, sequence)",
    f"""CREATE TABLE consents ({_DETAIL}, scope TEXT NOT NULL,
        granted INTEGER NOT NULL CHECK (granted IN (0, 1)), version TEXT NOT NULL,
        given_by TEXT NOT NULL) STRICT""",
    f"""CREATE TABLE disclosures ({_DETAIL}, version TEXT NOT NULL, language TEXT NOT NULL,
        spoken INTEGER NOT NULL CHECK (spoken IN (0, 1)),
        shown INTEGER NOT NULL CHECK (shown IN (0, 1))) STRICT""",
    f"""CREATE TABLE turns ({_DETAIL}, turn_id TEXT NOT NULL, language TEXT NOT NULL,
        text TEXT NOT NULL, source TEXT NOT NULL, confidence REAL, duration_ms INTEGER) STRICT""",
    f"""CREATE TABLE moods ({_DETAIL}, turn_id TEXT NOT NULL, modality TEXT NOT NULL,
        label TEXT NOT NULL, probabilities TEXT NOT NULL, model TEXT NOT NULL,
        threshold REAL NOT NULL, abstained INTEGER NOT NULL CHECK (abstained IN (0, 1)),
        validated INTEGER NOT NULL CHECK (validated IN (0, 1))) STRICT""",
    f"""CREATE TABLE replies ({_DETAIL}, turn_id TEXT NOT NULL, language TEXT NOT NULL,
        text TEXT NOT NULL, intent TEXT, heard_text TEXT, status TEXT NOT NULL) STRICT""",
    """CREATE TABLE suggestions (
        sequence INTEGER NOT NULL REFERENCES events (sequence) ON DELETE CASCADE,
        position INTEGER NOT NULL, turn_id TEXT NOT NULL, suggestion_id TEXT NOT NULL,
        technique TEXT NOT NULL, score REAL NOT NULL, propensity REAL NOT NULL,
        PRIMARY KEY (sequence, position)) STRICT""",
    f"""CREATE TABLE suggestion_feedback ({_DETAIL}, suggestion_id TEXT NOT NULL,
        helped INTEGER NOT NULL CHECK (helped IN (0, 1))) STRICT""",
    f"""CREATE TABLE distress_ratings ({_DETAIL},
        value INTEGER NOT NULL CHECK (value BETWEEN 0 AND 10), moment TEXT NOT NULL) STRICT""",
    f"CREATE TABLE label_corrections ({_DETAIL}, turn_id TEXT NOT NULL, emotion TEXT NOT NULL) STRICT",
    f"""CREATE TABLE crisis_flags ({_DETAIL}, turn_id TEXT, level INTEGER NOT NULL, country TEXT,
        kind TEXT NOT NULL, lines_shown TEXT NOT NULL) STRICT""",
    f"""CREATE TABLE handovers ({_DETAIL}, queue TEXT NOT NULL, reason TEXT NOT NULL,
        reached INTEGER NOT NULL CHECK (reached IN (0, 1))) STRICT""",
    f"CREATE TABLE talk_ends ({_DETAIL}, reason TEXT NOT NULL) STRICT",
)

_ALERT_STEPS = (
    f"""CREATE TABLE alert_steps ({_DETAIL}, alert_id TEXT NOT NULL, step TEXT NOT NULL,
        level INTEGER NOT NULL, kind TEXT NOT NULL, clinic TEXT, contact TEXT, channel TEXT, language TEXT,
        country TEXT) STRICT""",
    "CREATE INDEX alert_steps_by_alert ON alert_steps (alert_id)",
)

_REPLY_CORRECTIONS = (
    f"""CREATE TABLE reply_corrections ({_DETAIL}, turn_id TEXT NOT NULL,
        heard_text TEXT NOT NULL) STRICT""",
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (_FIRST_TABLES, _ALERT_STEPS, _REPLY_CORRECTIONS)
"""SQL statements that lead from schema version n to n + 1; never changed once released."""


class SessionLogError(Exception):
    """The session log cannot be used; the message says what to do, and never what is in it."""


def open_for_writing(path: Path) -> Database:
    """Opens the log, makes or migrates it where needed, and returns a connection for one thread.

    A new file and its folder are readable by their owner alone. The connection has foreign keys,
    WAL, `secure_delete` and full synchronisation on, and no implicit transactions.

    Raises:
        SessionLogError: where the path cannot be written, or holds something else than our log.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        connection = sqlite3.connect(
            path, timeout=_OPEN_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
    except (OSError, sqlite3.Error) as error:
        raise _unusable(path, "cannot be opened for writing", error) from None
    try:
        database = Database(connection, execute_plugins=False)
        version = _known_version(database, path)
        database.execute("PRAGMA foreign_keys = ON")
        database.execute("PRAGMA secure_delete = ON")
        database.execute("PRAGMA synchronous = FULL")
        database.enable_wal()
        if version < len(MIGRATIONS):
            migrate(database, path, MIGRATIONS)
        # SQLite opens a file without the right to write for reading, and says so at the first write.
        database.execute("BEGIN IMMEDIATE")
        database.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        database.execute("ROLLBACK")
    except sqlite3.Error as error:
        connection.close()
        raise _unusable(path, "cannot be used", error) from None
    except SessionLogError:
        connection.close()
        raise
    return database


def open_for_reading(path: Path) -> Database:
    """Opens an existing log so that nothing can be changed through the connection.

    Raises:
        SessionLogError: where there is no log at the path, or not one of this version.
    """
    if not path.is_file():
        raise SessionLogError(
            f"There is no session log at {path}; the server makes it when it starts. "
            "Give its place with --database or HAMDEL_SESSION_LOG."
        )
    try:
        connection = sqlite3.connect(
            f"file:{quote(str(path.resolve()))}?mode=ro", uri=True, timeout=_OPEN_TIMEOUT_S
        )
    except sqlite3.Error as error:
        raise _unusable(path, "cannot be opened", error) from None
    try:
        database = Database(connection, execute_plugins=False)
        if _known_version(database, path) < len(MIGRATIONS):
            raise SessionLogError(
                f"{path} is empty or was written by an older version; start the server once, "
                "which brings it up to date."
            )
    except sqlite3.Error as error:
        connection.close()
        raise _unusable(path, "cannot be read", error) from None
    except SessionLogError:
        connection.close()
        raise
    return database


def migrate(database: Database, path: Path, migrations: Sequence[Sequence[str]]) -> Path | None:
    """Applies the migrations that a database has not seen, all of them or none.

    Returns:
        The backup made beside the database beforehand; None where it was new and empty.

    Raises:
        SessionLogError: where the backup cannot be written; the database is unchanged then.
        sqlite3.Error: where a migration fails; the database is unchanged then.
    """
    version = _user_version(database)
    backup = None
    if version > 0:
        backup = _back_up(database, path, version)
    database.execute("BEGIN IMMEDIATE")
    with database.conn:
        for statements in migrations[version:]:
            for statement in statements:
                database.execute(statement)
        database.execute(f"PRAGMA user_version = {len(migrations)}")
    return backup


def _back_up(database: Database, path: Path, version: int) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    backup = path.with_name(f"{path.name}.version-{version}.{stamp}.backup")
    try:
        os.close(os.open(backup, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(sqlite3.connect(backup)) as copy:
            database.conn.backup(copy)
    except (OSError, sqlite3.Error) as error:
        raise _unusable(backup, "cannot be written as a backup before the migration", error) from None
    return backup


def _user_version(database: Database) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def _known_version(database: Database, path: Path) -> int:
    version = _user_version(database)
    application_id = database.execute("PRAGMA application_id").fetchone()[0]
    tables = database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if (tables or version) and application_id != _APPLICATION_ID:
        raise SessionLogError(f"{path} is the database of another program; give the log a path of its own.")
    if version > len(MIGRATIONS):
        raise SessionLogError(
            f"{path} has schema version {version}, newer than the {len(MIGRATIONS)} known here; "
            "use the version of Hamdel that wrote it, or a newer one."
        )
    return version


def _unusable(path: Path, what: str, error: Exception) -> SessionLogError:
    if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
        return SessionLogError(f"{path} is locked by another program; end that program and try again.")
    if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
        return SessionLogError(
            f"{path} is damaged or no SQLite database; move it aside and restore a backup, "
            "or let the server start with a new log."
        )
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return SessionLogError(
        f"{path} {what} ({reason}); check the path, the rights to its folder and the free space on the disk."
    )
