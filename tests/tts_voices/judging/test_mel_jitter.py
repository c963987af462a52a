import numpy as np
import pytest

from tts_voices.judging.mel_jitter import jittered


def _mel(frames: int) -> np.ndarray:
    return np.random.default_rng(3).standard_normal((frames, 80)).astype(np.float32) - 3


@pytest.mark.parametrize("frames", [2, 3, 50, 400])
def test_frames_stay_finite_and_nearly_as_many(frames: int) -> None:
    random = np.random.default_rng(0)
    for _ in range(30):
        changed = jittered(_mel(frames), random)
        assert changed.dtype == np.float32
        assert changed.shape[1] == 80
        assert max(2, 0.84 * frames - 1) <= len(changed) <= 1.16 * frames + 1
        assert np.isfinite(changed).all()


def test_what_comes_in_is_left_as_it_is() -> None:
    mel = _mel(60)
    before = mel.copy()
    jittered(mel, np.random.default_rng(1))
    np.testing.assert_array_equal(mel, before)


def test_changes_differ_and_can_be_repeated() -> None:
    mel = _mel(60)
    random = np.random.default_rng(2)
    first, second = jittered(mel, random), jittered(mel, random)
    assert first.shape != second.shape or not np.allclose(first, second)
    np.testing.assert_array_equal(first, jittered(mel, np.random.default_rng(2)))


def test_changes_are_mild() -> None:
    pattern = np.repeat(np.eye(80, dtype=np.float32) * 4, 4, axis=0) - 4
    random = np.random.default_rng(4)
    for _ in range(30):
        changed = jittered(pattern, random)
        stretched = pattern[np.linspace(0, len(pattern) - 1, len(changed)).round().astype(int)]
        assert abs(float(np.mean(changed) - np.mean(stretched))) < 1.0
        # The ridge of the pattern is still there, a few bands up or down.
        ridge = np.array([int(row.argmax()) for row in changed])
        assert np.median(np.abs(ridge - stretched.argmax(axis=1))) <= 4
