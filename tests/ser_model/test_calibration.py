import numpy as np
import pytest

from ser_model.calibration import (
    Calibration,
    choose,
    cross_validated_loss,
    fit_temperature,
    fit_vector,
    fitted_temperature,
    log_loss,
    softmax,
)


def drawn(shares, seed):
    random = np.random.default_rng(seed)
    return np.array([random.choice(len(row), p=row) for row in shares], dtype=np.intp)


def clips(n, seed=1):
    """Logits that mean what they say, the truth, and speakers of fifty clips each."""
    logits = 1.5 * np.random.default_rng(seed).normal(size=(n, 4))
    return logits, drawn(softmax(logits), seed + 1), [f"s{number // 50}" for number in range(n)]


def test_softmax_with_huge_logits_sums_to_one():
    np.testing.assert_allclose(softmax(np.array([[1e4, 0.0, -1e4]])), [[1.0, 0.0, 0.0]])


def test_higher_temperature_makes_less_certain():
    logits = np.array([2.0, 0.0])
    assert softmax(logits, 4.0).max() < softmax(logits, 1.0).max() < softmax(logits, 0.5).max()


def test_log_loss_is_that_of_the_definition():
    logits = np.log(np.array([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]]))
    assert log_loss(logits, np.array([0, 2])) == pytest.approx(-(np.log(0.5) + np.log(0.1)) / 2)
    assert log_loss(np.array([[1e4, 0.0]]), np.array([1])) == pytest.approx(1e4)


def test_calibration_multiplies_adds_and_keeps_the_shape():
    calibration = Calibration((2.0, 1.0), (0.0, np.log(3.0)))
    logits = np.array([[0.0, 0.0], [np.log(2.0), 0.0]])
    np.testing.assert_allclose(calibration.apply(logits), [[0.25, 0.75], [4 / 7, 3 / 7]])
    np.testing.assert_allclose(calibration.apply(logits[0]), [0.25, 0.75])
    assert not calibration.is_temperature


def test_calibration_of_unequal_lengths_cannot_be_made():
    with pytest.raises(ValueError, match="as many"):
        Calibration((1.0, 1.0), (0.0,))


def test_temperature_finds_back_the_factor_by_which_logits_were_blown_up():
    logits, truth, _ = clips(6_000)
    assert fitted_temperature(3.0 * logits, truth) == pytest.approx(3.0, rel=0.1)
    calibration = fit_temperature(3.0 * logits, truth)
    assert calibration.is_temperature
    np.testing.assert_allclose(calibration.scale, 1 / 3, rtol=0.1)


def test_temperature_has_the_least_loss():
    logits, truth, _ = clips(500)
    best = fitted_temperature(logits, truth)
    losses = [log_loss(logits / (best * factor), truth) for factor in (0.98, 1.0, 1.02)]
    assert min(losses) == losses[1]


def test_temperature_stays_in_its_range_where_all_or_nothing_is_right():
    logits = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert fitted_temperature(logits, np.array([0, 1])) == pytest.approx(0.2)
    assert fitted_temperature(logits, np.array([1, 0])) == pytest.approx(5.0)


def test_vector_scaling_finds_back_factors_and_addends():
    logits, truth, _ = clips(40_000)
    factors, addends = np.array([0.7, 1.0, 1.2, 1.5]), np.array([0.5, 0.0, -0.6, 0.1])
    calibration = fit_vector((logits - addends) / factors, truth)
    np.testing.assert_allclose(calibration.scale, factors, atol=0.06)
    found = np.array(calibration.bias)
    np.testing.assert_allclose(found - found.mean(), addends - addends.mean(), atol=0.06)


def test_vector_scaling_is_the_minimum_of_its_penalised_loss():
    logits, truth, _ = clips(300)
    temperature, pull = fitted_temperature(logits, truth), 4.0

    def penalised(scale, bias):
        change = scale * temperature - 1.0
        return 300 * log_loss(logits * scale + bias, truth) + 0.5 * pull * (change @ change + bias @ bias)

    found = fit_vector(logits, truth, pull=pull)
    scale, bias = np.array(found.scale), np.array(found.bias)
    for small in 1e-3 * np.eye(8):
        there, back = (penalised(scale + sign * small[:4], bias + sign * small[4:]) for sign in (1.0, -1.0))
        assert (there - back) / 2e-3 == pytest.approx(0.0, abs=1e-2)
        assert there + back > 2 * penalised(scale, bias)


def test_strong_pull_leaves_temperature_scaling():
    logits, truth, _ = clips(300)
    close = fit_vector(logits, truth, pull=1e9)
    np.testing.assert_allclose(close.scale, fit_temperature(logits, truth).scale, atol=1e-5)
    np.testing.assert_allclose(close.bias, 0.0, atol=1e-5)


def test_vector_scaling_is_finite_where_classes_are_separable_or_missing():
    logits = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]] * 5)
    calibration = fit_vector(logits, np.array([0, 1] * 5))
    assert np.isfinite([*calibration.scale, *calibration.bias]).all()
    assert calibration.bias[2] < 0.0


def test_fits_are_the_same_each_time():
    logits, truth, speakers = clips(400)
    assert fit_vector(logits, truth) == fit_vector(logits, truth)
    order = np.random.default_rng(0).permutation(400)
    shuffled = cross_validated_loss(
        fit_vector, logits[order], truth[order], [speakers[place] for place in order]
    )
    assert shuffled == pytest.approx(cross_validated_loss(fit_vector, logits, truth, speakers), abs=1e-9)


def test_cross_validation_judges_speakers_with_what_the_others_gave():
    seen = []

    def fit(logits, truth):
        seen.append(set(logits[:, 0].tolist()))
        return Calibration((1.0, 1.0), (0.0, 0.0))

    logits = np.array([[float(number // 2), 0.0] for number in range(6)])
    loss = cross_validated_loss(fit, logits, np.zeros(6, dtype=np.intp), ["a", "a", "b", "b", "c", "c"])
    assert sorted(map(sorted, seen)) == [[0.0, 1.0], [0.0, 2.0], [1.0, 2.0]]
    assert loss == pytest.approx(log_loss(logits, np.zeros(6, dtype=np.intp)))


def test_vector_scaling_is_chosen_where_classes_are_off():
    logits, truth, speakers = clips(2_000)
    assert not choose(logits + np.array([1.0, 0.0, 0.0, -1.0]), truth, speakers).is_temperature


def test_temperature_is_chosen_where_addends_only_fit_single_speakers():
    logits, truth, speakers = clips(400)
    # Each speaker's logits are off in their own way: nothing that holds for the next one can be learnt.
    off = np.random.default_rng(5).normal(size=(8, 4)).repeat(50, axis=0)
    chosen = choose(2.0 * logits + 2.0 * off, truth, speakers)
    assert chosen.is_temperature
    assert chosen.scale[0] < 0.6


def test_one_speaker_gets_a_temperature():
    logits, truth, _ = clips(100)
    assert choose(logits, truth, ["one"] * 100) == fit_temperature(logits, truth)
    with pytest.raises(ValueError, match="two or more"):
        cross_validated_loss(fit_vector, logits, truth, ["one"] * 100)
