import numpy as np
import pytest
from speech_like import speech_like

from emotion import UNCLEAR, estimate_from_probabilities
from ser_model.timeline import Timeline, moments

RATE_HZ = 16_000


class LoudnessReader:
    """A double of the detector: the louder the window, the likelier is anger."""

    def __init__(self, threshold=0.0):
        self.threshold = threshold
        self.lengths = []
        self.languages = set()

    def estimate(self, samples, *, language):
        self.lengths.append(len(samples))
        self.languages.add(language)
        anger = float(np.clip(np.sqrt(np.mean(samples**2)) / 0.2, 0.0, 1.0))
        return estimate_from_probabilities(
            {"anger": anger, "sadness": 1.0 - anger},
            modality="speech",
            model="double-1",
            threshold=self.threshold,
            validated=True,
        )


def silence(seconds):
    return np.zeros(int(seconds * RATE_HZ), dtype=np.float32)


def followed(samples, detector=None):
    return list(moments([samples], detector or LoudnessReader(), language="en"))


def test_each_second_is_judged_by_the_three_around_it():
    detector = LoudnessReader()
    found = followed(speech_like(10.0), detector)
    assert [(moment.start_s, moment.end_s) for moment in found] == [(n, n + 1.0) for n in range(10)]
    assert detector.lengths == [32_000, *[48_000] * 8, 32_000]
    assert detector.languages == {"en"}
    assert all(sum(moment.probabilities.values()) == pytest.approx(1.0) for moment in found)


@pytest.mark.parametrize("piece", [160, 16_000, 48_001, 1_000_000])
def test_pieces_of_any_size_give_the_same(piece):
    samples = np.concatenate([speech_like(7.3), silence(5.0), speech_like(4.1, seed=2)])
    pieces = [samples[start : start + piece] for start in range(0, len(samples), piece)]
    assert list(moments(pieces, LoudnessReader(), language="en")) == followed(samples)


def test_moments_come_two_seconds_late():
    timeline = Timeline(LoudnessReader(), language="en")
    voice = speech_like(10.0)
    known = [timeline.hear(voice[start : start + RATE_HZ]) for start in range(0, 5 * RATE_HZ, RATE_HZ)]
    assert [[moment.start_s for moment in part] for part in known] == [[], [], [0.0], [1.0], [2.0]]
    assert [moment.start_s for moment in timeline.finish()] == [3.0, 4.0]
    assert timeline.finish() == []


def test_probabilities_are_weighted_with_their_neighbours():
    class Counter(LoudnessReader):
        def estimate(self, samples, *, language):
            super().estimate(samples, language=language)
            anger = 1.0 if len(self.lengths) == 3 else 0.0
            return estimate_from_probabilities(
                {"anger": anger, "sadness": 1.0 - anger},
                modality="speech",
                model="d",
                threshold=0.0,
                validated=True,
            )

    shares = [moment.probabilities["anger"] for moment in followed(speech_like(6.0), Counter())]
    assert shares == pytest.approx([0.0, 0.25, 0.5, 0.25, 0.0, 0.0])


def test_a_long_silence_is_a_gap_that_nothing_bridges():
    loud, soft = speech_like(5.0, level_db=-14.0), speech_like(5.0, seed=1, level_db=-34.0)
    together = followed(np.concatenate([loud, silence(3.0), soft]))
    alone = followed(np.concatenate([loud, silence(3.0)])), followed(np.concatenate([silence(3.0), soft]))
    gap = [moment for moment in together if moment.probabilities is None]
    assert {moment.label for moment in gap} == {UNCLEAR}
    assert {moment.start_s for moment in gap} >= {5.0, 6.0, 7.0}
    assert together[6].reason == "silent"
    assert together[:5] == alone[0][:5]
    assert [moment.probabilities for moment in together[8:]] == [m.probabilities for m in alone[1][3:]]


def test_a_gate_says_its_reason_and_asks_no_detector():
    detector = LoudnessReader()
    noise = (0.1 * np.random.default_rng(0).standard_normal(5 * RATE_HZ)).astype(np.float32)
    found = followed(noise, detector)
    assert {(moment.label, moment.reason, moment.probabilities) for moment in found} == {
        (UNCLEAR, "noisy", None)
    }
    assert detector.lengths == []


def test_doubt_is_unclear_without_a_reason():
    found = followed(speech_like(4.0), LoudnessReader(threshold=0.99))
    assert {(moment.label, moment.reason) for moment in found} == {(UNCLEAR, None)}
    assert all(moment.probabilities for moment in found)


@pytest.mark.parametrize(
    ("count", "moments_there"), [(0, 0), (16, 0), (1_599, 0), (1_600, 1), (16_000, 1), (24_000, 2)]
)
def test_a_short_recording_has_few_moments(count, moments_there):
    assert len(followed(speech_like()[:count])) == moments_there


def test_the_last_moment_ends_with_the_recording():
    assert followed(speech_like(3.5))[-1].end_s == 3.5


def test_what_is_no_number_is_refused():
    samples = speech_like(4.0)
    samples[30_000] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        followed(samples)


def test_memory_does_not_grow_with_the_length():
    timeline = Timeline(LoudnessReader(), language="en")
    for _ in range(100):
        timeline.hear(speech_like(1.0))
    assert len(timeline._kept) <= 3 * RATE_HZ
