from __future__ import annotations

import logging
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from log_files import bytes_of_all_files, change, contents, record_all, rows, wait_until

from session_log.events import (
    AlertStep,
    ConsentSet,
    Event,
    TalkEnded,
    TalkStarted,
    TurnHeard,
)
from session_log.reader import list_talks, read_talk
from session_log.schema import SessionLogError
from session_log.writer import SessionLog

Talk = Callable[..., list[Event]]
Turns = Callable[[str, int], list[Event]]


@pytest.fixture
def log(path: Path) -> Iterator[SessionLog]:
    with SessionLog.open(path) as opened:
        yield opened


def stored_kinds(path: Path, talk_id: str = "talk-1") -> list[type[Event]]:
    return [type(event) for event in read_talk(path, talk_id)[1]]


def test_a_consented_talk_is_stored_whole(log: SessionLog, path: Path, talk: Talk) -> None:
    record_all(log, talk())
    assert log.flush(30)
    assert read_talk(path, "talk-1")[1] == talk_without_ids(talk(), read_talk(path, "talk-1")[1])
    assert log.health().written == len(talk())


def talk_without_ids(events: list[Event], stored: list[Event]) -> list[Event]:
    return [replace(event, event_id=other.event_id) for event, other in zip(events, stored, strict=True)]


def test_events_are_stored_soon_without_a_flush(log: SessionLog, path: Path, talk: Talk) -> None:
    record_all(log, talk())
    wait_until(lambda: log.health().written == len(talk()))
    assert stored_kinds(path)


def test_without_consent_no_word_reaches_any_file(path: Path, talk: Talk) -> None:
    with SessionLog.open(path) as log:
        record_all(log, talk(scopes=("talk", "emotion")))
        assert log.flush(30)
        assert log.health().withheld == 8
        bytes_on_disk = bytes_of_all_files(path.parent)
        assert rows(path, "SELECT count(*) FROM events WHERE content IS NOT NULL") == [(0,)]
        assert rows(path, "SELECT owner FROM keys") == [("log",)]
    assert "همکارم".encode() not in bytes_on_disk
    assert b"too much" not in bytes_on_disk
    assert b"anger" not in bytes_on_disk
    assert b"self_harm" in bytes_on_disk


def test_with_consent_no_word_stands_in_the_open_in_any_file(path: Path, talk: Talk) -> None:
    with SessionLog.open(path) as log, closing(sqlite3.connect(path, isolation_level=None)) as other:
        record_all(log, talk())
        assert log.flush(30)
        other.execute("BEGIN IMMEDIATE")
        record_all(log, talk("talk-2"))
        assert contents(log.places.spool)
        bytes_on_disk = bytes_of_all_files(path.parent)
        other.execute("ROLLBACK")
    for word in ("همکارم", "too much", "anger", "breathing", "feel_angry", "می‌شنوم"):
        assert word.encode() not in bytes_on_disk


def test_consents_outlive_a_restart_of_the_server(path: Path, talk: Talk) -> None:
    heard = next(event for event in talk() if isinstance(event, TurnHeard))
    with SessionLog.open(path) as log:
        record_all(log, talk()[:4])
    with SessionLog.open(path) as log:
        assert log.record(heard)
    assert TurnHeard in stored_kinds(path)


def test_a_turn_that_arrives_after_the_end_still_follows_the_consents(path: Path, talk: Talk) -> None:
    heard = next(event for event in talk() if isinstance(event, TurnHeard))
    with SessionLog.open(path) as log:
        record_all(log, talk())
        assert log.flush(30)
        assert log.record(replace(heard, event_id="late", turn_id="turn-2"))
    assert stored_kinds(path).count(TurnHeard) == 2


def test_an_alert_that_goes_on_after_its_talk_is_stored_and_takes_no_memory(
    log: SessionLog, path: Path, talk: Talk
) -> None:
    events = talk()
    step = next(event for event in events if isinstance(event, AlertStep))
    record_all(log, [*events, replace(step, step="acknowledged", event_id="late")])
    assert log.flush(30)
    assert stored_kinds(path).count(AlertStep) == 2
    assert log._admission.talks() == {}


