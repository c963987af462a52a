import numpy as np
import pytest

from ser_model.augmentation import mixed, varied
from ser_model.configuration import Augmentation
from ser_model.features import normalised

NOTHING = Augmentation(
    tempo=0.0, shift_bands=0.0, colour_db=0.0, noise_probability=0.0, gain=0.0, masks=0, mixup=0.0
)


@pytest.fixture
def clip():
    """A spectrogram of 100 frames with a loud stretch in the middle."""
    random = np.random.default_rng(7)
    clip = random.normal(-70.0, 3.0, size=(100, 64)).astype(np.float32)
    clip[30:70, 5:40] += 50.0
    return clip


@pytest.mark.parametrize("frames", [16, 99, 100, 101, 240])
def test_variation_has_the_length_that_is_asked_for(clip, frames):
    varied_clip = varied(clip, frames, Augmentation(noise_probability=1.0), np.random.default_rng(1))
    assert varied_clip.shape == (frames, 64)
    assert varied_clip.dtype == np.float32
    assert np.isfinite(varied_clip).all()


def test_nothing_to_vary_leaves_the_clip(clip):
    # Interpolation between frames ends one frame before the last.
    same = varied(clip, 99, NOTHING, np.random.default_rng(1))
    np.testing.assert_allclose(same, normalised(clip[:99]), atol=1e-3)


def test_short_clip_stands_between_its_own_background(clip):
    longer = varied(clip, 300, NOTHING, np.random.default_rng(2))
    loud = longer.max(axis=1) > 0.5
    assert 35 <= loud.sum() <= 45


def test_noise_fills_the_pauses(clip):
    how = NOTHING.model_copy(
        update={"noise_probability": 1.0, "noise_nearest_db": 20.0, "noise_farthest_db": 25.0}
    )
    noisy = varied(clip, 99, how, np.random.default_rng(3))
    assert noisy[:25].mean() > varied(clip, 99, NOTHING, np.random.default_rng(3))[:25].mean() + 0.5


def test_masks_hide_bands_and_frames(clip):
    how = NOTHING.model_copy(update={"masks": 3, "mask_frames": 20, "mask_bands": 10})
    masked = varied(clip, 99, how, np.random.default_rng(4))
    hidden = np.isclose(masked, varied(clip, 99, NOTHING, np.random.default_rng(4)).mean(), atol=1e-5)
    assert 0.05 < hidden.mean() < 0.8


def test_same_chance_gives_the_same_variation(clip):
    first, second = (varied(clip, 80, Augmentation(), np.random.default_rng(9)) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_mixture_keeps_more_than_half_of_each_clip_and_of_its_target():
    random = np.random.default_rng(5)
    clips, targets = random.normal(size=(16, 8, 64)).astype(np.float32), np.eye(16, dtype=np.float32)
    blended, shares = mixed(clips, targets, 0.4, random)
    assert blended.dtype == shares.dtype == np.float32
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, atol=1e-6)
    assert (np.diag(shares) >= 0.5).all()
    assert (np.diag(shares) < 1.0).any()


def test_mixture_of_strength_0_leaves_all():
    clips, targets = np.ones((2, 4, 64), dtype=np.float32), np.eye(2, dtype=np.float32)
    assert mixed(clips, targets, 0.0, np.random.default_rng(0))[0] is clips


def test_colour_is_the_same_smooth_curve_in_every_frame(clip):
    coloured = varied(clip, 99, NOTHING.model_copy(update={"colour_db": 1.0}), np.random.default_rng(6))
    # Where neither spectrogram is cut off at the floor, and up to the level, which is taken out anew.
    change = (coloured - normalised(clip[:99]))[35:65, 5:40]
    np.testing.assert_allclose(change, np.broadcast_to(change[0], change.shape), atol=1e-4)
    assert np.ptp(change[0]) > 0.01
    assert np.abs(np.diff(change[0])).max() < 0.03
