"""Sound goes when the consent to it is revoked, whatever comes between: kill -9, the disk, too much to do."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from log_files import change, record_all, rows, wait_until

from session_log import sound_deletion
from session_log.audio import audio_path, keep_audio
from session_log.audit_events import AudioDeleted
from session_log.batch import Job, Outcome
from session_log.care_events import PersonConsentSet
from session_log.data_keys import DataKey
from session_log.events import AudioKept, ConsentSet, Event, TalkStarted, new_event_id
from session_log.location import LogPlaces
from session_log.reader import reading
from session_log.writer import SessionLog

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SOUND = b"OggS a planted sound"
BEGAN = TalkStarted(talk_id="talk-1", at=NOW, subject="p-1", purpose="therapy", language="en", client="test")
GRANTED = ConsentSet(
    talk_id="talk-1", at=NOW, scope="store_audio", granted=True, version="1", given_by="widget"
)
REVOKED = replace(GRANTED, granted=False, at=NOW + timedelta(seconds=9), event_id="revoked")
REVOKED_BY_PERSON = PersonConsentSet(
    subject="p-1", at=REVOKED.at, scope="store_audio", granted=False, version="1", given_by="page"
)

PROGRAM = """
import os, sqlite3, sys
from dataclasses import replace
from test_sound_deletion import *

case = sys.argv[2]
log = SessionLog.open(sys.argv[1], queue_size=3 if "full" in case else 100)
record_all(log, [BEGAN, GRANTED])
assert keep(log, "turn-1") and keep(log, "turn-2")
assert log.flush(60)
revoked = REVOKED_BY_PERSON if "person" in case else REVOKED
other = sqlite3.connect(sys.argv[1], isolation_level=None)
if "before" in case:
    other.execute("BEGIN IMMEDIATE")
    while "full" in case and not log._backlog._in_spool_alone:
        record_all(log, [replace(BEGAN, subject=None, talk_id=new_event_id(), event_id=new_event_id())])
    record_all(log, [revoked])
else:
    folder = audio_path(log.places.audio, "talk-1", "").parent
    folder.rename(folder.with_name("away"))
    folder.touch()
    record_all(log, [revoked])
    wait_until(lambda: log.health().sound_error is not None)
os.write(1, b"told\\n")
sys.stdin.read()
"""


def keep(log: SessionLog, turn_id: str = "turn-1", talk_id: str = "talk-1", seconds: float = 1) -> bool:
    return log.keep_audio(talk_id, turn_id, SOUND, at=NOW + timedelta(seconds=seconds), duration_ms=900)


def begin(log: SessionLog, *turn_ids: str) -> None:
    record_all(log, [BEGAN, GRANTED])
    for turn_id in turn_ids:
        assert keep(log, turn_id)
    assert log.flush(30)


def files(places: LogPlaces) -> list[str]:
    return sorted(path.name for path in places.audio.rglob("*") if path.is_file())


def deleted(places: LogPlaces, talk_id: str = "talk-1") -> list[str]:
    with reading(places) as reader:
        found = reader.events(talk_id, (AudioDeleted,))
    assert {event.reason for event in found if isinstance(event, AudioDeleted)} <= {"consent_revoked"}
    return [event.turn_id for event in found if isinstance(event, AudioDeleted)]


@contextmanager
def unwritable(places: LogPlaces) -> Iterator[None]:
    """Something else stands in the place of a talk's folder: for root, too, no file in it can be deleted."""
    folder = audio_path(places.audio, "talk-1", "").parent
    folder.rename(folder.with_name("away"))
    folder.touch()
    yield
    folder.unlink()
    folder.with_name("away").rename(folder)


def killed(path: Path, case: str) -> None:
    """Runs a writer that is killed right after it was told of a revocation."""
    command = [sys.executable, "-c", PROGRAM, str(path), case]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, env=environment) as writer:
        assert writer.stdout is not None
        told = writer.stdout.readline()
        writer.kill()
    assert told == b"told\n"


