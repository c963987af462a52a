"""What was learnt beside the events: sealed, replaced whole, set aside where it is damaged, and erased."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from log_files import bytes_of_all_files, change, rows
from offer_log import offer, talk, write

from session_log.erasure import erase_person
from session_log.learnt import (
    DamagedLearntError,
    Learnt,
    forget_learnt,
    keep_learnt,
    read_learnt,
    set_aside,
    set_aside_names,
)
from session_log.location import LogPlaces
from session_log.reader import reading
from session_log.rotation import rotate
from session_log.transaction import Transaction
from session_log.verify import verify
from session_log.writer import SessionLog

NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
OLD = Learnt(NOW, '{"what": "was learnt"}', True, "It pays.")
NEW = Learnt(NOW + timedelta(days=1), '{"what": "is new"}', False, "It does not.")


def keep(log: SessionLog, learnt: Learnt) -> None:
    log.perform(partial(keep_learnt, learnt=learnt)).result(30)


def stored(places: LogPlaces) -> Learnt | None:
    with reading(places) as reader:
        return read_learnt(reader.database, reader.keys)


def names(places: LogPlaces) -> list[str]:
    with reading(places) as reader:
        return set_aside_names(reader.database)


def test_what_was_learnt_is_read_back_and_replaced(places: LogPlaces) -> None:
    with SessionLog.open(places) as log:
        assert stored(places) is None
        for learnt in (OLD, NEW):
            keep(log, learnt)
            assert stored(places) == learnt
    with SessionLog.open(places):
        assert stored(places) == NEW
    assert rows(places.database, "SELECT count(*) FROM learnt") == [(1,)]


def test_it_is_sealed_stands_in_no_chain_and_verify_finds_nothing_wrong(places: LogPlaces) -> None:
    with SessionLog.open(places) as log:
        keep(log, OLD)
    assert rows(places.database, "SELECT count(*) FROM events") == [(0,)]
    assert b"was learnt" not in bytes_of_all_files(places.database.parent)
    assert verify(places) == []


def test_it_opens_after_the_master_key_was_rotated(places: LogPlaces) -> None:
    with SessionLog.open(places) as log:
        keep(log, OLD)
        rotate(log)
    assert stored(places) == OLD


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE learnt SET content = zeroblob(40)",
        "UPDATE learnt SET content = x''",
        "UPDATE learnt SET at = '2027-01-01T00:00:00.000000+00:00'",
        "UPDATE learnt SET at = 'soon'",
        "UPDATE keys SET wrapped = zeroblob(60) WHERE owner = 'learnt'",
        "DELETE FROM keys WHERE owner = 'learnt'",
    ],
)
def test_a_damaged_state_is_told_set_aside_and_followed_by_a_fresh_one(
    places: LogPlaces, statement: str
) -> None:
    with SessionLog.open(places) as log:
        keep(log, OLD)
        change(places.database, statement)
        with pytest.raises(DamagedLearntError, match="cannot be read") as told:
            stored(places)
        assert 'learnt"' not in str(told.value)
        log.perform(partial(set_aside, at=NOW)).result(30)
        assert stored(places) is None
        assert names(places) == ["population.20261120T120000000000Z.damaged"]
        keep(log, NEW)
        assert stored(places) == NEW
    assert verify(places) == []


def test_where_nothing_was_learnt_nothing_is_set_aside(places: LogPlaces) -> None:
    with SessionLog.open(places) as log:
        log.perform(partial(set_aside, at=NOW)).result(30)
    assert names(places) == []


def test_an_erasure_deletes_what_was_set_aside(places: LogPlaces) -> None:
    with SessionLog.open(places) as log:
        write(log, talk("t-1", "p-1", [offer("t-1")]), talk("t-2", "p-2", [offer("t-2")]))
        for erase in (lambda: log.erase_talk("t-1"), lambda: erased(log, "p-2")):
            keep(log, OLD)
            log.perform(partial(set_aside, at=NOW)).result(30)
            keep(log, NEW)
            assert len(names(places)) == 1
            erase()
            assert names(places) == []
            assert stored(places) == NEW
    assert verify(places) == []


def erased(log: SessionLog, person: str) -> None:
    log.perform(partial(erase_person, person=person)).result(30)


def test_all_of_it_can_be_forgotten_and_begun_anew(places: LogPlaces) -> None:
    with SessionLog.open(places) as log:
        keep(log, OLD)
        log.perform(forget_learnt).result(30)
        assert stored(places) is None
        assert rows(places.database, "SELECT count(*) FROM keys WHERE owner = 'learnt'") == [(0,)]
        keep(log, NEW)
        assert stored(places) == NEW


def test_a_job_that_breaks_off_keeps_the_old_state(places: LogPlaces) -> None:
    def broken(transaction: Transaction) -> None:
        keep_learnt(transaction, NEW)
        raise RuntimeError("a mistake")

    with SessionLog.open(places) as log:
        keep(log, OLD)
        with pytest.raises(RuntimeError, match="a mistake"):
            log.perform(broken).result(30)
        assert stored(places) == OLD
        with pytest.raises(RuntimeError, match="a mistake"):
            log.perform(lambda t: (forget_learnt(t), broken(t))).result(30)
        assert stored(places) == OLD
        keep(log, NEW)
        assert stored(places) == NEW


KILLED = """
import sys, time
from datetime import datetime, timezone
from session_log.learnt import Learnt, keep_learnt
from session_log.writer import SessionLog

def job(transaction):
    keep_learnt(transaction, Learnt(datetime.now(timezone.utc), "half", True, "half"))
    print("written, not committed", flush=True)
    time.sleep(60)

SessionLog.open(sys.argv[1]).perform(job).result()
"""


def test_a_process_killed_while_it_keeps_leaves_the_old_state(places: LogPlaces) -> None:
    with SessionLog.open(places) as log:
        keep(log, OLD)
    command = [sys.executable, "-c", KILLED, str(places.database)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "written, not committed\n"
        os.kill(writer.pid, signal.SIGKILL)
    with SessionLog.open(places):
        assert stored(places) == OLD
    assert verify(places) == []
