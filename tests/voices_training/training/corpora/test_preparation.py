import numpy as np
import pytest
import soundfile

from tts_voices.training.corpora.preparation import Clip, Sounds, loaded_file, prepare, split_of
from tts_voices.training.corpus import read_lessons, read_samples
from tts_voices.voice import VoiceError

RATE = 22_050


def read(text):
    """A symbol for each letter."""
    if "unreadable" in text:
        raise VoiceError("this can't be read")
    return ["^", *(letter for letter in text.lower() if letter in "bdfgklmnprstvwz"), "."]


def tone(seconds, rate=RATE, before=0.0, after=0.0):
    times = np.arange(int(rate * seconds)) / rate
    spoken = 0.3 * np.sin(2 * np.pi * 180 * times) * (1 + 0.2 * np.sin(2 * np.pi * 3 * times))
    quiet = [np.zeros(int(rate * length)) for length in (before, after)]
    return np.concatenate([quiet[0], spoken, quiet[1]]).astype(np.float32)


def clip(name, text="some words to be said", samples=None, rate=RATE, **more):
    sound = tone(2.0, rate) if samples is None else samples
    return Clip(name, text, lambda: (sound, rate), **more)


def made(folder, *clips):
    return prepare(clips, "en", read, Sounds(folder), progress=False)


def test_a_clip_becomes_a_lesson(tmp_path):
    prepared = made(tmp_path, clip("a-1"), clip("b.2"))
    assert prepared.lessons == read_lessons(tmp_path, "en")
    assert [lesson.name for lesson in prepared.lessons] == ["a-1", "b.2"]
    assert prepared.lessons[0].symbols[0] == "^"
    assert prepared.lessons[0].text == "some words to be said"
    assert prepared.hours == pytest.approx(4 / 3600, rel=0.02)
    assert soundfile.info(prepared.lessons[0].path).samplerate == RATE
    assert "2 clips" in prepared.told()


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
def test_every_rate_becomes_ours(tmp_path, rate):
    lesson = made(tmp_path, clip("a", rate=rate)).lessons[0]
    assert len(read_samples(lesson.path)) == pytest.approx(2 * RATE, rel=0.02)


def test_two_channels_become_one(tmp_path):
    both = np.stack([tone(2.0), tone(2.0)], axis=1)
    lesson = made(tmp_path, clip("a", samples=both)).lessons[0]
    assert soundfile.info(lesson.path).channels == 1


def test_silence_around_is_cut_to_fifty_milliseconds(tmp_path):
    lesson = made(tmp_path, clip("a", samples=tone(2.0, before=0.7, after=1.3))).lessons[0]
    assert len(read_samples(lesson.path)) / RATE == pytest.approx(2.1, abs=0.03)


def test_too_loud_a_clip_is_made_quieter(tmp_path):
    lesson = made(tmp_path, clip("a", samples=tone(2.0) * 20)).lessons[0]
    assert 0.9 < np.abs(read_samples(lesson.path)).max() <= 0.991


def failing(error):
    def load():
        raise error

    return load


@pytest.mark.parametrize(
    ("unfit", "reason"),
    [
        (clip("x", samples=tone(0.3)), "too short"),
        (clip("x", samples=tone(16.0)), "too long"),
        (clip("x", samples=tone(0.3, before=1.0)), "too short"),
        (clip("x", samples=np.zeros(RATE * 2, dtype=np.float32)), "that are silent"),
        (clip("x", samples=np.full(RATE * 2, np.nan, dtype=np.float32)), "with unreadable sound"),
        (clip("x", samples=np.zeros((2, 2, RATE), dtype=np.float32)), "with unreadable sound"),
        (clip("x", samples=tone(2.0), rate=0), "of an impossible rate"),
        (clip("x", samples=tone(2.0), rate=10**9), "of an impossible rate"),
        (clip("x", text=""), "without text"),
        (clip("x", text=" \t"), "without text"),
        (clip("x", text="aeiou"), "that the front end can't read"),
        (clip("x", text="unreadable"), "that the front end can't read"),
        (clip("x", text="b" * 601), "with too long a text"),
        (clip("x", text="b" * 500), "too short for their text"),
        (clip("x", text="b", samples=tone(9.0)), "too long for their text"),
        (clip("../x"), "with a name that can't be a file's"),
        (clip(""), "with a name that can't be a file's"),
        (clip("a/b"), "with a name that can't be a file's"),
        (clip("good"), "named twice"),
        (clip("x", refused="on malformed lines"), "on malformed lines"),
        (Clip("x", "some words", failing(FileNotFoundError())), "without sound"),
        (Clip("x", "some words", failing(ValueError())), "with unreadable sound"),
        (Clip("x", "some words", failing(OSError())), "with unreadable sound"),
    ],
)
def test_what_is_unfit_is_left_out_and_counted(tmp_path, unfit, reason):
    prepared = made(tmp_path / "corpus", clip("good"), unfit)
    assert prepared.left_out == {reason: 1}
    assert f"1 {reason}" in prepared.told()
    assert [path.name for path in (tmp_path / "corpus" / "wavs").iterdir() if path.name != "x.wav"] == [
        "good.wav"
    ]
    assert not list(tmp_path.glob("*.wav"))


