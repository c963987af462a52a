"""What disks, locks, other programs and kill -9 do to a log that is open for writing."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from session_log import schema
from session_log.events import (
    ConsentSet,
    CrisisFlagged,
    Event,
    ReplyGiven,
    TalkStarted,
    TurnHeard,
)
from session_log.reader import list_talks, read_talk
from session_log.schema import SessionLogError, open_for_writing
from session_log.writer import SessionLog

Talk = Callable[..., list[Event]]
Turns = Callable[[str, int], list[Event]]

LOCKER = """
import sqlite3, sys, time
other = sqlite3.connect(sys.argv[1], isolation_level=None)
other.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
time.sleep(float(sys.argv[2]))
sys.stdin.read()
other.execute("ROLLBACK")
"""


def record_all(log: SessionLog, events: list[Event]) -> None:
    for event in events:
        assert log.record(event)


def wait_until(condition: Callable[[], bool], timeout_s: float = 5.0) -> None:
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def stored_turn_ids(path: Path, talk_id: str = "talk-1") -> list[str]:
    return [event.turn_id for event in read_talk(path, talk_id)[1] if isinstance(event, TurnHeard)]


def assert_sound(path: Path) -> None:
    with closing(sqlite3.connect(path)) as check:
        assert check.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert check.execute("PRAGMA foreign_key_check").fetchall() == []


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
        assert log.flush()
        database = log._file.database
        pages = database.execute("PRAGMA page_count").fetchone()[0]
        database.execute(f"PRAGMA max_page_count = {pages + 1}")
        record_all(log, events[5:])
        wait_until(lambda: log.health().last_error == "OperationalError")
        assert not log.flush(0.3)
        assert log.health().dropped == 0
        database.execute("PRAGMA max_page_count = 1000000")
        assert log.flush(10)
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
                assert log.flush()
                record_all(log, events[4:])
                wait_until(lambda: log.health().last_error == "OperationalError")
                assert not log.flush(0.3)
                subprocess.run(["mount", "-o", "remount,size=8m", folder], check=True)
                assert log.flush(10)
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


def test_another_process_that_holds_the_lock_for_seconds_delays_but_neither_loses_nor_doubles(
    path: Path, turns: Turns
) -> None:
    events = turns("talk-1", 500)
    with SessionLog.open(path) as log:
        command = [sys.executable, "-c", LOCKER, str(path), "2.5"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        with subprocess.Popen(command, **pipes, text=True) as other:
            assert other.stdin is not None
            assert other.stdout is not None
            assert other.stdout.readline() == "locked\n"
            slowest_s = 0.0
            for event in events:
                started = time.monotonic()
                assert log.record(event)
                slowest_s = max(slowest_s, time.monotonic() - started)
                time.sleep(0.002)
            assert slowest_s < 0.1, "a talk waited for the database"
            assert log.health().written == 0
            other.stdin.close()  # the lock is held until here, however long that took
            assert other.wait(10) == 0
        assert log.flush(10)
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
        assert log.flush()
        for suffix in suffixes:
            path.with_name(path.name + suffix).unlink()
        record_all(log, [replace(heard, turn_id="turn-2", event_id="two")])
        assert log.flush()
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
        assert log.flush()
        away = path.parent.with_name("away")
        path.parent.rename(away)
        path.parent.write_text("in the way")
        record_all(log, events[4:])
        wait_until(lambda: log.health().last_error == "OperationalError")
        assert log.health().dropped == 0
        path.parent.unlink()
        assert log.flush(10)
    assert len(stored_turn_ids(path)) == 50


def test_a_log_replaced_by_a_restored_backup_is_written_on(path: Path, talk: Talk, turns: Turns) -> None:
    with SessionLog.open(path) as log:
        record_all(log, talk("old"))
    backup = path.with_name("backup")
    backup.write_bytes(path.read_bytes())
    with SessionLog.open(path) as log:
        record_all(log, turns("talk-1", 1))
        assert log.flush()
        backup.replace(path)
        record_all(log, [replace(event, turn_id="x", event_id="x") for event in turns("talk-1", 1)[-1:]])
        assert log.flush()
    assert {summary.talk_id for summary in list_talks(path)} == {"old", "talk-1"}
    assert stored_turn_ids(path) == ["x"]
    assert_sound(path)


def test_a_database_with_a_damaged_table_shows_in_the_health_and_talks_go_on(
    path: Path, turns: Turns
) -> None:
    with SessionLog.open(path) as log:
        record_all(log, turns("talk-1", 200))
    with closing(sqlite3.connect(path)) as other:
        page_bytes = other.execute("PRAGMA page_size").fetchone()[0]
        page = other.execute("SELECT rootpage FROM sqlite_master WHERE name = 'events'").fetchone()[0]
    with path.open("r+b") as file:
        file.seek((page - 1) * page_bytes)
        file.write(b"\xff" * page_bytes)
    with SessionLog.open(path, queue_size=100) as log:
        events = turns("talk-2", 300)
        started = time.monotonic()
        for event in events:
            log.record(event)
        assert time.monotonic() - started < 1
        wait_until(lambda: log.health().last_error == "DatabaseError")
        assert not log.close(timeout_s=0.3)
        assert log.health().dropped > 0
    with pytest.raises(SessionLogError, match="restore a backup|damaged"):
        read_talk(path, "talk-1")


def test_a_read_only_file_is_refused_at_the_start() -> None:
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        path = Path(name) / "session_log.sqlite"
        SessionLog.open(path).close()
        path.chmod(0o444)
        path.with_name(f"{path.name}.writer").chmod(0o666)
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
        assert database.execute("PRAGMA user_version").fetchone()[0] == len(newer)
        assert database.execute("SELECT count(*) FROM talks").fetchone()[0] == 2
    assert len(list(path.parent.glob("*.backup"))) == 1


def test_a_newer_schema_is_refused_and_the_writer_leaves_no_thread(path: Path) -> None:
    with closing(open_for_writing(path)) as database:
        database.execute("PRAGMA user_version = 99")
    threads = threading.active_count()
    with pytest.raises(SessionLogError, match="newer than"):
        SessionLog.open(path)
    assert threading.active_count() == threads


# Memory and kill -9 -----------------------------------------------------------------------------------


def test_text_that_waits_in_memory_is_bounded_and_what_has_no_words_still_fits(
    path: Path, talk: Talk
) -> None:
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
        assert not log.record(replace(long, event_id="three"))
        assert log.record(flag)
        assert log.health().dropped == 1
        other.execute("ROLLBACK")
        assert log.flush()
        assert log.record(replace(long, event_id="four")), "room is not given back"
    assert len(stored_turn_ids(path)) == 2


def test_a_killed_writer_loses_at_most_what_the_last_moment_brought(path: Path) -> None:
    program = f"""
