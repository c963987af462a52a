"""One fit on generated tones: kept, told apart from others, averaged over members, and refused when it is broken."""

from dataclasses import replace

import numpy as np
import onnxruntime
import pytest
from tone_corpus import STATES, stand_in_states, write_tones

pytest.importorskip("tensorflow", reason="needs the training environment (make train-ser)")

from ser_model.calibration import softmax
from ser_model.corpus import read_corpus
from ser_model.errors import CorpusError, ExportError
from ser_model.feature_cache import cache_folder, cached_features, states_recipe
from ser_model.fitting import GREATEST_EXPORT_DIFFERENCE, fit, load_training_data
from ser_model.learning import logits_of
from ser_model.manifest import LABELS
from ser_model.model import build_network, onnx_bytes
from ser_model.stored_network import StoredNetworks

SPLITS = {"a": "train", "b": "train", "c": "valid", "d": "test"}


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    return read_corpus(write_tones(tmp_path_factory.mktemp("tones"), SPLITS))


@pytest.fixture(scope="module")
def data(clips, tmp_path_factory):
    """States in a cache that the tests of this file share."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HAMDEL_HOME", str(tmp_path_factory.mktemp("home")))
        cached_features(clips, stand_in_states, name="states", recipe=states_recipe(STATES.network))
        yield load_training_data(STATES, clips)


def places(clips, *splits):
    return np.array([place for place, clip in enumerate(clips) if clip.split in splits], dtype=np.intp)


@pytest.fixture(scope="module")
def fold(clips):
    return {"train": places(clips, "train"), "valid": places(clips, "valid")}


@pytest.fixture(scope="module")
def fitted(data, fold):
    return fit(STATES, data, **fold)


def run_of(weights, frames):
    session = onnxruntime.InferenceSession(weights, providers=["CPUExecutionProvider"])
    return session.run(None, {"states": np.asarray(frames, dtype=np.float32)[None]})[0][0]


def test_states_from_the_cache_give_the_logits_of_all_clips(data, fitted):
    assert fitted.logits.shape == (len(data.clips), len(LABELS))
    for (states,), logits in zip(data.versions, fitted.logits, strict=True):
        np.testing.assert_allclose(run_of(fitted.weights, states), logits, atol=1e-6)
    assert 0.0 <= fitted.export_difference <= GREATEST_EXPORT_DIFFERENCE
    assert fitted.parameters > 0


def test_truth_and_states_belong_to_the_clips(data):
    assert [LABELS[place] for place in data.truth] == [clip.emotion for clip in data.clips]
    assert {(len(versions), versions[0].shape) for versions in data.versions} == {(1, (12, 1024))}


def test_a_finished_fit_is_not_repeated_unless_it_is_asked_for(data, fold, fitted, capsys):
    again = fit(STATES, data, **fold)
    assert "epoch" not in capsys.readouterr().out
    assert again.weights == fitted.weights
    assert (again.parameters, again.export_difference) == (fitted.parameters, fitted.export_difference)
    np.testing.assert_array_equal(again.logits, fitted.logits)
    fit(STATES, data, **fold, fresh=True)
    assert "epoch 1: loss" in capsys.readouterr().out


@pytest.mark.parametrize("change", ["fold", "teacher", "start", "configuration", "labels"])
def test_another_run_does_not_take_the_result_of_this_one(data, fold, fitted, change, capsys):
    configuration, given = STATES, dict(fold)
    if change == "fold":
        given["train"] = fold["train"][:-1]
    elif change == "teacher":
        given["taught"] = np.full((len(data.clips), len(LABELS)), 1 / len(LABELS), dtype=np.float32)
    elif change == "start":
        given["start"] = fitted.weights
    elif change == "configuration":
        configuration = STATES.model_copy(update={"seed": 2})
    else:
        others = [replace(clip, emotion="fear") if clip.split == "test" else clip for clip in data.clips]
        data = replace(data, clips=others)
    before = set((cache_folder() / "runs").iterdir())
    other = fit(configuration, data, **given)
    assert "epoch 1: loss" in capsys.readouterr().out
    assert len(set((cache_folder() / "runs").iterdir()) - before) == 1
    if change != "labels":  # which are those of the test part: nothing was learnt from them
        assert not np.allclose(other.logits, fitted.logits, atol=1e-6)


def test_members_of_an_ensemble_are_averaged(data, fold, fitted):
    both = fit(STATES.model_copy(update={"members": 2}), data, **fold)
    stored, models = StoredNetworks(both.weights, "both"), []
    for member in range(2):
        model = build_network(STATES.network, len(LABELS), *stored.statistics(member))
        stored.give(model, member)
        models.append(model)
    seen = [versions[0].astype(np.float32) for versions in data.versions]
    shares = [softmax(logits_of(model, seen)) for model in models]
    assert not np.allclose(*shares, atol=1e-3)
    np.testing.assert_allclose(np.exp(both.logits), np.mean(shares, axis=0), atol=1e-4)
    assert both.parameters == 2 * fitted.parameters


def test_a_network_that_gives_no_numbers_is_not_exported(data, fold):
    versions = list(data.versions)
    versions[fold["valid"][0]] = (np.full((12, 1024), np.nan, dtype=np.float16),)
    broken = replace(data, versions=versions)
    configuration = STATES.model_copy(update={"name": "broken"})
    for _ in range(2):  # the second time goes on from the checkpoint, and finds no finished fit
        with pytest.raises(ExportError, match="nothing was written"):
            fit(configuration, broken, **fold)
    (folder,) = (cache_folder() / "runs").glob("broken-*")
    assert not (folder / "fitted.npz").exists()


def test_a_broken_member_is_found_behind_a_sound_one(data, fold):
    models = [build_network(STATES.network, len(LABELS), np.zeros(1024), np.ones(1024)) for _ in range(2)]
    kernel, bias = models[1].get_layer("emotion").get_weights()
    models[1].get_layer("emotion").set_weights([kernel, np.full_like(bias, np.nan)])
    pair = STATES.model_copy(update={"members": 2})
    with pytest.raises(ExportError, match="by nan"):
        fit(pair, data, **fold, start=onnx_bytes(models))


def test_states_that_were_not_computed_are_asked_for(clips, tmp_path, monkeypatch):
    monkeypatch.setenv("HAMDEL_HOME", str(tmp_path))
    with pytest.raises(CorpusError, match="make train-ser"):
        load_training_data(STATES, clips)


def test_copies_are_versions_of_their_clip(clips, tmp_path, monkeypatch):
    monkeypatch.setenv("HAMDEL_HOME", str(tmp_path))
    varied = STATES.model_copy(update={"augmentation": STATES.augmentation.model_copy(update={"copies": 1})})
    for copy in (0, 1):
        recipe = states_recipe(STATES.network)
        cached_features(clips[:2], stand_in_states, name="states", recipe=recipe, copy=copy)
    loaded = load_training_data(varied, clips[:2])
    for clip, versions in zip(clips[:2], loaded.versions, strict=True):
        plain, copy = versions
        assert plain.shape == (12, 1024), clip
        assert copy.shape != plain.shape or not np.array_equal(copy, plain)
