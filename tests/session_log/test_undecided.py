from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from log_files import bytes_of_all_files, contents, record_all, rows, wait_until

from session_log.care_events import NoteWritten, QuestionnaireAnswered
from session_log.data_keys import DataKeys, SealError
from session_log.events import ConsentSet, Event, HandedOff, TurnHeard
from session_log.kinds import AnyEvent
from session_log.location import LogPlaces
from session_log.master_keys import MasterKeys, WrongKeyError
from session_log.reader import read_talk, reading
from session_log.sealed import SealedEvent, decode, encode
from session_log.undecided import UNDECIDED, open_undecided, shut
from session_log.writer import SessionLog

Talk = Callable[..., list[Event]]
Many = Callable[..., list[AnyEvent]]
Turns = Callable[[str, int], list[Event]]


@pytest.fixture
def masters(tmp_path: Path) -> MasterKeys:
    return MasterKeys.load(tmp_path / "key", {}, create=True)


def of(kind: type, events: list[Event]) -> Event:
    return next(event for event in events if isinstance(event, kind))


def lines_of(event_id: str, folder: Path) -> list[bytes]:
    lines = b"\n".join(contents(folder).values()).split(b"\n")
    return [line for line in lines if event_id.encode() in line]


def test_every_event_opens_again_from_its_line_and_shows_only_whose_it_is(
    masters: MasterKeys, talk: Talk, care: Many
) -> None:
    key = DataKeys(masters).make(UNDECIDED)
    for event in (*talk(), *care()):
        row = shut(event, *key)
        assert (row.kind, row.facts) == (UNDECIDED, "{}")
        line = encode(row)
        assert "language" not in line
        assert "author" not in line
        assert open_undecided(decode(line), masters) == event


def test_what_was_changed_or_belongs_to_another_line_or_master_key_does_not_open(
    masters: MasterKeys, talk: Talk, tmp_path: Path
) -> None:
    row = shut(of(TurnHeard, talk()), *DataKeys(masters).make(UNDECIDED))
    assert row.content is not None
    for changed in (
        replace(row, event_id="another"),
        replace(row, content=row.content[:-1]),
        replace(row, content=None),
        replace(row, key=None),
    ):
        with pytest.raises(SealError):
            open_undecided(changed, masters)
    with pytest.raises(WrongKeyError):
        open_undecided(row, MasterKeys.load(tmp_path / "other key", {}, create=True))


def test_a_kind_of_a_version_to_come_does_not_open(masters: MasterKeys, talk: Talk) -> None:
    key, wrapped = DataKeys(masters).make(UNDECIDED)
    row = shut(of(TurnHeard, talk()), key, wrapped)
    for whole in (b'["to_come", "{}", null]', b'["turn_heard", "{}", null]', b"[]", b"{", b"3"):
        content = key.seal(whole, f"{UNDECIDED} {row.event_id}")
        with pytest.raises(SealError):
            open_undecided(replace(row, content=content), masters)


def test_nothing_of_what_is_undecided_stands_open_in_the_spool_and_nothing_at_all_of_what_is_refused_stays(
    path: Path, talk: Talk, turns: Turns
) -> None:
    with SessionLog.open(path) as log:
        record_all(log, talk(scopes=()))
    heard, handed = of(TurnHeard, talk()), of(HandedOff, talk())
    late = [replace(heard, event_id="late turn"), replace(handed, event_id="late hand-over")]
    with SessionLog.open(path) as log, closing(sqlite3.connect(path, isolation_level=None)) as other:
        assert log.flush(30)
        other.execute("BEGIN IMMEDIATE")
        record_all(log, late)
        on_disk = bytes_of_all_files(log.places.spool)
        assert lines_of("late turn", log.places.spool)
        for word in ("too much", "turn_heard", "handed_off", "language", "crisis"):
            assert word.encode() not in on_disk
        # The file stays, since another event in it still waits.
        first = log._backlog.spool.put(_sealed(log, turns("talk-2", 0)[0]))
        other.execute("ROLLBACK")
        assert log.flush(30)
        wait_until(lambda: log.health().withheld == 1)
        assert log.health().spooled == 1
        assert lines_of("late turn", log.places.spool) == []
        assert lines_of("late hand-over", log.places.spool) == []
        assert contents(log.places.spool)
        log._backlog.spool.settle(first)
    stored = read_talk(path, "talk-1")[1]
    assert TurnHeard not in {type(event) for event in stored}
    assert [event.reason for event in stored if isinstance(event, HandedOff)] == ["withheld"] * 2


def _sealed(log: SessionLog, event: Event) -> SealedEvent:
    with log._deciding:
        sealed = log._admission.admit(event)
    assert isinstance(sealed, SealedEvent)
    return sealed


