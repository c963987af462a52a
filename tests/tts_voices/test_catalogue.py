import os
import shutil

import numpy as np
import pytest
from tiny_voice import write_tiny_voice

from tts_voices import CATALOGUE, VoiceError, load_voice
from tts_voices.catalogue import voice_state


@pytest.fixture(autouse=True)
def letters_as_sounds(monkeypatch):
    """The readers have tests of their own, and dictionaries that take a while to read."""

    def read(text):
        symbols = [letter for letter in text.lower() if letter in "bdfgklmnpstvwz"]
        return ["^", *symbols, "."] if symbols else []

    monkeypatch.setattr("tts_voices.glow_voice.load_reader", lambda description: read)


@pytest.fixture
def weights(tmp_path, monkeypatch):
    """A folder in the place of the one with the product's own voices."""
    monkeypatch.setattr("tts_voices.catalogue._WEIGHTS", tmp_path / "weights")
    return tmp_path / "weights"


def write_both(folder, **changes):
    write_tiny_voice(folder / "en", "en")
    write_tiny_voice(folder / "fa", "fa", **changes)


def length(voice, language):
    return sum(map(len, voice.speak("sms", language=language)))


def test_espeak_says_what_it_is():
    voice = load_voice("espeak")
    assert voice.name == "espeak"
    assert voice.languages == {"en", "fa"}


def test_our_own_voice_speaks_both_languages_as_one(weights):
    write_both(weights)
    voice = load_voice("hamdel")
    assert (voice.name, voice.languages, voice.sample_rate_hz) == ("hamdel", {"en", "fa"}, 22_050)
    assert length(voice, "en") > 1_000
    assert length(voice, "fa") > 1_000


@pytest.mark.parametrize("language", ["en", "fa"])
@pytest.mark.parametrize("file", ["voice.json", "encoder.onnx", "decoder.onnx", "vocoder.onnx"])
def test_our_own_voice_names_the_file_that_is_missing(weights, language, file):
    write_both(weights)
    (weights / language / file).unlink()
    with pytest.raises(VoiceError, match=f"{language}/{file} can't be read"):
        load_voice("hamdel")
    assert f"{language}/{file}" in voice_state("hamdel").state


def test_a_folder_with_a_voice_is_a_voice(tmp_path):
    write_tiny_voice(tmp_path / "mine")
    voice = load_voice(str(tmp_path / "mine"))
    assert voice.languages == {"en"}
    assert length(voice, "en") > 1_000


def test_a_voice_in_a_folder_can_be_loaded_by_its_own_name(tmp_path, monkeypatch):
    write_tiny_voice(tmp_path / "mine")
    monkeypatch.chdir(tmp_path)
    name = load_voice("mine").name
    monkeypatch.chdir("/")
    assert load_voice(name).name == name == os.path.realpath(tmp_path / "mine")


def test_a_folder_with_a_voice_for_each_language_is_one_voice(tmp_path):
    write_both(tmp_path / "both")
    voice = load_voice(str(tmp_path / "both"))
    assert voice.languages == {"en", "fa"}
    assert np.isclose(length(voice, "en"), length(voice, "fa"))


def test_voices_that_do_not_fit_together_are_refused(tmp_path):
    write_both(tmp_path / "both", sample_rate_hz=16_000)
    with pytest.raises(VoiceError, match="one sample rate"):
        load_voice(str(tmp_path / "both"))
    assert "one sample rate" in voice_state(str(tmp_path / "both")).state


@pytest.mark.parametrize(
    "name",
    [
        "nobody",
        "",
        ".",
        "..",
        "Espeak",
        "espeak ",
        "a\x00b",
        "🦜",
        "x" * 5_000,
        "/a\x00b",
        "~nobody-there/voice",
    ],
)
def test_an_unknown_voice_is_refused_with_the_names_there_are(name, tmp_path, monkeypatch):
    (tmp_path / "empty" / "here").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "empty" / "here")
    for look in (load_voice, voice_state):
        with pytest.raises(VoiceError, match="choose from: espeak, hamdel"):
            look(name)


@pytest.mark.parametrize("name", ["/nowhere/at/all", "./", "~/nowhere-at-all", "/etc/passwd"])
def test_a_path_without_a_voice_is_named(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(VoiceError, match=r"voice\.json"):
        load_voice(name)


def test_the_state_of_each_voice_can_be_told_without_loading_it():
    assert {voice_state(name).name for name in CATALOGUE} == {"espeak", "hamdel"}


def test_the_state_of_a_voice_tells_what_it_is(weights):
    write_both(weights)
    state = voice_state("hamdel")
    size = sum(path.stat().st_size for path in weights.rglob("*.onnx"))
    assert (state.languages, state.sample_rate_hz, state.licence) == (("en", "fa"), 22_050, "CC0-1.0")
    assert (state.size_bytes, state.state) == (size, "ready")


def test_a_damaged_file_is_seen_in_the_state(weights):
    write_both(weights)
    (weights / "fa" / "decoder.onnx").write_bytes(b"damaged")
    assert "decoder.onnx is not the file" in voice_state("hamdel").state


def test_without_its_program_espeak_is_not_ready(monkeypatch, tmp_path):
    assert (voice_state("espeak").state == "ready") == (shutil.which("espeak-ng") is not None)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "apt-get install espeak-ng" in voice_state("espeak").state
