"""Opening a log: its key, its head, and what does not fit them."""

from __future__ import annotations

import base64
import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from log_files import change, contents, record_all, rows

from session_log import writer_lock
from session_log.chain import Head, read_head, write_head
from session_log.events import Event
from session_log.location import LogPlaces
from session_log.log_file import LogFile
from session_log.master_keys import KEY_VARIABLE, MasterKeys, MissingKeyError, WrongKeyError
from session_log.reader import read_talk
from session_log.schema import SessionLogError
from session_log.writer import SessionLog

Talk = Callable[..., list[Event]]


@pytest.fixture
def written(path: Path, talk: Talk) -> LogPlaces:
    """A closed log with a talk."""
    with SessionLog.open(path) as log:
        record_all(log, talk())
        return log.places


def broken_chains(path: Path) -> list[tuple[str, int, int]]:
    found = []
    for (facts,) in rows(
        path, "SELECT facts FROM events WHERE event_kind = 'chain_broken' ORDER BY sequence"
    ):
        values = json.loads(str(facts))
        found.append((values["problem"], values["head_sequence"], values["last_sequence"]))
    return found


def conflicts(places: LogPlaces) -> list[Path]:
    return sorted(places.head_file.parent.glob("*.conflict"))


def same_as_before(places: LogPlaces, before: dict[Path, bytes]) -> bool:
    now = contents(places.database.parent)
    for suffix in ("-wal", "-shm"):  # SQLite leaves them to every reader; they hold nothing
        beside = places.database.with_name(places.database.name + suffix)
        assert suffix == "-shm" or now.get(beside, b"") == b""
        for files in (now, before):
            files.pop(beside, None)
    return now == before


# The key ----------------------------------------------------------------------------------------------


def test_a_new_log_makes_its_key_and_head_beside_it(places: LogPlaces) -> None:
    LogFile(places).close()
    assert places.key_file.is_file()
    assert rows(places.database, "SELECT owner FROM keys") == [("log",)]
    head = json.loads(places.head_file.read_text())
    assert head["sequence"] == 0


def test_an_empty_file_is_a_new_log(places: LogPlaces) -> None:
    places.database.parent.mkdir()
    places.database.touch()
    LogFile(places).close()
    assert places.key_file.is_file()


def test_a_key_that_is_there_already_is_used_for_a_new_log(places: LogPlaces) -> None:
    made = MasterKeys.load(places.key_file, {}, create=True)
    LogFile(places).close()
    assert rows(places.database, "SELECT master_id FROM keys") == [(made.current_id,)]


def test_a_log_whose_key_is_missing_is_refused_unchanged_and_no_key_is_made(written: LogPlaces) -> None:
    written.key_file.unlink()
    before = contents(written.database.parent)
    with pytest.raises(MissingKeyError, match=r"key is not at.*Nothing was changed"):
        SessionLog.open(written)
    assert same_as_before(written, before)


def test_a_wrong_key_is_refused_and_changes_no_byte(written: LogPlaces, tmp_path: Path) -> None:
    MasterKeys.load(tmp_path / "other.key", {}, create=True)
    shutil.copyfile(tmp_path / "other.key", written.key_file)
    before = contents(written.database.parent)
    with pytest.raises(WrongKeyError, match=r"another key than the one given.*Nothing was changed"):
        SessionLog.open(written)
    assert same_as_before(written, before)


def test_a_wrong_key_changes_no_byte_of_what_waits_in_the_spool(
    path: Path, talk: Talk, tmp_path: Path
) -> None:
    log = SessionLog.open(path)
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        record_all(log, talk())
        assert log.close(timeout_s=0.1)
        other.rollback()
    assert any(log.places.spool.iterdir())
    aside = log.places.key_file.read_bytes()
    MasterKeys.load(tmp_path / "other.key", {}, create=True)
    shutil.copyfile(tmp_path / "other.key", log.places.key_file)
    before = contents(path.parent)
    with pytest.raises(WrongKeyError):
        SessionLog.open(path)
    assert same_as_before(log.places, before)
    log.places.key_file.write_bytes(aside)
    SessionLog.open(path).close()
    assert len(read_talk(path, "talk-1")[1]) == len(talk())


