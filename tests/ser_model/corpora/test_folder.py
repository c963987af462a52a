import csv

import pytest
from corpus_files import write_sounds

from ser_model.corpora import Flaw, Source
from ser_model.corpora.folder import read
from ser_model.errors import CorpusError

HEAD = ("path", "speaker", "emotion", "split", "language", "text")


@pytest.fixture
def write(tmp_path):
    """Writes four recordings and their manifest."""

    def write(rows, head=HEAD):
        folder = write_sounds(tmp_path / "clinic", [f"{name}.wav" for name in "abcd"])
        with (folder / "manifest.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([head, *rows])
        return folder

    return write


def test_its_own_manifest_is_read(write):
    folder = write([("a.wav", "1", "anger", "valid", "fa", "نه"), ("b.wav", "2", "Fear", "", "", "")])
    first, second = read(Source(folder)).recordings
    assert (first.path, first.corpus, first.speaker) == (folder / "a.wav", "clinic", "1")
    assert (first.emotion, first.split, first.language, first.text) == ("anger", "valid", "fa", "نه")
    assert (second.emotion, second.split, second.language) == ("fear", "train", "und")


def test_a_manifest_elsewhere_can_be_named(write, tmp_path):
    folder = write([("a.wav", "1", "anger", "", "", "")])
    assert len(read(Source(tmp_path, folder / "manifest.csv")).recordings) == 1


def test_what_is_wrong_is_complained_of_and_left_out(write):
    rows = [
        ("a.wav", "1", "anger", "", "", ""),
        ("gone.wav", "1", "anger", "", "", ""),
        ("b.wav", "", "anger", "", "", ""),
        ("c.wav", "1", "ennui", "", "", ""),
        ("d.wav", "1", "anger", "dev", "", ""),
        ("", "1", "anger", "", "", ""),
        (),
        ("a.wav",),
    ]
    reading = read(Source(write(rows)))
    assert len(reading.recordings) == 1
    assert [complaint.flaw for complaint in reading.complaints] == [
        Flaw.NO_FILE,
        Flaw.NO_SPEAKER,
        Flaw.LABEL,
        Flaw.SPLIT,
        Flaw.NO_FILE,
        Flaw.NO_SPEAKER,
    ]


def test_a_speaker_in_two_splits_is_for_training_alone(write):
    rows = [("a.wav", "1", "anger", "test", "", ""), ("b.wav", "1", "fear", "valid", "", "")]
    reading = read(Source(write([*rows, ("c.wav", "2", "fear", "test", "", "")])))
    assert [recording.split for recording in reading.recordings] == ["train", "train", "test"]
    assert [(complaint.flaw, complaint.where) for complaint in reading.complaints] == [
        (Flaw.TWO_SPLITS, "clinic/1")
    ]


def test_a_folder_without_a_usable_manifest_is_refused(write, tmp_path):
    with pytest.raises(CorpusError, match=r"has no manifest\.csv"):
        read(Source(tmp_path))
    folder = write([("a.wav", "anger")], head=("path", "emotion"))
    with pytest.raises(CorpusError, match=r"columns \['speaker'\] are missing"):
        read(Source(folder))
    (folder / "manifest.csv").write_bytes(b"path,speaker,emotion\n\xff\xfe,1,anger\n")
    with pytest.raises(CorpusError, match="is not a CSV file in UTF-8"):
        read(Source(folder))
