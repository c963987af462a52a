"""The thread that writes: it tries again, gives up in time, and holds up nobody who hands something in."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from log_files import change, record_all, rows, wait_until

from session_log.events import ConsentSet, Event, TalkStarted, TurnHeard
from session_log.reader import list_talks, read_talk
from session_log.schema import SessionLogError
from session_log.writer import SessionLog

Talk = Callable[..., list[Event]]
Turns = Callable[[str, int], list[Event]]


def stored_kinds(path: Path) -> list[type]:
    return [type(event) for event in read_talk(path, "talk-1")[1]]


def test_a_locked_database_delays_but_loses_nothing(path: Path, turns: Turns) -> None:
    with SessionLog.open(path) as log, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        record_all(log, turns("talk-1", 100))
        wait_until(lambda: log.health().last_error == "OperationalError")
        assert not log.flush(0.05)
        other.execute("ROLLBACK")
        assert log.flush(30)
        assert log.health().last_error is None
        assert log.health().failures >= 1
    assert list_talks(path)[0].turns == 100


def test_a_revocation_in_a_delayed_transaction_does_not_reach_back(path: Path, talk: Talk) -> None:
    heard = next(event for event in talk() if isinstance(event, TurnHeard))
    granted = next(event for event in talk() if isinstance(event, ConsentSet) and event.scope == "store_text")
    revoked = replace(granted, granted=False, at=heard.at, event_id="revoked")
    with SessionLog.open(path) as log, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        record_all(log, [*talk()[:4], heard, revoked, replace(heard, event_id="after")])
        wait_until(lambda: log.health().failures >= 2)
        other.execute("ROLLBACK")
    assert stored_kinds(path).count(TurnHeard) == 1


def test_closing_a_log_that_stays_locked_leaves_the_rest_in_the_spool_and_says_so(
    path: Path, turns: Turns, caplog: pytest.LogCaptureFixture
) -> None:
    log = SessionLog.open(path)
    events = turns("talk-1", 1000)
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        record_all(log, events)
        assert log.close(timeout_s=0.5), "nothing is lost: it waits in the spool"
        other.rollback()
    assert log.health().dropped == 0
    assert "wait in the spool, 0 are lost (OperationalError)" in caplog.text
    SessionLog.open(path).close()
    assert read_talk(path, "talk-1")[1] == events


def test_closing_tells_where_events_were_lost_because_nothing_could_be_written(
    path: Path, talk: Talk, turns: Turns, caplog: pytest.LogCaptureFixture
) -> None:
    heard = turns("talk-1", 1)[-1]
    with SessionLog.open(path) as log:
        record_all(log, talk())
    log = SessionLog.open(path)
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        log.places.spool.rename(log.places.spool.with_name("away"))
        log.places.spool.touch()
        assert log.record(replace(heard, event_id="late")), "it waits in memory alone"
        done = log.perform(lambda transaction: None)
        assert not log.close(timeout_s=0.3)
        other.rollback()
    assert not log.close()
    assert log.health().dropped >= 1
    assert "are lost (OperationalError)" in caplog.text
    with pytest.raises(SessionLogError, match="closed before this could be done"):
        done.result(0)


def test_a_full_disk_is_survived_and_caught_up(path: Path) -> None:
    # A limit on the size of files makes real writes fail, in a process of their own.
    program = f"""
import resource, signal, sys, time
from datetime import datetime, timezone
from session_log.events import *
from session_log.writer import SessionLog
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
now = datetime.now(timezone.utc)
log = SessionLog.open({str(path)!r})
log.record(TalkStarted(talk_id="talk-1", at=now, subject="s", purpose="therapy",
                       language="en", client="test"))
log.record(ConsentSet(talk_id="talk-1", at=now, scope="store_text", granted=True,
                      version="1", given_by="token"))
log.flush(30)
before = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
for number in range(100):
    log.record(TurnHeard(talk_id="talk-1", turn_id=str(number), at=now, language="en",
                         text="x" * 10_000, source="typed"))
deadline = time.monotonic() + 30
while log.health().last_error is None and time.monotonic() < deadline:
    time.sleep(0.01)
print(log.health().last_error, log.flush(0.2))
resource.setrlimit(resource.RLIMIT_FSIZE, before)
print(log.flush(30), log.close())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == ["OperationalError", "False", "True", "True"], done.stderr
    assert list_talks(path)[0].turns == 100


def test_handing_in_does_not_wait_for_a_transaction_under_way(path: Path, turns: Turns) -> None:
    go_on = threading.Event()
    with SessionLog.open(path) as log:
        busy = log.perform(lambda transaction: go_on.wait(60))
        record_all(log, turns("talk-1", 1_000))
        assert not busy.done()
        go_on.set()
        assert busy.result(30)
        assert log.flush(30)
    assert list_talks(path)[0].turns == 1_000


def test_an_event_that_the_database_refuses_leaves_no_part_behind(path: Path, talk: Talk) -> None:
    with SessionLog.open(path) as log:
        trigger = """CREATE TRIGGER no_ends BEFORE INSERT ON events WHEN new.event_kind = 'talk_ended'
            BEGIN SELECT raise(ABORT, 'no ends'); END"""
        change(path, trigger)
        record_all(log, talk())
        assert log.flush(30)
        assert (log.health().refused, log.health().written) == (1, len(talk()) - 1)
        change(path, "DROP TRIGGER no_ends")
        record_all(log, [replace(talk()[-1], event_id="again")])
    assert rows(path, "SELECT max(sequence), count(*) FROM events") == [(len(talk()), len(talk()))]
    assert list_talks(path)[0].end_reason == "client_closed"


def test_a_program_that_forgets_to_close_its_log_still_ends_and_loses_nothing(path: Path) -> None:
    program = f"""
from datetime import datetime, timezone
from session_log.events import TalkStarted
from session_log.writer import SessionLog
log = SessionLog.open({str(path)!r})
log.record(TalkStarted(talk_id="talk-1", at=datetime.now(timezone.utc), purpose="kiosk",
                       language="fa", client="test"))
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)
    assert stored_kinds(path) == [TalkStarted]
