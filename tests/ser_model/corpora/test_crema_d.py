import pytest
from corpus_files import CREMA_D, write_sounds

from ser_model.corpora import Flaw, Source
from ser_model.corpora.crema_d import read
from ser_model.errors import CorpusError


def test_names_say_speaker_emotion_text_and_split(tmp_path):
    reading = read(Source(write_sounds(tmp_path / "AudioWAV", CREMA_D).parent))
    first = reading.recordings[0]
    assert first.path == tmp_path / "AudioWAV" / "1001_DFA_ANG_XX.wav"
    assert (first.corpus, first.speaker, first.emotion) == ("crema-d", "1001", "anger")
    assert (first.language, first.gender, first.text) == ("en", "", "Don't forget a jacket")
    splits = {recording.speaker: recording.split for recording in reading.recordings}
    assert splits == {"1001": "train", "1002": "train", "1010": "valid", "1023": "test"}
    assert {recording.emotion for recording in reading.recordings} == {"anger", "sadness"}


def test_the_corpus_in_a_second_format_is_not_read_twice(tmp_path):
    write_sounds(tmp_path / "AudioWAV", CREMA_D)
    (tmp_path / "AudioMP3").mkdir()
    for name in CREMA_D:
        (tmp_path / "AudioMP3" / name).with_suffix(".mp3").write_bytes(b"as if")
    assert len(read(Source(tmp_path)).recordings) == len(CREMA_D)


def test_genders_come_from_the_demographics_beside(tmp_path):
    folder = write_sounds(tmp_path / "AudioWAV", CREMA_D)
    (tmp_path / "VideoDemographics.csv").write_text(
        "ActorID,Age,Sex,Race,Ethnicity\n1001,51,Male,C,N\n1010,27,Female,C,N\n"
    )
    for source in (Source(tmp_path), Source(folder), Source(folder, tmp_path / "VideoDemographics.csv")):
        genders = {recording.speaker: recording.gender for recording in read(source).recordings}
        assert genders == {"1001": "male", "1002": "", "1010": "female", "1023": ""}


def test_demographics_of_another_kind_are_refused(tmp_path):
    write_sounds(tmp_path, CREMA_D)
    (tmp_path / "VideoDemographics.csv").write_text("actor,sex\n1001,Male\n")
    with pytest.raises(CorpusError, match="columns ActorID and Sex"):
        read(Source(tmp_path))


def test_the_three_pairs_of_one_sound_are_left_out_and_counted(tmp_path):
    pairs = ["1006_TIE_HAP_XX.wav", "1006_TIE_NEU_XX.wav", "1013_WSI_DIS_XX.wav", "1013_WSI_SAD_XX.wav"]
    pairs += ["1017_IWW_ANG_XX.wav", "1017_IWW_FEA_XX.wav"]
    reading = read(Source(write_sounds(tmp_path, [*CREMA_D, *pairs])))
    assert len(reading.recordings) == len(CREMA_D)
    assert sum(reading.left_out.values()) == 6


def test_foreign_names_and_labels_are_complained_of(tmp_path):
    odd = ["notes.wav", "1099_DFA_ANG_XX.wav", "1001_ZZZ_ANG_XX.wav", "1001_DFA_JOY_XX.wav"]
    reading = read(Source(write_sounds(tmp_path, [*CREMA_D, *odd, "1040_ITH_SAD_X.wav"])))
    found = {(complaint.flaw, complaint.where.rpartition("/")[2]) for complaint in reading.complaints}
    assert found >= {(Flaw.NAME, name) for name in odd[:3]} | {(Flaw.LABEL, odd[3])}
    # The corpus has one name with a single X.
    assert {recording.speaker for recording in reading.recordings} >= {"1040"}
    assert len(reading.recordings) == len(CREMA_D) + 1


def test_speakers_that_are_not_there_are_named(tmp_path):
    reading = read(Source(write_sounds(tmp_path, CREMA_D)))
    absent = {complaint.where for complaint in reading.complaints if complaint.flaw is Flaw.ABSENT}
    assert len(absent) == 91 - 4
    assert "1091" in absent


def test_files_that_a_mac_leaves_are_no_recordings(tmp_path):
    folder = write_sounds(tmp_path, CREMA_D)
    (folder / "__MACOSX").mkdir()
    (folder / "__MACOSX" / "._1001_DFA_ANG_XX.wav").write_bytes(b"finder")
    reading = read(Source(folder))
    assert all(complaint.flaw is Flaw.ABSENT for complaint in reading.complaints)


@pytest.mark.parametrize(("made", "words"), [(True, "no recordings below it"), (False, "no such folder")])
def test_a_folder_without_recordings_is_refused(tmp_path, made, words):
    folder = tmp_path / "empty"
    if made:
        folder.mkdir()
    with pytest.raises(CorpusError, match=words):
        read(Source(folder))
