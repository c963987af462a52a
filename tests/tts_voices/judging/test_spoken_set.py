import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from tts_voices.judging.spoken_set import (
    Sentence,
    SpokenSet,
    listen,
    open_set,
    read_heard,
    read_sound,
    refer,
    render,
    resampled,
)
from tts_voices.voice import VoiceError

RATE = 22_050


def _sentence(name: str, split: str = "test", text: str = "Hello.", sound: str = "") -> Sentence:
    return Sentence(name, split, text, ("^", "hh", "ax", "l", "ow1", "."), sound)


def _beep(sentence: Sentence) -> NDArray[np.int16]:
    return np.full(2_000 + int(sentence.name), 3_000, dtype=np.int16)


def _rendered(folder: Path, count: int = 3) -> SpokenSet:
    return render([_sentence(str(number)) for number in range(count)], "en", "beeper", _beep, RATE, folder)


def test_a_rendered_set_is_read_as_it_was_written(tmp_path: Path) -> None:
    spoken = _rendered(tmp_path / "set")
    assert open_set(tmp_path / "set") == spoken
    samples, rate = read_sound(spoken.path(spoken.sentences[2]))
    assert (len(samples), rate) == (2_002, RATE)
    assert samples[0] == pytest.approx(3_000 / 32_768)
    assert not list(tmp_path.rglob("*.partial"))


def test_rendering_goes_on_where_it_broke_off(tmp_path: Path) -> None:
    spoken: list[str] = []

    def breaks(sentence: Sentence) -> NDArray[np.int16]:
        if sentence.name == "2":
            raise KeyboardInterrupt
        spoken.append(sentence.name)
        return _beep(sentence)

    sentences = [_sentence(str(number)) for number in range(4)]
    with pytest.raises(KeyboardInterrupt):
        render(sentences, "en", "beeper", breaks, RATE, tmp_path)

    def goes_on(sentence: Sentence) -> NDArray[np.int16]:
        spoken.append(sentence.name)
        return _beep(sentence)

    render(sentences, "en", "beeper", goes_on, RATE, tmp_path)
    assert spoken == ["0", "1", "2", "3"]


def test_a_folder_of_another_voice_is_left_alone(tmp_path: Path) -> None:
    _rendered(tmp_path)
    with pytest.raises(VoiceError, match="choose another folder"):
        render([_sentence("0")], "en", "another", _beep, RATE, tmp_path)


def test_a_sentence_without_sound_is_an_empty_recording(tmp_path: Path) -> None:
    spoken = render([_sentence("0")], "en", "mute", lambda _: np.zeros(0, dtype=np.int16), RATE, tmp_path)
    samples, _ = read_sound(spoken.path(spoken.sentences[0]))
    assert samples.shape == (0,)
    assert resampled(samples, RATE, 16_000).shape == (0,)


@pytest.mark.parametrize("name", ["", "../out", "a/b", "a b", "x" * 101, "é", ".", "a\n"])
def test_a_name_that_is_no_file_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(VoiceError, match="must be 1 to 100"):
        render([_sentence(name)], "en", "beeper", _beep, RATE, tmp_path / "set")
    assert not list(tmp_path.rglob("*.wav"))


def test_two_sentences_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(VoiceError, match="same name"):
        render([_sentence("1"), _sentence("1")], "en", "beeper", _beep, RATE, tmp_path)


def test_a_teacher_is_heard_from_its_own_files(tmp_path: Path) -> None:
    path = tmp_path / "corpus.wav"
    soundfile.write(path, np.zeros(3_000), RATE)
    spoken = refer([_sentence("a", sound=str(path))], "en", "teacher", tmp_path / "set")
    assert open_set(tmp_path / "set").path(spoken.sentences[0]) == path


def test_a_teacher_without_its_recording_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VoiceError, match="recording of a is not there"):
        refer([_sentence("a", sound=str(tmp_path / "none.wav"))], "en", "teacher", tmp_path / "set")


def test_each_sentence_is_heard_once(tmp_path: Path) -> None:
    spoken = _rendered(tmp_path)
    heard: list[str] = []

    def hear(path: Path) -> str:
        heard.append(path.stem)
        return f"hh {path.stem}"

    listen(spoken, "phones", "r1", hear, at_most=2)
    listen(spoken, "phones", "r1", hear)
    assert heard == ["0", "1", "2"]
    assert {name: one.text for name, one in read_heard(spoken, "phones").items()} == {
        "0": "hh 0",
        "1": "hh 1",
        "2": "hh 2",
    }
    assert read_heard(spoken, "words") == {}


