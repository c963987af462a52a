from dataclasses import replace

import numpy as np
import pytest

from emotion import MOODS
from recommender.simulated_users import KINDS, Moments, SimulatedUsers

FAMILIES = np.array([0, 0, 1, 1, 2, 2, 3, 3])
ROUNDS, USERS = 4000, 20


def moments(**changes):
    random = np.random.default_rng(0)
    values = {
        "persons": random.integers(0, USERS, ROUNDS),
        "moods": random.integers(0, len(MOODS), ROUNDS),
        "distress": random.uniform(0, 10, ROUNDS),
        "hours": random.integers(0, 24, ROUNDS),
        "rules": random.normal(size=(ROUNDS, len(FAMILIES))),
        "exposure": np.zeros((ROUNDS, len(FAMILIES))),
        "progress": 0.0,
    }
    return Moments(**{**values, **changes})


def people(kind, seed=0):
    return SimulatedUsers(kind, USERS, FAMILIES, seed)


def unexplained(kind):
    """Share of a person-free benefit that no linear model of each technique can explain."""
    asked = moments(rules=np.zeros((ROUNDS, len(FAMILIES))), persons=np.zeros(ROUNDS, dtype=np.int64))
    level = people(kind).benefit(asked)
    level = np.log(level / (1.0 - level))
    rest = level - asked.features @ np.linalg.lstsq(asked.features, level, rcond=None)[0]
    return float(rest.var(axis=0).mean() / level.var(axis=0).mean())


@pytest.mark.parametrize("kind", KINDS)
def test_benefit_is_a_chance_and_repeatable(kind):
    benefit = people(kind).benefit(moments())
    assert benefit.shape == (ROUNDS, len(FAMILIES))
    assert ((benefit > 0.0) & (benefit < 1.0)).all()
    np.testing.assert_array_equal(benefit, people(kind).benefit(moments()))


def test_interactions_are_beyond_a_linear_model_and_the_check_is_not():
    assert unexplained("fits_model") < 1e-9
    assert unexplained("interactions") > 0.5


def test_tastes_drift_and_some_turn_into_their_opposite():
    def at(progress):
        return people("drifting").benefit(moments(progress=progress)).ravel()

    start, before, after, end = (at(progress) for progress in (0.0, 0.499, 0.501, 1.0))
    assert np.corrcoef(start, end)[0, 1] < 0.8
    assert np.abs(before - after).max() > 10 * np.abs(at(0.498) - before).max()


def test_the_rules_order_is_right_where_it_is_said_to_be():
    asked = moments()
    benefit = people("rules_right").benefit(asked)
    np.testing.assert_array_equal(benefit.argsort(axis=1), asked.rules.argsort(axis=1))


def test_nothing_is_better_than_anything_to_the_indifferent():
    assert np.ptp(people("indifferent").benefit(moments())) == 0.0


def test_repetition_tires():
    asked = moments()
    tired = replace(asked, exposure=asked.exposure + 2.0)
    assert (people("yes_sayers").benefit(tired) < people("yes_sayers").benefit(asked)).all()


def answered(kind):
    asked = moments()
    random = np.random.default_rng(3)
    shown = np.argsort(random.random((ROUNDS, len(FAMILIES))), axis=1)[:, :3]
    benefit = people(kind).benefit(asked)
    return shown, benefit, people(kind).answers(asked, shown, benefit, [0, 1])


def test_yes_sayers_take_the_first_and_say_yes():
    _, _, polite = answered("yes_sayers")
    _, _, honest = answered("fits_model")
    assert (polite.chosen == 0).mean() > (honest.chosen == 0).mean() + 0.15
    assert np.nanmean(polite.helped) > 0.8 > np.nanmean(honest.helped)


def test_the_displeased_among_yes_sayers_leave_without_a_word():
    for kind, silent in (("yes_sayers", True), ("fits_model", False)):
        shown, benefit, answers = answered(kind)
        taken = answers.chosen >= 0
        value = benefit[np.arange(ROUNDS), shown[np.arange(ROUNDS), answers.chosen]][taken]
        told = ~np.isnan(answers.helped[taken])
        difference = value[told].mean() - value[~told].mean()
        assert difference > 0.03 if silent else abs(difference) < 0.02


def test_nobody_answers_about_what_they_did_not_take_up():
    _, _, answers = answered("drifting")
    nothing = answers.chosen < 0
    assert nothing.any()
    assert np.isnan(answers.helped[nothing]).all()
    assert np.isnan(answers.after[nothing]).all()
    assert (answers.after[~np.isnan(answers.after)] <= 10.0).all()


def test_an_empty_place_is_never_taken():
    asked = moments()
    shown = np.tile([0, 1, -1], (ROUNDS, 1))
    answers = people("fits_model").answers(asked, shown, people("fits_model").benefit(asked), [0])
    assert set(np.unique(answers.chosen)) == {-1, 0, 1}