def test_events_handed_in_twice_are_stored_once(log: SessionLog, path: Path, talk: Talk) -> None:
    events = talk()
    record_all(log, events + events)
    assert log.flush(30)
    assert read_talk(path, "talk-1")[1] == events
    assert log.health().repeated == len(events)


def test_events_of_an_unknown_talk_are_refused_and_the_others_stored(
    log: SessionLog, path: Path, talk: Talk
) -> None:
    ended = next(event for event in talk() if isinstance(event, TalkEnded))
    record_all(log, [replace(ended, talk_id="nobody"), *talk()])
    assert log.flush(30)
    assert log.health().refused == 1
    assert len(stored_kinds(path)) == len(talk())


def test_anything_but_an_event_is_a_type_error(log: SessionLog) -> None:
    with pytest.raises(TypeError, match="takes an event"):
        log.record("hello")  # type: ignore[arg-type]


def test_closing_writes_what_is_queued_and_may_be_done_twice(path: Path, turns: Turns) -> None:
    log = SessionLog.open(path)
    record_all(log, turns("talk-1", 2000))
    assert log.close()
    assert log.close()
    assert list_talks(path)[0].turns == 2000


def test_after_closing_events_are_dropped_and_counted(path: Path, talk: Talk) -> None:
    log = SessionLog.open(path)
    log.close()
    assert not log.record(talk()[0])
    assert log.health().dropped == 1
    with pytest.raises(SessionLogError, match="log is closed"):
        log.erase_talk("talk-1", timeout_s=30)


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


def test_what_is_too_much_for_the_memory_waits_in_the_spool_and_keeps_its_order(
    path: Path, turns: Turns
) -> None:
    events = turns("talk-1", 600)
    with SessionLog.open(path, queue_size=10) as log, closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        record_all(log, events)
        assert log.health().dropped == 0
        assert log.health().spooled == len(events)
        assert not log.flush(0.05)
        other.rollback()
        assert log.flush(20)
        assert (log.health().written, log.health().spooled) == (len(events), 0)
    assert read_talk(path, "talk-1")[1] == events


def test_where_neither_memory_nor_spool_has_room_events_are_dropped_and_counted(
    path: Path, turns: Turns, caplog: pytest.LogCaptureFixture
) -> None:
    events = turns("talk-1", 600)
    with SessionLog.open(path, queue_size=10) as log, closing(sqlite3.connect(path)) as other:
        record_all(log, events[:4])
        assert log.flush(20)
        other.execute("BEGIN IMMEDIATE")
        log.places.spool.rename(log.places.spool.with_name("away"))
        log.places.spool.touch()
        log._spool.turn_over()  # so that the next line needs a new file
        taken = [log.record(event) for event in events[4:]]
        assert not all(taken)
        assert log.health().dropped == taken.count(False)
        assert log.health().spool_error in ("FileExistsError", "NotADirectoryError")
        assert "spool cannot be written" in caplog.text
        other.rollback()
        assert log.flush(20)
        assert log.health().written == 4 + taken.count(True)


def test_flushing_waits_for_what_waited_in_the_spool_alone(path: Path, turns: Turns) -> None:
    events = turns("talk-1", 3_000)
    with SessionLog.open(path, queue_size=5) as log, closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        record_all(log, events)
        other.rollback()
        assert log.flush(60)
        assert rows(path, "SELECT count(*) FROM events") == [(len(events),)]


def test_flushing_waits_for_what_an_earlier_process_left(path: Path, turns: Turns) -> None:
    log = SessionLog.open(path)
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        record_all(log, turns("talk-1", 1_000))
        assert log.close(timeout_s=0.1)
        other.rollback()
    with SessionLog.open(path) as log:
        assert log.flush(60)
        assert len(rows(path, "SELECT 1 FROM events")) == 1_004
        assert log.health().spooled == 0


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
        # The consents of its talk stand in the database: it waits in memory alone.
        assert log.record(replace(heard, event_id="late"))
        done = log.perform(lambda transaction: None)
        assert not log.close(timeout_s=0.3)
        other.rollback()
    assert not log.close()
    assert log.health().dropped >= 1
    assert "are lost (OperationalError)" in caplog.text
    with pytest.raises(SessionLogError, match="closed before this could be done"):
        done.result(0)


