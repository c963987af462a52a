import pytest

from recommender.metrics import hit, interval, precision


def test_hit_and_precision_count_fitting_techniques():
    assert hit(["a", "b", "c"], ("c",), 3) == 1.0
    assert hit(["a", "b", "c"], ("c",), 2) == 0.0
    assert precision(["a", "b", "c"], ("c", "a"), 3) == pytest.approx(2 / 3)


def test_an_empty_place_does_not_fit():
    assert precision(["a"], ("a",), 3) == pytest.approx(1 / 3)
    assert precision([], ("a",), 3) == 0.0


def test_the_interval_holds_the_mean_and_narrows_with_more_items():
    few, many = interval([0.0, 1.0] * 10), interval([0.0, 1.0] * 1000)
    assert few["low"] < few["mean"] == 0.5 < few["high"]
    assert many["high"] - many["low"] < few["high"] - few["low"]
