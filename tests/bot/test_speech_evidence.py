from __future__ import annotations

import io
import shutil
import subprocess

import numpy as np
import pytest
import soundfile
import soxr
from numpy.typing import NDArray

from bot.speech_evidence import speech_stretches, voice_probabilities
from bot.voice_activity import FRAME_SAMPLES, load_voice_activity_model

RATE_HZ = 16_000
LONGEST = 28 * RATE_HZ
Samples = NDArray[np.float32]


@pytest.fixture(scope="module")
def model() -> object:
    return load_voice_activity_model()


def _say(text: str, voice: str = "en-us") -> Samples:
    espeak = shutil.which("espeak-ng")
    if espeak is None:
        pytest.skip("espeak-ng is not installed")
    wave = subprocess.run([espeak, "-v", voice, "--stdout", text], capture_output=True, check=True).stdout
    samples, rate_hz = soundfile.read(io.BytesIO(wave), dtype="float32")
    return np.asarray(soxr.resample(samples, rate_hz, RATE_HZ), dtype=np.float32)


def _stretches(samples: Samples, model: object) -> list[tuple[int, int]]:
    return speech_stretches(voice_probabilities(samples, model), len(samples), LONGEST)


@pytest.mark.parametrize("gain", [1.0, 0.03, 0.003])
@pytest.mark.parametrize(("voice", "text"), [("en-us", "no"), ("en-us", "thank you"), ("fa", "بله")])
def test_one_word_is_speech_at_any_level(model: object, voice: str, text: str, gain: float) -> None:
    quiet = (_say(text, voice) * gain).astype(np.float32)
    assert len(_stretches(quiet, model)) == 1


def test_click_does_not_hide_a_quiet_voice(model: object) -> None:
    samples = np.pad(_say("I feel alone") * 0.01, (RATE_HZ, 0)).astype(np.float32)
    samples[100:110] = 1.0
    ((first, end),) = _stretches(samples, model)
    assert first > RATE_HZ // 4
    assert end > 2 * RATE_HZ


@pytest.mark.parametrize("level", [1e-4, 0.01, 0.5])
def test_noise_is_no_speech_at_any_level(model: object, level: float) -> None:
    noise = np.random.default_rng(0).normal(0, level, 4 * RATE_HZ).astype(np.float32)
    assert _stretches(noise, model) == []


def test_one_probability_for_each_frame_even_a_started_one(model: object) -> None:
    assert len(voice_probabilities(np.zeros(FRAME_SAMPLES * 3 + 1, np.float32), model)) == 4


def _talk(*lengths_s: float) -> NDArray[np.float32]:
    """Voice and silence in turn, beginning with voice."""
    frames = [round(length * RATE_HZ / FRAME_SAMPLES) for length in lengths_s]
    return np.concatenate([np.full(n, 1.0 - i % 2, np.float32) for i, n in enumerate(frames)])


def test_ordinary_utterance_stays_whole_with_its_pauses() -> None:
    voice = _talk(5, 1, 5)
    assert speech_stretches(voice, len(voice) * FRAME_SAMPLES, LONGEST) == [(0, len(voice) * FRAME_SAMPLES)]


def test_silence_around_the_voice_is_left_out_but_for_a_margin() -> None:
    voice = np.concatenate([_talk(0, 10), _talk(2, 10)])
    ((first, end),) = speech_stretches(voice, len(voice) * FRAME_SAMPLES, LONGEST)
    assert 9 < first / RATE_HZ < 9.9
    assert 12.1 < end / RATE_HZ < 13


def test_long_silence_separates_stretches() -> None:
    voice = _talk(2, 30, 3, 1, 2)
    stretches = speech_stretches(voice, len(voice) * FRAME_SAMPLES, LONGEST)
    assert [round((end - first) / RATE_HZ) for first, end in stretches] == [2, 6]


def test_last_stretch_ends_with_the_recording() -> None:
    voice = _talk(1)
    count = len(voice) * FRAME_SAMPLES - 100
    assert speech_stretches(voice, count, LONGEST) == [(0, count)]


def test_cuts_of_a_monologue_lie_in_pauses_and_nothing_is_lost() -> None:
    voice = _talk(12, 0.5, 13, 0.8, 14, 0.6, 11, 0.7, 9)
    stretches = speech_stretches(voice, len(voice) * FRAME_SAMPLES, LONGEST)
    assert len(stretches) == 3
    assert stretches[0][0] == 0
    assert stretches[-1][1] == len(voice) * FRAME_SAMPLES
    for (_, end), (first, _) in zip(stretches, stretches[1:], strict=False):
        assert end == first
        assert voice[end // FRAME_SAMPLES] == 0.0


def test_voice_without_a_pause_is_cut_all_the_same() -> None:
    voice = _talk(100)
    stretches = speech_stretches(voice, len(voice) * FRAME_SAMPLES, LONGEST)
    assert max(end - first for first, end in stretches) <= LONGEST
    assert sum(end - first for first, end in stretches) == len(voice) * FRAME_SAMPLES


def test_a_few_frames_of_doubtful_voice_are_none() -> None:
    assert speech_stretches(np.full(100, 0.55, np.float32), 100 * FRAME_SAMPLES, LONGEST) == []
    knock = np.zeros(100, np.float32)
    knock[50:53] = 1.0
    assert speech_stretches(knock, 100 * FRAME_SAMPLES, LONGEST) == []