@pytest.mark.parametrize("content", [b"", b"garbage", b"\xff" * 44])
def test_a_key_file_of_garbage_is_refused_and_changes_no_byte(written: LogPlaces, content: bytes) -> None:
    written.key_file.write_bytes(content)
    before = contents(written.database.parent)
    with pytest.raises((WrongKeyError, MissingKeyError)):
        SessionLog.open(written)
    assert same_as_before(written, before)


def test_the_key_may_come_from_the_environment_and_then_no_file_is_made(
    places: LogPlaces, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, base64.urlsafe_b64encode(os.urandom(32)).decode())
    with SessionLog.open(places) as log:
        record_all(log, talk())
    assert not places.key_file.exists()
    assert len(read_talk(places.database, "talk-1")[1]) == len(talk())
    monkeypatch.setenv(KEY_VARIABLE, base64.urlsafe_b64encode(os.urandom(32)).decode())
    before = contents(places.database.parent)
    with pytest.raises(WrongKeyError):
        SessionLog.open(places)
    assert same_as_before(places, before)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM keys WHERE owner = 'log'",
        "UPDATE keys SET wrapped = zeroblob(60) WHERE owner = 'log'",
        "UPDATE keys SET master_id = 'another' WHERE owner = 'log'",
    ],
)
def test_a_log_whose_own_key_was_changed_is_refused_unchanged(written: LogPlaces, statement: str) -> None:
    assert change(written.database, statement) == 1
    before = contents(written.database.parent)
    with pytest.raises(WrongKeyError):
        SessionLog.open(written)
    assert same_as_before(written, before)


def test_a_log_cut_short_while_it_was_made_is_completed(places: LogPlaces, talk: Talk) -> None:
    LogFile(places).close()
    change(places.database, "DELETE FROM keys")
    places.head_file.unlink()
    with SessionLog.open(places) as log:
        record_all(log, talk())
    assert len(read_talk(places.database, "talk-1")[1]) == len(talk())
    assert broken_chains(places.database) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no database" * 100, "damaged or no SQLite"),
        (b"SQLite format 3\x00" + b"\xff" * 5000, "damaged or no"),
    ],
)
def test_what_is_no_log_is_refused_before_any_key_is_asked_for(
    places: LogPlaces, content: bytes, message: str
) -> None:
    places.database.parent.mkdir()
    places.database.write_bytes(content)
    with pytest.raises(SessionLogError, match=message):
        SessionLog.open(places)
    assert places.database.read_bytes() == content
    assert not places.key_file.exists()
    places.database.unlink()
    SessionLog.open(places).close()


def test_a_log_of_a_preview_is_refused_and_no_key_is_made(places: LogPlaces) -> None:
    LogFile(places).close()
    shutil.rmtree(places.key_file.parent)
    change(places.database, "PRAGMA user_version = 2")
    with pytest.raises(SessionLogError, match="of a preview.*move it aside"):
        SessionLog.open(places)
    assert not places.key_file.exists()


def test_a_folder_in_place_of_the_database_is_refused(places: LogPlaces) -> None:
    places.database.mkdir(parents=True)
    with pytest.raises(SessionLogError, match="check the path"):
        SessionLog.open(places)


def test_a_failed_opening_gives_the_log_free_again(written: LogPlaces) -> None:
    aside = written.key_file.read_bytes()
    written.key_file.unlink()
    for _ in range(2):
        with pytest.raises(MissingKeyError):
            SessionLog.open(written)
    written.key_file.write_bytes(aside)
    SessionLog.open(written).close()


