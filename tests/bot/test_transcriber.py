"""Needs the model whisper-base in the cache (`python -m bot models fetch`) and espeak-ng."""

from __future__ import annotations

import difflib
import io
import os
import shutil
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from numpy.typing import NDArray

from bot.model_store import ModelMissingError, default_store
from bot.transcriber import ModelFileError, Transcriber
from bot.whisper_encoder import STATES_PER_S

RATE_HZ = 16_000
Samples = NDArray[np.float32]


@pytest.fixture(scope="module")
def model_dir() -> Path:
    try:
        return default_store().path("whisper-base")
    except ModelMissingError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def transcriber(model_dir: Path) -> Transcriber:
    return Transcriber.load(model_dir)


def _say(text: str, voice: str = "en-us") -> Samples:
    espeak = shutil.which("espeak-ng")
    if espeak is None:
        pytest.skip("espeak-ng is not installed")
    command = [espeak, "-v", voice, "-s", "150", "--stdout", text]
    wave = subprocess.run(command, capture_output=True, check=True).stdout
    samples, rate_hz = soundfile.read(io.BytesIO(wave), dtype="float32")
    return np.asarray(soxr.resample(samples, rate_hz, RATE_HZ), dtype=np.float32)


def _likeness(heard: str, said: str) -> float:
    words = [["".join(filter(str.isalnum, word)) for word in text.lower().split()] for text in (heard, said)]
    return difflib.SequenceMatcher(None, *words).ratio()


def _time(length_s: float) -> NDArray[np.float64]:
    return np.arange(int(length_s * RATE_HZ)) / RATE_HZ


def _noise(length_s: float, exponent: float, level: float) -> NDArray[np.float64]:
    count = int(length_s * RATE_HZ)
    frequencies = np.maximum(np.fft.rfftfreq(count, 1 / RATE_HZ), 1.0)
    spectrum = np.fft.rfft(np.random.default_rng(1).standard_normal(count)) / frequencies ** (exponent / 2)
    wave = np.fft.irfft(spectrum, count)
    return level * wave / np.abs(wave).max()


def _chords() -> NDArray[np.float64]:
    time = _time(0.5)
    bars = []
    for root in (220.0, 293.7, 329.6, 220.0, 246.9, 293.7, 196.0, 220.0):
        notes = [root * 2 ** (step / 12) for step in (0, 4, 7)]
        bar = sum(np.sin(2 * np.pi * note * k * time) / k for note in notes for k in range(1, 6))
        bars.append(bar * np.minimum(1, 20 * time) * np.exp(-2 * time))
    return 0.1 * np.concatenate(bars)


def _melody_with_vibrato() -> NDArray[np.float64]:
    time = _time(0.6)
    notes = []
    for pitch in (262.0, 294.0, 330.0, 349.0, 392.0, 330.0):
        phase = 2 * np.pi * np.cumsum(pitch * (1 + 0.01 * np.sin(2 * np.pi * 5.5 * time))) / RATE_HZ
        harmonics = (np.exp(-(((k * pitch - 600) / 300) ** 2)) * np.sin(k * phase) for k in range(1, 12))
        notes.append(sum(harmonics) * np.minimum(1, 10 * time))
    return 0.3 * np.concatenate(notes)


def _keyboard() -> NDArray[np.float64]:
    random = np.random.default_rng(2)
    wave = 0.001 * random.standard_normal(5 * RATE_HZ)
    for start in random.integers(0, len(wave) - 400, 35):
        wave[start : start + 300] += (
            random.uniform(0.05, 0.5) * random.standard_normal(300) * np.exp(-np.arange(300) / 40)
        )
    return wave


def _drums() -> NDArray[np.float64]:
    time = _time(0.25)
    kick = np.sin(2 * np.pi * 60 * time * np.exp(-5 * time)) * np.exp(-20 * time)
    snare = 0.5 * np.random.default_rng(3).standard_normal(len(time)) * np.exp(-40 * time)
    return 0.5 * np.tile(np.concatenate([kick, snare]), 10)


