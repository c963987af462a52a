from collections import Counter

from corpus_files import write_sounds

from ser_model.corpora import Flaw, Source
from ser_model.corpora.ravdess import read


def trials(actor: int, channel: str = "01", modality: str = "03") -> list[str]:
    """The names of one actor's recordings, one for each emotion and statement."""
    return [
        f"Actor_{actor:02d}/{modality}-{channel}-{emotion:02d}-01-{statement:02d}-01-{actor:02d}.wav"
        for emotion in range(1, 9)
        for statement in (1, 2)
    ]


def test_names_say_everything(tmp_path):
    reading = read(Source(write_sounds(tmp_path, [name for actor in range(1, 25) for name in trials(actor)])))
    assert reading.complaints == []
    assert len(reading.recordings) == 24 * 16
    of_first = [(recording.emotion, recording.text) for recording in reading.recordings[:16:2]]
    assert [emotion for emotion, _ in of_first] == [
        "neutral",
        "neutral",
        "happiness",
        "sadness",
        "anger",
        "fear",
        "disgust",
        "surprise",
    ]
    assert of_first[0][1] == "Kids are talking by the door"
    assert reading.recordings[1].text == "Dogs are sitting by the door"


def test_every_split_has_as_many_men_as_women_and_no_actor_of_another(tmp_path):
    reading = read(Source(write_sounds(tmp_path, [name for actor in range(1, 25) for name in trials(actor)])))
    actors = {(recording.split, recording.gender, recording.speaker) for recording in reading.recordings}
    assert Counter((split, gender) for split, gender, _ in actors) == {
        ("train", "female"): 8,
        ("train", "male"): 8,
        ("valid", "female"): 2,
        ("valid", "male"): 2,
        ("test", "female"): 2,
        ("test", "male"): 2,
    }
    assert len(actors) == 24
    assert next(gender for _, gender, actor in actors if actor == "12") == "female"


def test_song_and_film_are_left_out_and_counted(tmp_path):
    names = [*trials(1), *trials(1, channel="02"), *trials(1, modality="01")]
    reading = read(Source(write_sounds(tmp_path, names)))
    assert len(reading.recordings) == 16
    assert reading.left_out["song"] == 16
    assert sum(reading.left_out.values()) == 32


def test_foreign_names_and_labels_are_complained_of(tmp_path):
    odd = ["03-01-01-01-01-01-25.wav", "03-01-01-01-03-01-01.wav", "03-01-09-01-01-01-01.wav", "intro.wav"]
    reading = read(Source(write_sounds(tmp_path, [*trials(1), *odd])))
    flaws = Counter(complaint.flaw for complaint in reading.complaints)
    assert (flaws[Flaw.NAME], flaws[Flaw.LABEL], flaws[Flaw.ABSENT]) == (3, 1, 23)
