"""Files that a copy left open to others are closed at the start, and it is said once."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from log_files import record_all

from session_log.events import Event
from session_log.location import LogPlaces
from session_log.writer import SessionLog

Talk = Callable[..., list[Event]]
Log = pytest.LogCaptureFixture


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.fixture
def restored(places: LogPlaces, talk: Talk) -> LogPlaces:
    """A log that somebody copied with an ordinary umask."""
    with SessionLog.open(places) as log:
        record_all(log, talk())
    places.audio.mkdir()
    places.audio.chmod(0o755)
    for path in (places.database, places.key_file, places.head_file):
        path.chmod(0o644)
    return places


def test_what_others_could_read_is_closed_to_them_and_said(restored: LogPlaces, caplog: Log) -> None:
    with SessionLog.open(restored):
        beside = [restored.database.with_name(f"{restored.database.name}-{end}") for end in ("wal", "shm")]
        files = (restored.database, restored.key_file, restored.head_file, *beside)
        assert {mode(path) for path in files} == {0o600}
    assert mode(restored.audio) == 0o700
    (line,) = [record.getMessage() for record in caplog.records]
    assert str(restored.database) in line
    assert str(restored.key_file) in line


def test_it_is_said_once(restored: LogPlaces, caplog: Log) -> None:
    SessionLog.open(restored).close()
    caplog.clear()
    SessionLog.open(restored).close()
    assert caplog.records == []


def test_a_log_that_is_refused_stays_as_it_is(restored: LogPlaces) -> None:
    shutil.move(restored.key_file, restored.key_file.with_name("aside"))
    with pytest.raises(Exception, match="key is not at"):
        SessionLog.open(restored)
    assert mode(restored.database) == 0o644


def test_a_file_of_somebody_else_is_named_and_the_server_goes_on(
    restored: LogPlaces, caplog: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    chmod = Path.chmod

    def refused(path: Path, mode: int) -> None:
        if path == restored.key_file:  # as of a secret store that mounts it
            raise PermissionError
        chmod(path, mode)

    monkeypatch.setattr(Path, "chmod", refused)
    SessionLog.open(restored).close()
    assert mode(restored.key_file) == 0o644
    (line,) = [text for record in caplog.records if "cannot change it" in (text := record.getMessage())]
    assert line.endswith(str(restored.key_file))
