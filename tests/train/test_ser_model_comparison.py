"""Models side by side on two generated corpora, of which the test split is never read."""

import shutil

import numpy as np
import pytest
import soundfile
from tone_corpus import STATES, stand_in_states, write_tones

pytest.importorskip("tensorflow", reason="needs the training environment (make train-ser)")

from ser_model.baselines import BASELINES
from ser_model.comparison import compare
from ser_model.corpus import read_corpus
from ser_model.division import divide
from ser_model.errors import ConfigurationError, CorpusError
from ser_model.feature_cache import cached_features, states_recipe

JUDGED = {"a": "train", "b": "train", "c": "train", "d": "valid", "z": "test"}
OTHER = {"k": "train", "l": "valid", "y": "test"}
OPTIONS = {"baseline": "logistic_regression", "protocol": "speakers", "folds": 2, "judged": "judged"}


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpora")
    return [
        write_tones(folder / "judged", JUDGED),
        write_tones(folder / "other", OTHER, language="de", seed=1),
    ]


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory):
    """A cache that the tests of this file share."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HAMDEL_HOME", str(tmp_path_factory.mktemp("home")))
        yield


def rows_of(corpora, tmp_path, configuration=STATES, **options):
    return compare(configuration, corpus=corpora, configurations=tmp_path, **{**OPTIONS, **options})


def test_all_baselines_and_the_majority_are_rows_of_the_same_clips(corpora, tmp_path):
    majority, *rows = rows_of(corpora, tmp_path, baseline="all")
    assert [row["model"] for row in rows] == list(BASELINES)
    assert majority["model"] == "majority"
    assert majority["uar_95_by_speaker"] == [majority["uar"]] * 2 == [0.3333, 0.3333]
    assert majority["accuracy"] == pytest.approx(1 / 3, abs=1e-4)
    for row in (majority, *rows):
        assert row["n"] == 4 * 3 * 2
        assert row["protocol"]["name"] == "speaker-independent 2-fold"
        low, high = row["uar_95_by_speaker"]
        assert 0.0 <= low <= high <= 1.0
        assert {"latency_ms_per_item", "model_sha256"}.isdisjoint(row)
    assert {row["model"]: row["what"] for row in rows} == {
        name: baseline.what for name, baseline in BASELINES.items()
    }


def test_the_majority_counts_each_fold(tmp_path):
    folder = write_tones(tmp_path / "judged", JUDGED)
    extra = write_tones(tmp_path / "more", {"a": "train"}, takes=4, emotions=["anger"])
    for take in (2, 3):
        shutil.copy(extra / f"a-anger-{take}.wav", folder)
        with (folder / "manifest.csv").open("a") as file:
            file.write(f"a-anger-{take}.wav,a,anger,en,train\n")
    majority = rows_of(folder, tmp_path, baseline="all")[0]
    # In the fold of speaker a 4 + 2 of 14 clips are angry; in the other one each emotion has 4 of 12.
    assert majority["n"] == 26
    assert majority["accuracy"] == pytest.approx((6 + 4) / 26, abs=1e-4)


@pytest.mark.parametrize(
    ("protocol", "name", "leaks", "languages"),
    [
        ("speakers", "speaker-independent 2-fold", False, {"en": 24}),
        ("random", "random 2-fold (leaks)", True, {"en": 24}),
        ("corpora", "leave one corpus out", False, {"en": 24, "de": 12}),
    ],
)
def test_each_protocol_says_what_it_is_and_judges_its_clips_once(
    protocol, name, leaks, languages, corpora, tmp_path
):
    (row,) = rows_of(corpora, tmp_path, protocol=protocol)
    assert (row["protocol"]["name"], row["protocol"]["leaks"]) == (name, leaks)
    assert {language: figures["n"] for language, figures in row["by_language"].items()} == languages


@pytest.mark.parametrize("protocol", ["speakers", "random", "corpora"])
def test_no_fold_names_a_clip_of_the_test_split(protocol, corpora):
    clips = read_corpus(corpora)
    division = divide(clips, protocol, folds=2, judged="judged")
    kept_apart = {place for place, clip in enumerate(clips) if clip.split == "test"}
    assert len(kept_apart) == 12
    tested = [place for fold in division.folds for place in fold.test]
    assert len(tested) == len(set(tested)) == (36 if protocol == "corpora" else 24)
    for fold in division.folds:
        named = {*fold.train, *fold.valid, *fold.test}
        assert named == set(range(len(clips))) - kept_apart
        others = {place for place, clip in enumerate(clips) if clip.corpus == "other"} - kept_apart
        if protocol != "corpora":
            assert others < set(fold.train)
        if protocol == "speakers":
            parts = [{clips[place].speaker for place in part} for part in (fold.train, fold.valid, fold.test)]
            assert sum(map(len, parts)) == len(set.union(*parts)) == 6


def test_other_sounds_in_the_test_split_change_no_figure(corpora, tmp_path, monkeypatch):
    rows = rows_of(corpora, tmp_path)
    copies = [shutil.copytree(folder, tmp_path / "changed" / folder.name) for folder in corpora]
    monkeypatch.setenv("HAMDEL_HOME", str(tmp_path / "first"))
    assert rows_of(copies, tmp_path) == rows
    for clip in read_corpus(copies):
        if clip.split == "test":
            soundfile.write(clip.path, 0.3 * np.random.default_rng(0).standard_normal(9_000), 16_000)
    for folder in copies:
        text = (folder / "manifest.csv").read_text()
        (folder / "manifest.csv").write_text(text.replace("anger,en,test", "fear,en,test"))
    monkeypatch.setenv("HAMDEL_HOME", str(tmp_path / "second"))
    assert rows_of(copies, tmp_path) == rows


def test_other_corpora_are_learnt_from(corpora, tmp_path, monkeypatch):
    monkeypatch.setenv("HAMDEL_HOME", str(tmp_path))
    (alone,) = rows_of(corpora[:1], tmp_path)
    other = shutil.copytree(corpora[1], tmp_path / "other")
    text = (other / "manifest.csv").read_text()
    for one, two in (
        ("anger,de,train", "X"),
        ("sadness,de,train", "anger,de,train"),
        ("X", "sadness,de,train"),
    ):
        text = text.replace(one, two)
    (other / "manifest.csv").write_text(text)
    told = [rows_of(both, tmp_path)[0] for both in ([corpora[0], corpora[1]], [corpora[0], other])]
    assert [row["n"] for row in told] == [alone["n"]] * 2
    assert len({row["ece"] for row in (alone, *told)}) == 3


def test_a_configuration_is_judged_with_states_that_are_no_numbers_in_the_test_split(corpora, tmp_path):
    clips = read_corpus(corpora)
    made = iter(clips)

    def compute(samples):
        states = stand_in_states(samples)
        return states * np.float32(np.nan) if next(made).split == "test" else states

    cached_features(clips, compute, name="states", recipe=states_recipe(STATES.network))
    (row,) = rows_of(corpora, tmp_path, baseline=None)  # NaN in what is learnt from, or chosen on, is refused
    assert (row["model"], row["n"]) == ("states", 24)
    assert [fold["fold"] for fold in row["folds"]] == ["fold 1", "fold 2"]
    assert sum(fold["n"] for fold in row["folds"]) == 24
    assert np.isfinite([row["uar"], row["ece"], *row["uar_95_by_speaker"]]).all()
    assert row["configuration"] == STATES.model_dump(mode="json")
    assert row["protocol"]["leaks"] is False


def test_an_unknown_baseline_or_corpus_is_named(corpora, tmp_path):
    with pytest.raises(
        ConfigurationError, match="no baseline 'forest'; there are logistic_regression, .*, all"
    ):
        rows_of(corpora, tmp_path, baseline="forest")
    with pytest.raises(CorpusError, match=r"no clips of gone; there are \['judged', 'other'\]"):
        rows_of(corpora, tmp_path, judged="gone")
