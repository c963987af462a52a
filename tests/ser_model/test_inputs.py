import numpy as np
import pytest

from ser_model.configuration import Augmentation, LogMelNetwork, PaperNetwork, StatesNetwork
from ser_model.features import normalised
from ser_model.inputs import LogMelInput, StatesInput, input_of

STILL = Augmentation(masks=0, tempo=0.0, shift_bands=0.0, colour_db=0.0, noise_probability=0.0, gain=0.0)


def recordings(width, count=5, seed=0, mean=-40.0, deviation=8.0):
    random = np.random.default_rng(seed)
    return [
        random.normal(mean, deviation, size=(int(random.integers(20, 40)), width)).astype(np.float16)
        for _ in range(count)
    ]


@pytest.mark.parametrize(
    ("network", "kind", "name", "width"),
    [
        (PaperNetwork(), LogMelInput, "log_mel", 64),
        (LogMelNetwork(), LogMelInput, "log_mel", 64),
        (StatesNetwork(layers=(2, 3, 4, 5)), StatesInput, "states", 2_048),
        (StatesNetwork(layers=(6,)), StatesInput, "states", 512),
    ],
)
def test_each_network_has_its_kind_of_input(network, kind, name, width):
    found = input_of(network)
    assert isinstance(found, kind)
    assert (found.name, found.width) == (name, width)


def test_spectrograms_are_seen_without_their_level():
    (decibels,) = recordings(64, count=1)
    seen = LogMelInput().seen(decibels)
    assert seen.dtype == np.float32
    np.testing.assert_array_equal(seen, normalised(decibels.astype(np.float32)))
    np.testing.assert_allclose(LogMelInput().seen(decibels + np.float16(8.0)), seen, atol=0.02)


def test_states_are_seen_as_they_are():
    (states,) = recordings(512, count=1)
    seen = StatesInput(1).seen(states)
    assert seen.dtype == np.float32
    np.testing.assert_array_equal(seen, states)


def test_statistics_of_spectrograms_are_those_of_what_is_seen_of_the_recordings():
    clips, copies = recordings(64), recordings(64, seed=1, deviation=30.0)
    mean, deviation = LogMelInput().statistics(list(zip(clips, copies, strict=True)))
    frames = np.concatenate([normalised(clip.astype(np.float32)) for clip in clips])
    assert mean.dtype == deviation.dtype == np.float32
    np.testing.assert_allclose(mean, frames.mean(axis=0), atol=1e-4)
    np.testing.assert_allclose(deviation, frames.std(axis=0), atol=2e-3)


def test_statistics_of_states_are_those_of_all_versions():
    clips, copies = recordings(512, mean=2.0), recordings(512, seed=1, mean=-4.0)
    mean, deviation = StatesInput(1).statistics(list(zip(clips, copies, strict=True)))
    frames = np.concatenate([*clips, *copies]).astype(np.float64)
    np.testing.assert_allclose(mean, frames.mean(axis=0), atol=1e-3)
    np.testing.assert_allclose(deviation, frames.std(axis=0), atol=2e-3)
    assert mean.dtype == deviation.dtype == np.float32


def test_a_number_that_never_changes_can_be_divided_by():
    mean, deviation = StatesInput(1).statistics([[np.full((10, 512), 3.0, dtype=np.float16)]])
    np.testing.assert_array_equal(mean, 3.0)
    assert deviation.min() > 0.0


def test_of_many_clips_some_from_all_over_are_measured():
    clips = [[np.full((1, 1), place % 2, dtype=np.float16)] for place in range(2_500)]
    clips[1_000:] = [[np.full((1, 1), 8.0, dtype=np.float16)] for _ in clips[1_000:]]
    mean, _ = StatesInput(1).statistics(clips)
    assert mean.item() == pytest.approx(0.6 * 8.0, abs=0.3)


@pytest.mark.parametrize("kind", [LogMelInput(), StatesInput(1)], ids=["log_mel", "states"])
@pytest.mark.parametrize("frames", [16, 64])
def test_a_variation_has_the_length_that_is_asked_for(kind, frames):
    clips = recordings(kind.width, count=2)
    varied = kind.varied(clips, frames, Augmentation(), np.random.default_rng(0))
    assert varied.shape == (frames, kind.width)
    assert varied.dtype == np.float32
    assert np.isfinite(varied).all()


@pytest.mark.parametrize("kind", [LogMelInput(), StatesInput(1)], ids=["log_mel", "states"])
def test_every_version_is_drawn(kind):
    versions = []
    for band in (5, 20, 40):
        (version,) = recordings(kind.width, count=1)
        version[:, band] += np.float16(60.0)
        versions.append(version)
    drawn = {
        int(kind.varied(versions, 16, STILL, np.random.default_rng(seed)).mean(axis=0).argmax())
        for seed in range(40)
    }
    assert drawn == {5, 20, 40}
