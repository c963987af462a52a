"""The tables of the session log, and how a database of an earlier version becomes one of this.

Every event is a row of `events`, whose `sequence` has no gaps and orders the whole log. Times are
ISO 8601 in UTC with microseconds, so that text order is time order.
"""

from __future__ import annotations

import glob
import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from sqlite_utils import Database

__all__ = [
    "MIGRATIONS",
    "SessionLogError",
    "backups_beside",
    "check",
    "migrate",
    "open_for_reading",
    "open_for_writing",
]

_APPLICATION_ID = 0x48414D44  # "HAMD": tells our files from other programs' databases
_OPEN_TIMEOUT_S = 5.0

_FIRST_VERSION = 4
"""Versions before it were never released: their content lay open, and they cannot be brought up to date."""

_FIRST_TABLES = (
    f"PRAGMA application_id = {_APPLICATION_ID}",
    # Each event is one row, linked to the one before. `facts` and `content` (sealed) of a row that was
    # erased are NULL, `erased_by` names the event that says so, and the digests hold the chain together.
    """CREATE TABLE events (
        sequence INTEGER PRIMARY KEY, event_id TEXT NOT NULL UNIQUE, talk_id TEXT, person TEXT,
        event_kind TEXT NOT NULL, at TEXT NOT NULL, facts TEXT, content BLOB,
        facts_digest BLOB, content_digest BLOB, erased_by INTEGER, link BLOB NOT NULL) STRICT""",
    "CREATE INDEX events_by_talk ON events (talk_id, sequence) WHERE talk_id IS NOT NULL",
    "CREATE INDEX events_by_person ON events (person, sequence) WHERE person IS NOT NULL",
    "CREATE INDEX alert_steps ON events (at) WHERE event_kind = 'alert_step'",
    "CREATE INDEX questionnaires ON events (person) WHERE event_kind = 'questionnaire_answered'",
    """CREATE INDEX corrections ON events (talk_id)
        WHERE event_kind IN ('label_reviewed', 'label_corrected')""",
    """CREATE INDEX audit ON events (sequence) WHERE event_kind IN
        ('access_noted', 'account_changed', 'audio_deleted', 'erased', 'chain_broken')""",
    # The keys that seal content, each wrapped by a master key; erasing deletes them.
    """CREATE TABLE keys (owner TEXT PRIMARY KEY, master_id TEXT NOT NULL, wrapped BLOB NOT NULL)
        STRICT, WITHOUT ROWID""",
    # What follows is derived from the events, for lists and searches; `verify` compares it with them. Only
    # a crisis flag, or a step of its alert, may make a talk of which nothing else is known: its purpose is
    # NULL then. `summary` is sealed.
    """CREATE TABLE talks (
        talk_id TEXT PRIMARY KEY, started_at TEXT NOT NULL, ended_at TEXT, end_reason TEXT, person TEXT,
        clinic TEXT, purpose TEXT, language TEXT, country TEXT, client TEXT, turns INTEGER NOT NULL DEFAULT
        0, crisis_level INTEGER, flag_state TEXT, shared INTEGER NOT NULL DEFAULT 0, summary BLOB,
        erased_at TEXT)
        STRICT""",
    "CREATE INDEX talks_by_start ON talks (started_at)",
    "CREATE INDEX talks_by_person ON talks (person, started_at) WHERE person IS NOT NULL",
    # Answers the caseload of a clinic without reading the rows.
    """CREATE INDEX talks_by_clinic ON talks (clinic, person, started_at, flag_state, language)
        WHERE person IS NOT NULL""",
    """CREATE TABLE persons (
        person TEXT PRIMARY KEY, clinic TEXT, first_at TEXT NOT NULL, last_at TEXT NOT NULL,
        talks INTEGER NOT NULL, open_flags INTEGER NOT NULL DEFAULT 0) STRICT""",
    "CREATE INDEX persons_by_last ON persons (last_at)",
    "CREATE INDEX persons_by_clinic ON persons (clinic, last_at)",
    # Scopes that a person has revoked for all talks.
    """CREATE TABLE refusals (person TEXT NOT NULL, scope TEXT NOT NULL, at TEXT NOT NULL,
        PRIMARY KEY (person, scope)) STRICT, WITHOUT ROWID""",
    # Copies of this file that we made ourselves, so that what is erased here is erased there.
    "CREATE TABLE backups (path TEXT PRIMARY KEY, made_at TEXT NOT NULL) STRICT, WITHOUT ROWID",
)

