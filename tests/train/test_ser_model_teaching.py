"""What a pupil is told by its teacher, and by whom the teacher was taught."""

from dataclasses import replace

import numpy as np
import pytest
from tone_corpus import STATES, stand_in_states, write_tones

pytest.importorskip("tensorflow", reason="needs the training environment (make train-ser)")

from ser_model.configuration import Configuration
from ser_model.corpus import read_corpus
from ser_model.errors import ConfigurationError, CorpusError
from ser_model.feature_cache import cached_features, states_recipe
from ser_model.fitting import load_training_data
from ser_model.manifest import LABELS
from ser_model.teaching import Teacher

PUPIL = Configuration(name="pupil", version="1", teacher="states", network={"kind": "logmel_cnn"})
SPLITS = {"a": "train", "b": "train", "c": "valid", "d": "test"}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of configurations with the teacher's, and a cache of this test's own."""
    monkeypatch.setenv("HAMDEL_HOME", str(tmp_path / "home"))
    (tmp_path / "states.json").write_text(STATES.model_dump_json(), encoding="utf-8")
    return tmp_path


@pytest.fixture
def clips(folder):
    made = read_corpus(write_tones(folder / "tones", SPLITS))
    return [replace(clip, emotion="fear") if clip.split == "test" else clip for clip in made]


def write_states(clips, broken=()):
    """The teacher's states in the cache; of clips of the broken splits they are no numbers."""
    made = iter(clips)

    def compute(samples):
        states = stand_in_states(samples)
        return states * np.float32(np.nan) if next(made).split in broken else states

    cached_features(clips, compute, name="states", recipe=states_recipe(STATES.network))


def places(clips, *splits):
    return np.array([place for place, clip in enumerate(clips) if clip.split in splits], dtype=np.intp)


def test_a_teacher_has_heard_the_pupils_training_clips_alone(folder, clips, capsys):
    write_states(clips, broken=["test"])
    data = load_training_data(PUPIL, clips)
    train, valid = places(clips, "train"), places(clips, "valid")
    taught = Teacher(PUPIL, folder, data).probabilities(train=train, valid=valid)
    assert taught.shape == (len(clips), len(LABELS))
    assert taught.dtype == np.float32
    np.testing.assert_allclose(taught[train].sum(axis=1), 1.0, atol=1e-5)
    assert np.isnan(taught[places(clips, "test")]).any()  # one such clip among those learnt from spoils all
    heard = {LABELS.index(clip.emotion) for clip in clips if clip.split == "train"}
    silent = [place for place in range(len(LABELS)) if place not in heard]
    assert LABELS.index("fear") in silent
    assert not taught[:, silent].any()
    capsys.readouterr()
    again = Teacher(PUPIL, folder, data).probabilities(train=train, valid=valid)
    np.testing.assert_array_equal(again, taught)
    assert "epoch" not in capsys.readouterr().out


def test_another_fold_has_another_teacher(folder, clips):
    write_states(clips)
    teacher = Teacher(PUPIL, folder, load_training_data(PUPIL, clips))
    first, second = (
        teacher.probabilities(train=places(clips, one), valid=places(clips, other))
        for one, other in (("train", "valid"), ("valid", "train"))
    )
    assert not np.allclose(first, second, atol=1e-4)


def test_a_pupil_without_a_teacher_is_told_nothing(folder, clips):
    alone = PUPIL.model_copy(update={"teacher": None})
    teacher = Teacher(alone, folder / "nowhere", load_training_data(alone, clips))
    assert teacher.probabilities(train=places(clips, "train"), valid=places(clips, "valid")) is None


def test_a_teacher_with_a_teacher_is_refused(folder, clips):
    taught = STATES.model_copy(update={"teacher": "logmel_cnn"})
    (folder / "states.json").write_text(taught.model_dump_json(), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="states has a teacher of its own; name that one"):
        Teacher(PUPIL, folder, load_training_data(PUPIL, clips))


def test_a_missing_configuration_or_missing_states_are_named(folder, clips):
    data = load_training_data(PUPIL, clips)
    with pytest.raises(CorpusError, match="make train-ser"):
        Teacher(PUPIL, folder, data)
    (folder / "states.json").unlink()
    with pytest.raises(ConfigurationError, match=r"states\.json: cannot be read"):
        Teacher(PUPIL, folder, data)
