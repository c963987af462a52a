from corpus_files import write_sounds

from ser_model.corpora import Flaw, Source
from ser_model.corpora.tess import read

EMOTIONS = ("angry", "disgust", "fear", "happy", "neutral", "ps", "sad")


def test_names_say_everything_and_all_is_for_training(tmp_path):
    names = [f"{who}_{emotion}/{who}_back_{emotion}.wav" for who in ("OAF", "YAF") for emotion in EMOTIONS]
    reading = read(Source(write_sounds(tmp_path, names)))
    assert reading.complaints == []
    assert {recording.split for recording in reading.recordings} == {"train"}
    assert {recording.gender for recording in reading.recordings} == {"female"}
    assert {recording.text for recording in reading.recordings} == {"Say the word back"}
    emotions = {recording.path.stem.rpartition("_")[2]: recording.emotion for recording in reading.recordings}
    assert emotions == {
        "angry": "anger",
        "disgust": "disgust",
        "fear": "fear",
        "happy": "happiness",
        "neutral": "neutral",
        "ps": "surprise",
        "sad": "sadness",
    }


def test_the_one_misspelt_name_of_the_corpus_is_of_the_older_woman(tmp_path):
    names = ["OAF_neutral/OA_bite_neutral.wav", "YAF_neutral/YAF_bite_neutral.wav"]
    reading = read(Source(write_sounds(tmp_path, names)))
    assert [recording.speaker for recording in reading.recordings] == ["OAF", "YAF"]


def test_foreign_names_and_labels_are_complained_of(tmp_path):
    reading = read(
        Source(write_sounds(tmp_path, ["OAF_back_angry.wav", "XAF_back_angry.wav", "OAF_back_odd.wav"]))
    )
    assert [(complaint.flaw, complaint.where.rpartition("/")[2]) for complaint in reading.complaints] == [
        (Flaw.LABEL, "OAF_back_odd.wav"),
        (Flaw.NAME, "XAF_back_angry.wav"),
        (Flaw.ABSENT, "YAF"),
    ]
