"""The cache of spoken sentences with damaged entries, and with a disk that hangs, is full or is not there."""

import errno
import logging
import os
import resource
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
from cached_tone import ENGLISH, RATE, alike, files, say, written

from tts_voices.cached import voice as cache
from tts_voices.cached.sound_files import encoded, write_sealed

ROOT = Path(__file__).resolve().parents[3]
needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="apt-get install espeak-ng")


# Damage -------------------------------------------------------------------------------------------


def no_sound(path, content):
    write_sealed(path, b"no Ogg at all, but sealed", modified_s=0)


def of_another(path, content):
    other = path.with_name("0" * 64 + ".ogg")
    write_sealed(other, encoded(np.ones(9_000, dtype=np.int16), RATE), modified_s=0)
    other.replace(path)


def a_folder(path, content):
    path.unlink()
    path.mkdir()


def a_pipe(path, content):
    path.unlink()
    os.mkfifo(path)


def a_link(path, content):
    path.unlink()
    path.symlink_to("/etc/passwd")


def a_link_in_a_circle(path, content):
    path.unlink()
    path.symlink_to(path)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path, content: path.write_bytes(b""),
        lambda path, content: path.write_bytes(content[:-1]),
        lambda path, content: path.write_bytes(content[: len(content) // 2]),
        lambda path, content: path.write_bytes(content + b"\0"),
        lambda path, content: path.write_bytes(content[:300] + bytes([content[300] ^ 1]) + content[301:]),
        lambda path, content: path.write_bytes(b"\0" * 3_000_000),
        no_sound,
        of_another,
        a_folder,
        a_pipe,
        a_link,
        a_link_in_a_circle,
    ],
)
def test_a_damaged_entry_is_spoken_anew_removed_counted_and_replaced(cached, damage):
    voice = cached()
    sound = say(voice)
    written(voice)
    (path,) = files(voice)
    damage(path, path.read_bytes())
    assert np.array_equal(say(voice), sound)
    assert (voice.damaged, voice.hits) == (1, 0)
    written(voice)
    assert path.is_file()
    assert not path.is_symlink()
    assert alike(say(voice), sound)
    assert (voice.damaged, voice.hits) == (1, 1)


def test_a_folder_with_something_in_it_in_the_place_of_an_entry_is_no_reason_to_fail(cached):
    voice = cached()
    say(voice)
    written(voice)
    (path,) = files(voice)
    path.unlink()
    path.mkdir()
    (path / "theirs").touch()
    for _ in range(3):
        assert len(say(voice)) > 0
    written(voice)
    assert (path / "theirs").exists()


# The disk -----------------------------------------------------------------------------------------


def test_a_disk_that_hangs_is_not_waited_for(cached, monkeypatch, caplog):
    voice = cached()
    say(voice)
    written(voice)
    released = threading.Event()
    monkeypatch.setattr(cache, "_PATIENCE_S", 0.01)
    monkeypatch.setattr(voice._store, "find", lambda key: released.wait(60) and None)
    monkeypatch.setattr(voice._store, "keep", lambda *_: released.wait(60))
    try:
        for _ in range(100):
            assert len(say(voice)) > 0
    finally:
        released.set()
    assert len(voice.voice.asked) == 101
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "too slow" in caplog.text
    assert ENGLISH not in caplog.text


def test_what_hangs_is_a_few_threads_and_little_memory(cached, monkeypatch):
    voice = cached()
    released = threading.Event()
    monkeypatch.setattr(cache, "_PATIENCE_S", 0.001)
    monkeypatch.setattr(voice._store, "find", lambda key: released.wait(60) and None)
    monkeypatch.setattr(voice._store, "keep", lambda *_: released.wait(60))
    before = threading.active_count()
    try:
        for _ in range(60):
            say(voice)
        assert threading.active_count() <= before + 3
        assert len(voice._writer._work) <= 8
        assert len(voice._readers._work) <= 8
    finally:
        released.set()


def test_after_the_disk_is_back_it_is_used_again(cached, monkeypatch):
    voice = cached()
    find = voice._store.find
    released = threading.Event()
    monkeypatch.setattr(cache, "_PATIENCE_S", 0.01)
    monkeypatch.setattr(voice._store, "find", lambda key: (released.wait(60), find(key))[1])
    for _ in range(20):
        say(voice)
    released.set()
    monkeypatch.setattr(cache, "_PATIENCE_S", 10.0)
    written(voice)
    say(voice)
    assert voice.hits == 1


def test_a_full_disk_is_no_reason_to_fail(cached, caplog):
    voice = cached()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))
    try:
        for _ in range(3):
            assert len(say(voice)) > 0
            written(voice)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert files(voice) == []
    assert "make room" in caplog.text
    assert len(caplog.records) == 1
    assert ENGLISH not in caplog.text


def test_after_a_failed_write_the_disk_is_left_alone_for_a_while(cached, monkeypatch):
    voice = cached()
    tries = []

    def full(key, sound):
        tries.append(key)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(voice._store, "keep", full)
    for _ in range(5):
        say(voice)
        written(voice)
    assert len(tries) == 1
    voice._no_writing_before_s = 0.0
    say(voice)
    written(voice)
    assert len(tries) == 2


@pytest.mark.parametrize("place", ["file", "file/within", "/proc/cache", "a" * 300])
def test_a_folder_that_can_not_be_is_no_reason_to_fail(cached, tmp_path, caplog, place):
    (tmp_path / "file").touch()
    voice = cached(folder=tmp_path / place)
    for _ in range(2):
        assert len(say(voice)) > 0
        written(voice)
    assert len(voice.voice.asked) == 2
    assert "cache of sentences" in caplog.text
    assert voice.size_bytes() == 0


def test_a_folder_that_is_removed_meanwhile_is_made_anew(cached):
    voice = cached()
    say(voice)
    written(voice)
    shutil.rmtree(voice._store.folder)
    say(voice)
    written(voice)
    assert len(files(voice)) == 1
