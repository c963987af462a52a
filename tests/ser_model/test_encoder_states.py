import numpy as np
import pytest

from ser_model.configuration import Augmentation
from ser_model.encoder_states import averaged_pairs, checked_states, varied_states

UNTOUCHED = Augmentation(masks=0)


def states(count, width=6, seed=0):
    return np.random.default_rng(seed).normal(size=(count, width)).astype(np.float32)


@pytest.mark.parametrize("count", [1, 2, 75])
def test_usable_states_are_given_back_as_they_are(count):
    given = states(count)
    assert checked_states(given, 6) is given


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (states(5).astype(np.float64), "float32"),
        (states(5).astype(np.float16), "float32"),
        (states(5).tolist(), "float32"),
        (states(5, width=7), r"\(n, 6\)"),
        (states(5)[0], r"\(n, 6\)"),
        (states(5)[None], r"\(n, 6\)"),
        (states(0), "1 or more"),
        (np.full((3, 6), np.nan, dtype=np.float32), "NaN or infinity"),
        (np.full((3, 6), np.inf, dtype=np.float32), "NaN or infinity"),
    ],
    ids=["float64", "float16", "list", "width", "one frame", "batch", "empty", "NaN", "infinity"],
)
def test_unusable_states_are_refused(given, words):
    with pytest.raises(ValueError, match=words):
        checked_states(given, 6)


@pytest.mark.parametrize(("count", "frames"), [(1, 1), (2, 1), (3, 1), (4, 2), (75, 37)])
def test_two_states_make_a_frame_and_an_odd_one_is_left_out(count, frames):
    given = states(count)
    averaged = averaged_pairs(given)
    assert averaged.shape == (frames, 6)
    assert averaged.dtype == np.float32
    expected = (
        given if count == 1 else [given[2 * place : 2 * place + 2].mean(axis=0) for place in range(frames)]
    )
    np.testing.assert_allclose(averaged, expected, atol=1e-6)


def test_half_precision_is_averaged_in_single():
    large = np.full((2, 1), 60_000.0, dtype=np.float16)
    assert averaged_pairs(large).item() == pytest.approx(59_968.0, abs=64.0)


def varied(clip, frames, how, seed=0):
    halves = [np.asarray(version, dtype=np.float16) for version in clip]
    return varied_states(halves, frames, how, np.random.default_rng(seed))


def test_a_long_clip_is_cut_anywhere_and_a_short_one_repeated():
    ramp = np.arange(20.0)[:, None]
    starts = set()
    for seed in range(60):
        cut = varied([ramp], 8, UNTOUCHED, seed)
        assert cut.shape == (8, 1)
        assert cut.dtype == np.float32
        starts.add(float(cut[0, 0]))
        np.testing.assert_array_equal(cut[:, 0], cut[0, 0] + np.arange(8))
    assert starts == set(range(13))
    np.testing.assert_array_equal(varied([ramp[:3]], 8, UNTOUCHED)[:, 0], [0, 1, 2, 0, 1, 2, 0, 1])


def test_every_version_of_a_recording_is_drawn():
    versions = [np.full((10, 1), number) for number in range(3)]
    drawn = {float(varied(versions, 8, UNTOUCHED, seed)[0, 0]) for seed in range(40)}
    assert drawn == {0.0, 1.0, 2.0}


def test_masks_hide_frames_behind_the_mean():
    clip = np.arange(40.0)[:, None] * np.ones(3)
    how = Augmentation(masks=1, mask_frames=10)
    widths = set()
    for seed in range(60):
        result = varied([clip], 40, how, seed)
        changed = np.flatnonzero((result != clip).any(axis=1))
        widths.add(len(changed))
        np.testing.assert_allclose(result[changed], 19.5)
        assert len(changed) == 0 or changed[-1] - changed[0] + 1 == len(changed)
    assert max(widths) == 10
    assert 0 in widths


def test_the_clip_is_left_as_it_was_and_chance_comes_from_the_generator_alone():
    clip = states(30).astype(np.float16)
    before = clip.copy()
    clip.setflags(write=False)
    how = Augmentation()
    first, same, other = (varied_states([clip], 30, how, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(clip, before)
    np.testing.assert_array_equal(first, same)
    assert not np.array_equal(first, other)
