import numpy as np
import pytest
import soundfile

from ser_model.corpus import CorpusClip
from ser_model.errors import CorpusError
from ser_model.feature_cache import cache_folder, cached_features, log_mel_recipe
from ser_model.features import log_mel


@pytest.fixture
def clips(tmp_path, monkeypatch):
    monkeypatch.setenv("HAMDEL_HOME", str(tmp_path / "home"))
    made = []
    for number, length in enumerate((4_000, 6_000, 3_000)):
        path = tmp_path / f"{number}.wav"
        soundfile.write(path, 0.1 * np.random.default_rng(number).standard_normal(length), 16_000)
        made.append(CorpusClip(path, "made", f"made/{number}", "anger", "en", "train"))
    return made


def features(clips, compute=log_mel, **options):
    return cached_features(clips, compute, name="log-mel", recipe=log_mel_recipe(), **options)


def test_features_are_computed_once(clips):
    first = features(clips)
    second = features(clips, compute=None)
    assert [clip.shape for clip in first] == [(16, 64), (24, 64), (12, 64)]
    for clip, one, other in zip(clips, first, second, strict=True):
        np.testing.assert_array_equal(one, other)
        samples = soundfile.read(clip.path, dtype="float32")[0]
        np.testing.assert_allclose(one, log_mel(samples), atol=0.06)


def test_a_copy_is_another_recording_and_always_the_same_one(clips, tmp_path, monkeypatch):
    plain, copy = features(clips), [np.array(clip) for clip in features(clips, copy=1)]
    other = features(clips, copy=2)
    assert all(not np.array_equal(one, two) for one, two in zip(plain, copy, strict=True))
    assert all(not np.array_equal(one, two) for one, two in zip(copy, other, strict=True))
    monkeypatch.setenv("HAMDEL_HOME", str(tmp_path / "elsewhere"))
    for one, two in zip(copy, features(clips[::-1], copy=1)[::-1], strict=True):
        np.testing.assert_array_equal(one, two)


def test_what_cannot_be_computed_here_has_to_be_there(clips):
    with pytest.raises(CorpusError, match="make train-ser"):
        features(clips, compute=None)


def test_other_recordings_or_recipes_are_not_taken_for_these(clips):
    features(clips)
    for changed in (clips[:2], [*clips[:2], CorpusClip(clips[0].path, "", "x", "fear", "en", "train")]):
        with pytest.raises(CorpusError):
            features(changed, compute=None)
    with pytest.raises(CorpusError):
        cached_features(clips, None, name="log-mel", recipe="another")


def test_a_broken_computation_leaves_nothing(clips):
    def breaks(samples):
        if len(samples) == 3_000:
            raise RuntimeError
        return log_mel(samples)

    with pytest.raises(RuntimeError):
        features(clips, compute=breaks)
    assert list(cache_folder().iterdir()) == []
    assert len(features(clips)) == 3
