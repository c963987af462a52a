from __future__ import annotations

import io
import shutil
import subprocess

import numpy as np
import pytest
import soundfile
import soxr
from numpy.typing import NDArray

from benchmarks.speech_end import SAMPLE_RATE_HZ, NoSpeechError, speech_bounds

Samples = NDArray[np.float32]

pytestmark = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")


def silence(milliseconds: int) -> Samples:
    return np.zeros(milliseconds * SAMPLE_RATE_HZ // 1000, dtype=np.float32)


@pytest.fixture(scope="module", params=["en", "fa"])
def spoken(request: pytest.FixtureRequest) -> Samples:
    """A sentence without the silence around it."""
    text = {"en": "I was angry with my sister all day", "fa": "امروز خیلی خسته هستم و دلم گرفته است"}
    wave = subprocess.run(
        ["espeak-ng", "-v", request.param, "--stdout", text[request.param]], capture_output=True, check=True
    ).stdout
    samples, rate = soundfile.read(io.BytesIO(wave), dtype="float32")
    mono = soxr.resample(samples, rate, SAMPLE_RATE_HZ).astype(np.float32)
    (loud,) = np.nonzero(np.abs(mono) > 0.01)
    return mono[loud[0] : loud[-1] + 1]


def test_bounds_are_those_of_the_speech_and_not_of_the_recording(spoken: Samples) -> None:
    length_ms = len(spoken) * 1000 // SAMPLE_RATE_HZ
    start_ms, end_ms = speech_bounds(np.concatenate((silence(700), spoken, silence(1500))))
    assert abs(start_ms - 700) <= 100
    assert abs(end_ms - (700 + length_ms)) <= 150


def test_more_silence_before_moves_both_bounds_alike(spoken: Samples) -> None:
    near = speech_bounds(np.concatenate((silence(320), spoken, silence(1000))))
    far = speech_bounds(np.concatenate((silence(320 + 960), spoken, silence(1000))))
    assert abs(far[0] - near[0] - 960) <= 32
    assert abs(far[1] - near[1] - 960) <= 32


def test_a_pause_within_speech_is_no_end(spoken: Samples) -> None:
    both = np.concatenate((silence(300), spoken, silence(1200), spoken, silence(800)))
    start_ms, end_ms = speech_bounds(both)
    assert abs(start_ms - 300) <= 100
    assert abs(end_ms - (len(both) * 1000 // SAMPLE_RATE_HZ - 800)) <= 150


def test_the_end_is_not_beyond_a_recording_that_stops_while_somebody_speaks(spoken: Samples) -> None:
    cut = spoken[: SAMPLE_RATE_HZ + 100]
    _, end_ms = speech_bounds(cut)
    assert 900 <= end_ms <= len(cut) * 1000 // SAMPLE_RATE_HZ


def test_a_click_after_the_speech_does_not_move_its_end(spoken: Samples) -> None:
    quiet = np.concatenate((silence(300), spoken, silence(2000)))
    clicked = quiet.copy()
    clicked[-SAMPLE_RATE_HZ : -SAMPLE_RATE_HZ + 80] = 0.9
    assert speech_bounds(clicked) == speech_bounds(quiet)


@pytest.mark.parametrize("length", [0, 1, 511, 16_000])
def test_silence_has_no_bounds(length: int) -> None:
    with pytest.raises(NoSpeechError, match="somebody speaks"):
        speech_bounds(np.zeros(length, dtype=np.float32))


def test_noise_has_no_bounds() -> None:
    noise = np.random.default_rng(7).normal(0, 0.05, 3 * SAMPLE_RATE_HZ).astype(np.float32)
    with pytest.raises(NoSpeechError):
        speech_bounds(noise)


def test_anything_but_one_channel_of_finite_floats_is_refused() -> None:
    for samples in (
        np.zeros((2, 100), dtype=np.float32),
        np.zeros(100, dtype=np.int16),
        np.full(100, np.nan, dtype=np.float32),
    ):
        with pytest.raises(ValueError, match="expected one channel|no finite"):
            speech_bounds(samples)