def test_only_the_splits_asked_for_are_heard(tmp_path: Path) -> None:
    sentences = [_sentence("0"), _sentence("1", split="unseen_words")]
    spoken = render(sentences, "en", "beeper", _beep, RATE, tmp_path)
    listen(spoken, "words", "w", lambda path: path.stem, splits=["unseen_words"])
    assert list(read_heard(spoken, "words")) == ["1"]


def test_another_recogniser_hears_anew(tmp_path: Path) -> None:
    spoken = _rendered(tmp_path)
    listen(spoken, "phones", "r1", lambda _: "old")
    listen(spoken, "phones", "r2", lambda _: "new")
    assert {one.text for one in read_heard(spoken, "phones").values()} == {"new"}


def test_what_was_heard_in_another_sound_does_not_count(tmp_path: Path) -> None:
    spoken = _rendered(tmp_path)
    listen(spoken, "phones", "r1", lambda _: "old")
    soundfile.write(spoken.path(spoken.sentences[1]), np.zeros(3_000), RATE)
    assert sorted(read_heard(spoken, "phones")) == ["0", "2"]
    listen(spoken, "phones", "r1", lambda _: "new")
    assert [read_heard(spoken, "phones")[name].text for name in "012"] == ["old", "new", "old"]


def test_a_line_that_was_broken_off_costs_only_itself(tmp_path: Path) -> None:
    spoken = _rendered(tmp_path)
    listen(spoken, "phones", "r1", lambda _: "a b")
    path = tmp_path / "phones.jsonl"
    path.write_bytes(path.read_bytes()[:-20] + b"\xff")
    assert sorted(read_heard(spoken, "phones")) == ["0", "1"]
    listen(spoken, "phones", "r1", lambda _: "c")
    assert [read_heard(spoken, "phones")[name].text for name in "012"] == ["a b", "a b", "c"]


@pytest.mark.parametrize(
    "line", ["5", "null", "[]", "{}", '{"name": "0"}', '{"name":0,"recogniser":1,"sound_sha256":2,"text":3}']
)
def test_lines_that_say_nothing_are_passed_over(tmp_path: Path, line: str) -> None:
    spoken = _rendered(tmp_path)
    (tmp_path / "phones.jsonl").write_text(line + "\n")
    assert read_heard(spoken, "phones") == {}


def test_a_missing_recording_is_told(tmp_path: Path) -> None:
    spoken = _rendered(tmp_path)
    spoken.path(spoken.sentences[1]).unlink()
    with pytest.raises(VoiceError, match="a recording read"):
        listen(spoken, "phones", "r1", lambda _: "a")


def test_a_folder_without_a_set_is_told(tmp_path: Path) -> None:
    with pytest.raises(VoiceError, match="render them first"):
        open_set(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"format": 99},
        {"sentences": 5},
        {"sentences": [{"name": "0"}]},
        {"sentences": [{"name": 0, "split": "", "text": "", "symbols": [], "sound": ""}]},
        {"sentences": [{"name": "../0", "split": "", "text": "", "symbols": [], "sound": ""}]},
    ],
)
def test_a_damaged_manifest_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    _rendered(tmp_path)
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(VoiceError):
        open_set(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe", b"null"])
def test_a_manifest_of_something_else_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "manifest.json").write_bytes(content)
    with pytest.raises(VoiceError, match="render it anew"):
        open_set(tmp_path)


@pytest.mark.parametrize("content", [b"", b"RIFF", b"no sound at all"])
def test_a_file_that_is_no_sound_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    with pytest.raises(VoiceError, match="can't be read as sound"):
        read_sound(path)


def test_stereo_becomes_mono_and_the_rate_is_changed(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, np.stack([np.full(24_000, 0.2), np.full(24_000, 0.4)], axis=1), 24_000)
    samples, rate = read_sound(path)
    assert samples[100] == pytest.approx(0.3, abs=1e-3)
    assert len(resampled(samples, rate, 16_000)) == pytest.approx(16_000, abs=2)
