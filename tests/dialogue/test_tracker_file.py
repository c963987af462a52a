from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialogue.tracker_file import TrackerFile, TrackerFileError, TrackerPlaces, TrackerSettingError
from dialogue.tracker_key import SealBrokenError, TrackerKeyError

HOUR_S = 3600.0


class Clock:
    def __init__(self) -> None:
        self.now_s = 1_000_000.0

    def __call__(self) -> float:
        return self.now_s


def places(folder: Path) -> TrackerPlaces:
    return TrackerPlaces(folder / "trackers.sqlite", folder / "keys" / "trackers.key", 24 * HOUR_S)


def opened(folder: Path, **options: object) -> TrackerFile:
    return TrackerFile(places(folder), {}, **options)  # type: ignore[arg-type]


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_what_was_written_is_read_by_the_next_process(tmp_path: Path) -> None:
    first = opened(tmp_path)
    first.write("a", "older")
    first.write("a", "newer")
    # Not closed: a killed process closes nothing.
    assert opened(tmp_path).read("a") == "newer"
    assert opened(tmp_path).read("b") is None


def test_no_word_and_no_sender_lies_on_the_disk_in_the_open(tmp_path: Path) -> None:
    file = opened(tmp_path)
    for number in range(30):
        file.write("quartzonyx", "zanzibarmarmalade گلابتون " * number)
    for _ in range(2):
        found = everything(tmp_path)
        for word in ("zanzibar", "گلابتون", "quartzonyx"):
            assert word.encode() not in found
            assert word.encode("utf-16-le") not in found
        file.close()


def test_only_the_owner_may_read_the_files(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    old = os.umask(0)
    try:
        file = opened(folder)
        file.write("a", "text")
    finally:
        os.umask(old)
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.rglob("*")}
    assert modes.pop("keys") == 0o700
    assert set(modes) == {"trackers.sqlite", "trackers.sqlite-wal", "trackers.sqlite-shm", "trackers.key"}
    assert set(modes.values()) == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
    file.close()


def test_a_deleted_talk_leaves_neither_its_key_nor_its_words(tmp_path: Path) -> None:
    file = opened(tmp_path)
    kept = os.urandom(40_000).hex()
    file.write("other", kept)
    traces = []
    for _ in range(5):
        file.write("a", os.urandom(20_000).hex())  # several pages, which are given back
        with closing(sqlite3.connect(places(tmp_path).database)) as database:
            traces += database.execute(
                "SELECT row, wrapped_key, substr(sealed, 100, 60) FROM trackers ORDER BY rowid DESC LIMIT 1"
            ).fetchone()
    before = everything(tmp_path)
    assert all(trace in before for trace in traces)
    file.delete(["a", "nobody"])
    after = everything(tmp_path)
    assert not any(trace in after for trace in traces)
    assert file.read("a") is None
    assert file.read("other") == kept


