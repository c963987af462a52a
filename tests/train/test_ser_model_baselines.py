"""The simple models on generated tones, whose summaries tell the emotions apart."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from tone_corpus import write_tones

pytest.importorskip("sklearn", reason="needs the training environment (make train-ser)")
pytest.importorskip("librosa", reason="needs the training environment (make train-ser)")

from ser_model.baselines import BASELINES, judge_baseline, summaries, summary_features
from ser_model.corpus import read_corpus
from ser_model.errors import CorpusError
from ser_model.manifest import LABELS
from ser_model.protocols import fixed_split

SPLITS = {"a": "train", "b": "train", "c": "train", "d": "valid", "e": "valid", "f": "test"}


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    return read_corpus(write_tones(tmp_path_factory.mktemp("tones"), SPLITS))


@pytest.fixture(scope="module")
def features(clips, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HAMDEL_HOME", str(tmp_path_factory.mktemp("home")))
        return summaries(clips)


def predicted(answers):
    return [LABELS[place] for place in answers.probabilities.argmax(axis=1)]


@pytest.mark.parametrize("length", [1, 400, 16_000])
def test_a_summary_has_180_finite_numbers_however_short_or_quiet(length):
    for sound in (np.zeros(length), 0.1 * np.sin(0.1 * np.arange(length))):
        summary = summary_features(sound.astype(np.float32))
        assert summary.shape == (1, 180)
        assert summary.dtype == np.float32
        assert np.isfinite(summary).all()


def test_mel_bands_are_decibels_of_power():
    sound = (0.1 * np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)).astype(np.float32)
    quiet, loud = summary_features(0.1 * sound)[0, -128:], summary_features(sound)[0, -128:]
    peak = loud.argmax()
    assert quiet.argmax() == peak
    assert loud[peak] - quiet[peak] == pytest.approx(20.0, abs=0.1)


def test_summaries_are_in_the_order_of_the_clips_and_kept(clips, features, tmp_path, monkeypatch):
    monkeypatch.setenv("HAMDEL_HOME", str(tmp_path))
    assert features.shape == (len(clips), 180)
    turned = summaries(clips[:4][::-1])
    np.testing.assert_array_equal(turned[::-1], features[:4])
    (values,) = (tmp_path / "ser_model").glob("summaries-*/values.npy")
    np.save(values, np.zeros((4, 180), dtype=np.float16))
    assert not summaries(clips[:4][::-1]).any()


@pytest.mark.parametrize("name", BASELINES)
def test_each_baseline_learns_and_answers_for_the_test_clips_alone(name, clips, features):
    fold = fixed_split(clips).folds[0]
    before = features.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("error", FutureWarning)
        answers = judge_baseline(BASELINES[name], features, clips, fold)
    assert answers.speakers == tuple(clips[place].speaker for place in fold.test)
    np.testing.assert_allclose(answers.probabilities.sum(axis=1), 1.0)
    assert answers.probabilities[:, LABELS.index("fear")].max() == 0.0
    right = [clips[place].emotion for place in fold.test]
    if BASELINES[name].decibels:  # powers tell less of tones, and so few clips
        assert predicted(answers) == right
    np.testing.assert_array_equal(features, before)


def test_the_test_clips_choose_nothing(clips, features):
    fold = fixed_split(clips).folds[0]
    first, *rest = fold.test
    changed, others = features.copy(), list(clips)
    changed[rest] = 100.0 - changed[rest]
    for place in rest:
        others[place] = replace(clips[place], emotion="disgust")
    baseline = BASELINES["logistic_regression_decibels"]
    plain = judge_baseline(baseline, features, clips, fold)
    other = judge_baseline(baseline, changed, others, fold)
    np.testing.assert_array_equal(plain.probabilities[0], other.probabilities[0])
    assert not np.allclose(plain.probabilities[1:], other.probabilities[1:])
    changed[list(fold.valid)] = changed[list(fold.valid)][::-1]
    chosen = judge_baseline(baseline, changed, others, fold)
    assert not np.array_equal(chosen.probabilities[0], other.probabilities[0])


def test_of_the_candidates_the_best_on_the_validation_clips_is_taken(clips, features):
    asked = []

    class Says:
        """A stand-in for a fitted model that always says the same."""

        def __init__(self, emotion):
            self.emotion = emotion

        def fit(self, known, truth):
            self.classes_ = np.unique(truth)
            return self

        def predict(self, known):
            return np.full(len(known), LABELS.index(self.emotion))

        def predict_proba(self, known):
            asked.append(self.emotion)
            return np.full((len(known), len(self.classes_)), 1 / len(self.classes_))

    fold = fixed_split(clips).folds[0]
    angry = tuple(place for place in fold.valid if clips[place].emotion == "anger")
    candidates = [Says(emotion) for emotion in ("neutral", "anger", "sadness")]
    baseline = replace(BASELINES["svm"], candidates=lambda _: candidates)
    judge_baseline(baseline, features, clips, replace(fold, valid=angry))
    assert set(asked) == {"anger"}


def test_too_few_recordings_to_learn_from_are_named(clips, features):
    fold = fixed_split(clips).folds[0]
    one_emotion = tuple(place for place in fold.train if clips[place].emotion == "anger")
    for train in (one_emotion, one_emotion[:1]):
        with pytest.raises(CorpusError, match="fewer than two emotions have two training clips"):
            judge_baseline(BASELINES["svm"], features, clips, replace(fold, train=train))


@pytest.mark.parametrize("kept", [2, 3, 1])
def test_a_rare_emotion_is_learnt_from_two_clips_on(kept, clips, features):
    fold = fixed_split(clips).folds[0]
    sad = [place for place in fold.train if clips[place].emotion == "sadness"]
    rare = replace(fold, train=tuple(place for place in fold.train if place not in sad[kept:]))
    answers = judge_baseline(BASELINES["svm"], features, clips, rare)
    assert (answers.probabilities[:, LABELS.index("sadness")] > 0.0).all() == (kept > 1)
