from corpus_files import write_sounds

from ser_model.corpora import Flaw, Source
from ser_model.corpora.emo_db import read

SPEAKERS = ("03", "08", "09", "10", "11", "12", "13", "14", "15", "16")


def test_names_say_everything(tmp_path):
    write_sounds(
        tmp_path / "wav", [f"{speaker}a01{letter}a.wav" for speaker in SPEAKERS for letter in "WEAFTN"]
    )
    reading = read(Source(tmp_path))
    assert reading.complaints == []
    assert [recording.emotion for recording in reading.recordings[:6]] == [
        "fear",
        "disgust",
        "happiness",
        "neutral",
        "sadness",
        "anger",
    ]
    splits = {recording.speaker: recording.split for recording in reading.recordings}
    assert {speaker for speaker, split in splits.items() if split == "valid"} == {"11", "13"}
    assert {speaker for speaker, split in splits.items() if split == "test"} == {"14", "15"}
    genders = {recording.speaker: recording.gender for recording in reading.recordings}
    assert {speaker for speaker, gender in genders.items() if gender == "female"} == {
        "08",
        "09",
        "13",
        "14",
        "16",
    }
    assert (reading.recordings[0].language, reading.recordings[0].text) == (
        "de",
        "Der Lappen liegt auf dem Eisschrank.",
    )


def test_boredom_is_left_out_and_counted(tmp_path):
    reading = read(Source(write_sounds(tmp_path, ["03a01La.wav", "08b10Lb.wav", "03a01Fa.wav"])))
    assert list(reading.left_out.values()) == [2]
    assert [recording.emotion for recording in reading.recordings] == ["happiness"]


def test_foreign_names_and_labels_are_complained_of(tmp_path):
    odd = ["04a01Fa.wav", "03z01Fa.wav", "03a01Xa.wav"]
    reading = read(Source(write_sounds(tmp_path, ["03a01Fa.wav", *odd])))
    flaws = [complaint.flaw for complaint in reading.complaints if complaint.flaw is not Flaw.ABSENT]
    assert sorted(flaw.name for flaw in flaws) == ["LABEL", "NAME", "NAME"]
    assert len(reading.recordings) == 1
