from __future__ import annotations

import os
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from session_log.schema import (
    MIGRATIONS,
    SessionLogError,
    backups_beside,
    check,
    migrate,
    open_for_reading,
    open_for_writing,
)

NEWEST = 3 + len(MIGRATIONS)


def test_a_new_log_is_readable_by_its_owner_alone(path: Path) -> None:
    open_for_writing(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_log_is_opened_with_wal_foreign_keys_and_secure_delete(path: Path) -> None:
    with closing(open_for_writing(path)) as database:
        pragmas = ("journal_mode", "foreign_keys", "secure_delete", "user_version")
        values = [database.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas]
    assert values == ["wal", 1, 1, NEWEST]


def test_every_table_is_strict(path: Path) -> None:
    with closing(open_for_writing(path)) as database:
        tables = [table for table in database.tables if not table.name.startswith("sqlite_")]
        assert {table.name for table in tables} >= {
            "events",
            "keys",
            "talks",
            "persons",
            "refusals",
            "backups",
        }
        assert all(table.strict for table in tables)


def test_a_migration_keeps_the_rows_and_makes_a_backup_first_that_the_log_knows_of(path: Path) -> None:
    with closing(open_for_writing(path)) as database:
        database.execute("INSERT INTO talks (talk_id, started_at) VALUES ('talk-1', '2026-11-20T08:00:00')")
        backup = migrate(database, path, (*MIGRATIONS, ("ALTER TABLE talks ADD COLUMN wing TEXT",)))
        rows = list(database.query("SELECT talk_id, wing FROM talks"))
        assert database.execute("PRAGMA user_version").fetchone()[0] == NEWEST + 1
        listed = database.execute("SELECT path FROM backups").fetchall()
    assert rows == [{"talk_id": "talk-1", "wing": None}]
    assert backup is not None
    assert listed == [(str(backup),)]
    assert backups_beside(path) == [backup]
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    with closing(sqlite3.connect(backup)) as copy:
        assert copy.execute("SELECT * FROM talks").fetchone()[0] == "talk-1"
        assert copy.execute("PRAGMA user_version").fetchone()[0] == NEWEST


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_log_of_a_preview_is_refused_with_what_to_do_and_left_alone(path: Path, version: int) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        for statement in MIGRATIONS[0]:
            old.execute(statement)
        old.execute(f"PRAGMA user_version = {version}")
    before = path.read_bytes()
    for opening in (open_for_writing, open_for_reading, check):
        with pytest.raises(SessionLogError, match=rf"schema version {version}, of a preview.*move it aside"):
            opening(path)
    assert path.read_bytes() == before
    assert backups_beside(path) == []


def test_a_failing_migration_changes_nothing(path: Path) -> None:
    broken = ("ALTER TABLE talks ADD COLUMN wing TEXT", "ALTER TABLE no_such_table ADD COLUMN x")
    with closing(open_for_writing(path)) as database:
        with pytest.raises(sqlite3.OperationalError):
            migrate(database, path, (*MIGRATIONS, broken))
        assert database.execute("PRAGMA user_version").fetchone()[0] == NEWEST
        assert "wing" not in database["talks"].columns_dict
        assert database["backups"].count == 0


def test_a_backup_that_cannot_be_written_stops_the_migration(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(open_for_writing(path)) as database:
        moment = datetime(2026, 11, 20, tzinfo=UTC)
        path.with_name(f"{path.name}.version-{NEWEST}.20261120T000000000000Z.backup").touch()
        clock = type("Clock", (), {"now": staticmethod(lambda zone: moment)})
        monkeypatch.setattr("session_log.schema.datetime", clock)
        with pytest.raises(SessionLogError, match="as a backup before the migration"):
            migrate(database, path, (*MIGRATIONS, ("ALTER TABLE talks ADD COLUMN wing TEXT",)))
        assert "wing" not in database["talks"].columns_dict


def test_the_same_version_is_not_migrated_again(path: Path) -> None:
    for _ in range(2):
        open_for_writing(path).close()
    assert backups_beside(path) == []


def test_looking_at_a_log_changes_nothing_and_an_older_one_passes(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_for_writing(path).close()
    before = path.read_bytes()
    monkeypatch.setattr("session_log.schema.MIGRATIONS", (*MIGRATIONS, ("CREATE TABLE later (x TEXT)",)))
    check(path)
    with pytest.raises(SessionLogError, match="older version; start the server once"):
        open_for_reading(path)
    assert path.read_bytes() == before


def test_a_log_of_the_future_is_refused_and_left_alone(path: Path) -> None:
    with closing(open_for_writing(path)) as database:
        database.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    for opening in (open_for_writing, open_for_reading):
        with pytest.raises(SessionLogError, match="schema version 99, newer than"):
            opening(path)
    assert path.read_bytes() == before


def test_another_programs_database_is_refused_and_left_alone(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE recipes (name)")
        other.commit()
    before = path.read_bytes()
    for opening in (open_for_writing, open_for_reading):
        with pytest.raises(SessionLogError, match="another program"):
            opening(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_corrupt_file_is_refused_and_left_alone(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    for opening in (open_for_writing, open_for_reading):
        with pytest.raises(SessionLogError, match=r"damaged or no SQLite database; move it aside"):
            opening(path)
    assert path.read_bytes() == content


def test_a_path_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(SessionLogError, match="check the path"):
        open_for_writing(tmp_path / "file" / "session_log.sqlite")


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SessionLogError, match="check the path"):
        open_for_writing(tmp_path)
    with pytest.raises(SessionLogError, match="There is no session log"):
        open_for_reading(tmp_path)


def test_a_read_only_folder_is_refused() -> None:
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        folder = Path(name) / "read-only"
        folder.mkdir(mode=0o555)
        with _as_ordinary_user(), pytest.raises(SessionLogError, match="Permission denied.*check the path"):
            open_for_writing(folder / "session_log.sqlite")
        assert list(folder.iterdir()) == []


def test_a_locked_new_database_is_refused_with_the_reason(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("session_log.schema._OPEN_TIMEOUT_S", 0.05)
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(SessionLogError, match="locked by another program"):
            open_for_writing(path)


def test_reading_cannot_change_the_log(path: Path) -> None:
    open_for_writing(path).close()
    with closing(open_for_reading(path)) as database, pytest.raises(sqlite3.OperationalError):
        database.execute("DELETE FROM talks")


def test_an_empty_file_is_not_migrated_by_a_reader(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    with pytest.raises(SessionLogError, match="start the server once"):
        open_for_reading(path)
    assert path.stat().st_size == 0


@contextmanager
def _as_ordinary_user() -> Iterator[None]:
    """Gives up the rights of root, for whom no folder is read-only, for a while."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


def test_a_log_without_a_table_of_what_was_learnt_gets_one(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("session_log.schema.MIGRATIONS", MIGRATIONS[:2])
    with closing(open_for_writing(path)) as database:
        assert "learnt" not in database.table_names()
    monkeypatch.undo()
    with closing(open_for_writing(path)) as database:
        assert database["learnt"].count == 0
        assert database.execute("PRAGMA user_version").fetchone()[0] == NEWEST
    assert len(backups_beside(path)) == 1