@pytest.mark.parametrize(
    "case", ["before", "before, by the person", "before, full", "before, full, by the person"]
)
def test_a_kill_between_the_revocation_and_its_transaction_loses_no_deletion(
    path: Path, places: LogPlaces, case: str
) -> None:
    killed(path, case)
    assert len(files(places)) == 2
    assert rows(path, "SELECT count(*) FROM events WHERE event_kind = 'audio_deleted'") == [(0,)]
    for _ in range(3):
        SessionLog.open(path).close(60)
        assert files(places) == []
        assert deleted(places) == ["turn-1", "turn-2"]
    assert not audio_path(places.audio, "talk-1", "").parent.exists()


@pytest.mark.parametrize("case", ["after", "after, by the person"])
@pytest.mark.parametrize("already_gone", [0, 1, 2])
def test_a_kill_between_the_transaction_and_the_deletion_loses_none(
    path: Path, places: LogPlaces, case: str, already_gone: int
) -> None:
    killed(path, case)
    folder = audio_path(places.audio, "talk-1", "").parent
    folder.unlink()
    folder.with_name("away").rename(folder)
    assert deleted(places) == []
    for turn_id in ("turn-1", "turn-2")[:already_gone]:  # killed before it was noted
        audio_path(places.audio, "talk-1", turn_id).unlink()
    for _ in range(2):
        SessionLog.open(path).close(60)
        assert files(places) == []
        assert deleted(places) == ["turn-1", "turn-2"]


def test_a_deletion_that_fails_is_told_in_the_health_and_tried_again_while_talks_go_on(
    places: LogPlaces, caplog: pytest.LogCaptureFixture
) -> None:
    with SessionLog.open(places) as log:
        begin(log, "turn-1")
        with unwritable(places):
            record_all(log, [REVOKED])
            wait_until(lambda: log.health().sound_error == "NotADirectoryError")
            assert log.health().sound_to_delete == 1
            record_all(log, [replace(BEGAN, talk_id="talk-2", event_id="2")])
            assert log.flush(30)
            assert rows(places.database, "SELECT count(*) FROM talks") == [(2,)]
            assert deleted(places) == []
        wait_until(lambda: log.health().sound_to_delete == 0)
        assert log.health().sound_error is None
        assert (files(places), deleted(places)) == ([], ["turn-1"])
    assert caplog.text.count("could not be deleted (NotADirectoryError); it is tried again") == 1
    assert "talk-1" not in caplog.text


def test_a_deletion_that_failed_till_the_end_is_done_at_the_next_start_once(places: LogPlaces) -> None:
    with SessionLog.open(places) as log:
        begin(log, "turn-1")
    with unwritable(places):
        with SessionLog.open(places) as log:
            record_all(log, [REVOKED])
            wait_until(lambda: log.health().sound_error is not None)
        SessionLog.open(places).close()
    assert len(files(places)) == 1
    for _ in range(2):
        SessionLog.open(places).close()
        assert (files(places), deleted(places)) == ([], ["turn-1"])


