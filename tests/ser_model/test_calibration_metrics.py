import numpy as np
import pytest

from ser_model.calibration_metrics import (
    debiased_calibration_error,
    perfect_calibration_band,
    reliability,
    wilson_interval,
)


def booleans(hits, n):
    return np.arange(n) < hits


def test_error_is_that_of_the_formula_worked_by_hand():
    confidence = np.array([0.5] * 10 + [0.9] * 10)
    right = np.concatenate([booleans(8, 10), booleans(5, 10)])
    by_hand = 0.5 * (0.3**2 - 0.8 * 0.2 / 9) + 0.5 * (0.4**2 - 0.5 * 0.5 / 9)
    assert debiased_calibration_error(confidence, right, bins=2) == pytest.approx(np.sqrt(by_hand))


def test_error_is_none_where_chance_explains_the_distance():
    confidence = np.full(20, 0.6)
    assert debiased_calibration_error(confidence, booleans(13, 20), bins=1) == 0.0


def test_equal_confidences_share_a_bin_so_that_their_order_decides_nothing():
    random = np.random.default_rng(0)
    confidence = np.round(random.uniform(0.2, 1.0, 200), 1)
    right = random.uniform(size=200) < confidence - 0.1
    errors = set()
    for _ in range(5):
        order = random.permutation(200)
        errors.add(round(debiased_calibration_error(confidence[order], right[order]), 12))
    assert len(errors) == 1
    assert len(reliability(np.full(100, 0.5), booleans(50, 100))) == 1


def test_bins_have_equal_mass_and_two_clips_at_least():
    spread = reliability(np.linspace(0.1, 0.9, 105), np.ones(105, dtype=bool))
    assert {each.n for each in spread} == {10, 11}
    tied = np.array([0.1] + [0.2] * 3 + [0.3] * 15 + [0.4])
    assert [each.n for each in reliability(tied, np.ones(20, dtype=bool))] == [4, 16]


def test_too_few_clips_for_the_bins_are_refused():
    with pytest.raises(ValueError, match="20 clips or more, not 19"):
        debiased_calibration_error(np.full(19, 0.5), booleans(9, 19))
    with pytest.raises(ValueError, match="20 clips or more"):
        perfect_calibration_band(np.full(19, 0.5))


def test_square_of_the_error_has_no_bias_before_zero_cuts_it():
    """At a true distance of 0.15 the mean square is that of the distance; the plugin's would be 12 % more."""
    random = np.random.default_rng(1)
    confidence = np.full(400, 0.75)
    confidence += np.linspace(-0.01, 0.01, 400)
    squares = [
        debiased_calibration_error(confidence, random.uniform(size=400) < confidence - 0.15) ** 2
        for _ in range(2_000)
    ]
    plugin = 0.15**2 + 0.6 * 0.4 / 40
    assert np.mean(squares) == pytest.approx(0.15**2, rel=0.02)
    assert np.mean(squares) < 0.9 * plugin


def test_perfectly_calibrated_models_fall_inside_the_band_in_95_percent():
    random = np.random.default_rng(2)
    confidence = random.beta(4, 2, size=300)
    low, high = perfect_calibration_band(confidence)
    errors = np.array(
        [debiased_calibration_error(confidence, random.uniform(size=300) < confidence) for _ in range(3_000)]
    )
    assert low == 0.0
    assert np.mean(errors <= high) == pytest.approx(0.95, abs=0.015)  # 3 standard errors of both simulations
    assert 0.3 < np.mean(errors == 0.0) < 0.7  # debiased: chance alone is as often under as over


def test_overconfident_models_fall_outside_the_band():
    random = np.random.default_rng(3)
    confidence = random.uniform(0.4, 1.0, size=600)
    _, high = perfect_calibration_band(confidence)
    outside = [
        debiased_calibration_error(confidence, random.uniform(size=600) < confidence - 0.12) > high
        for _ in range(300)
    ]
    assert np.mean(outside) > 0.95


def test_band_of_one_bin_is_that_of_the_binomial_distribution():
    """100 clips at 0.5: 95 % of the draws have 40–60 hits, of which the ends are 0.1 off."""
    _, high = perfect_calibration_band(np.full(100, 0.5), bins=1, level=0.95, draws=20_000)
    assert high == pytest.approx(np.sqrt(0.1**2 - 0.6 * 0.4 / 99), abs=0.012)


def test_band_narrows_with_more_clips_and_is_the_same_each_time():
    confidence = np.linspace(0.3, 1.0, 100)
    band = perfect_calibration_band(confidence)
    assert band == perfect_calibration_band(confidence[::-1])
    assert perfect_calibration_band(np.tile(confidence, 20))[1] < 0.4 * band[1]


def test_draws_in_several_chunks_are_the_same_band(monkeypatch):
    confidence = np.linspace(0.3, 1.0, 100)
    whole = perfect_calibration_band(confidence)
    monkeypatch.setattr("ser_model.calibration_metrics._CHUNK", 700)
    assert perfect_calibration_band(confidence) == whole


def test_wilson_interval_has_known_values():
    assert wilson_interval(10, 20) == pytest.approx((0.2993, 0.7007), abs=1e-4)
    assert wilson_interval(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert wilson_interval(10, 10) == pytest.approx((0.7225, 1.0), abs=1e-4)


def test_reliability_bins_say_what_was_measured_and_what_would_be_expected():
    confidence = np.array([0.5] * 10 + [0.9] * 20)
    right = np.concatenate([booleans(2, 10), booleans(18, 20)])
    first, second = reliability(confidence, right, bins=3)
    assert (first.n, first.confidence, first.accuracy) == pytest.approx((10, 0.5, 0.2))
    assert (second.n, second.confidence, second.accuracy) == pytest.approx((20, 0.9, 0.9))
    assert (first.low, first.high) == wilson_interval(2, 10)
    # Quantiles of the binomial distribution of 10 at 0.5 and of 20 at 0.9.
    assert (first.expected_low, first.expected_high) == (0.2, 0.8)
    assert (second.expected_low, second.expected_high) == (0.75, 1.0)
