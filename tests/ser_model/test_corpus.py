import csv
import os

import numpy as np
import pytest
import soundfile

from ser_model.corpus import corpus_manifests, read_corpus
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


def test_manifest_is_found_by_argument_or_environment(write, monkeypatch):
    folder = write(ROWS)
    manifest = folder / "manifest.csv"
    assert corpus_manifests(folder) == corpus_manifests(manifest) == [manifest]
    with pytest.raises(CorpusError, match=r"--corpus or HAMDEL_CORPORA"):
        corpus_manifests(None)
    with pytest.raises(CorpusError, match=r"--corpus or HAMDEL_CORPORA"):
        read_corpus([])
    monkeypatch.setenv("HAMDEL_CORPORA", str(folder))
    assert corpus_manifests(None) == [manifest]
    assert len(read_corpus(None)) == 3
    monkeypatch.setenv("HAMDEL_CORPORA", os.pathsep.join([str(folder), str(manifest)]))
    assert corpus_manifests(None) == [manifest, manifest]


@pytest.mark.parametrize("name", ["speech/manifest.csv", "speech.csv"])
def test_folder_may_have_its_manifest_elsewhere(tmp_path, name):
    manifest = tmp_path / name
    manifest.parent.mkdir(exist_ok=True)
    manifest.write_text("")
    assert corpus_manifests(tmp_path) == [manifest]


def test_folder_without_manifest_is_refused(write, tmp_path):
    (tmp_path / "home").mkdir()
    with pytest.raises(CorpusError, match=r"neither manifest\.csv nor"):
        corpus_manifests(tmp_path / "home")
    with pytest.raises(CorpusError, match=r"gone\.csv: is not there"):
        corpus_manifests([write(ROWS), tmp_path / "gone.csv"])


def test_manifest_in_another_encoding_is_refused(write):
    folder = write(ROWS)
    (folder / "manifest.csv").write_bytes((folder / "manifest.csv").read_text().encode("utf-16"))
    with pytest.raises(CorpusError, match="is not a CSV file in UTF-8"):
        read_corpus(folder)


def test_gender_and_text_are_read_where_they_are_there(write):
    columns = ("path", "corpus", "speaker", "emotion", "language", "split", "gender", "text")
    rows = [(*row, "female", "no") for row in ROWS[:2]] + [ROWS[2]]
    clips = read_corpus(write(rows, columns))
    assert [(clip.gender, clip.text) for clip in clips] == [("female", "no"), ("female", "no"), ("", "")]


def test_without_a_name_of_its_own_a_corpus_has_its_folders(write):
    rows = [(row[0], *row[2:4], "", row[5]) for row in ROWS]
    folder = write(rows, ("path", "speaker", "emotion", "language", "split"))
    clips = read_corpus(folder)
    assert {clip.corpus for clip in clips} == {folder.name}
    assert {clip.speaker for clip in clips} == {f"{folder.name}/{number}" for number in "123"}
    assert {clip.language for clip in clips} == {"und"}


@pytest.fixture
def second(tmp_path_factory):
    """Writes a second corpus."""

    def second(*rows):
        folder = tmp_path_factory.mktemp("second")
        soundfile.write(folder / "z.wav", np.full(4_000, 0.1), 16_000)
        with (folder / "more.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("path", "corpus", "speaker", "emotion", "language", "split"), *rows])
        return folder / "more.csv"

    return second


def test_several_manifests_are_read_as_one(write, second):
    more = second(("z.wav", "other", "1", "surprise", "fa", "train"))
    clips = read_corpus([write(ROWS), more])
    assert [clip.corpus for clip in clips] == ["made", "made", "made", "other"]
    assert clips[-1].path == more.parent / "z.wav"
    # What one lacks another may have, but all together need every split.
    assert len(read_corpus([more, write(ROWS[1:])])) == 3
    with pytest.raises(CorpusError, match=r"no recordings of the splits \['valid', 'test'\]"):
        read_corpus(more)


def test_speaker_in_two_splits_is_found_across_manifests(write, second):
    more = second(("z.wav", "made", "3", "anger", "en", "train"))
    with pytest.raises(CorpusError, match=r"made/3.*two splits"):
        read_corpus([write(ROWS), more])


def test_recording_in_two_manifests_is_refused(write, second):
    folder = write(ROWS)
    with pytest.raises(CorpusError, match=r"3 recordings are named twice, the first is .*a\.wav"):
        read_corpus([folder, folder / "manifest.csv"])
    more = second((folder / "c.wav", "again", "9", "anger", "en", "train"))
    with pytest.raises(CorpusError, match=r"1 recordings are named twice, the first is .*c\.wav"):
        read_corpus([folder, more])
