from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from functools import partial

import pytest
from log_files import record_all

from session_log.audio import audio_path, keep_audio
from session_log.data_keys import DataKey
from session_log.erasure import erase_talk
from session_log.events import Event
from session_log.leftovers import delete_leftovers, empty_write_ahead_log
from session_log.location import LogPlaces
from session_log.schema import open_for_writing
from session_log.writer import SessionLog

Talk = Callable[..., list[Event]]


@pytest.fixture
def half_erased(places: LogPlaces, talk: Talk) -> LogPlaces:
    """A log of two talks, of one of which everything but its sound was erased."""
    with SessionLog.open(places) as log:
        record_all(log, [*talk("talk-1"), *talk("talk-2")])
        log.perform(partial(erase_talk, talk_id="talk-1")).result(30)
    for talk_id in ("talk-1", "talk-2"):
        keep_audio(places.audio, DataKey(bytes(32)), talk_id, "turn-1", b"sound")
    return places


def test_the_sound_of_erased_talks_goes_and_that_of_others_stays(half_erased: LogPlaces) -> None:
    with closing(open_for_writing(half_erased.database)) as database:
        delete_leftovers(database, half_erased)
    assert not audio_path(half_erased.audio, "talk-1", "turn-1").parent.exists()
    assert audio_path(half_erased.audio, "talk-2", "turn-1").exists()


def test_backups_that_the_log_does_not_know_of_go_and_those_it_knows_stay(half_erased: LogPlaces) -> None:
    path = half_erased.database
    known, unknown = (path.with_name(f"{path.name}.version-4.{n}.backup") for n in (1, 2))
    other = path.with_name("other.sqlite.version-4.3.backup")
    for file in (known, unknown, other):
        file.touch()
    with closing(open_for_writing(path)) as database:
        database.execute("INSERT INTO backups VALUES (?, '')", (str(known),))
        delete_leftovers(database, half_erased)
    assert (known.exists(), unknown.exists(), other.exists()) == (True, False, True)


def test_a_new_log_has_none(places: LogPlaces) -> None:
    with closing(open_for_writing(places.database)) as database:
        delete_leftovers(database, places)
    assert not places.audio.exists()


def test_a_write_ahead_log_is_emptied_unless_something_holds_it_up(places: LogPlaces, talk: Talk) -> None:
    with SessionLog.open(places) as log:
        record_all(log, talk())
    file = places.database.with_name(f"{places.database.name}-wal")
    with closing(open_for_writing(places.database)) as database:
        database.execute("BEGIN IMMEDIATE")
        database.execute("DELETE FROM persons")
        assert not empty_write_ahead_log(database)
        database.execute("COMMIT")
        assert file.stat().st_size > 0
        assert empty_write_ahead_log(database)
        assert file.stat().st_size == 0


def test_what_cannot_be_deleted_is_told_and_the_log_is_written(
    half_erased: LogPlaces, talk: Talk, caplog: pytest.LogCaptureFixture
) -> None:
    path = half_erased.database
    path.with_name(f"{path.name}.version-4.1.backup").mkdir()
    with SessionLog.open(half_erased) as log:
        record_all(log, talk("talk-3"))
        assert log.flush(30)
    assert "leftovers of erased talks could not be deleted (IsADirectoryError)" in caplog.text
