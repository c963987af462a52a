import os
import time

import pytest

from tts_voices.cached.sentence_store import SentenceStore

DAY_S = 86_400
SOUND = b"x" * 968  # with its digest 1,000 bytes


def key(number):
    return f"{number:064x}"


@pytest.fixture
def store(tmp_path):
    return SentenceStore(tmp_path / "store", limit_mb=0.01)


def age(store, number, days):
    path = store.folder / f"{key(number)}.ogg"
    then = time.time() // DAY_S * DAY_S - days * DAY_S
    os.utime(path, (then, then))


def kept(store):
    return {int(path.stem, 16) for path in store.folder.glob("*.ogg")}


def test_what_is_kept_is_found(store):
    assert store.find(key(1)) is None
    store.keep(key(1), SOUND)
    assert store.find(key(1)) == SOUND
    assert store.has(key(1))
    assert not store.has(key(2))
    assert store.size_bytes() == 1_000


def test_what_was_used_longest_ago_goes_first(store):
    for number in range(10):
        store.keep(key(number), SOUND)
        age(store, number, days=20 - number)
    store.note_use(key(0))
    store.keep(key(10), SOUND)
    assert kept(store) == {0, 3, 4, 5, 6, 7, 8, 9, 10}


@pytest.mark.parametrize("count", [11, 50, 200])
def test_the_limit_is_kept(store, count):
    for number in range(count):
        store.keep(key(number), SOUND)
        assert store.find(key(number)) == SOUND  # the newest stays
    assert 8_000 <= store.size_bytes() <= 10_000


def test_what_is_larger_than_the_limit_does_not_stay(store):
    store.keep(key(1), SOUND)
    store.keep(key(2), b"x" * 20_000)
    assert store.size_bytes() <= 10_000


def test_what_others_have_written_counts(store, tmp_path):
    store.keep(key(0), SOUND)
    other = SentenceStore(tmp_path / "store", limit_mb=1)
    for number in range(100, 130):
        other.keep(key(number), SOUND)
    for number in range(1, 40):
        store.keep(key(number), SOUND)
    assert store.size_bytes() <= 10_000


def test_a_smaller_limit_than_before_makes_room(store, tmp_path):
    for number in range(10):
        store.keep(key(number), SOUND)
    smaller = SentenceStore(tmp_path / "store", limit_mb=0.005)
    smaller.keep(key(10), SOUND)
    assert smaller.size_bytes() <= 5_000


def test_use_is_noted_by_the_day(store):
    store.keep(key(1), SOUND)
    path = store.folder / f"{key(1)}.ogg"
    first = path.stat().st_mtime
    assert first % DAY_S == 0
    age(store, 1, days=3)
    store.note_use(key(1))
    assert path.stat().st_mtime % DAY_S == 0
    assert path.stat().st_mtime > time.time() - DAY_S - 60
    store.note_use(key(2))  # it has gone meanwhile


def test_files_of_others_are_left_alone_and_not_counted(store):
    store.folder.mkdir()
    theirs = ["letter.txt", "song.ogg", "A" * 64 + ".ogg", key(1) + ".wav", "x.part"]
    for name in theirs:
        (store.folder / name).write_bytes(b"x" * 50_000)
    (store.folder / f"{key(99)}.ogg").mkdir()
    for number in range(30):
        store.keep(key(number), SOUND)
    assert store.size_bytes() <= 10_000
    assert all((store.folder / name).stat().st_size == 50_000 for name in theirs)
    assert (store.folder / f"{key(99)}.ogg").is_dir()


def test_what_a_killed_run_left_goes_after_a_while(store, monkeypatch):
    store.folder.mkdir()
    left = store.folder / f"{key(1)}.123-456.part"
    left.touch()
    store.size_bytes()
    assert left.exists()
    now = time.time()
    monkeypatch.setattr("tts_voices.cached.sentence_store.time.time", lambda: now + 3_600)
    store.size_bytes()
    assert not left.exists()


def test_a_damaged_entry_goes_and_is_counted(store):
    store.keep(key(1), SOUND)
    (store.folder / f"{key(1)}.ogg").write_bytes(b"damaged")
    assert not store.has(key(1))
    assert (store.damaged, kept(store)) == (1, set())


def test_whether_there_is_room_is_told_without_removing_what_fits(store):
    for number in range(9):
        assert store.room_for(SOUND)
        store.keep(key(number), SOUND)
    assert not store.room_for(b"x" * 1_500)
    assert len(kept(store)) == 9