def test_what_waited_when_the_log_was_closed_is_decided_by_the_next_process(
    path: Path, talk: Talk, care: Many
) -> None:
    heard, granted = of(TurnHeard, talk()), of(ConsentSet, talk())
    assert isinstance(granted, ConsentSet)
    notes = [event for event in care() if isinstance(event, NoteWritten)]
    refused = replace(heard, talk_id="talk-2", event_id="refused")
    with SessionLog.open(path) as log:
        record_all(log, [*talk(), *talk("talk-2", scopes=("talk",))])
    log = SessionLog.open(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        assert log.flush(30)
        other.execute("BEGIN IMMEDIATE")
        record_all(log, [*notes, replace(heard, event_id="late"), refused])
        assert log.close(timeout_s=0.1), "nothing is lost"
        other.execute("ROLLBACK")
    with SessionLog.open(path) as log:
        assert log.flush(30)
        health = log.health()
        assert (health.written, health.withheld, health.spooled) == (3, 1, 0)
    with reading(path) as reader:
        assert reader.events_of_person("subject-1", (NoteWritten,)) == notes
    assert rows(path, "SELECT event_kind FROM events WHERE event_id = 'late'") == [("turn_heard",)]
    assert rows(path, "SELECT owner FROM keys WHERE owner = ?", UNDECIDED) == []


def test_erasing_a_talk_or_a_person_takes_what_is_undecided_of_them_out_of_the_spool(
    path: Path, talk: Talk, care: Many
) -> None:
    with SessionLog.open(path) as log, closing(sqlite3.connect(path, isolation_level=None)) as other:
        record_all(log, talk())
        assert log.flush(30)
        other.execute("BEGIN IMMEDIATE")
        answers = next(event for event in care() if isinstance(event, QuestionnaireAnswered))
        record_all(log, [replace(of(TurnHeard, talk()), event_id="late")])
        record_all(log, [replace(answers, talk_id=None, event_id="answers")])
        log._backlog.spool.erase(frozenset(("talk-1",)), frozenset())
        assert lines_of("late", log.places.spool) == []
        assert lines_of("answers", log.places.spool)
        log._backlog.spool.erase(frozenset(), frozenset(("subject-1",)))
        assert lines_of("answers", log.places.spool) == []
        other.execute("ROLLBACK")


def test_an_undecided_event_of_an_erased_talk_or_that_nobody_can_open_is_not_written(
    path: Path, talk: Talk
) -> None:
    with SessionLog.open(path) as log:
        record_all(log, talk())
        assert log.erase_talk("talk-1", 30)
        record_all(log, [replace(of(TurnHeard, talk()), event_id="late")])
        row = _sealed(log, replace(of(TurnHeard, talk()), event_id="odd"))
        assert log._backlog.put_sealed(replace(row, content=b"odd"))
        assert log.flush(30)
        assert (log.health().withheld, log.health().refused, log.health().spooled) == (1, 1, 0)
    assert rows(path, "SELECT count(*) FROM events WHERE event_id IN ('late', 'odd')") == [(0,)]


PROGRAM = """
import os, sqlite3, sys
from dataclasses import replace
from datetime import datetime, timezone
from session_log.care_events import *
from session_log.events import *
from session_log.writer import SessionLog

now = datetime.now(timezone.utc)
log = SessionLog.open(sys.argv[1], queue_size=int(sys.argv[2]))
assert log.flush(60)
other = sqlite3.connect(sys.argv[1], isolation_level=None)
other.execute("BEGIN IMMEDIATE")
turn = {"turn_id": "late", "at": now, "language": "en", "text": "planted words", "source": "typed"}
about = {"subject": "subject-1", "at": now, "author": "therapist-1"}
for number in range(20):
    late = [
        NoteWritten(**about, text=f"planted words {number}"),
        TurnHeard(talk_id="talk-1", **turn),
        TurnHeard(talk_id="talk-2", **turn),
        ConsentSet(talk_id="talk-1", at=now, scope="share", granted=True, version="1", given_by="page"),
        QuestionnaireAnswered(subject="subject-1", at=now, questionnaire="sus", answers=(3,) * 10),
    ]
    for event in late:
        assert log.record(event)
os.write(1, b"told\\n")
sys.stdin.read()
"""


@pytest.mark.parametrize("queue_size", [3, 1_000])
def test_a_killed_process_loses_nothing_that_was_undecided(path: Path, talk: Talk, queue_size: int) -> None:
    with SessionLog.open(path) as log:
        record_all(log, [*talk("talk-1"), *talk("talk-2", scopes=("talk",))])
        before = log.flush(30) and log.health().written
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", PROGRAM, str(path), str(queue_size)]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as writer:
        assert writer.stdout is not None
        told = writer.stdout.readline()
        writer.kill()
    assert told == b"told\n"
    on_disk = bytes_of_all_files(path.parent)
    for word in ("planted", "note_written", "therapist-1", 'turn_heard"'):
        assert word.encode() not in contents_of_spool(path)
    assert b"planted" not in on_disk
    for number in range(2):
        with SessionLog.open(path) as log:
            assert log.flush(60)
            health = log.health()
            expected = (80, 20, 0, 0) if number == 0 else (0, 0, 0, 0)
            assert (health.written, health.withheld, health.refused, health.spooled) == expected
    assert rows(path, "SELECT count(*) FROM events") == [(before + 80,)]
    with reading(path) as reader:
        notes = reader.events_of_person("subject-1", (NoteWritten,))
        turns = [event for event in reader.events("talk-1", (TurnHeard,)) if event.turn_id == "late"]
        assert reader.events("talk-2", (TurnHeard,)) == []
    assert {note.text for note in notes} == {f"planted words {number}" for number in range(20)}
    assert len(turns) == 20
    assert contents_of_spool(path) == b""


def contents_of_spool(path: Path) -> bytes:
    return bytes_of_all_files(LogPlaces.of(path).spool)


def test_a_log_begun_anew_gets_no_key_of_what_is_undecided(path: Path, talk: Talk) -> None:
    with SessionLog.open(path) as log:
        record_all(log, talk())
    with SessionLog.open(path) as log:
        assert log.flush(30)
        path.unlink()
        record_all(log, [replace(of(TurnHeard, talk()), event_id="late")])
        assert log.flush(30)
        assert log.health().withheld == 1, "its talk is gone with the log"
    assert rows(path, "SELECT owner FROM keys") == [("log",)]
