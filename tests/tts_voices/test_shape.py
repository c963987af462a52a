import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tts_voices.shape import shape_speech

RATE = 16_000
Samples = NDArray[np.int16]


def _tone(seconds: float, level: float) -> Samples:
    time = np.arange(int(seconds * RATE)) / RATE
    return np.asarray(32767 * level * np.sin(2 * np.pi * 200 * time), dtype=np.int16)


def _silence(seconds: float) -> Samples:
    return np.zeros(int(seconds * RATE), dtype=np.int16)


def _shape(pieces: list[Samples]) -> list[Samples]:
    return list(shape_speech(pieces, sample_rate_hz=RATE, chunk_ms=100, typical_peak=0.5))


def test_silence_at_the_ends_is_cut_and_inside_it_stays() -> None:
    sound = np.concatenate(
        _shape([_silence(1), _tone(0.5, 0.5), _silence(0.3), _tone(0.5, 0.5), _silence(0.7), _silence(0.7)])
    )
    assert len(sound) / RATE == pytest.approx(0.02 + 0.5 + 0.3 + 0.5 + 0.06, abs=0.01)


def test_silence_alone_gives_nothing() -> None:
    assert _shape([_silence(1), _silence(1)]) == []
    assert _shape([]) == []


def test_a_quiet_speaker_is_raised_with_one_gain() -> None:
    sound = np.concatenate(_shape([_tone(1, 0.3)]))
    assert np.abs(sound).max() / 32768 == pytest.approx(0.3 * 0.7 / 0.5, rel=0.02)


def test_a_syllable_that_would_be_too_loud_is_lowered_without_clipping() -> None:
    sound = np.concatenate(_shape([_tone(0.5, 0.3), _tone(0.5, 0.99)]))
    level = np.abs(sound) / 32768
    assert level.max() <= 0.96
    assert np.sum(level > 0.949) < 0.1 * len(level)


def test_the_ends_are_faded() -> None:
    loud = np.full(RATE // 2, 15_000, dtype=np.int16)
    sound = np.concatenate(_shape([loud]))
    assert abs(int(sound[0])) < 300
    assert abs(int(sound[-1])) < 300


def test_the_first_chunk_does_not_wait_for_the_end() -> None:
    taken = 0

    def pieces() -> object:
        nonlocal taken
        for _ in range(100):
            taken += 1
            yield _tone(0.05, 0.5)

    next(shape_speech(pieces(), sample_rate_hz=RATE, chunk_ms=100, typical_peak=0.5))  # type: ignore[arg-type]
    assert taken <= 6


@given(
    st.lists(
        st.tuples(st.integers(1, 4_000), st.floats(0, 1)).map(
            lambda pair: np.full(pair[0], int(32767 * pair[1]), dtype=np.int16)
        ),
        max_size=12,
    )
)
@settings(max_examples=100, deadline=None)
def test_however_the_pieces_come_chunks_are_short_and_below_the_ceiling(pieces: list[Samples]) -> None:
    for chunk in _shape(pieces):
        assert 0 < len(chunk) <= RATE // 10
        assert np.abs(chunk.astype(np.int32)).max() <= 0.97 * 32768
