"""What disks, locks, other programs and kill -9 do to a log that is open for writing."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from log_files import assert_sound, change, contents, record_all, rows, wait_until

from session_log import schema
from session_log.events import (
    ConsentSet,
    CrisisFlagged,
    Event,
    ReplyGiven,
    TalkStarted,
    TurnHeard,
)
from session_log.kinds import AnyEvent
from session_log.reader import list_talks, read_talk, reading
from session_log.schema import SessionLogError, open_for_writing
from session_log.writer import SessionLog

Many = Callable[..., list[AnyEvent]]
Talk = Callable[..., list[Event]]
Turns = Callable[[str, int], list[Event]]

LOCKER = """
import sqlite3, sys
other = sqlite3.connect(sys.argv[1], isolation_level=None)
other.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
other.execute("ROLLBACK")
"""


def stored_turn_ids(path: Path, talk_id: str = "talk-1") -> list[str]:
    return [event.turn_id for event in read_talk(path, talk_id)[1] if isinstance(event, TurnHeard)]


@contextmanager
def ordinary_user() -> Iterator[None]:
    """Gives up the rights of root, for whom nothing is read-only, for a while."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


# Full disks -------------------------------------------------------------------------------------------


def test_a_database_that_may_not_grow_keeps_events_in_memory_and_catches_up(path: Path, turns: Turns) -> None:
    events = turns("talk-1", 300)
    with SessionLog.open(path) as log:
        record_all(log, events[:5])
        assert log.flush(30)
        database = log._file.database
        pages = database.execute("PRAGMA page_count").fetchone()[0]
        database.execute(f"PRAGMA max_page_count = {pages + 1}")
        record_all(log, events[5:])
        wait_until(lambda: log.health().last_error == "OperationalError")
        assert not log.flush(0.3)
        assert log.health().dropped == 0
        database.execute("PRAGMA max_page_count = 1000000")
        assert log.flush(30)
        assert log.health().last_error is None
    assert_sound(path)
    assert stored_turn_ids(path) == [event.turn_id for event in events if isinstance(event, TurnHeard)]


def test_a_disk_that_is_really_full_loses_nothing_once_there_is_room_again(turns: Turns) -> None:
    with tempfile.TemporaryDirectory() as folder:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder], capture_output=True, text=True
        )
        if mounted.returncode:
            pytest.skip(f"no tmpfs can be mounted here: {mounted.stderr.strip()}")
        try:
            path = Path(folder) / "session_log.sqlite"
            events = [
                replace(event, text="x" * 2_000) if isinstance(event, TurnHeard) else event
                for event in turns("talk-1", 60)
            ]
            with SessionLog.open(path) as log:
                record_all(log, events[:4])
                assert log.flush(30)
                record_all(log, events[4:])
                wait_until(lambda: log.health().last_error == "OperationalError")
                assert not log.flush(0.3)
                subprocess.run(["mount", "-o", "remount,size=8m", folder], check=True)
                assert log.flush(30)
                assert log.health().dropped == 0
            assert_sound(path)
            assert len(stored_turn_ids(path)) == 60
        finally:
            subprocess.run(["umount", "-l", folder], check=True)


def test_a_start_on_a_full_disk_is_refused_in_one_sentence() -> None:
    with tempfile.TemporaryDirectory() as folder:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", folder], capture_output=True, text=True
        )
        if mounted.returncode:
            pytest.skip(f"no tmpfs can be mounted here: {mounted.stderr.strip()}")
        try:
            with pytest.raises(SessionLogError, match="free space on the disk"):
                SessionLog.open(Path(folder) / "session_log.sqlite")
        finally:
            subprocess.run(["umount", "-l", folder], check=True)


# Locks ------------------------------------------------------------------------------------------------