def test_neither_errors_nor_log_lines_contain_content(
    path: Path, talk: Talk, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), SessionLog.open(path) as log:
        with closing(sqlite3.connect(path)) as other:
            other.execute("BEGIN IMMEDIATE")
            record_all(log, [replace(talk()[-1], talk_id="nobody"), *talk()])
            wait_until(lambda: log.health().failures >= 1)
            other.rollback()
        assert log.flush(30)
        printed = caplog.text + repr(log.health())
    assert "session log cannot be written (OperationalError)" in printed
    assert "session log refused a talk_ended" in printed
    for secret in ("too much", "همکارم", "subject-1", "talk-1", "anger"):
        assert secret not in printed


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


def test_a_second_writer_is_refused_until_the_first_is_closed(path: Path) -> None:
    with SessionLog.open(path), pytest.raises(SessionLogError, match="already has a writer"):
        SessionLog.open(path)
    SessionLog.open(path).close()


def test_a_log_that_cannot_be_opened_leaves_no_writer_behind(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database" * 100)
    before = threading.active_count()
    with pytest.raises(SessionLogError, match="damaged"):
        SessionLog.open(path)
    assert threading.active_count() == before
    path.unlink()
    SessionLog.open(path).close()


def test_several_threads_may_record(log: SessionLog, path: Path, turns: Turns) -> None:
    talks = [turns(f"talk-{number}", 200) for number in range(4)]
    threads = [threading.Thread(target=record_all, args=(log, events)) for events in talks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert log.flush(30)
    assert [talk.turns for talk in list_talks(path)] == [200] * 4


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


def test_erasing_holds_for_what_comes_after_a_restart(path: Path, talk: Talk) -> None:
    heard = next(event for event in talk() if isinstance(event, TurnHeard))
    with SessionLog.open(path) as log:
        record_all(log, talk())
        assert log.erase_talk("talk-1", timeout_s=30)
        assert not log.erase_talk("nobody")
    assert list_talks(path)[0].erased_at is not None
    with SessionLog.open(path) as log:
        assert log.record(replace(heard, event_id="after-a-restart"))
    assert TurnHeard not in stored_kinds(path)


def test_erasing_reaches_a_talk_that_waits_in_the_spool_alone(path: Path, talk: Talk, turns: Turns) -> None:
    with SessionLog.open(path, queue_size=4) as log, closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        record_all(log, [*turns("another", 10), *talk()])
        wait_until(lambda: log.health().failures > 0)
        other.rollback()
        wait_until(lambda: _erased(log))
        assert log.flush(20)
    assert list_talks(path)[0].erased_at is not None
    assert TurnHeard not in stored_kinds(path)


def _erased(log: SessionLog) -> bool:
    try:
        return log.erase_talk("talk-1", timeout_s=20)
    except SessionLogError:  # no room for the job yet
        return False


def test_erasing_a_running_talk_reaches_what_is_queued_and_what_follows(path: Path, talk: Talk) -> None:
    heard = next(event for event in talk() if isinstance(event, TurnHeard))
    with SessionLog.open(path) as log, closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        record_all(log, talk()[:-1])
        with pytest.raises(SessionLogError, match="could not be erased now"):
            log.erase_talk("talk-1", timeout_s=0.1)
        record_all(log, [replace(heard, event_id="later")])
        other.rollback()
        assert log.flush(30)
    assert TurnHeard not in stored_kinds(path)


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


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET facts = replace(facts, 'store_text', 'everything')",
        "UPDATE events SET facts = '{}' WHERE event_kind = 'consent_set'",
        "UPDATE events SET facts = 'none' WHERE event_kind = 'talk_started'",
        "UPDATE events SET at = 'never' WHERE event_kind = 'consent_set'",
    ],
)
def test_consents_that_somebody_falsified_allow_nothing(path: Path, talk: Talk, statement: str) -> None:
    heard = next(event for event in talk() if isinstance(event, TurnHeard))
    with SessionLog.open(path) as log:
        record_all(log, talk()[:4])
    change(path, statement)
    with SessionLog.open(path) as log:
        record_all(log, [heard, next(e for e in talk() if type(e).__name__ == "CrisisFlagged")])
        assert log.flush(30)
        assert (log.health().withheld, log.health().written) == (1, 1)


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