NO_SPEECH: dict[str, Callable[[], NDArray[np.float64]]] = {
    "short silence": lambda: np.zeros(RATE_HZ // 2),
    "silence": lambda: np.zeros(9 * RATE_HZ),
    "long silence": lambda: np.zeros(60 * RATE_HZ),
    "faint white noise": lambda: _noise(5, 0, 0.003),
    "loud white noise": lambda: _noise(5, 0, 0.9),
    "short pink noise": lambda: _noise(0.8, 1, 0.05),
    "pink noise": lambda: _noise(5, 1, 0.3),
    "brown noise": lambda: _noise(5, 2, 0.5),
    "low tone": lambda: 0.3 * np.sin(2 * np.pi * 220 * _time(3)),
    "tone": lambda: 0.3 * np.sin(2 * np.pi * 440 * _time(3)),
    "sweep": lambda: 0.3 * np.sin(2 * np.pi * np.cumsum(np.linspace(100, 6000, 5 * RATE_HZ)) / RATE_HZ),
    "mains hum": lambda: sum(
        (0.2 / k * np.sin(2 * np.pi * 50 * k * _time(5)) for k in range(1, 9)), 0 * _time(5)
    ),
    "ringing": lambda: 0.3 * (np.sin(2760 * _time(4)) + np.sin(3016 * _time(4))) * (_time(4) % 2 < 1),
    "chords": _chords,
    "melody": _melody_with_vibrato,
    "keyboard": _keyboard,
    "drums": _drums,
    "clipped square wave": lambda: 0.9 * np.sign(np.sin(2 * np.pi * 150 * _time(3))),
    "offset": lambda: np.full(2 * RATE_HZ, 0.5),
    "alternating full scale": lambda: np.where(np.arange(3 * RATE_HZ) % 2, 1.0, -1.0),
}


@pytest.mark.parametrize("language", [None, "en", "fa"])
@pytest.mark.parametrize("sound", NO_SPEECH)
def test_nothing_is_heard_where_nobody_speaks(
    transcriber: Transcriber, sound: str, language: str | None
) -> None:
    samples = NO_SPEECH[sound]().astype(np.float32)
    heard = transcriber.transcribe(samples, language=language)
    assert heard.text == ""
    assert heard.confidence == 0.0
    assert heard.language == (language or "en")
    assert heard.duration_ms == len(samples) // 16


@pytest.mark.parametrize(
    "text",
    [
        "I feel sad and alone today.",
        "I am very angry with my brother.",
        "Could you help me to sleep better?",
        "I don't want to go to work tomorrow because I am afraid.",
    ],
)
def test_english_sentence_is_heard_and_recognised_as_english(transcriber: Transcriber, text: str) -> None:
    heard = transcriber.transcribe(_say(text), language=None)
    assert heard.language == "en"
    assert heard.language_probability > 0.8
    assert _likeness(heard.text, text) > 0.6
    assert heard.confidence > 0.4
    assert heard.text == heard.text.strip()


def test_thank_you_is_heard_when_somebody_says_it(transcriber: Transcriber) -> None:
    assert "thank you" in transcriber.transcribe(_say("thank you"), language="en").text.lower()
    in_noise = _say("Thank you.") + _noise(10, 1, 0.02)[: len(_say("Thank you."))].astype(np.float32)
    assert "thank you" in transcriber.transcribe(in_noise, language="en").text.lower()


@pytest.mark.parametrize(
    "text",
    [
        "من امروز خیلی غمگین هستم و گریه کردم",
        "سلام، من از دست برادرم خیلی عصبانی هستم",
        "دیشب نتوانستم بخوابم چون خیلی نگران بودم",
    ],
)
def test_persian_sentence_is_heard_as_persian(transcriber: Transcriber, text: str) -> None:
    heard = transcriber.transcribe(_say(text, "fa"), language=None)
    assert heard.language == "fa"
    letters = [letter for letter in heard.text if letter.isalpha()]
    assert len(letters) > 10
    assert sum("\u0600" <= letter <= "\u06ff" for letter in letters) > 0.8 * len(letters)


def test_quiet_speech_is_heard_like_loud_speech(transcriber: Transcriber) -> None:
    loud = _say("I would like to talk about my mother.")
    quiet = (loud * 0.01).astype(np.float32)
    heard = transcriber.transcribe(quiet, language="en")
    assert _likeness(heard.text, "I would like to talk about my mother.") > 0.8


@pytest.mark.parametrize(
    "spoil",
    [
        lambda samples: np.clip(20 * samples, -1, 1),
        lambda samples: np.clip(0.6 * samples + 0.3, -1, 1),
    ],
    ids=["clipped", "offset"],
)
def test_spoilt_speech_is_still_heard(transcriber: Transcriber, spoil: Callable[[Samples], Samples]) -> None:
    said = "I would like to talk about my mother."
    heard = transcriber.transcribe(spoil(_say(said)).astype(np.float32), language=None).text
    assert _likeness(heard, said) > 0.8


def test_speech_of_one_bit_is_heard_right_or_not_at_all(transcriber: Transcriber) -> None:
    said = "I would like to talk about my mother."
    heard = transcriber.transcribe(np.sign(_say(said)), language=None).text
    assert heard == "" or _likeness(heard, said) > 0.8


def test_monologue_longer_than_the_window_is_heard_to_its_end(transcriber: Transcriber) -> None:
    sentences = (
        "My brother and I had a long argument about the house of our parents.",
        "He said that I never help, and that hurt me very much.",
        "After that I could not sleep for three nights.",
        "At work I made many mistakes, and my boss was angry with me.",
        "Yesterday I walked along the river and watched the birds.",
        "It was quiet there, and I felt a little better.",
        "Now I would like to find a way to speak with him again.",
        "Perhaps I will write him a letter this weekend.",
    )
    pause = np.zeros(RATE_HZ, dtype=np.float32)
    samples = np.concatenate([part for text in sentences for part in (_say(text), pause)])
    assert len(samples) > 32 * RATE_HZ
    heard = transcriber.transcribe(samples, language=None)
    assert heard.language == "en"
    assert heard.duration_ms == len(samples) // 16
    assert _likeness(heard.text, " ".join(sentences)) > 0.7
    assert "letter" in heard.text[-60:]


def test_two_sentences_with_long_silence_between_are_both_heard(transcriber: Transcriber) -> None:
    said = ("I feel sad and alone today.", "I am angry with my brother.")
    samples = np.concatenate([_say(said[0]), np.zeros(30 * RATE_HZ, np.float32), _say(said[1])])
    heard = transcriber.transcribe(samples, language="en")
    assert _likeness(heard.text, " ".join(said)) > 0.7


def test_the_same_utterance_gives_the_same_words_from_many_threads(transcriber: Transcriber) -> None:
    utterances = [_say("I feel sad and alone today."), _say("My heart beats very fast.")] * 4
    with ThreadPoolExecutor(4) as pool:
        heard = list(pool.map(lambda samples: transcriber.transcribe(samples, language="en"), utterances))
    assert heard[:2] * 4 == heard
    assert _likeness(heard[0].text, "I feel sad and alone today.") > 0.7


def test_what_else_may_have_been_said_is_told(transcriber: Transcriber) -> None:
    heard = transcriber.transcribe(_say("I do not want to wake up tomorrow"), language="en")
    assert heard.alternatives
    assert heard.text not in heard.alternatives
    assert "" not in heard.alternatives
    assert len(set(heard.alternatives)) == len(heard.alternatives) <= 2


def test_where_nobody_speaks_nothing_else_may_have_been_said(transcriber: Transcriber) -> None:
    silence = np.zeros(48_000, dtype=np.float32)
    assert transcriber.transcribe(silence, language=None).alternatives == ()


@pytest.mark.parametrize("full_window", [False, True])
def test_encoder_states_of_the_speech_come_before_the_words(
    transcriber: Transcriber, full_window: bool
) -> None:
    samples = _say("I feel sad and alone today.")
    states: list[Samples] = []
    heard = transcriber.transcribe(samples, language="en", full_window=full_window, on_encoded=states.append)
    (of_speech,) = states
    assert of_speech.shape == (len(of_speech), 512)
    assert of_speech.dtype == np.float32
    assert abs(len(of_speech) - len(samples) / RATE_HZ * STATES_PER_S) < 0.3 * STATES_PER_S
    assert np.isfinite(of_speech).all()
    assert of_speech.flags.owndata
    assert heard == transcriber.transcribe(samples, language="en", full_window=full_window)


def test_each_stretch_of_speech_gives_its_states(transcriber: Transcriber) -> None:
    said = (_say("I feel sad and alone today."), _say("I am angry with my brother."))
    samples = np.concatenate([said[0], np.zeros(30 * RATE_HZ, np.float32), said[1]])
    states: list[Samples] = []
    transcriber.transcribe(samples, language="en", on_encoded=states.append)
    assert len(states) == 2
    assert sum(map(len, states)) < 8 * STATES_PER_S


def test_silence_gives_no_states(transcriber: Transcriber) -> None:
    states: list[Samples] = []
    transcriber.transcribe(np.zeros(48_000, np.float32), language=None, on_encoded=states.append)
    assert states == []


@pytest.mark.parametrize("count", [0, 1, 399, 1599])
def test_less_than_a_tenth_of_a_second_is_nothing(transcriber: Transcriber, count: int) -> None:
    assert transcriber.transcribe(np.full(count, 0.1, np.float32), language="fa").text == ""


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(RATE_HZ, np.float64),
        np.zeros(RATE_HZ, np.int16),
        np.zeros((2, RATE_HZ), np.float32),
        np.full(RATE_HZ, np.nan, np.float32),
        np.full(RATE_HZ, np.inf, np.float32),
    ],
)
def test_samples_of_another_kind_are_refused(transcriber: Transcriber, samples: Samples) -> None:
    with pytest.raises(ValueError, match="samples must be"):
        transcriber.transcribe(samples, language="en")


def test_other_language_is_refused(transcriber: Transcriber) -> None:
    with pytest.raises(ValueError, match="language must be"):
        transcriber.transcribe(np.zeros(RATE_HZ, np.float32), language="de")


def test_folder_without_a_model_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"has no model\.bin.*models fetch"):
        Transcriber.load(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["model.bin", "config.json", "tokenizer.json"])
@pytest.mark.parametrize("content", [b"", b"\x00rubbish"])
def test_damaged_file_is_a_clear_error(model_dir: Path, tmp_path: Path, name: str, content: bytes) -> None:
    for path in model_dir.iterdir():
        if path.name != name and not path.name.startswith("."):
            (tmp_path / path.name).symlink_to(path)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelFileError, match=r"cannot be loaded.*models fetch"):
        Transcriber.load(tmp_path)


def test_truncated_weights_are_a_clear_error(model_dir: Path, tmp_path: Path) -> None:
    for path in model_dir.iterdir():
        if path.is_file() and not path.name.startswith("."):
            shutil.copy(path, tmp_path)
    os.truncate(tmp_path / "model.bin", 1_000_000)
    with pytest.raises(ModelFileError, match="cannot be loaded"):
        Transcriber.load(tmp_path)