def test_another_process_that_holds_the_lock_delays_but_neither_loses_nor_doubles(
    path: Path, turns: Turns
) -> None:
    events = turns("talk-1", 500)
    with SessionLog.open(path) as log:
        command = [sys.executable, "-c", LOCKER, str(path)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        with subprocess.Popen(command, **pipes, text=True) as other:
            assert other.stdin is not None
            assert other.stdout is not None
            assert other.stdout.readline() == "locked\n"
            record_all(log, events)
            wait_until(lambda: log.health().failures >= 3)
            assert log.health().written == 0
            other.stdin.close()  # the lock is held until here, however long that took
            assert other.wait(30) == 0
        assert log.flush(30)
        assert log.health().failures > 0
    expected = [event.turn_id for event in events if isinstance(event, TurnHeard)]
    assert stored_turn_ids(path) == expected


# Files that vanish or change --------------------------------------------------------------------------


@pytest.mark.parametrize("suffixes", [("",), ("", "-wal", "-shm"), ("", "-wal", "-shm", ".writer")])
def test_a_log_that_is_deleted_while_it_is_written_is_begun_anew_and_what_follows_is_kept(
    path: Path, talk: Talk, suffixes: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    events = talk()
    heard = next(event for event in events if isinstance(event, TurnHeard))
    flag = next(event for event in events if isinstance(event, CrisisFlagged))
    with SessionLog.open(path) as log:
        record_all(log, [*events[:4], heard, flag])
        assert log.flush(30)
        for suffix in suffixes:
            path.with_name(path.name + suffix).unlink()
        record_all(log, [replace(heard, turn_id="turn-2", event_id="two")])
        assert log.flush(30)
        with pytest.raises(SessionLogError, match="already has a writer"):
            SessionLog.open(path)
    assert stored_turn_ids(path) == ["turn-2"]
    kinds = [type(event) for event in read_talk(path, "talk-1")[1]]
    assert kinds.count(TalkStarted) == kinds.count(CrisisFlagged) == 1
    assert kinds.count(ConsentSet) == 3
    assert_sound(path)
    assert "deleted or replaced" in caplog.text
    SessionLog.open(path).close()


def test_a_log_whose_folder_vanishes_for_a_while_keeps_events_in_memory(path: Path, turns: Turns) -> None:
    events = turns("talk-1", 50)
    with SessionLog.open(path) as log:
        record_all(log, events[:4])
        assert log.flush(30)
        away = path.parent.with_name("away")
        path.parent.rename(away)
        path.parent.write_text("in the way")
        record_all(log, events[4:])
        wait_until(lambda: log.health().last_error == "OperationalError")
        assert log.health().dropped == 0
        path.parent.unlink()
        assert log.flush(30)
    assert len(stored_turn_ids(path)) == 50


def test_a_log_replaced_by_a_restored_backup_is_written_on(path: Path, talk: Talk, turns: Turns) -> None:
    with SessionLog.open(path) as log:
        record_all(log, talk("old"))
    backup = path.with_name("backup")
    backup.write_bytes(path.read_bytes())
    with SessionLog.open(path) as log:
        record_all(log, turns("talk-1", 1))
        assert log.flush(30)
        backup.replace(path)
        record_all(log, [replace(event, turn_id="x", event_id="x") for event in turns("talk-1", 1)[-1:]])
        assert log.flush(30)
    assert {summary.talk_id for summary in list_talks(path)} == {"old", "talk-1"}
    assert stored_turn_ids(path) == ["x"]
    assert_sound(path)


def test_a_running_talk_that_a_restored_backup_knows_goes_on_in_it(path: Path, turns: Turns) -> None:
    events = turns("talk-1", 3)
    with SessionLog.open(path) as log:
        record_all(log, events[:5])
        assert log.flush(30)
        with closing(sqlite3.connect(path)) as other, closing(sqlite3.connect(path.with_name("b"))) as copy:
            other.backup(copy)
        record_all(log, events[5:6])
        assert log.flush(30)
        path.with_name("b").replace(path)
        record_all(log, events[6:])
        assert log.flush(30)
    assert stored_turn_ids(path) == ["talk-1-0", "talk-1-2"]
    (broken,) = rows(path, "SELECT facts FROM events WHERE event_kind = 'chain_broken'")
    assert '"tail_cut"' in str(broken)


def test_a_key_that_is_deleted_with_the_log_is_written_again_so_that_the_new_log_can_be_read(
    path: Path, talk: Talk
) -> None:
    with SessionLog.open(path) as log:
        record_all(log, talk()[:5])
        assert log.flush(30)
        shutil.rmtree(path.parent)
        record_all(log, talk()[5:])
        assert log.flush(30)
        assert log.health().dropped == 0
    assert stored_turn_ids(path) == ["turn-1"]
    SessionLog.open(path).close()


def test_notes_written_after_a_log_was_begun_anew_can_be_read(path: Path, care: Many) -> None:
    first, second = (replace(care()[1], event_id=name) for name in ("first", "second"))
    with SessionLog.open(path) as log:
        log.perform(lambda transaction: transaction.append(first)).result(20)
        path.unlink()
        log.perform(lambda transaction: transaction.append(second)).result(20)
    with reading(path) as reader:
        assert reader.events_of_person("subject-1") == [second]


def test_a_damaged_log_is_refused_at_the_start_and_left_alone(path: Path, turns: Turns) -> None:
    with SessionLog.open(path) as log:
        record_all(log, turns("talk-1", 200))
    with closing(sqlite3.connect(path)) as other:
        page_bytes = other.execute("PRAGMA page_size").fetchone()[0]
        page = other.execute("SELECT rootpage FROM sqlite_master WHERE name = 'events'").fetchone()[0]
    with path.open("r+b") as file:
        file.seek((page - 1) * page_bytes)
        file.write(b"\xff" * page_bytes)
    before, threads = contents(path.parent), threading.active_count()
    with pytest.raises(SessionLogError, match=r"cannot be read.*restore a backup"):
        SessionLog.open(path)
    assert contents(path.parent) == before
    assert threading.active_count() == threads
    with pytest.raises(SessionLogError, match="restore a backup|damaged"):
        read_talk(path, "talk-1")


def test_a_table_that_vanishes_shows_in_the_health_and_talks_go_on_until_it_is_back(
    path: Path, turns: Turns
) -> None:
    events = turns("talk-1", 300)
    with SessionLog.open(path, queue_size=100) as log:
        record_all(log, events[:5])
        assert log.flush(30)
        change(path, "ALTER TABLE events RENAME TO mislaid")
        record_all(log, events[5:])
        wait_until(lambda: log.health().last_error == "OperationalError")
        assert (log.health().dropped, log.health().spooled) == (0, len(events) - 5)
        change(path, "ALTER TABLE mislaid RENAME TO events")
        assert log.flush(30)
    assert len(stored_turn_ids(path)) == 300


def test_a_read_only_file_is_refused_at_the_start() -> None:
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        path = Path(name) / "session_log.sqlite"
        SessionLog.open(path).close()
        path.chmod(0o444)
        path.with_name(f"{path.name}.writer").chmod(0o666)
        (Path(name) / "keys").chmod(0o777)
        (Path(name) / "keys" / "session_log.key").chmod(0o644)
        with ordinary_user(), pytest.raises(SessionLogError, match="readonly database.*check the path"):
            SessionLog.open(path)


def test_an_older_schema_is_brought_up_to_date_with_a_backup(
    path: Path, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with SessionLog.open(path) as log:
        record_all(log, talk())
    newer = (*schema.MIGRATIONS, ("ALTER TABLE talks ADD COLUMN wing TEXT",))
    monkeypatch.setattr(schema, "MIGRATIONS", newer)
    with pytest.raises(SessionLogError, match="older version; start the server once"):
        list_talks(path)
    with SessionLog.open(path) as log:
        record_all(log, talk("talk-2"))
    with closing(open_for_writing(path)) as database:
        assert database.execute("PRAGMA user_version").fetchone()[0] == 3 + len(newer)
        assert database.execute("SELECT count(*) FROM talks").fetchone()[0] == 2
    assert len(list(path.parent.glob("*.backup"))) == 1


def test_a_newer_schema_is_refused_and_the_writer_leaves_no_thread(path: Path) -> None:
    with closing(open_for_writing(path)) as database:
        database.execute("PRAGMA user_version = 99")
    threads = threading.active_count()
    with pytest.raises(SessionLogError, match="newer than"):
        SessionLog.open(path)
    assert threading.active_count() == threads


# Memory -----------------------------------------------------------------------------------------------


def test_text_that_waits_in_memory_is_bounded_and_the_rest_waits_in_the_spool(path: Path, talk: Talk) -> None:
    heard = next(event for event in talk() if isinstance(event, TurnHeard))
    reply = next(event for event in talk() if isinstance(event, ReplyGiven))
    flag = next(event for event in talk() if isinstance(event, CrisisFlagged))
    with (
        SessionLog.open(path, queue_characters=45_000) as log,
        closing(sqlite3.connect(path, isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        record_all(log, talk()[:4])
        long = replace(heard, text="x" * 20_000)
        assert log.record(replace(long, event_id="one"))
        assert log.record(replace(reply, event_id="two", text="y" * 10_000, heard_text="y" * 10_000))
        queued = log.health().queued
        assert log.record(replace(long, event_id="three"))
        assert log.record(flag)
        assert log.health().queued == queued
        assert (log.health().spooled, log.health().dropped) == (8, 0)
        other.execute("ROLLBACK")
        assert log.flush(30)
        record_all(log, [replace(long, event_id="four")])
        assert log.health().queued == 1, "room is not given back"
    assert len(stored_turn_ids(path)) == 3
