import numpy as np
import pytest

from ser_model.risk_coverage import coverage_at_risk, risk_at_coverage, risk_coverage_curve

CONFIDENCE = np.array([0.5, 0.9, 0.8, 0.9, 0.6])
RIGHT = np.array([True, True, False, True, False])


def test_curve_worked_by_hand_answers_equal_confidences_together():
    curve = risk_coverage_curve(CONFIDENCE, RIGHT)
    np.testing.assert_allclose(curve.thresholds, [0.9, 0.8, 0.6, 0.5])
    np.testing.assert_allclose(curve.coverage, [0.4, 0.6, 0.8, 1.0])
    np.testing.assert_allclose(curve.risk, [0.0, 1 / 3, 1 / 2, 2 / 5])


def test_coverage_at_risk_is_the_greatest_even_beyond_a_bad_stretch():
    assert coverage_at_risk(CONFIDENCE, RIGHT, 0.2) == pytest.approx(0.4)
    assert coverage_at_risk(CONFIDENCE, RIGHT, 0.4) == 1.0
    assert coverage_at_risk(CONFIDENCE, ~np.ones(5, dtype=bool), 0.2) == 0.0
    assert coverage_at_risk(CONFIDENCE, np.ones(5, dtype=bool), 0.0) == 1.0


def test_risk_at_coverage_takes_the_surest_that_reach_it():
    assert risk_at_coverage(CONFIDENCE, RIGHT, 0.8) == 0.5
    assert risk_at_coverage(CONFIDENCE, RIGHT, 0.5) == pytest.approx(1 / 3)
    assert risk_at_coverage(CONFIDENCE, RIGHT, 0.1) == 0.0
    assert risk_at_coverage(CONFIDENCE, RIGHT, 1.0) == pytest.approx(0.4)


def test_calibrated_confidence_has_the_risk_that_integration_gives():
    """Confidence spread evenly over 0–1 and meant: over a threshold t the risk is (1 - t) / 2."""
    random = np.random.default_rng(1)
    confidence = random.uniform(size=200_000)
    right = random.uniform(size=200_000) < confidence
    assert risk_at_coverage(confidence, right, 0.4) == pytest.approx(0.2, abs=0.01)
    assert coverage_at_risk(confidence, right, 0.2) == pytest.approx(0.4, abs=0.02)
    assert risk_at_coverage(confidence, right, 1.0) == pytest.approx(0.5, abs=0.01)
