import numpy as np
import pytest
from speech_like import speech_like

from ser_model.speech_level import active_frames, active_level_db, frame_levels_db

RATE_HZ = 16_000


def test_level_of_a_sine_of_full_scale_is_minus_3_db():
    sine = np.sin(2.0 * np.pi * 500.0 * np.arange(RATE_HZ) / RATE_HZ).astype(np.float32)
    assert frame_levels_db(sine) == pytest.approx(np.full(50, -3.01), abs=0.02)


def test_an_offset_is_no_sound():
    assert frame_levels_db(np.full(RATE_HZ, 0.5, dtype=np.float32)).max() < -90.0


@pytest.mark.parametrize(("count", "frames"), [(0, 0), (319, 0), (320, 1), (1_000, 3)])
def test_only_whole_frames_count(count, frames):
    levels_db = frame_levels_db(np.ones(count, dtype=np.float32))
    assert len(levels_db) == frames
    assert not active_frames(levels_db).any()


def test_pauses_do_not_lower_the_level():
    speech = speech_like(4.0)
    with_pauses = np.concatenate([speech, np.zeros(4 * len(speech), dtype=np.float32)])
    assert active_level_db(with_pauses) == pytest.approx(active_level_db(speech), abs=1.0)


def test_gain_moves_the_level():
    assert active_level_db(0.1 * speech_like()) == pytest.approx(
        active_level_db(speech_like()) - 20.0, abs=0.1
    )


def test_speech_is_found_in_a_room_with_background():
    random = np.random.default_rng(0)
    samples = (0.002 * random.standard_normal(3 * RATE_HZ)).astype(np.float32)
    samples[RATE_HZ : 2 * RATE_HZ] += 0.1 * random.standard_normal(RATE_HZ).astype(np.float32)
    active = active_frames(frame_levels_db(samples))
    assert active[50:100].all()
    assert active.sum() == 50


def test_nobody_speaks_in_silence():
    assert active_level_db(np.zeros(RATE_HZ, dtype=np.float32)) == -120.0
