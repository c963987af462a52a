import numpy as np
import pytest
from speech_like import speech_like

from ser_model.shift import CONDITIONS, clip_seed


@pytest.mark.parametrize(("name", "degrade"), CONDITIONS)
def test_a_condition_is_the_same_for_the_same_clip(name, degrade):
    samples = speech_like()
    result = degrade(samples, clip_seed("a.wav"))
    assert result.shape == samples.shape
    assert result.dtype == np.float32
    assert np.array_equal(result, degrade(samples, clip_seed("a.wav")))
    assert np.array_equal(result, samples) == (name == "original")
    differs = not np.array_equal(result, degrade(samples, clip_seed("b.wav")))
    assert differs == (name == "full band" or name.startswith("noise"))


def test_names_differ():
    assert len({name for name, _ in CONDITIONS}) == len(CONDITIONS)


def test_a_seed_is_the_same_on_every_machine():
    assert clip_seed("a.wav") == 13560555325610844708
