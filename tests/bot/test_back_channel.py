"""Bursts of made speech, as the real voice activity detector and endpointer find them."""

import io
import subprocess

import numpy as np
import pytest
import soundfile
import soxr

from bot.back_channel import BurstJudge
from bot.endpointing import (
    Endpointer,
    SpeechEnded,
    SpeechLasting,
    SpeechPaused,
    SpeechStarted,
    SpeechSustained,
)
from bot.voice_activity import FRAME_SAMPLES, VoiceActivity, load_voice_activity_model

VOICES = {"en": "en-us", "fa": "fa"}
BACK_CHANNELS = [
    ("en", "yeah"),
    ("en", "uh-huh"),
    ("en", "okay"),
    ("fa", "آره"),
    ("fa", "باشه"),
    ("fa", "اوهوم"),
]
SENTENCES = [
    ("en", "I had a very hard day at work."),
    ("en", "It was not my fault at all."),
    ("fa", "تقصیر من نبود و نمی‌دانم چه کنم."),
    ("fa", "ولی خواهرم اصلا زنگ نزد."),
]


@pytest.fixture(scope="module")
def model():
    return load_voice_activity_model()


def spoken(language, text):
    made = subprocess.run(
        ["espeak-ng", "-v", VOICES[language], "-s", "160", "--stdout", text], capture_output=True, check=True
    )
    samples, rate_hz = soundfile.read(io.BytesIO(made.stdout), dtype="float32")
    return soxr.resample(samples, rate_hz, 16_000)


def cough(seed):
    """Noise that bursts and fades, with the dull spectrum of a throat."""
    chance = np.random.default_rng(seed)
    length = int(16_000 * chance.uniform(0.15, 0.4))
    time = np.arange(length) / 16_000
    envelope = np.minimum(1, time / 0.01) * np.exp(-time / chance.uniform(0.04, 0.12))
    noise = np.convolve(chance.normal(0, 1, length), np.ones(6) / 6, "same")
    return (0.5 * envelope * noise).astype(np.float32)


def judged(model, sound, patience_ms=600):
    """Types of what was found with the time of each, from the onset that the detector sees."""
    quiet = np.random.default_rng(0).normal(0, 5e-4, 16_000 * 3 + len(sound)).astype(np.float32)
    quiet[8_000 : 8_000 + len(sound)] += sound
    frames = quiet[: len(quiet) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    endpointer, judge, found, start_ms = Endpointer(patience_ms=patience_ms), BurstJudge(), [], None
    for frame, probability in zip(
        frames, VoiceActivity(model).probabilities(frames.reshape(-1)), strict=True
    ):
        events = list(endpointer.advance(float(probability)))
        for event in [*events, *judge.advance(frame, float(probability), events)]:
            if isinstance(event, SpeechStarted):
                start_ms = event.start_ms
            found.append((type(event), endpointer.position_ms - (start_ms or 0)))
    return found


@pytest.mark.parametrize(("language", "text"), BACK_CHANNELS)
def test_a_back_channel_is_never_taken_for_speech(model, language, text):
    found = [kind for kind, _ in judged(model, spoken(language, text))]
    assert SpeechStarted in found
    assert SpeechSustained not in found


@pytest.mark.parametrize(("language", "text"), SENTENCES)
def test_a_sentence_holds_the_reply_within_400_ms_and_cuts_it_within_800(model, language, text):
    found = dict(reversed(judged(model, spoken(language, text))))
    assert found[SpeechStarted] <= 200
    assert found[SpeechLasting] <= 400
    assert found[SpeechLasting] < found[SpeechSustained] <= 800


@pytest.mark.parametrize("seed", range(20))
def test_a_cough_does_not_last_long_enough_to_hold_a_reply(model, seed):
    found = [kind for kind, _ in judged(model, cough(seed))]
    assert SpeechLasting not in found
    assert SpeechSustained not in found


def advance(judge, kinds, voiced):
    """Frames of one tone, beside made-up events of the endpointer."""
    frame = np.sin(np.arange(FRAME_SAMPLES) / 3).astype(np.float32)
    return [type(event) for event in judge.advance(frame, 1.0 if voiced else 0.0, kinds)]


def test_what_never_changes_is_speech_only_after_almost_a_second():
    judge = BurstJudge()
    frames = [advance(judge, [SpeechStarted(0)] if number == 2 else [], True) for number in range(40)]
    assert frames[10] == [SpeechLasting]  # 352 ms
    told = [number for number, kinds in enumerate(frames) if SpeechSustained in kinds]
    assert told == [29]  # 960 ms


def test_what_was_said_before_a_pause_counts_half():
    judge = BurstJudge()
    for number in range(20):
        advance(judge, [SpeechStarted(0)] if number == 2 else [], True)
    advance(judge, [SpeechPaused(0, 640)], False)
    frames = [advance(judge, [], True) for _ in range(25)]
    assert [number for number, kinds in enumerate(frames) if SpeechSustained in kinds] == [19]


def test_after_the_end_everything_begins_anew():
    judge = BurstJudge()
    for number in range(20):
        advance(judge, [SpeechStarted(0)] if number == 2 else [], True)
    advance(judge, [SpeechEnded(0, 640, 600, 640)], False)
    assert not any(advance(judge, [], True) for _ in range(40))  # no speech has started


def test_silent_frames_within_a_burst_count_towards_its_length_but_not_as_voice():
    judge = BurstJudge()
    found = []
    for number in range(16):
        found.append(advance(judge, [SpeechStarted(0)] if number == 2 else [], number % 2 == 0 or number < 3))
    first = next(number for number, kinds in enumerate(found) if SpeechLasting in kinds)
    assert first == 12  # the eighth voiced frame: 250 ms of voice are needed as well