_REVIEW_TABLES = (
    # Who may sign in to the review. `code_secret` is sealed, `recovery` are digests; all but `code_step`,
    # the time step of the newest code used, enters the digest in account_changed events.
    """CREATE TABLE review_accounts (
        account TEXT PRIMARY KEY, login TEXT NOT NULL UNIQUE, role TEXT NOT NULL, clinic TEXT,
        state TEXT NOT NULL, password TEXT, code_secret BLOB, recovery TEXT NOT NULL DEFAULT '[]',
        made_at TEXT NOT NULL, code_step INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID""",
    # Links, by the digest of their secret.
    """CREATE TABLE review_invitations (
        invitation TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES review_accounts, expires_at TEXT
        NOT NULL) STRICT, WITHOUT ROWID""",
    """CREATE TABLE review_assignments (
        therapist TEXT NOT NULL REFERENCES review_accounts, person TEXT NOT NULL, at TEXT NOT NULL,
        mac BLOB NOT NULL, PRIMARY KEY (therapist, person)) STRICT, WITHOUT ROWID""",
    "CREATE INDEX review_assignments_by_person ON review_assignments (person)",
    """CREATE TABLE review_sessions (
        session TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES review_accounts, stage TEXT NOT NULL,
        begun_at TEXT NOT NULL, seen_at TEXT NOT NULL, mac BLOB NOT NULL) STRICT, WITHOUT ROWID""",
    # Failed attempts to sign in, by the digest of the name that was tried or of the address they came from.
    """CREATE TABLE review_failures (
        source TEXT PRIMARY KEY, failures INTEGER NOT NULL, last_at TEXT NOT NULL) STRICT, WITHOUT ROWID""",
)

_LEARNT_TABLE = (
    # What the feedback of all has taught, sealed (`session_log.learnt`), and damaged ones kept aside. Made
    # anew from the events each day, and no part of the chain.
    """CREATE TABLE learnt (name TEXT PRIMARY KEY, at TEXT NOT NULL, content BLOB NOT NULL)
        STRICT, WITHOUT ROWID""",
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (_FIRST_TABLES, _REVIEW_TABLES, _LEARNT_TABLE)
"""SQL statements that lead from a schema version to the next, the first to `_FIRST_VERSION`; never changed
once released."""


class SessionLogError(Exception):
    """The session log cannot be used; the message says what to do, and never what is in it."""


def backups_beside(path: Path) -> list[Path]:
    """The copies that migrations of the database at `path` have left beside it."""
    return sorted(path.parent.glob(f"{glob.escape(path.name)}.version-*.backup"))


def check(path: Path) -> None:
    """Looks whether a file can be a session log of this or an earlier version, and changes nothing.

    Raises:
        SessionLogError: where it is none.
    """
    _read_only(path).close()


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
        if version < _version_after(MIGRATIONS):
            migrate(database, path, MIGRATIONS)
        # SQLite opens a file without the right to write for reading, and says so at the first write.
        database.execute("BEGIN IMMEDIATE")
        database.execute(f"PRAGMA user_version = {_version_after(MIGRATIONS)}")
        database.execute("ROLLBACK")
    except (sqlite3.Error, UnicodeDecodeError) as error:  # SQLite quotes what it can't read
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
            "Give its place with --database, or as session_log.path in endpoints.yml."
        )
    database = _read_only(path)
    if _user_version(database) < _version_after(MIGRATIONS):
        database.close()
        raise SessionLogError(
            f"{path} is empty or was written by an older version; start the server once, "
            "which brings it up to date."
        )
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
        made_at = datetime.now(UTC)
        backup = _back_up(database, path, f"version-{version}.{made_at:%Y%m%dT%H%M%S%fZ}")
    database.execute("BEGIN IMMEDIATE")
    with database.conn:
        for statements in migrations[max(0, version - _FIRST_VERSION + 1) :]:
            for statement in statements:
                database.execute(statement)
        database.execute(f"PRAGMA user_version = {_version_after(migrations)}")
        if backup is not None:
            row = (str(backup), made_at.isoformat(timespec="microseconds"))
            database.execute("INSERT INTO backups (path, made_at) VALUES (?, ?)", row)
    return backup


def _read_only(path: Path) -> Database:
    try:
        connection = sqlite3.connect(
            f"file:{quote(str(path.resolve()))}?mode=ro", uri=True, timeout=_OPEN_TIMEOUT_S
        )
    except sqlite3.Error as error:
        raise _unusable(path, "cannot be opened", error) from None
    try:
        database = Database(connection, execute_plugins=False)
        _known_version(database, path)
    except (sqlite3.Error, UnicodeDecodeError) as error:  # SQLite quotes what it can't read
        connection.close()
        raise _unusable(path, "cannot be read", error) from None
    except SessionLogError:
        connection.close()
        raise
    return database


def _version_after(migrations: Sequence[Sequence[str]]) -> int:
    return _FIRST_VERSION - 1 + len(migrations)


def _back_up(database: Database, path: Path, name: str) -> Path:
    backup = path.with_name(f"{path.name}.{name}.backup")
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
    if version > _version_after(MIGRATIONS):
        raise SessionLogError(
            f"{path} has schema version {version}, newer than the {_version_after(MIGRATIONS)} known here; "
            "use the version of Hamdel that wrote it, or a newer one."
        )
    if tables and version < _FIRST_VERSION:
        raise SessionLogError(
            f"{path} has schema version {version}, of a preview that kept content unencrypted, and cannot be "
            "brought up to date; move it aside (or delete it), and the server begins a new log."
        )
    return version


def _unusable(path: Path, what: str, error: Exception) -> SessionLogError:
    if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
        return SessionLogError(f"{path} is locked by another program; end that program and try again.")
    is_damaged = isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError)
    if is_damaged or isinstance(error, UnicodeDecodeError):
        return SessionLogError(
            f"{path} is damaged or no SQLite database; move it aside and restore a backup, "
            "or let the server start with a new log."
        )
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return SessionLogError(
        f"{path} {what} ({reason}); check the path, the rights to its folder and the free space on the disk."
    )