def test_a_deletion_that_leaves_traces_is_told(tmp_path: Path) -> None:
    file = opened(tmp_path)
    file.write("a", "text")
    with closing(sqlite3.connect(places(tmp_path).database, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM trackers").fetchone()
        with pytest.raises(TrackerFileError):
            file.delete(["a"])
    file.delete(["a"])


def test_talks_that_have_been_quiet_are_deleted_at_start_and_by_a_sweep(tmp_path: Path) -> None:
    clock = Clock()
    file = opened(tmp_path, clock=clock)
    file.write("old", "text")
    clock.now_s += 23 * HOUR_S
    file.write("new", "text")
    clock.now_s += 2 * HOUR_S
    file.sweep()
    assert [file.read("old"), file.read("new")] == [None, "text"]
    clock.now_s += 24 * HOUR_S
    assert opened(tmp_path, clock=clock).read("new") is None


def test_a_clock_that_was_set_back_keeps_nothing_for_longer(tmp_path: Path) -> None:
    clock = Clock()
    file = opened(tmp_path, clock=clock)
    file.write("a", "text")
    clock.now_s -= 25 * HOUR_S
    file.sweep()
    assert file.read("a") is None


def test_the_number_of_talks_is_bounded_and_the_oldest_goes(tmp_path: Path) -> None:
    clock = Clock()
    file = opened(tmp_path, most=3, clock=clock)
    for sender in "abcad":
        clock.now_s += 1
        file.write(sender, sender)
    assert file.texts() == ["c", "a", "d"]


def test_within_one_second_the_talk_that_is_written_stays(tmp_path: Path) -> None:
    file = opened(tmp_path, most=2, clock=Clock())
    for sender in "abcdef":
        file.write(sender, sender)
        assert file.read(sender) == sender


def test_another_key_is_refused_and_nothing_changes(tmp_path: Path) -> None:
    file = opened(tmp_path)
    file.write("a", "text")
    file.close()
    path = places(tmp_path)
    right = path.key_file.read_bytes()
    before = path.database.read_bytes()
    path.key_file.unlink()
    with pytest.raises(TrackerKeyError, match="Put it back"):
        opened(tmp_path).open()
    opened(tmp_path / "elsewhere").open()
    path.key_file.write_bytes(places(tmp_path / "elsewhere").key_file.read_bytes())
    with pytest.raises(TrackerKeyError, match="another key"):
        opened(tmp_path).open()
    assert path.database.read_bytes() == before
    path.key_file.write_bytes(right)
    assert opened(tmp_path).read("a") == "text"


def test_with_no_talk_under_way_a_new_key_is_taken(tmp_path: Path) -> None:
    file = opened(tmp_path)
    file.write("a", "text")
    file.delete(["a"])
    file.close()
    places(tmp_path).key_file.unlink()
    file = opened(tmp_path)
    file.write("b", "text")
    file.close()
    assert opened(tmp_path).read("b") == "text"


@given(position=st.integers(0, 60_000), value=st.integers(1, 255))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_byte_is_changed_no_other_words_are_read(tmp_path: Path, position: int, value: int) -> None:
    path = places(tmp_path)
    if not (tmp_path / "whole").exists():
        file = opened(tmp_path)
        file.write("a", os.urandom(20_000).hex())
        file.close()
        (tmp_path / "whole").write_bytes(path.database.read_bytes())
        (tmp_path / "text").write_text(opened(tmp_path).read("a") or "")
    for left in tmp_path.glob("trackers.sqlite-*"):
        left.unlink()
    content = bytearray((tmp_path / "whole").read_bytes())
    content[position % len(content)] ^= value
    path.database.write_bytes(content)
    file = opened(tmp_path)
    try:
        found = file.read("a")
    except (sqlite3.Error, SealBrokenError, TrackerKeyError, TrackerFileError):
        return
    finally:
        file.close()
    assert found in (None, (tmp_path / "text").read_text())


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\0" + bytes(4080)])
def test_a_broken_file_is_told_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = places(tmp_path).database
    path.write_bytes(content)
    with pytest.raises((sqlite3.Error, TrackerFileError)):
        opened(tmp_path).open()
    assert path.read_bytes() == content


def test_a_file_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    with closing(sqlite3.connect(places(tmp_path).database)) as database:
        database.execute("PRAGMA user_version = 7")
    with pytest.raises(TrackerFileError, match="another version"):
        opened(tmp_path).open()


def test_a_file_that_could_not_be_opened_is_opened_later(tmp_path: Path) -> None:
    (tmp_path / "trackers.sqlite").mkdir()
    file = opened(tmp_path)
    with pytest.raises(OSError, match="trackers"):
        file.write("a", "text")
    (tmp_path / "trackers.sqlite").rmdir()
    file.write("a", "text")
    assert file.read("a") == "text"


def test_the_places_follow_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    assert TrackerPlaces.of({}).database == Path("/home/somebody/.local/share/hamdel/trackers.sqlite")
    assert TrackerPlaces.of({"XDG_DATA_HOME": "/data"}).database == Path("/data/hamdel/trackers.sqlite")
    chosen = TrackerPlaces.of({"HAMDEL_TRACKERS": "~/t.db", "HAMDEL_TRACKER_HOURS": "0.5"})
    assert chosen.database == Path("/home/somebody/t.db")
    assert chosen.key_file == Path("/home/somebody/keys/t.key")
    assert (TrackerPlaces.of({}).keep_s, chosen.keep_s) == (86_400, 1_800)


@pytest.mark.parametrize("hours", ["0", "-1", "nan", "inf", "a day", "9000"])
def test_hours_that_cannot_be_used_are_named(hours: str) -> None:
    with pytest.raises(TrackerSettingError, match="HAMDEL_TRACKER_HOURS"):
        TrackerPlaces.of({"HAMDEL_TRACKER_HOURS": hours})