def test_a_corpus_without_a_fit_clip_is_an_error(tmp_path):
    with pytest.raises(VoiceError, match="no clip is fit to learn from: 1 without text"):
        made(tmp_path, clip("a", text=""))
    with pytest.raises(VoiceError, match="there are none"):
        made(tmp_path)
    assert not (tmp_path / "lessons.jsonl").exists()


def test_the_split_depends_on_the_name_alone(tmp_path):
    names = [f"LJ{number:03d}" for number in range(3_000)]
    tests = [name for name in names if split_of(name) == "test"]
    assert 30 < len(tests) < 90
    assert [split_of(name) for name in tests] == ["test"] * len(tests)


def test_even_a_small_corpus_has_a_clip_to_check_with(tmp_path):
    prepared = made(tmp_path, *[clip(name) for name in ("a", "b", "c")])
    assert sorted(lesson.split for lesson in prepared.lessons) == ["test", "train", "train"]
    assert (
        made(tmp_path, *[clip(name) for name in ("c", "b", "a")]).lessons[0].split
        == prepared.lessons[2].split
    )


class Counting:
    def __init__(self):
        self.read = []

    def clip(self, name, samples=None):
        def load():
            self.read.append(name)
            return tone(2.0) if samples is None else samples, RATE

        return Clip(name, "some words", load)


def test_a_run_goes_on_where_it_was_broken_off(tmp_path):
    counted = Counting()

    def broken():
        yield counted.clip("a")
        yield counted.clip("short", tone(0.2))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare(broken(), "en", read, Sounds(tmp_path), progress=False)
    assert not (tmp_path / "lessons.jsonl").exists()
    assert counted.read == ["a", "short"]
    whole = [counted.clip("a"), counted.clip("short", tone(0.2)), counted.clip("b")]
    prepared = made(tmp_path, *whole)
    assert counted.read == ["a", "short", "b"]
    assert [lesson.name for lesson in prepared.lessons] == ["a", "b"]
    assert prepared.left_out == {"too short": 1}


def test_ctrl_c_while_a_file_is_written_leaves_no_half_of_it(tmp_path, monkeypatch):
    def interrupted(path, *_, **__):
        path.write_bytes(b"RIFF")
        raise KeyboardInterrupt

    monkeypatch.setattr(soundfile, "write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        made(tmp_path, clip("a"))
    assert not list((tmp_path / "wavs").iterdir())


def test_a_damaged_file_of_an_earlier_run_is_made_anew(tmp_path):
    made(tmp_path, clip("a"))
    (tmp_path / "wavs" / "a.wav").write_bytes(b"RIFF")
    assert len(read_samples(made(tmp_path, clip("a")).lessons[0].path)) > RATE


def test_a_torn_list_of_unfit_clips_is_read_as_far_as_it_goes(tmp_path):
    (tmp_path / "unfit.tsv").write_text("x\ttoo short\ny\ny\ttoo lo")
    sounds = Sounds(tmp_path)
    assert sounds.known("x")
    assert not sounds.known("y")
    assert not sounds.known("../../etc/passwd")


def test_sound_that_comes_later_is_taken_then(tmp_path):
    assert made(tmp_path, clip("a"), Clip("b", "some words", loaded_file(tmp_path / "b.wav"))).left_out
    soundfile.write(tmp_path / "b.wav", tone(2.0), RATE)
    assert not made(tmp_path, clip("a"), Clip("b", "some words", loaded_file(tmp_path / "b.wav"))).left_out


def test_a_folder_that_can_not_be_written_is_told(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(VoiceError, match="can't be written"):
        Sounds(tmp_path / "taken")
