from __future__ import annotations

import numpy as np
import pytest

from benchmarks.made_coughs import made_cough
from bot.back_channel import BurstJudge
from bot.endpointing import Endpointer, SpeechSustained
from bot.voice_activity import FRAME_SAMPLES, VoiceActivity, load_voice_activity_model

RATE_HZ = 16_000
SEED = 1
HEARD_FRAMES = 3


def heard(sound: np.ndarray) -> tuple[int, bool]:
    """The longest run of frames that the detector takes for a voice, and whether they would cut a reply."""
    quiet = np.random.default_rng(0).normal(0, 5e-4, len(sound) + 2 * RATE_HZ).astype(np.float32)
    quiet[RATE_HZ // 2 : RATE_HZ // 2 + len(sound)] += sound
    frames = quiet[: len(quiet) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    probabilities = VoiceActivity(load_voice_activity_model()).probabilities(frames.reshape(-1))
    endpointer, judge = Endpointer(patience_ms=600), BurstJudge()
    longest = run = 0
    cuts = False
    for frame, probability in zip(frames, probabilities.tolist(), strict=True):
        run = run + 1 if probability > 0.5 else 0
        longest = max(longest, run)
        events = list(endpointer.advance(probability))
        cuts |= any(isinstance(event, SpeechSustained) for event in judge.advance(frame, probability, events))
    return longest, cuts


@pytest.mark.parametrize("voiced", [False, True])
def test_each_cough_is_its_own_and_the_same_in_each_run(voiced: bool) -> None:
    made = [made_cough(number, voiced=voiced, rate_hz=RATE_HZ, seed=SEED) for number in range(20)]
    for number, cough in enumerate(made):
        assert np.array_equal(cough, made_cough(number, voiced=voiced, rate_hz=RATE_HZ, seed=SEED))
        assert 0.1 <= np.abs(cough).max() <= 0.8
        assert 160 <= len(cough) * 1000 / RATE_HZ <= 1_500
    assert len({cough.tobytes() for cough in made}) == 20
    assert not np.array_equal(made[0], made_cough(0, voiced=voiced, rate_hz=RATE_HZ, seed=SEED + 1))


def test_a_cough_bursts_at_once() -> None:
    for number in range(20):
        cough = np.abs(made_cough(number, voiced=number % 2 == 1, rate_hz=RATE_HZ, seed=SEED))
        assert cough[: RATE_HZ // 20].max() > 0.5 * cough.max()


def test_most_that_end_in_a_voice_are_heard_as_one_and_few_would_cut_a_reply() -> None:
    found = [heard(made_cough(number, voiced=True, rate_hz=RATE_HZ, seed=SEED)) for number in range(20)]
    assert sum(longest >= HEARD_FRAMES for longest, _ in found) >= 16
    assert sum(cuts for _, cuts in found) <= 2
