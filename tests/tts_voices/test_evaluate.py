import importlib.util
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tiny_voice import write_tiny_voice

from tts_voices.evaluate import chosen_sentences, main
from tts_voices.judging.spoken_set import open_set, read_heard, render
from tts_voices.voice import VoiceError

RATE = 22_050
needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="apt-get install espeak-ng")
needs_torch = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None, reason="only in the environment of the voices' training"
)
TEXTS = ["Good day to you.", "I am here.", "Take a slow breath.", "You can rest now."]


def _corpus(folder: Path, texts: list[str] | None = None) -> Path:
    (folder / "wavs").mkdir(parents=True)
    random = np.random.default_rng(0)
    lines = []
    for number, text in enumerate(texts or TEXTS):
        soundfile.write(folder / "wavs" / f"{number}.wav", 0.1 * random.standard_normal(RATE), RATE)
        split = ("train", "unseen_words", "test", "test")[number % 4]
        symbols = "^ g uh1 d d ey1 ."
        lines.append(json.dumps({"id": str(number), "split": split, "text": text, "symbols": symbols}))
    (folder / "lessons.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder


def test_unseen_sentences_come_first_and_lessons_never(tmp_path: Path) -> None:
    chosen = chosen_sentences(_corpus(tmp_path), "en")
    assert [(one.name, one.split) for one in chosen] == [("2", "test"), ("3", "test"), ("1", "unseen_words")]
    assert [one.name for one in chosen_sentences(tmp_path, "en", 2)] == ["2", "3"]


def test_a_corpus_without_held_out_lessons_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VoiceError, match="no lesson of the splits"):
        chosen_sentences(_corpus(tmp_path, TEXTS[:1]), "en")


@needs_espeak
def test_a_voice_is_judged_from_corpus_to_report(tmp_path: Path) -> None:
    corpus = ["--corpus", str(_corpus(tmp_path / "corpus")), "--language", "en"]
    voice, teacher, out = (str(tmp_path / name) for name in ("voice", "teacher", "out/figures.json"))
    assert main(["teacher", *corpus, teacher]) == 0
    assert main(["render", *corpus, "--voice", "espeak", voice]) == 0
    assert main(["render", *corpus, "--voice", "espeak", voice]) == 0
    assert main(["report", "--voice", voice, "--teacher", teacher, "--json", out]) == 0
    figures = json.loads(Path(out).read_text())
    assert (figures["voice"], figures["teacher"], figures["sentences"]) == ("espeak", "teacher", 3)
    assert figures["sound"]["voice"]["not_finite"] == 0
    assert figures["sound"]["voice"]["peak_out_of_range"] == 0
    assert figures["sound"]["voice"]["silence_at_ends_too_long"] == 0


@needs_torch
def test_phones_are_learnt_and_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = ["--corpus", str(_corpus(tmp_path / "corpus")), "--language", "en"]
    teacher, kept = str(tmp_path / "teacher"), str(tmp_path / "kept")
    assert main(["train-recogniser", *corpus, "--steps", "2", kept]) == 0
    assert main(["teacher", *corpus, teacher]) == 0
    mute = render(
        chosen_sentences(tmp_path / "corpus", "en"),
        "en",
        "mute",
        lambda _: np.zeros(0, dtype=np.int16),
        24_000,
        tmp_path / "mute",
    )
    assert main(["listen-phones", "--recogniser", kept, teacher, str(mute.folder)]) == 0
    assert len(read_heard(open_set(Path(teacher)), "phones")) == 3
    assert {one.text for one in read_heard(mute, "phones").values()} == {""}
    out = tmp_path / "out.json"
    assert main(["report", "--voice", str(mute.folder), "--teacher", teacher, "--json", str(out)]) == 0
    everything = json.loads(out.read_text())["phones"]["all"]["voice"]
    assert everything["error"]["value"] == everything["deletions"]["value"] == 1


@needs_espeak
def test_words_of_a_clear_voice_are_heard(tmp_path: Path) -> None:
    """Needs the model whisper-base in the cache (`python -m bot models fetch`)."""
    store = pytest.importorskip("bot.model_store", reason="needs the gateway's environment")
    try:
        store.default_store().path("whisper-base")
    except store.ModelMissingError as error:
        pytest.skip(str(error))
    corpus = ["--corpus", str(_corpus(tmp_path / "corpus")), "--language", "en"]
    voice = str(tmp_path / "voice")
    assert main(["render", *corpus, "--voice", "espeak", voice]) == 0
    assert main(["listen-words", "--at-most", "1", voice]) == 0
    (heard,) = read_heard(open_set(Path(voice)), "words").values()
    assert heard.recogniser.startswith("whisper-base@")
    assert "breath" in heard.text.lower()


@needs_espeak
def test_a_lesson_without_a_text_of_its_language_is_not_rendered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus = str(_corpus(tmp_path / "corpus", ["", "", "", "I am here."]))
    voice = tmp_path / "voice"
    assert main(["render", "--corpus", corpus, "--language", "en", "--voice", "espeak", str(voice)]) == 0
    assert [one.name for one in open_set(voice).sentences] == ["3"]
    assert "2 lessons have no text" in capsys.readouterr().err


def test_wrong_input_is_answered_with_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus, nothing = str(_corpus(tmp_path / "corpus")), str(tmp_path / "nothing")
    mixed = ["--corpus", corpus, "--language", "fa"]
    for arguments, complaint in [
        (["render", "--corpus", corpus, "--language", "en", "--voice", "none", nothing], "no voice 'none'"),
        (["teacher", "--corpus", nothing, "--language", "en", nothing], "can't be read"),
        (["teacher", *mixed, nothing], "not symbols of 'fa'"),
        (["listen-words", nothing], "render them first"),
        (["listen-phones", "--recogniser", nothing, nothing], "render them first"),
        (["report", "--voice", nothing, "--teacher", nothing, "--json", "x.json"], "render them first"),
    ]:
        assert main(arguments) == 2
        complaints = capsys.readouterr().err
        assert complaint in complaints
        assert complaints.count("\n") == 1


@pytest.mark.parametrize("number", ["0", "-3", "many", "1e9", "۳"])
def test_a_number_of_sentences_must_be_one(number: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["listen-words", "--at-most", number, "folder"])
    assert stopped.value.code == 2


def test_a_lesson_without_a_text_is_spoken_from_its_symbols_by_a_voice_of_our_own(tmp_path: Path) -> None:
    write_tiny_voice(tmp_path / "tiny")
    corpus = str(_corpus(tmp_path / "corpus", ["", "", "", "I am here."]))
    of = ["--corpus", corpus, "--language", "en"]
    assert main(["teacher", *of, str(tmp_path / "teacher")]) == 0
    assert main(["render", *of, "--voice", str(tmp_path / "tiny"), str(tmp_path / "spoken")]) == 0
    spoken = open_set(tmp_path / "spoken")
    assert [one.name for one in spoken.sentences] == ["2", "3", "1"]
    assert all(len(soundfile.read(spoken.path(one))[0]) > 1_000 for one in spoken.sentences)
    out = tmp_path / "out.json"
    judged = ["--voice", str(spoken.folder), "--teacher", str(tmp_path / "teacher"), "--json", str(out)]
    assert main(["report", *judged]) == 0
    assert json.loads(out.read_text())["phoneme_durations"]["phonemes"] == 15
    (spoken.folder / "durations.json").write_text("{")
    assert main(["report", *judged]) == 2
