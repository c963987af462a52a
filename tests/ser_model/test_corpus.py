import csv

import numpy as np
import pytest
import soundfile

from ser_model.corpus import cache_folder, corpus_folder, read_corpus, spectrograms
from ser_model.errors import CorpusError

ROWS = [
    ("a.wav", "made", "1", "anger", "en", "train"),
    ("b.wav", "made", "2", "fear", "en", "valid"),
    ("c.wav", "made", "3", "fear", "en", "test"),
    ("d.wav", "made", "1", "boredom", "en", "train"),
    ("e.wav", "made", "3", "anger", "en", "exclude"),
]


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Writes a corpus of generated sounds and keeps the cache apart."""
    monkeypatch.setenv("HAMDEL_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("HAMDEL_CORPORA", raising=False)

    def write(rows, columns=("path", "corpus", "speaker", "emotion", "language", "split")):
        for name in "abcde":
            sound = 0.1 * np.random.default_rng(ord(name)).standard_normal(4_000)
            soundfile.write(tmp_path / f"{name}.wav", sound, 16_000)
        with (tmp_path / "manifest.csv").open("w", newline="") as file:
            csv.writer(file).writerows([columns, *rows])
        return tmp_path

    return write


def test_boredom_and_excluded_recordings_are_left_out(write):
    clips = read_corpus(write(ROWS))
    assert [(clip.path.name, clip.split) for clip in clips] == [
        ("a.wav", "train"),
        ("b.wav", "valid"),
        ("c.wav", "test"),
    ]


def test_speaker_in_two_splits_is_refused(write):
    rows = [*ROWS, ("a.wav", "made", "3", "anger", "en", "train")]
    with pytest.raises(CorpusError, match=r"made/3.*two splits"):
        read_corpus(write(rows))


def test_speakers_of_two_corpora_may_have_the_same_number(write):
    rows = [*ROWS, ("a.wav", "other", "3", "anger", "de", "train")]
    assert len(read_corpus(write(rows))) == 4


def test_split_without_recordings_is_refused(write):
    with pytest.raises(CorpusError, match=r"no recordings of the splits \['test'\]"):
        read_corpus(write(ROWS[:2]))


def test_missing_recordings_are_counted(write):
    with pytest.raises(CorpusError, match=r"1 recordings are missing, the first is .*gone\.wav"):
        read_corpus(write([*ROWS, ("gone.wav", "made", "1", "anger", "en", "train")]))


def test_missing_columns_are_named(write):
    rows = [row[:5] for row in ROWS]
    with pytest.raises(CorpusError, match=r"columns \['split'\] are missing"):
        read_corpus(write(rows, ("path", "corpus", "speaker", "emotion", "language")))


def test_folder_is_found_by_argument_or_environment(write, monkeypatch):
    folder = write(ROWS)
    assert corpus_folder(folder) == folder
    with pytest.raises(CorpusError, match=r"--corpus DIR or HAMDEL_CORPORA"):
        corpus_folder(None)
    monkeypatch.setenv("HAMDEL_CORPORA", str(folder))
    assert corpus_folder(None) == folder


def test_folder_without_manifest_is_refused(write, tmp_path):
    with pytest.raises(CorpusError, match=r"neither manifest\.csv nor"):
        corpus_folder(tmp_path / "home")


def test_spectrograms_are_computed_once(write):
    clips = read_corpus(write(ROWS))
    first = spectrograms(clips)
    (kept,) = cache_folder().glob("spectrograms-*.npz")
    written = kept.stat().st_mtime_ns
    second = spectrograms(clips)
    assert kept.stat().st_mtime_ns == written
    assert [clip.shape for clip in first] == [(16, 64)] * 3
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)