def test_a_spool_that_cannot_be_used_is_refused_in_one_sentence_and_the_log_given_free(
    written: LogPlaces,
) -> None:
    shutil.rmtree(written.spool)
    written.spool.touch()
    with pytest.raises(SessionLogError, match=r"spool cannot be used.*check the rights"):
        SessionLog.open(written)
    written.spool.unlink()
    SessionLog.open(written).close()


# The head ---------------------------------------------------------------------------------------------


def test_the_head_names_the_newest_row_after_each_transaction(written: LogPlaces, talk: Talk) -> None:
    (newest,) = rows(written.database, "SELECT max(sequence), link FROM events")
    values = json.loads(written.head_file.read_text())
    assert (values["sequence"], bytes.fromhex(values["link"])) == newest
    with SessionLog.open(written) as log:
        record_all(log, talk("talk-2"))
        assert log.flush(30)
        assert json.loads(written.head_file.read_text())["sequence"] == 2 * len(talk())


def test_a_head_that_fits_says_nothing(written: LogPlaces) -> None:
    before = rows(written.database, "SELECT count(*) FROM events")
    SessionLog.open(written).close()
    assert rows(written.database, "SELECT count(*) FROM events") == before
    assert conflicts(written) == []


def test_a_head_that_lags_behind_since_the_process_was_killed_fits(written: LogPlaces, talk: Talk) -> None:
    before = written.head_file.read_bytes()
    with SessionLog.open(written) as log:
        record_all(log, talk("talk-2"))
    written.head_file.write_bytes(before)
    SessionLog.open(written).close()
    assert broken_chains(written.database) == []


def test_a_tail_that_was_cut_is_recorded_and_the_head_set_aside_as_proof(
    written: LogPlaces, talk: Talk, caplog: pytest.LogCaptureFixture
) -> None:
    head, last = written.head_file.read_bytes(), len(talk())
    change(written.database, "DELETE FROM events WHERE sequence > 5")
    SessionLog.open(written).close()
    assert broken_chains(written.database) == [("tail_cut", last, 5)]
    assert [file.read_bytes() for file in conflicts(written)] == [head]
    assert "run `.venv/bin/python -m session_log verify`" in caplog.text
    SessionLog.open(written).close()
    assert len(broken_chains(written.database)) == 1, "it is told once"


def test_a_head_that_is_missing_is_recorded(written: LogPlaces, talk: Talk) -> None:
    written.head_file.unlink()
    SessionLog.open(written).close()
    assert broken_chains(written.database) == [("head_missing", 0, len(talk()))]
    assert conflicts(written) == []
    assert json.loads(written.head_file.read_text())["sequence"] == len(talk()) + 1


@pytest.mark.parametrize(
    "content", [b"", b"garbage", b'{"sequence": 1, "link": "00", "mac": "\\u0663"}', b"[1]"]
)
def test_a_head_that_was_changed_is_recorded(written: LogPlaces, talk: Talk, content: bytes) -> None:
    written.head_file.write_bytes(content)
    SessionLog.open(written).close()
    assert broken_chains(written.database) == [("head_changed", 0, len(talk()))]
    assert [file.read_bytes() for file in conflicts(written)] == [content]


def test_the_head_of_another_log_is_recorded(written: LogPlaces, tmp_path: Path, talk: Talk) -> None:
    other = LogPlaces.of(tmp_path / "other" / "log.sqlite")
    LogFile(other).close()
    shutil.copyfile(other.head_file, written.head_file)
    SessionLog.open(written).close()
    assert broken_chains(written.database) == [("head_changed", 0, len(talk()))]


def test_a_row_that_was_written_anew_under_the_head_is_recorded(written: LogPlaces, talk: Talk) -> None:
    last = len(talk())
    change(written.database, "UPDATE events SET link = zeroblob(32) WHERE sequence = ?", last)
    SessionLog.open(written).close()
    assert broken_chains(written.database) == [("link_changed", last, last)]


