import csv
import gzip
import json
import os
from collections import Counter
from pathlib import Path

import pytest
from corpus_files import write_sounds

from ser_model.corpora import Flaw, Source
from ser_model.corpora.shemo import TEST_SPEAKERS, VALID_SPEAKERS, read
from ser_model.corpora.soundness import sound_ones
from ser_model.errors import CorpusError

NAMES = ["female/F25A06.wav", "female/F03F01.wav", "male/M05H01.wav", "male/M01S02.wav", "male/M01W01.wav"]
MODIFIED = {
    "F25A06.wav": {"text_name": "F25A06", "emotion": "neutral", "transcript": "\ufeffچرا؟ "},
    "F03F01.wav": {"text_name": "F03N01", "emotion": "fear", "transcript": "نه"},
    "M05H01.wav": {"text_name": "M05H01", "emotion": "happiness", "transcript": "بله"},
    "M01S02.wav": {"text_name": "M01S02", "emotion": "wistfulness", "transcript": "باشه"},
}
METADATA = Path(os.environ.get("HAMDEL_CORPORA", "/nowhere")) / "shemo"


def emotions(source: Source) -> dict[str, str]:
    return {recording.path.stem: recording.emotion for recording in read(source).recordings}


@pytest.fixture
def corpus(tmp_path):
    return write_sounds(tmp_path / "corpus", NAMES)


def test_names_say_speaker_gender_emotion_and_split(corpus):
    reading = read(Source(corpus))
    found = {
        recording.path.stem: (recording.speaker, recording.gender, recording.emotion, recording.split)
        for recording in reading.recordings
    }
    assert found == {
        "F25A06": ("F25", "female", "anger", "test"),
        "F03F01": ("F03", "female", "fear", "train"),
        "M05H01": ("M05", "male", "happiness", "valid"),
        "M01S02": ("M01", "male", "sadness", "train"),
        "M01W01": ("M01", "male", "surprise", "train"),
    }
    assert {(recording.corpus, recording.language) for recording in reading.recordings} == {("shemo", "fa")}
    assert Counter(complaint.flaw for complaint in reading.complaints) == {Flaw.ABSENT: 87 - 4}


def test_the_distribution_in_one_folder_is_read_too(tmp_path):
    write_sounds(tmp_path / "shemo", [Path(name).name for name in NAMES])
    assert len(read(Source(tmp_path)).recordings) == len(NAMES)


@pytest.mark.parametrize("where", ["in it", "beside it", "named", "zipped"])
def test_modified_labels_come_from_the_published_file(corpus, tmp_path, where):
    content = json.dumps(MODIFIED).encode()
    metadata = None
    if where == "zipped":
        (corpus / "modified_shemo.json.gz").write_bytes(gzip.compress(content))
    elif where == "named":
        metadata = tmp_path / "elsewhere.json"
        metadata.write_bytes(content)
    else:
        ((corpus if where == "in it" else tmp_path) / "modified_shemo.json").write_bytes(content)
    reading = read(Source(corpus, metadata, "modified"))
    assert {one.path.stem: (one.emotion, one.text) for one in reading.recordings} == {
        "F25A06": ("neutral", "چرا؟"),
        "F03F01": ("fear", "نه"),
        "M05H01": ("happiness", "بله"),
    }
    unknown = [complaint.where for complaint in reading.complaints if complaint.flaw is Flaw.LABEL]
    assert [line.partition(" in ")[0] for line in unknown] == ["wistfulness", "no modified label"]


def test_original_labels_are_those_of_the_names_whatever_lies_beside(corpus):
    (corpus / "modified_shemo.json").write_text(json.dumps(MODIFIED))
    assert emotions(Source(corpus, labels="original"))["F25A06"] == "anger"
    assert {one.text for one in read(Source(corpus)).recordings} == {"چرا؟", "نه", "بله", "باشه", ""}


