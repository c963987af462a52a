import numpy as np
import pytest
from numpy.typing import NDArray

from tts_voices.judging.sound_checks import (
    SoundCheck,
    _k_filters,
    check_sound,
    loudness_lufs,
    summarise,
)
from tts_voices.voice import VoiceError

RATE = 22_050


def _tone(seconds: float, peak: float, frequency: float = 997.0, rate: int = RATE) -> NDArray[np.float64]:
    return peak * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate)


def _silence(seconds: float) -> NDArray[np.float64]:
    return np.zeros(round(seconds * RATE))


def _check(*parts: NDArray[np.float64], phones: int = 0) -> SoundCheck:
    return check_sound(np.concatenate(parts), RATE, phones)


def test_filters_at_48_khz_are_those_of_the_recommendation() -> None:
    # ITU-R BS.1770-4, tables 1 and 2.
    (shelf_above, shelf_below), (pass_above, pass_below) = _k_filters(48_000)
    assert shelf_above == pytest.approx([1.53512485958697, -2.69169618940638, 1.19839281085285], abs=1e-8)
    assert shelf_below == pytest.approx([1.0, -1.69065929318241, 0.73248077421585], abs=1e-8)
    assert pass_above == pytest.approx([1.0, -2.0, 1.0])
    assert pass_below == pytest.approx([1.0, -1.99004745483398, 0.99007225036621], abs=1e-8)


@pytest.mark.parametrize("rate", [16_000, 22_050, 24_000, 48_000])
@pytest.mark.parametrize(("peak", "expected"), [(1.0, -3.01), (0.1, -23.01), (0.01, -43.01)])
def test_loudness_of_a_tone_is_that_of_the_recommendation(rate: int, peak: float, expected: float) -> None:
    assert loudness_lufs(_tone(3, peak, rate=rate), rate) == pytest.approx(expected, abs=0.1)


def test_pauses_do_not_lower_the_loudness() -> None:
    tone = _tone(4, 0.1)
    paused = np.concatenate([tone, _silence(4), tone])
    assert loudness_lufs(paused, RATE) == pytest.approx(loudness_lufs(tone, RATE) or 0, abs=0.3)


def test_low_hum_counts_less_than_speech_does() -> None:
    hum, speech = (loudness_lufs(_tone(2, 0.1, frequency), RATE) for frequency in (25.0, 2_500.0))
    assert hum is not None
    assert speech is not None
    assert hum < speech - 10


def test_sound_shorter_than_a_block_has_a_loudness() -> None:
    assert loudness_lufs(_tone(0.2, 0.1), RATE) == pytest.approx(-23.0, abs=0.5)


def test_loudness_agrees_with_another_implementation() -> None:
    pyloudnorm = pytest.importorskip("pyloudnorm", reason="only in the environment of the voices' training")
    random = np.random.default_rng(1)
    for _ in range(5):
        sound = random.standard_normal(RATE * 5) * np.repeat(random.uniform(0, 0.2, 10), RATE // 2)
        expected = pyloudnorm.Meter(RATE).integrated_loudness(sound)
        assert loudness_lufs(sound, RATE) == pytest.approx(expected, abs=0.2)


def test_silence_has_no_loudness_and_lies_before() -> None:
    check = _check(_silence(1), phones=5)
    assert check.loudness_lufs is None
    assert (check.silence_before_ms, check.silence_after_ms, check.peak) == (1000, 0, 0)
    assert check.ms_per_phone == 0


def test_silence_at_the_ends_and_inside_is_measured() -> None:
    check = _check(_silence(0.1), _tone(1, 0.5), _silence(0.4), _tone(1, 0.5), _silence(0.2), phones=20)
    assert check.silence_before_ms == pytest.approx(100, abs=1)
    assert check.silence_after_ms == pytest.approx(200, abs=1)
    assert check.longest_pause_ms == pytest.approx(400, abs=1)
    assert check.duration_s == pytest.approx(2.7, abs=1e-3)
    assert check.ms_per_phone == pytest.approx(2400 / 20, abs=0.2)


def test_int16_and_floats_measure_alike() -> None:
    tone = _tone(1, 0.5)
    whole = check_sound(np.rint(tone * 32_768).astype(np.int16), RATE)
    assert whole.peak == pytest.approx(0.5, abs=1e-4)
    assert whole.loudness_lufs == pytest.approx(_check(tone).loudness_lufs, abs=1e-3)


@pytest.mark.parametrize("frequency", [80.0, 110.0, 997.0, 5_000.0])
def test_a_loud_tone_is_not_clipped(frequency: float) -> None:
    assert (
        check_sound(np.rint(_tone(1, 0.99, frequency) * 32_768).astype(np.int16), RATE).clipped_samples == 0
    )


@pytest.mark.parametrize("ceiling", [1.0, 0.9, 0.6])
def test_flat_tops_are_clipping_at_any_level(ceiling: float) -> None:
    clipped = np.clip(_tone(0.5, 2.0, 200.0), -ceiling, ceiling)
    assert check_sound(np.rint(clipped * 32_767).astype(np.int16), RATE).clipped_samples > 1_000


def test_one_sample_at_full_scale_is_clipped() -> None:
    sound = _tone(0.5, 0.5)
    sound[100] = 1.0
    assert _check(sound).clipped_samples == 1


def test_what_is_no_number_is_counted_and_the_rest_measured() -> None:
    sound = _tone(1, 0.5)
    sound[[5, 50, 500]] = np.nan, np.inf, -np.inf
    check = _check(sound)
    assert check.not_finite_samples == 3
    assert check.peak == pytest.approx(0.5, abs=1e-3)
    assert check.loudness_lufs is not None


@pytest.mark.parametrize("length", [0, 1, 2, 400])
def test_next_to_nothing_is_measured(length: int) -> None:
    check = check_sound(np.full(length, 0.3, dtype=np.float32), RATE, 3)
    assert check.duration_s == length / RATE
    assert check.clipped_samples == 0


@pytest.mark.parametrize(
    ("samples", "rate"),
    [
        (np.zeros((2, 100), dtype=np.float32), RATE),
        (np.zeros(100, dtype=np.int32), RATE),
        (np.zeros(100, dtype=np.complex64), RATE),
        (np.zeros(100, dtype=np.float32), 0),
        (np.zeros(100, dtype=np.float32), 10**9),
    ],
)
def test_what_is_no_mono_sound_is_refused(samples: NDArray[np.float32], rate: int) -> None:
    with pytest.raises(VoiceError, match="must be"):
        check_sound(samples, rate)


def test_summary_counts_what_breaks_a_limit() -> None:
    good = _check(_silence(0.05), _tone(2, 0.14), _silence(0.05), phones=25)
    late = _check(_silence(0.2), _tone(2, 0.14), phones=25)
    slow = _check(_tone(2, 0.14), _silence(0.9), _tone(2, 0.14), phones=10)
    loud = _check(_tone(2, 0.995), phones=25)
    broken = _check(np.array([np.nan]), phones=1)
    summary = summarise([good, late, slow, loud, broken])
    assert summary.utterances == 5
    assert summary.silence_at_ends_too_long == 1
    assert summary.pause_too_long == 1
    assert summary.pace_out_of_range == 2
    assert summary.loudness_out_of_range == 2
    assert summary.not_finite == 1
    assert summary.empty == 1
    assert summary.peak_out_of_range == 5
    assert summary.clipped == 0
    assert summary.peak.high == pytest.approx(0.995, abs=1e-3)


def test_summary_of_nothing_has_no_figures() -> None:
    summary = summarise([])
    assert summary.utterances == 0
    assert summary.peak.median is None