import itertools, time
from datetime import datetime, timezone
from session_log.events import *
from session_log.writer import SessionLog
log = SessionLog.open({str(path)!r})
now = datetime.now(timezone.utc)
log.record(TalkStarted(talk_id="talk-1", at=now, subject="s", purpose="therapy", language="en",
                       client="test"))
log.record(ConsentSet(talk_id="talk-1", at=now, scope="store_text", granted=True, version="1",
                      given_by="token"))
for number in itertools.count():
    log.record(TurnHeard(talk_id="talk-1", turn_id=str(number), at=datetime.now(timezone.utc),
                         language="en", text="words", source="typed"))
    print(number, time.monotonic(), log.health().queued, flush=True)
    time.sleep(0.002)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        told = [writer.stdout.readline().split() for _ in range(300)]
        writer.kill()
        told += [line.split() for line in writer.stdout.read().splitlines()]
    whole = [(int(line[0]), int(line[2])) for line in told if len(line) == 3]
    assert_sound(path)
    stored = [int(turn_id) for turn_id in stored_turn_ids(path)]
    assert stored == list(range(len(stored))), "a hole, or an event twice"
    handed_in, waiting = whole[-1]
    lost = handed_in + 1 - len(stored)
    # Only what was queued then, and what a transaction under way had taken, can be missing.
    assert lost <= waiting + 1
    assert len(stored) >= 100
    SessionLog.open(path).close()