def test_modified_labels_without_their_file_are_refused(corpus):
    with pytest.raises(CorpusError, match=r"modified labels need modified_shemo\.json"):
        read(Source(corpus, labels="modified"))
    (corpus / "shemo.json").write_text(json.dumps({"F25A06": {"emotion": "angry", "transcript": "چرا؟"}}))
    with pytest.raises(CorpusError, match="is not the file of the modified labels"):
        read(Source(corpus, corpus / "shemo.json", "modified"))
    assert read(Source(corpus)).recordings[1].text == "چرا؟"


@pytest.mark.parametrize("content", [b"{", b"[1]", b'{"F25A06.wav": 1}', b"\xff\xfe"])
def test_damaged_metadata_is_refused(corpus, content):
    (corpus / "modified_shemo.json").write_bytes(content)
    with pytest.raises(CorpusError, match="is not ShEMO's published JSON"):
        read(Source(corpus))


def test_transcripts_beside_the_recordings_are_read(corpus):
    (corpus / "transcript").mkdir()
    (corpus / "transcript" / "F25A06.ort").write_text("\ufeffچرا\n", encoding="utf-8")
    (corpus / "male" / "M05H01.ort").write_text("بله", encoding="utf-8")
    (corpus / "male" / "M01S02.ort").write_bytes("باشه".encode("cp1256"))
    reading = read(Source(corpus))
    texts = {one.path.stem: one.text for one in reading.recordings}
    assert (texts["F25A06"], texts["M05H01"], texts["M01S02"]) == ("چرا", "بله", "")
    assert [one.where.rpartition("/")[2] for one in reading.complaints if one.flaw is Flaw.TEXT] == [
        "M01S02.ort"
    ]


def test_foreign_names_and_labels_are_complained_of(corpus):
    write_sounds(corpus, ["female/F32A01.wav", "female/F01X01.wav", "male/other.wav"])
    reading = read(Source(corpus))
    flaws = Counter(complaint.flaw for complaint in reading.complaints)
    assert (flaws[Flaw.NAME], flaws[Flaw.LABEL]) == (2, 1)
    assert len(reading.recordings) == len(NAMES)


@pytest.mark.skipif(
    not (METADATA / "shemo.csv").is_file(),
    reason="HAMDEL_CORPORA has no shemo/shemo.csv, ShEMO's list of names",
)
def test_the_whole_corpus_is_read_as_it_was_published(tmp_path):
    with (METADATA / "shemo.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["utt"]: row for row in csv.DictReader(file)}
    assert len(rows) == 3_000
    write_sounds(tmp_path, [f"{row['gender']}/{row['file']}" for row in rows.values()])
    original = read(Source(tmp_path))
    assert original.complaints == []
    for recording in original.recordings:
        row = rows[recording.path.stem]
        assert (recording.speaker, recording.gender) == (row["speaker"], row["gender"])
        assert (recording.emotion, recording.split) == (row["emotion_original"], row["split_speaker"])
    speakers = {
        split: {row["speaker"] for row in rows.values() if row["split_speaker"] == split}
        for split in ("valid", "test")
    }
    assert speakers == {"valid": VALID_SPEAKERS, "test": TEST_SPEAKERS}

    modified = read(Source(tmp_path, METADATA / "modified_shemo.json.gz", "modified"))
    assert modified.complaints == []
    for recording in modified.recordings:
        row = rows[recording.path.stem]
        assert recording.emotion == row["emotion_modified"]
        assert recording.text.split() == row["transcript_modified"].replace("\ufeff", "").split()
    labels = zip(original.recordings, modified.recordings, strict=True)
    assert sum(one.emotion != other.emotion for one, other in labels) == 163

    first = read(Source(tmp_path, METADATA / "original_shemo.json.gz"))
    assert sum(not recording.text for recording in first.recordings) == 162

    kept = sound_ones(original.recordings)
    assert kept.complaints == ()
    assert sum(kept.durations_s) == pytest.approx(3_000 * 0.4)
