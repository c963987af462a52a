import numpy as np
import pyarrow
import pytest
from pyarrow import parquet

from tts_voices.training.corpora import manatts
from tts_voices.voice import VoiceError

RATE = 44_100


def read(text):
    return ["^", *("b" if letter.isalpha() else "," for letter in text if letter != " "), "."]


def row(name, text="این یک جمله است", **changes):
    times = np.arange(2 * RATE) / RATE
    fields = {
        "file name": name,
        "transcript": text,
        "duration": 2.0,
        "match quality": "HIGH",
        "hypothesis": text,
        "CER": 0.0,
        "search type": 1,
        "ASRs": "['Vosk']",
        "audio": (0.3 * np.sin(2 * np.pi * 150 * times)).tolist(),
        "samplerate": float(RATE),
    }
    return {name.replace("_", " "): value for name, value in (fields | changes).items()}


def shard(path, *rows, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pyarrow.Table.from_pylist(list(rows)), path, **options)
    return path.parent


def prepared(folder, out):
    return manatts.read(folder, "fa", read, out, progress=False)


def test_shards_become_a_corpus_in_order(tmp_path):
    shard(tmp_path / "dataset" / "dataset_part_02.parquet", row("2-1.wav"))
    folder = shard(
        tmp_path / "dataset" / "dataset_part_01.parquet", row("1-1.wav"), row("1-2.wav"), row_group_size=1
    )
    made = prepared(folder.parent, tmp_path / "out")
    assert [lesson.name for lesson in made.lessons] == ["1-1", "1-2", "2-1"]
    assert made.hours == pytest.approx(6 / 3600, rel=0.02)
    assert made.lessons[0].text == "این یک جمله است"


def test_more_rows_than_are_held_at_once_keep_their_sound(tmp_path):
    lengths = [1.0 + 0.05 * number for number in range(20)]
    tones = [(0.3 * np.sin(np.arange(int(RATE * length)) / 40)).tolist() for length in lengths]
    rows = [row(f"1-{number}.wav", audio=sound) for number, sound in enumerate(tones)]
    made = prepared(shard(tmp_path / "m" / "1.parquet", *rows), tmp_path / "out")
    found = [
        (tmp_path / "out" / "wavs" / f"1-{number}.wav").stat().st_size / 2 / 22_050 for number in range(20)
    ]
    assert len(made.lessons) == 20
    assert np.allclose(found, lengths, atol=0.05)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"match quality": "REJECT"}, "that the corpus itself rejects"),
        ({"transcript": ""}, "without text"),
        ({"transcript": None}, "without text"),
        ({"audio": None}, "without sound"),
        ({"audio": []}, "too short"),
        ({"samplerate": 0.0}, "of an impossible rate"),
        ({"samplerate": None}, "of an impossible rate"),
        ({"samplerate": float("nan")}, "with unreadable sound"),
        ({"file name": None}, "with a name that can't be a file's"),
        ({"file name": "../../x.wav"}, "with a name that can't be a file's"),
        ({"file name": "1-1.wav"}, "named twice"),
    ],
)
def test_rows_that_can_not_be_used_are_counted(tmp_path, changes, reason):
    folder = shard(tmp_path / "m" / "1.parquet", row("1-1.wav"), row("1-2.wav") | changes)
    made = prepared(folder, tmp_path / "out")
    assert len(made.lessons) == 1
    assert made.left_out == {reason: 1}


def test_a_finished_shard_is_not_decoded_again(tmp_path, monkeypatch):
    folder = shard(tmp_path / "m" / "1.parquet", row("1-1.wav"), row("1-2.wav", audio=[0.0] * 100))
    first = prepared(folder, tmp_path / "out")
    monkeypatch.setattr(parquet.ParquetFile, "iter_batches", lambda *_, **__: pytest.fail("decoded again"))
    again = prepared(folder, tmp_path / "out")
    assert (again.lessons, again.left_out) == (first.lessons, first.left_out)


def test_a_folder_without_shards_is_told(tmp_path):
    with pytest.raises(VoiceError, match=r"holds no \*.parquet"):
        prepared(tmp_path, tmp_path / "out")
    with pytest.raises(VoiceError, match=r"holds no \*.parquet"):
        prepared(tmp_path / "nowhere", tmp_path / "out")


@pytest.mark.parametrize("keep", [0, 100, 0.5, 0.98])
def test_a_shard_that_is_cut_is_told(tmp_path, keep):
    folder = shard(tmp_path / "m" / "1.parquet", row("1-1.wav"))
    content = (folder / "1.parquet").read_bytes()
    (folder / "1.parquet").write_bytes(
        content[: int(keep * len(content)) if isinstance(keep, float) else keep]
    )
    with pytest.raises(VoiceError, match="fetch it again"):
        prepared(folder, tmp_path / "out")


def test_a_shard_that_is_damaged_inside_is_told(tmp_path):
    folder = shard(tmp_path / "m" / "1.parquet", row("1-1.wav"), row("1-2.wav"))
    content = bytearray((folder / "1.parquet").read_bytes())
    content[4 : len(content) // 2] = b"\xff" * (len(content) // 2 - 4)
    (folder / "1.parquet").write_bytes(bytes(content))
    with pytest.raises(VoiceError, match=r"fetch it again|no clip is fit"):
        prepared(folder, tmp_path / "out")


def test_a_table_of_something_else_is_told(tmp_path):
    folder = shard(tmp_path / "m" / "1.parquet", {"a": 1})
    with pytest.raises(VoiceError, match="lacks the columns file name, transcript, audio, samplerate"):
        prepared(folder, tmp_path / "out")
