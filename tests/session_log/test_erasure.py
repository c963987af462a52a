"""What is left of somebody after erasing: a tombstone, and no byte of what they said."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from log_files import bytes_of_all_files, change, contents, record_all, rows, wait_until

from session_log import schema
from session_log.audio import audio_path, keep_audio
from session_log.audit_events import AccessNoted, Erased
from session_log.care_events import FlagMoved
from session_log.consent import CONTENT_EVENTS
from session_log.derived import UnfittingEventError
from session_log.erasure import erase_person, erase_talk, sequences_digest
from session_log.events import AudioKept, Event, HandedOff, TalkStarted, TurnHeard
from session_log.kinds import KINDS, AnyEvent
from session_log.location import LogPlaces
from session_log.reader import list_talks, reading
from session_log.schema import SessionLogError
from session_log.writer import SessionLog

Talk = Callable[..., list[Event]]
Many = Callable[..., list[AnyEvent]]
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SCOPES = ("talk", "store_text", "emotion", "store_audio", "share")


def fill(log: SessionLog, talk: Talk, care: Many, sound: AudioKept, talk_id: str, subject: str) -> None:
    """A whole talk with its sound, and all that may be written about it and the person."""
    events = talk(talk_id, scopes=SCOPES)
    began = next(event for event in events if isinstance(event, TalkStarted))
    record_all(log, [replace(began, subject=subject), *events[1:-1]])
    record_all(log, [replace(sound, talk_id=talk_id), events[-1]])
    about = care(talk_id, subject)
    log.perform(lambda transaction: [transaction.append(event) for event in about]).result(30)
    with reading(log.places) as reader:
        key = reader.talk_key(talk_id)
        assert key is not None
        keep_audio(log.places.audio, key, talk_id, "turn-1", f"sound of {talk_id}".encode() * 50)


def secrets_of(path: Path, talk_id: str, person: str | None = None) -> list[bytes]:
    """Sealed contents and wrapped keys of a talk, and of a person, as they stand in the database."""
    found = rows(path, "SELECT content FROM events WHERE talk_id = ? AND content IS NOT NULL", talk_id)
    found += rows(path, "SELECT summary FROM talks WHERE talk_id = ?", talk_id)
    found += rows(path, "SELECT wrapped FROM keys WHERE owner = ?", f"talk:{talk_id}")
    if person is not None:
        query = "SELECT content FROM events WHERE person = ? AND content IS NOT NULL"
        found += rows(path, query, person)
        found += rows(path, "SELECT wrapped FROM keys WHERE owner = ?", f"person:{person}")
    values = [value for (value,) in found if isinstance(value, bytes)]
    assert len(values) > 10
    return values


def assert_nothing_is_left(folder: Path, secrets: list[bytes]) -> None:
    everything = bytes_of_all_files(folder)
    for secret in secrets:
        assert secret not in everything
        assert secret[12:60] not in everything, "a part of it is left"
    for word in ("همکارم", "too much", "یادداشت", "Words of a", "breathing"):
        assert word.encode() not in everything


@pytest.fixture
def two_talks(path: Path, talk: Talk, care: Many, sound: AudioKept) -> LogPlaces:
    """A log, closed, of two persons with a talk each."""
    with SessionLog.open(path) as log:
        fill(log, talk, care, sound, "talk-1", "subject-1")
        fill(log, talk, care, sound, "talk-2", "subject-2")
        return log.places


def back_up(path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Brings the log to a version to come, which leaves a copy beside it."""
    later = ("CREATE TABLE later (x TEXT) STRICT",)
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, later))
    SessionLog.open(path).close()
    (backup,) = schema.backups_beside(path)
    return backup


# No byte is left --------------------------------------------------------------------------------------