def test_a_log_that_was_deleted_while_nobody_wrote_is_told_by_its_head(
    written: LogPlaces, talk: Talk
) -> None:
    written.database.unlink()
    with SessionLog.open(written) as log:
        record_all(log, talk())
    # The new log has a key of its own, with which the old head cannot be read.
    assert broken_chains(written.database) == [("head_changed", 0, 0)]


def test_a_head_that_cannot_be_written_shows_in_the_health_until_it_can(
    written: LogPlaces, talk: Talk, caplog: pytest.LogCaptureFixture
) -> None:
    beside = written.head_file.with_name(f"{written.head_file.name}.new")
    with SessionLog.open(written) as log:
        beside.mkdir()
        record_all(log, talk("talk-2"))
        assert log.flush(30)
        assert log.health().head_error == "IsADirectoryError"
        assert "head of the session log cannot be written" in caplog.text
        beside.rmdir()
        record_all(log, talk("talk-3"))
        assert log.flush(30)
        assert log.health().head_error is None
    assert json.loads(written.head_file.read_text())["sequence"] == 3 * len(talk())


def test_a_head_is_bound_to_the_logs_own_key(written: LogPlaces) -> None:
    file = LogFile(written)
    key = file.log_key
    file.close()
    head = read_head(written.head_file, key)
    assert head is not None
    assert head.sequence > 0
    write_head(written.head_file, b"another key of 32 bytes.........", head)
    SessionLog.open(written).close()
    assert broken_chains(written.database)[0][0] == "head_changed"
    assert isinstance(head, Head)


# Renewal ----------------------------------------------------------------------------------------------


def test_a_file_that_is_where_it_was_is_not_renewed(written: LogPlaces) -> None:
    file = LogFile(written)
    assert not file.renew_if_gone({})
    file.close()


def test_a_renewed_log_keeps_its_own_key_and_says_that_its_tail_is_gone(
    written: LogPlaces, talk: Talk
) -> None:
    file = LogFile(written)
    key = file.log_key
    written.database.unlink()
    assert file.renew_if_gone({})
    assert file.log_key == key
    file.close()
    assert broken_chains(written.database) == [("tail_cut", len(talk()), 0)]


def test_a_log_that_cannot_be_renewed_now_is_tried_again(written: LogPlaces) -> None:
    file = LogFile(written)
    away = written.database.parent.rename(written.database.parent.with_name("away"))
    written.database.parent.touch()
    for _ in range(2):
        with pytest.raises(sqlite3.OperationalError, match="no new session log can be made"):
            file.renew_if_gone({})
    written.database.parent.unlink()
    assert file.renew_if_gone({})
    file.close()
    shutil.rmtree(away)


def test_a_log_in_whose_place_another_writer_began_one_is_left_to_it(written: LogPlaces) -> None:
    file = LogFile(written)
    for name in ("", ".writer"):
        written.database.with_name(written.database.name + name).unlink()
    claimed = writer_lock.claim(written.database)
    with pytest.raises(sqlite3.OperationalError):
        file.renew_if_gone({})
    writer_lock.release(claimed)
    assert file.renew_if_gone({})
    file.close()


# Clocks -----------------------------------------------------------------------------------------------


def test_a_clock_that_goes_backwards_neither_loses_nor_reorders(places: LogPlaces, talk: Talk) -> None:
    events = talk()
    last = max(event.at for event in events)
    backwards = [events[0], *(replace(event, at=last - (event.at - events[0].at)) for event in events[4:])]
    consents = [replace(event, at=events[0].at) for event in events[1:4]]
    with SessionLog.open(places) as log:
        record_all(log, [backwards[0], *consents, *backwards[1:]])
        assert log.flush(30)
    with SessionLog.open(places) as log:
        assert log.flush(30)
        assert log.health().spool_rejected == 0
    assert read_talk(places.database, "talk-1")[1] == [backwards[0], *consents, *backwards[1:]]
    assert broken_chains(places.database) == []
