import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tts_voices.levels import finished_chunks, frame_loudness, levelling

RATE = 22_050
CHUNK = RATE // 10
FRAMES_A_SECOND = RATE / 256


def tone(seconds, level, hertz=200):
    return (level * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)


def finish(*pieces, gain=1.0, style="plain", stop=None):
    chunks = finished_chunks(pieces, chunk=CHUNK, gain=gain, style=style, stop=stop or threading.Event())
    return list(chunks)


def joined(*pieces, **options):
    return np.concatenate(finish(*pieces, **options)).astype(float) / 32767


def middle(sound):
    return sound[1_000:-1_000]


def decibels(sound):
    return 20 * np.log10(np.sqrt(np.mean(middle(sound) ** 2)))


def test_sound_below_the_knee_is_only_multiplied():
    given_sound = tone(1, 0.3)
    assert np.abs(middle(joined(given_sound, gain=2.0)) - 2 * middle(given_sound)).max() < 1e-4


@pytest.mark.parametrize("level", [0.9, 2.0, 50.0])
def test_what_is_too_loud_is_bent_and_never_clipped(level):
    sound = joined(tone(1, level))
    assert 0.8 < np.abs(sound).max() <= 0.9701


def test_louder_sound_stays_louder_where_it_is_bent():
    """A clipped wave has flat tops; a bent one grows with what it was."""
    levels = [
        np.abs(joined(np.full(5_000, level, dtype=np.float32))).max() for level in (0.8, 0.85, 0.9, 1.0)
    ]
    assert np.all(np.diff(levels) > 0.005)


def test_the_ends_are_faded():
    sound = joined(np.full(RATE // 2, 0.5, dtype=np.float32))
    assert sound[0] == sound[-1] == 0
    assert np.all(np.diff(sound[:110]) > 0)
    assert np.all(np.diff(sound[-110:]) < 0)
    assert middle(sound) == pytest.approx(0.5, abs=1e-4)


def test_the_soft_style_is_quieter_and_duller():
    low, high = tone(1, 0.5, 200), tone(1, 0.5, 5_000)
    low_change = decibels(joined(low, style="soft")) - decibels(joined(low))
    high_change = decibels(joined(high, style="soft")) - decibels(joined(high))
    assert low_change == pytest.approx(-3.0, abs=0.3)
    assert -8.0 < high_change < low_change - 2.0


def test_the_soft_style_has_no_seam_between_pieces():
    sound = tone(1, 0.5, 700)
    pieces = np.array_split(sound, 37)
    assert np.array_equal(joined(sound, style="soft"), joined(*pieces, style="soft"))


def test_once_it_is_stopped_nothing_comes():
    stop = threading.Event()
    chunks = finished_chunks([tone(3, 0.5)], chunk=CHUNK, gain=1.0, style="plain", stop=stop)
    next(chunks)
    stop.set()
    assert list(chunks) == []


def test_the_first_chunk_does_not_wait_for_the_last_piece():
    taken = []

    def pieces():
        for number in range(50):
            taken.append(number)
            yield tone(0.05, 0.5)

    next(finished_chunks(pieces(), chunk=CHUNK, gain=1.0, style="plain", stop=threading.Event()))
    assert len(taken) < 8


@pytest.mark.parametrize("style", ["plain", "soft"])
@pytest.mark.parametrize("pieces", [[], [np.zeros(0, dtype=np.float32)] * 3])
def test_without_samples_there_are_no_chunks(pieces, style):
    assert finish(*pieces, style=style) == []


@given(st.lists(st.integers(0, 6_000), max_size=10), st.sampled_from(["plain", "soft"]))
@settings(max_examples=150, deadline=None)
def test_however_the_pieces_come_no_sample_is_lost_and_chunks_are_short(sizes, style):
    pieces = [np.full(size, 0.9, dtype=np.float32) for size in sizes]
    chunks = finish(*pieces, style=style)
    assert sum(map(len, chunks)) == sum(sizes)
    assert all(0 < len(chunk) <= CHUNK for chunk in chunks)
    assert all(
        chunk.dtype == np.int16 and np.abs(chunk.astype(int)).max() < 0.971 * 32767 for chunk in chunks
    )


def mel_of(level, frames=200):
    """Frames of noise whose power is the same in each band."""
    random = np.random.default_rng(4)
    return (random.normal(level, 0.3, (1, 80, frames))).astype(np.float32)


def test_louder_frames_are_louder_by_as_much():
    quiet = frame_loudness(mel_of(-4.0), FRAMES_A_SECOND)
    loud = frame_loudness(mel_of(-4.0 + np.log(2)), FRAMES_A_SECOND)
    assert loud - quiet == pytest.approx(20 * np.log10(2), abs=1e-3)


def test_silence_around_speech_does_not_make_it_quieter():
    speech = mel_of(-4.0)
    silence = np.full((1, 80, 300), np.log(1e-5), dtype=np.float32)
    around = np.concatenate([silence, speech, silence], axis=2)
    plain, more = frame_loudness(speech, FRAMES_A_SECOND), frame_loudness(around, FRAMES_A_SECOND)
    assert more == pytest.approx(plain, abs=1.5)


@pytest.mark.parametrize("frames", [1, 2, 33, 34, 35])
def test_few_frames_have_a_loudness(frames):
    assert np.isfinite(frame_loudness(mel_of(-4.0, frames), FRAMES_A_SECOND))


def test_an_utterance_is_brought_to_the_level_but_silence_is_not_lifted():
    assert levelling(-10.0, -7.0) == pytest.approx(10 ** (3 / 20))
    assert levelling(-4.0, -7.0) == pytest.approx(10 ** (-3 / 20))
    assert levelling(-90.0, -7.0) == pytest.approx(10 ** (6 / 20))
    assert levelling(-10.0, None) == 1
