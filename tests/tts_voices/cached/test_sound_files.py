import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tts_voices.cached.sound_files import DamagedSoundError, decoded, encoded, read_sealed, write_sealed

RATE = 22_050


def tone(seconds, level=0.5):
    return (32_767 * level * np.sin(np.arange(int(seconds * RATE)) / 20)).astype(np.int16)


def sound_of(content):
    return np.concatenate(list(decoded(content, chunk_ms=100)))


@pytest.mark.parametrize("seconds", [0.001, 0.05, 0.1, 1.0, 59.9])
def test_sound_comes_back_in_its_length_and_like_it_was(seconds):
    samples = tone(seconds)
    found = sound_of(encoded(samples, RATE))
    assert (len(found), found.dtype) == (len(samples), np.int16)
    if seconds >= 0.1:
        assert np.corrcoef(found.astype(float), samples.astype(float))[0, 1] > 0.99


def test_a_second_takes_few_bytes():
    assert len(encoded(tone(10), RATE)) < 10 * 12_000


def test_loud_sound_is_not_lifted_to_full_scale():
    loud = np.sign(tone(1)).astype(np.int16) * 32_440
    assert np.abs(sound_of(encoded(loud, RATE)).astype(int)).max() <= 32_440


@given(st.integers(1, 5_000), st.sampled_from([8_000, 16_000, 22_050, 24_000, 48_000]))
@settings(max_examples=30, deadline=None)
def test_chunks_are_short_at_any_rate(samples, rate):
    chunks = list(decoded(encoded(np.ones(samples, dtype=np.int16), rate), chunk_ms=100))
    assert sum(map(len, chunks)) == samples
    assert max(map(len, chunks)) <= rate // 10


@pytest.mark.parametrize("content", [b"", b"no sound", b"OggS" + b"\0" * 100, os.urandom(5_000)])
def test_what_is_no_sound_is_refused_at_once(content):
    with pytest.raises(DamagedSoundError):
        decoded(content, chunk_ms=100)


def test_a_file_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "name.ogg"
    assert write_sealed(path, b"content", modified_s=86_400) == path.stat().st_size
    assert read_sealed(path) == b"content"
    assert path.stat().st_mtime == 86_400
    assert list(tmp_path.iterdir()) == [path]


@given(place=st.integers(0, 200), bit=st.integers(0, 7))
@settings(max_examples=60, deadline=None)
def test_every_flipped_bit_is_found(tmp_path_factory, place, bit):
    path = tmp_path_factory.mktemp("sealed") / "name.ogg"
    write_sealed(path, bytes(range(169)), modified_s=0)
    content = bytearray(path.read_bytes())
    content[place] ^= 1 << bit
    path.write_bytes(content)
    with pytest.raises(DamagedSoundError):
        read_sealed(path)


def test_a_renamed_file_is_another(tmp_path):
    write_sealed(tmp_path / "one.ogg", b"content", modified_s=0)
    (tmp_path / "one.ogg").rename(tmp_path / "two.ogg")
    with pytest.raises(DamagedSoundError):
        read_sealed(tmp_path / "two.ogg")


def test_nothing_is_left_open_by_what_can_not_be_read(tmp_path):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    before = len(os.listdir("/proc/self/fd"))
    for name in ("folder", "pipe", "link"):
        with pytest.raises(DamagedSoundError):
            read_sealed(tmp_path / name)
    with pytest.raises(FileNotFoundError):
        read_sealed(tmp_path / "nothing")
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_place_that_can_not_be_written_leaves_nothing(tmp_path):
    (tmp_path / "name.ogg").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_sealed(tmp_path / "name.ogg", b"content", modified_s=0)
    assert [path.name for path in tmp_path.iterdir()] == ["name.ogg"]
