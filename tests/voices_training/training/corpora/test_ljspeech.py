import numpy as np
import pytest
import soundfile

from tts_voices.training.corpora import ljspeech
from tts_voices.voice import VoiceError


def read(text):
    return ["^", *(letter for letter in text if letter in "bdfgklmnprstvwz"), "."]


def layout(folder, lines, names=("LJ001-0001", "LJ001-0002")):
    (folder / "wavs").mkdir(parents=True)
    chance = np.random.default_rng(1)
    for name in names:
        soundfile.write(folder / "wavs" / f"{name}.wav", 0.1 * chance.standard_normal(40_000), 22_050)
    (folder / "metadata.csv").write_bytes("\n".join(lines).encode() if isinstance(lines, list) else lines)
    return folder


def prepared(folder, out):
    return ljspeech.read(folder, "en", read, out, progress=False)


def test_the_normalised_text_is_read(tmp_path):
    folder = layout(tmp_path / "lj", ["LJ001-0001|Dr. Wolf|doctor wolf", "LJ001-0002|plain words|"])
    lessons = prepared(folder, tmp_path / "out").lessons
    assert [lesson.text for lesson in lessons] == ["doctor wolf", "plain words"]
    assert "".join(lessons[0].symbols) == "^dtrwlf."


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("LJ001-0002", "on malformed lines"),
        ("|text|text", "on malformed lines"),
        ("LJ001-0002|a|b|c|d", "on malformed lines"),
        ("LJ001-0003|some words|some words", "without sound"),
        ("LJ001-0002||", "without text"),
        ("../lj/wavs/LJ001-0002|some words|some words", "with a name that can't be a file's"),
        ("LJ001-0001|again some words|again some words", "named twice"),
    ],
)
def test_lines_that_can_not_be_used_are_counted(tmp_path, line, reason):
    folder = layout(tmp_path / "lj", ["LJ001-0001|some words|some words", line, "", ""])
    made = prepared(folder, tmp_path / "out")
    assert len(made.lessons) == 1
    assert made.left_out == {reason: 1}


def test_marks_of_bytes_and_carriage_returns_do_no_harm(tmp_path):
    folder = layout(
        tmp_path / "lj", b"\xef\xbb\xbfLJ001-0001|some words|some words\r\nLJ001-0002.wav|more words\r\n"
    )
    assert [lesson.name for lesson in prepared(folder, tmp_path / "out").lessons] == [
        "LJ001-0001",
        "LJ001-0002",
    ]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"nothing of the kind\nat all"])
def test_metadata_of_another_layout_are_refused(tmp_path, content):
    with pytest.raises(VoiceError, match=r"no line of the form"):
        ljspeech.clips(layout(tmp_path / "lj", content))


def test_metadata_that_are_no_text_are_refused(tmp_path):
    with pytest.raises(VoiceError, match="not UTF-8"):
        ljspeech.clips(layout(tmp_path / "lj", b"LJ001-0001|\xff\xfe|x"))


def test_a_folder_without_metadata_is_told(tmp_path):
    with pytest.raises(VoiceError, match=r"metadata.csv can't be read"):
        ljspeech.clips(tmp_path)


def test_a_file_that_is_no_sound_is_counted(tmp_path):
    folder = layout(tmp_path / "lj", ["LJ001-0001|some words|some words", "LJ001-0002|some words|some words"])
    (folder / "wavs" / "LJ001-0002.wav").write_bytes(b"not a sound")
    assert prepared(folder, tmp_path / "out").left_out == {"with unreadable sound": 1}