def test_of_an_erased_talk_no_byte_of_content_key_or_sound_is_in_any_file(
    path: Path, two_talks: LogPlaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = secrets_of(path, "talk-1")
    secrets.append(audio_path(two_talks.audio, "talk-1", "turn-1").read_bytes())
    backup = back_up(path, monkeypatch)
    before = bytes_of_all_files(path.parent)
    assert all(secret in before for secret in secrets), "this test could not fail"
    with SessionLog.open(path) as log:
        assert log.erase_talk("talk-1", timeout_s=30)
        assert_nothing_is_left(path.parent, secrets)
    assert_nothing_is_left(path.parent, secrets)
    assert not backup.exists()
    assert rows(path, "SELECT * FROM backups") == []
    assert audio_path(two_talks.audio, "talk-2", "turn-1").exists()


def test_of_an_erased_person_no_byte_and_no_name_is_left_but_in_the_audit(
    path: Path, two_talks: LogPlaces
) -> None:
    secrets = secrets_of(path, "talk-1", "subject-1")
    with SessionLog.open(path) as log:
        assert log.perform(partial(erase_person, person="subject-1")).result(30) == 1
        assert_nothing_is_left(path.parent, secrets)
    assert_nothing_is_left(path.parent, secrets)
    assert b"subject-1" not in bytes_of_all_files(path.parent)
    assert b"subject-2" in bytes_of_all_files(path.parent)


def test_an_erased_talk_under_way_is_gone_from_spool_and_write_ahead_log_too(path: Path, talk: Talk) -> None:
    events = talk()
    with SessionLog.open(path) as log, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        record_all(log, events[:10])
        wait_until(lambda: log.health().failures > 0)
        spooled = bytes_of_all_files(log.places.spool)
        assert spooled.count(b'"talk_id":"talk-1"') == 10
        other.execute("ROLLBACK")
        assert log.erase_talk("talk-1", timeout_s=30)
        record_all(log, events[10:])
        assert log.flush(30)
        assert bytes_of_all_files(log.places.spool) == b""
        for line in spooled.splitlines():
            content = line.partition(b'"content":"')[2].partition(b'"')[0]
            assert not content or content not in bytes_of_all_files(path.parent)
    with reading(path) as reader:
        assert not {type(event) for event in reader.events("talk-1")} & set(CONTENT_EVENTS)
        assert reader.talk_key("talk-1") is None


def test_an_erased_talk_is_gone_from_a_spool_in_which_another_talk_still_waits(
    path: Path, talk: Talk, turns: Callable[[str, int], list[Event]]
) -> None:
    go_on = threading.Event()
    with SessionLog.open(path) as log, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        record_all(log, talk())
        erased = log.perform(partial(erase_talk, talk_id="talk-1"))
        record_all(log, turns("talk-2", 300))  # more than fit into one transaction with what was before
        waits = log.perform(lambda transaction: go_on.wait(60))
        spooled = bytes_of_all_files(log.places.spool)
        other.execute("ROLLBACK")
        assert erased.result(30)
        left = bytes_of_all_files(log.places.spool)
        go_on.set()
        assert waits.result(30)
    assert b'"kind":"turn_heard"' in left, "this test could not fail"
    contents_of_talk = {
        line.partition(b'"content":"')[2].partition(b'"')[0]
        for line in spooled.splitlines()
        if b'"talk_id":"talk-1"' in line
    } - {b""}
    assert len(contents_of_talk) > 5
    assert not any(content in left for content in contents_of_talk)


def test_a_person_may_be_written_about_again_after_all_was_erased(
    path: Path, two_talks: LogPlaces, care: Many
) -> None:
    before, note = (replace(care()[1], event_id=name) for name in ("before", "new"))
    with SessionLog.open(path) as log:
        log.perform(lambda transaction: transaction.append(before)).result(30)
        log.perform(partial(erase_person, person="subject-1")).result(30)
        log.perform(lambda transaction: transaction.append(note)).result(30)
    with reading(path) as reader:
        assert reader.events_of_person("subject-1") == [note]


def test_what_names_a_person_beside_a_talk_of_nobody_goes_with_them(
    path: Path, talk: Talk, care: Many
) -> None:
    anonymous = replace(talk()[0], subject=None)  # type: ignore[call-arg]
    with SessionLog.open(path) as log:
        record_all(log, [anonymous, *talk()[1:]])
        log.perform(lambda transaction: [transaction.append(event) for event in care()]).result(30)
        assert list_talks(path)[0].flag_state == "seen"
        assert log.perform(partial(erase_person, person="subject-1")).result(30) == 0
    assert b"subject-1" not in bytes_of_all_files(path.parent)
    assert list_talks(path)[0].flag_state == "open"


def test_a_reader_that_holds_up_the_write_ahead_log_delays_its_emptying_only(
    path: Path, two_talks: LogPlaces
) -> None:
    secrets = secrets_of(path, "talk-1")
    with SessionLog.open(path) as log:
        with closing(sqlite3.connect(path, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM events").fetchone()
            assert log.erase_talk("talk-1", timeout_s=30)
            reader.execute("COMMIT")
        wait_until(lambda: path.with_name(f"{path.name}-wal").stat().st_size == 0)
        assert_nothing_is_left(path.parent, secrets)


# What stays -------------------------------------------------------------------------------------------


def test_a_tombstone_names_who_erased_what_and_why(path: Path, two_talks: LogPlaces) -> None:
    with SessionLog.open(path) as log:
        erase = partial(erase_talk, talk_id="talk-1", actor="user-7", role="person", reason="own_page")
        assert log.perform(erase).result(30)
    with reading(path) as reader:
        (tombstone,) = [event for event in reader.events("talk-1") if isinstance(event, Erased)]
        assert reader.talk("talk-1").erased_at == tombstone.at
    assert (tombstone.actor, tombstone.role, tombstone.reason) == ("user-7", "person", "own_page")
    (own,) = rows(path, "SELECT sequence FROM events WHERE event_id = ?", tombstone.event_id)
    named = rows(path, "SELECT sequence FROM events WHERE erased_by = ? ORDER BY sequence", own[0])
    assert tombstone.rows == len(named) > 10
    assert tombstone.digest == sequences_digest([int(str(number)) for (number,) in named])


def test_the_frame_the_crisis_and_that_people_came_stay_and_no_other_talk_is_touched(
    path: Path, two_talks: LogPlaces, talk: Talk
) -> None:
    with reading(path) as reader:
        untouched = reader.events("talk-2")
    with SessionLog.open(path) as log:
        assert log.erase_talk("talk-1", timeout_s=30)
    with reading(path) as reader:
        left = reader.events("talk-1")
        assert reader.events("talk-2") == untouched
        assert reader.digests(["talk-1", "talk-2"]).keys() == {"talk-2"}
        assert reader.talk("talk-1").turns is None
    frame = {type(event) for event in talk()} - set(CONTENT_EVENTS)
    assert {type(event) for event in left} == {*frame, FlagMoved, Erased}
    (handed,) = [event for event in left if isinstance(event, HandedOff)]
    (moved,) = [event for event in left if isinstance(event, FlagMoved)]
    assert (handed.reason, moved.remark) == ("withheld", None)
    assert (handed.reached, moved.state) == (True, "seen")


def test_rows_keep_their_place_time_and_kind(path: Path, two_talks: LogPlaces) -> None:
    query = "SELECT sequence, event_id, talk_id, event_kind, at, link FROM events ORDER BY sequence"
    before = rows(path, query)
    with SessionLog.open(path) as log:
        log.perform(partial(erase_person, person="subject-1")).result(30)
    after = rows(path, query)
    assert after[: len(before)] == before
    kinds = {KINDS[kind] for kind in CONTENT_EVENTS}
    left = "SELECT event_kind FROM events WHERE erased_by IS NOT NULL AND {} IS NOT NULL"
    assert rows(path, left.format("content")) == rows(path, left.format("person")) == []
    assert rows(path, left.format("facts")) == [("handed_off",)]
    assert kinds < {kind for (kind,) in rows(path, left.format("link"))}


def test_of_an_erased_person_the_audit_and_the_bare_talk_stay(path: Path, two_talks: LogPlaces) -> None:
    with SessionLog.open(path) as log:
        noted = AccessNoted(at=NOW, actor="u", role="therapist", action="session_viewed", person="subject-1")
        record_all(log, [noted])
        assert log.flush(30)
        log.perform(partial(erase_person, person="subject-1", actor="u", role="operator")).result(30)
    with reading(path) as reader:
        summary = reader.talk("talk-1")
        assert (summary.subject, summary.purpose, summary.crisis_level) == (None, None, 2)
        assert summary.erased_at is not None
        assert reader.talks(person="subject-1") == []
        assert reader.events_of_person("subject-1") == []
        assert len(reader.events_of_person("subject-2")) > 5
    assert rows(path, "SELECT person FROM persons") == [("subject-2",)]
    assert rows(path, "SELECT person FROM refusals") == [("subject-2",)]
    assert len(rows(path, "SELECT 1 FROM events WHERE event_kind = 'access_noted'")) == 1
    assert len(rows(path, "SELECT 1 FROM events WHERE event_kind = 'erased'")) == 2


def test_erasing_what_is_not_there_writes_nothing(path: Path, two_talks: LogPlaces) -> None:
    count = rows(path, "SELECT count(*) FROM events")
    with SessionLog.open(path) as log:
        assert not log.erase_talk("nobody", timeout_s=30)
        assert log.perform(partial(erase_person, person="nobody")).result(30) == 0
    assert rows(path, "SELECT count(*) FROM events") == count


def test_an_erased_talk_takes_no_more_content_but_its_flag_may_still_be_moved(
    path: Path, two_talks: LogPlaces
) -> None:
    moved = FlagMoved(
        subject="subject-1", talk_id="talk-1", at=NOW, author="t", state="acted", remark="Later"
    )
    with SessionLog.open(path) as log:
        assert log.erase_talk("talk-1", timeout_s=30)
        with pytest.raises(UnfittingEventError):
            log.perform(lambda transaction: transaction.append(moved)).result(30)
        bare = replace(moved, remark=None)
        assert log.perform(lambda transaction: transaction.append(bare)).result(30)
    with reading(path) as reader:
        assert reader.events("talk-1", (FlagMoved,))[-1] == bare
        assert reader.talk_key("talk-1") is None


def test_a_talk_may_be_erased_again(path: Path, two_talks: LogPlaces) -> None:
    with SessionLog.open(path) as log:
        assert log.erase_talk("talk-1", timeout_s=30)
        assert log.erase_talk("talk-1", timeout_s=30)
    with reading(path) as reader:
        first, second = [event for event in reader.events("talk-1") if isinstance(event, Erased)]
        assert first.rows > second.rows == 0
        assert reader.talk("talk-1").erased_at == first.at


# Files that cannot be deleted, and processes that die -------------------------------------------------


def test_files_that_could_not_be_deleted_are_told_and_erasing_again_mends_it(
    path: Path, two_talks: LogPlaces
) -> None:
    folder = audio_path(two_talks.audio, "talk-1", "turn-1").parent
    away = folder.rename(folder.with_name("away"))
    folder.write_bytes(b"a file in place of the folder")
    with SessionLog.open(path) as log:
        with pytest.raises(SessionLogError, match="not all files.*mend that and erase again"):
            log.erase_talk("talk-1", timeout_s=30)
        folder.unlink()
        away.rename(folder)
        assert log.erase_talk("talk-1", timeout_s=30)
    assert not folder.exists()


def test_what_a_process_killed_while_erasing_left_is_deleted_at_the_next_start(
    path: Path, two_talks: LogPlaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = secrets_of(path, "talk-1")
    backup = back_up(path, monkeypatch)
    kept = {file: content for file, content in contents(path.parent).items() if file != path}
    shutil.copytree(two_talks.audio, path.parent / "audio-before")
    with SessionLog.open(path) as log:
        assert log.erase_talk("talk-1", timeout_s=30)
    # As if it had been killed right after the transaction.
    backup.write_bytes(kept[backup])
    shutil.rmtree(two_talks.audio)
    (path.parent / "audio-before").rename(two_talks.audio)
    assert audio_path(two_talks.audio, "talk-1", "turn-1").exists()
    with SessionLog.open(path) as log:
        assert log.flush(30)
        assert_nothing_is_left(path.parent, secrets)
    assert not backup.exists()
    assert not audio_path(two_talks.audio, "talk-1", "turn-1").exists()
    assert audio_path(two_talks.audio, "talk-2", "turn-1").exists()


def test_a_write_ahead_log_that_a_killed_process_left_is_emptied_at_the_next_start(
    path: Path, two_talks: LogPlaces, tmp_path: Path
) -> None:
    secrets = secrets_of(path, "talk-1")
    crashed = tmp_path / "crashed"
    with SessionLog.open(path) as log, closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM events").fetchone()
        assert log.erase_talk("talk-1", timeout_s=30)
        shutil.copytree(path.parent, crashed)  # what a killed process would leave
    assert any(secret in bytes_of_all_files(crashed) for secret in secrets), "this test could not fail"
    copy = crashed / path.name
    with SessionLog.open(copy):
        wait_until(lambda: copy.with_name(f"{copy.name}-wal").stat().st_size == 0)
        assert_nothing_is_left(crashed, secrets)


def test_spooled_content_of_a_talk_that_was_erased_meanwhile_is_not_written(path: Path, talk: Talk) -> None:
    events = talk()
    heard = next(event for event in events if isinstance(event, TurnHeard))
    handed = next(event for event in events if isinstance(event, HandedOff))
    with SessionLog.open(path) as log:
        record_all(log, events[:4])
        assert log.flush(30)
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            record_all(log, [heard, handed])
            lines = contents(log.places.spool)
            other.execute("ROLLBACK")
        assert log.erase_talk("talk-1", timeout_s=30)
    for file, content in lines.items():  # as if it had been killed before it could clean the spool
        file.write_bytes(content)
    change(path, "DELETE FROM events WHERE event_id IN (?, ?)", heard.event_id, handed.event_id)
    with SessionLog.open(path) as log:
        assert log.flush(30)
        assert log.health().withheld == 1
    with reading(path) as reader:
        kinds = [type(event) for event in reader.events("talk-1")]
        assert TurnHeard not in kinds
        assert reader.events("talk-1", (HandedOff,)) == [replace(handed, reason="withheld")]
        assert reader.talk_key("talk-1") is None
