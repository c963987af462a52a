import numpy as np
import pytest

from ser_model.metrics import (
    abstention_threshold,
    bootstrap_interval,
    class_figures,
    confusion,
    coverage_and_risk,
    expected_calibration_error,
    macro_f1,
    recall_at_precision,
    renormalised,
    unweighted_average_recall,
)


def integers(*values):
    return np.array(values, dtype=np.intp)


def test_rare_class_counts_as_much_as_a_common_one():
    truth = integers(0, 0, 0, 0, 0, 0, 0, 0, 1, 1)
    predicted = integers(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    assert unweighted_average_recall(truth, predicted, 2) == 0.5


def test_class_that_does_not_occur_takes_no_part_in_the_recall():
    assert unweighted_average_recall(integers(0, 1), integers(0, 1), 5) == 1.0


def test_figures_of_a_class_follow_their_definitions():
    counts = confusion(integers(0, 0, 0, 1), integers(0, 0, 1, 0), 3)
    first, second, never = class_figures(counts)
    assert (first.recall, first.precision, first.f1, first.n) == pytest.approx((2 / 3, 2 / 3, 2 / 3, 3))
    assert (second.recall, second.precision, second.f1, second.n) == (0.0, 0.0, 0.0, 1)
    assert (never.recall, never.precision, never.f1, never.n) == (0.0, 0.0, 0.0, 0)
    assert macro_f1(counts) == pytest.approx(1 / 3)


def test_confident_and_wrong_is_badly_calibrated():
    certain = np.array([[1.0, 0.0]] * 4)
    assert expected_calibration_error(certain, integers(0, 0, 0, 0)) == pytest.approx(0.0)
    assert expected_calibration_error(certain, integers(1, 1, 1, 1)) == pytest.approx(1.0)
    assert expected_calibration_error(certain, integers(0, 0, 1, 1)) == pytest.approx(0.5)


def test_recall_at_precision_worked_by_hand():
    scores = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4])
    truth = np.array([True, True, False, True, False, True])
    assert recall_at_precision(scores, truth, 1.0) == 0.5
    assert recall_at_precision(scores, truth, 0.75) == 0.75
    assert recall_at_precision(scores, truth, 0.6) == 1.0
    assert recall_at_precision(scores, ~truth, 0.9) == 0.0
    assert recall_at_precision(scores, np.zeros(6, dtype=bool), 0.9) == 0.0


def test_equal_scores_are_named_together_whatever_their_order():
    truth = np.array([True, True, False])
    for order in ([0, 1, 2], [2, 1, 0]):
        assert recall_at_precision(np.array([0.5, 0.5, 0.5]), truth[order], 0.9) == 0.0


def test_share_that_classes_have_among_themselves():
    probabilities = np.array([[0.1, 0.3, 0.4, 0.2], [0.0, 0.0, 1.0, 0.0]])
    np.testing.assert_allclose(renormalised(probabilities, [3, 0]), [[2 / 3, 1 / 3], [0.5, 0.5]])


def answers_of(speakers, each, seed):
    """Answers that are right as often as their confidence says, or less for every other speaker."""
    random = np.random.default_rng(seed)
    confidence = random.uniform(0.2, 1.0, size=speakers * each)
    names = [f"s{number // each}" for number in range(speakers * each)]
    return random, confidence, names


def test_threshold_keeps_the_risk_on_the_clips_it_was_chosen_on():
    random, confidence, names = answers_of(10, 300, seed=2)
    right = random.uniform(size=3_000) < confidence
    threshold = abstention_threshold(confidence, right, names, risk=0.2)
    coverage, risk = coverage_and_risk(right, confidence >= threshold)
    assert risk is not None
    assert 0.15 < risk <= 0.2
    assert 0.4 < coverage < 0.6  # from a confidence of 0.6 on, 0.8 are right


def test_threshold_is_higher_where_speakers_differ():
    random, confidence, names = answers_of(10, 300, seed=2)
    draws = random.uniform(size=3_000)
    hard = np.array([int(name[1:]) % 2 == 0 for name in names])
    alike, unlike = draws < confidence - 0.05, draws < confidence - 0.1 * hard
    thresholds = [abstention_threshold(confidence, right, names, risk=0.2) for right in (alike, unlike)]
    assert thresholds[1] > thresholds[0]


def test_nothing_is_answered_where_no_threshold_keeps_the_risk():
    confidence = np.linspace(0.5, 1.0, 100)
    names = ["one", "two"] * 50
    assert abstention_threshold(confidence, np.zeros(100, dtype=bool), names, risk=0.2) == 1.0
    assert coverage_and_risk(np.zeros(3, dtype=bool), np.zeros(3, dtype=bool)) == (0.0, None)


def test_everything_is_answered_where_all_is_right():
    confidence = np.linspace(0.5, 0.9, 100)
    assert abstention_threshold(confidence, np.ones(100, dtype=bool), ["one"] * 100, risk=0.2) == 0.0


def test_interval_over_speakers_is_wider_where_their_clips_are_alike():
    right = np.repeat(np.random.default_rng(4).integers(0, 2, size=10), 50)
    speakers = np.repeat(np.arange(10), 50).tolist()

    def accuracy(places):
        return float(right[places].mean())

    low, high = bootstrap_interval(accuracy, list(range(500)), resamples=300)
    wide_low, wide_high = bootstrap_interval(accuracy, speakers, resamples=300)
    assert wide_low < low < right.mean() < high < wide_high


def test_interval_is_the_same_each_time():
    values = np.arange(20.0)

    def mean(places):
        return float(values[places].mean())

    assert bootstrap_interval(mean, list(range(20))) == bootstrap_interval(mean, list(range(20)))
