"""Needs the model whisper-base in the cache (`python -m bot models fetch`) and espeak-ng."""

from __future__ import annotations

import io
import shutil
import subprocess

import numpy as np
import pytest
import soundfile
import soxr

from bot.model_store import ModelMissingError, default_store
from bot.speech_encoder import SpeechEncoder, SpeechWindow
from bot.transcriber import ModelFileError, Transcriber
from bot.whisper_encoder import STATES_PER_S

RATE_HZ = 16_000
LAYERS = (2, 4)


@pytest.fixture(scope="module")
def model_dir():
    try:
        return default_store().path("whisper-base")
    except ModelMissingError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def encoder(model_dir):
    return SpeechEncoder.load(model_dir, layers=LAYERS)


@pytest.fixture(scope="module")
def said():
    espeak = shutil.which("espeak-ng")
    if espeak is None:
        pytest.skip("espeak-ng is not installed")
    command = [espeak, "-v", "en-us", "--stdout", "I am angry with my brother."]
    wave = subprocess.run(command, capture_output=True, check=True).stdout
    samples, rate_hz = soundfile.read(io.BytesIO(wave), dtype="float32")
    return np.asarray(soxr.resample(samples, rate_hz, RATE_HZ), dtype=np.float32)


def test_the_recogniser_has_the_same_states_in_a_talk(model_dir, encoder, said):
    silence = np.zeros(RATE_HZ, dtype=np.float32)
    samples = np.concatenate([silence, said, silence])
    heard: list[np.ndarray] = []
    Transcriber.load(model_dir, layers=LAYERS).transcribe(samples, language="en", on_encoded=heard.append)
    states = encoder.encode(samples)
    assert states.shape == (len(states), 2 * 512)
    np.testing.assert_array_equal(states, np.concatenate(heard))
    assert len(states) < (len(samples) / RATE_HZ - 1.0) * STATES_PER_S


def test_layers_are_side_by_side_and_words_stay_the_same(model_dir, said):
    plain, layered = Transcriber.load(model_dir), Transcriber.load(model_dir, layers=(4, 2))
    assert plain.transcribe(said, language="en") == layered.transcribe(said, language="en")
    forth, back = (SpeechEncoder.load(model_dir, layers=order).encode(said) for order in (LAYERS, (4, 2)))
    np.testing.assert_array_equal(forth, np.roll(back, 512, axis=1))
    assert not np.array_equal(forth[:, :512], forth[:, 512:])


@pytest.mark.parametrize("layers", [(0,), (7,), (2, -1)])
def test_other_layers_are_refused(model_dir, layers):
    with pytest.raises(ValueError, match="layers 1 to 6"):
        SpeechEncoder.load(model_dir, layers=layers)
    with pytest.raises(ModelFileError, match="layers 1 to 6"):
        Transcriber.load(model_dir, layers=layers)


def test_what_holds_no_voice_is_encoded_whole(encoder):
    hiss = np.random.default_rng(0).normal(0, 0.01, 3 * RATE_HZ).astype(np.float32)
    assert len(encoder.encode(hiss)) == 3 * STATES_PER_S
    assert len(encoder.encode(hiss[:1])) == 1


def test_long_recordings_without_a_voice_are_encoded_in_parts(encoder):
    assert len(encoder.encode(np.zeros(60 * RATE_HZ, dtype=np.float32))) == 60 * STATES_PER_S


def test_states_are_told_apart_by_the_model(encoder, model_dir):
    assert encoder.sha256 == "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"


@pytest.mark.parametrize("count", [1, 16_000, 200_000, 448_000])
def test_windows_have_an_even_number_of_frames(count):
    window = SpeechWindow(80)
    samples = np.zeros(count, dtype=np.float32)
    short, full = window.short(samples), window.full(samples)
    assert short.shape[:2] == (1, 80)
    assert short.shape[2] % 2 == 0
    assert 800 <= short.shape[2] <= 3_000
    assert full.shape == (1, 80, 3_000)