def test_a_full_memory_delays_no_deletion_beyond_what_waits(places: LogPlaces) -> None:
    with SessionLog.open(places, queue_size=2) as log:
        begin(log, "turn-1")
        with closing(sqlite3.connect(places.database, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            while not log._backlog._in_spool_alone:
                other_talk = {"talk_id": new_event_id(), "event_id": new_event_id()}
                record_all(log, [replace(BEGAN, **other_talk)])
            record_all(log, [REVOKED])
            other.execute("ROLLBACK")
        assert log.flush(30)
        assert (files(places), deleted(places)) == ([], ["turn-1"])


def test_whoever_appends_the_revocation_the_sound_goes(places: LogPlaces) -> None:
    with SessionLog.open(places) as log:
        begin(log, "turn-1")
        log.perform(lambda transaction: transaction.append(REVOKED_BY_PERSON)).result(30)
        assert log.flush(30)
        assert (files(places), deleted(places)) == ([], ["turn-1"])


def test_sound_consented_to_anew_stays_also_over_a_restart(places: LogPlaces) -> None:
    anew = replace(GRANTED, at=REVOKED.at + timedelta(seconds=1), event_id="anew")
    other = [replace(event, talk_id="talk-2", event_id=event.event_id + "2") for event in (BEGAN, GRANTED)]
    with SessionLog.open(places) as log:
        begin(log, "turn-1")
        record_all(log, [*other, REVOKED])
        assert keep(log, "turn-1", "talk-2")
        record_all(log, [anew])
        assert keep(log, "turn-2", seconds=11)
    for _ in range(2):
        SessionLog.open(places).close()
        assert deleted(places) == ["turn-1"]
        assert deleted(places, "talk-2") == []
        assert audio_path(places.audio, "talk-1", "turn-2").exists()
        assert len(files(places)) == 2


@pytest.mark.parametrize("revoked", [True, False])
def test_files_that_a_killed_process_left_unnoted_go_at_a_start_where_the_consent_is_revoked(
    places: LogPlaces, revoked: bool
) -> None:
    with SessionLog.open(places) as log:
        begin(log)
        record_all(log, [REVOKED] if revoked else [])
    keep_audio(places.audio, DataKey(bytes(32)), "talk-1", "turn-1", SOUND)
    audio_path(places.audio, "talk-1", "turn-2").with_suffix(".new").write_bytes(b"half")
    SessionLog.open(places).close()
    assert len(files(places)) == (0 if revoked else 2)
    assert deleted(places) == []


def test_sound_of_what_was_said_before_a_revocation_goes_though_it_was_written_behind_it(
    places: LogPlaces,
) -> None:
    kept = AudioKept(talk_id="talk-1", turn_id="turn-1", at=NOW, duration_ms=900, digest="a" * 64)
    with SessionLog.open(places) as log:
        begin(log)
        record_all(log, [REVOKED])
        log.perform(lambda transaction: transaction.append(kept)).result(30)
    keep_audio(places.audio, DataKey(bytes(32)), "talk-1", "turn-1", SOUND)
    SessionLog.open(places).close()
    assert (files(places), deleted(places)) == ([], ["turn-1"])


def test_sound_of_which_the_log_was_changed_goes_too(
    places: LogPlaces, caplog: pytest.LogCaptureFixture
) -> None:
    with SessionLog.open(places) as log:
        begin(log, "turn-1")
    change(places.database, "UPDATE events SET content = x'00' WHERE event_kind = 'audio_kept'")
    change(places.database, "UPDATE events SET facts = '{' WHERE event_id = ?", GRANTED.event_id)
    with SessionLog.open(places) as log:
        record_all(log, [REVOKED_BY_PERSON])
        wait_until(lambda: files(places) == [])
        assert log.flush(30)
        assert log.health().sound_error is None
    assert "deleted unaudited" in caplog.text
    assert deleted(places) == []


def test_a_folder_that_cannot_be_looked_into_holds_nothing_up(
    places: LogPlaces, talk: Callable[..., list[Event]]
) -> None:
    with SessionLog.open(places) as log:
        begin(log, "turn-1")
    away = places.audio.with_name("away")
    places.audio.rename(away)
    places.audio.touch()
    with SessionLog.open(places) as log:
        record_all(log, [*talk("talk-2"), REVOKED_BY_PERSON])
        assert log.flush(30)
        wait_until(lambda: log.health().sound_error == "NotADirectoryError")
        places.audio.unlink()
        away.rename(places.audio)
        wait_until(lambda: log.health().sound_to_delete == 0 and log.health().sound_error is None)
    assert (files(places), deleted(places)) == ([], ["turn-1"])


def test_what_fails_is_not_tried_without_a_pause_but_for_a_new_revocation(
    places: LogPlaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sound_deletion, "_FIRST_RETRY_S", 3600.0)
    tries: list[int] = []

    def write(jobs: Sequence[Job]) -> Outcome:
        tries.append(len(jobs))
        raise PermissionError

    for talk_id in ("talk-1", "talk-2"):
        audio_path(places.audio, talk_id, "turn-1").parent.mkdir(parents=True)
    deletion = sound_deletion.SoundDeletion(places.audio, write, tuple)
    for _ in range(3):
        deletion.go_on()
    assert (tries, deletion.error, deletion.waiting) == ([1], "PermissionError", 0)
    deletion.go_on(["talk-1"])
    deletion.go_on()
    assert (tries, deletion.error, deletion.waiting) == ([1, 1], "PermissionError", 1)
