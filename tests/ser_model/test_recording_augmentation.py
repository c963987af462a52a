import numpy as np
import pytest
from speech_like import speech_like

from ser_model.recording_augmentation import varied_recording


@pytest.mark.parametrize("seed", range(30))
def test_a_variation_is_a_recording_again(seed):
    samples = speech_like()
    before = samples.copy()
    varied = varied_recording(samples, np.random.default_rng(seed))
    assert varied.dtype == np.float32
    assert np.isfinite(varied).all()
    assert np.abs(varied).max() <= 1.0
    assert 0.8 * len(samples) < len(varied) < 1.2 * len(samples)
    assert np.array_equal(samples, before)


def test_variations_differ_and_can_be_repeated():
    first, again, other = (varied_recording(speech_like(), np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert first.shape != other.shape or not np.array_equal(first, other)


@pytest.mark.parametrize("count", [0, 100, 16_000])
def test_silence_stays_finite(count):
    for seed in range(10):
        assert np.isfinite(varied_recording(np.zeros(count, np.float32), np.random.default_rng(seed))).all()
