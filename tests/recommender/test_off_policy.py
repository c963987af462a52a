from dataclasses import replace

import numpy as np
import pytest

from emotion import MOODS
from recommender.bandit import Learning
from recommender.decisions import FEATURES, DecisionTable, features_of
from recommender.off_policy import compare, pays, policy_probabilities

FAMILIES = {"a": "x", "b": "x", "c": "y", "d": "z"}
COUNT = len(FAMILIES)


def logged(truth, *, decisions=4000, persons=100, seed=0, logging=None):
    """Decisions by rules that know nothing, or by other probabilities; truth: mean reward, (t,)."""
    random = np.random.default_rng(seed)
    rules = random.dirichlet(np.full(COUNT, 4.0), size=decisions)
    by = rules if logging is None else logging(rules)
    technique = (by.cumsum(axis=1) > random.random((decisions, 1))).argmax(axis=1)
    person = random.integers(0, persons, size=decisions)
    own = 0.1 * random.normal(size=persons)
    rewards = np.clip(np.asarray(truth)[technique] + own[person] + 0.2 * random.normal(size=decisions), 0, 1)
    return DecisionTable(
        person=person,
        features=features_of(
            np.full(decisions, MOODS.index("fear")), np.full(decisions, 5.0), np.zeros(decisions, dtype=bool)
        ),
        technique=technique,
        place=np.zeros(decisions, dtype=np.int64),
        propensity=by[np.arange(decisions), technique],
        alternatives=rules,
        reward=rewards,
        evidence=np.ones(decisions),
        day=np.zeros(decisions),
    )


def true_gain(table, corrections, truth):
    learnt = policy_probabilities(table.alternatives, corrections)
    return float(((learnt - table.alternatives) @ np.asarray(truth)).mean())


TRUTH = (0.3, 0.5, 0.5, 0.7)
TOWARDS_D = np.array([-1.0, 0.0, 0.0, 1.0])


def test_corrected_probabilities_are_probabilities_of_the_same_techniques():
    alternatives = np.array([[0.5, 0.5, 0.0, 0.0], [0.25, 0.25, 0.25, 0.25]])
    learnt = policy_probabilities(alternatives, np.tile(1.5 * TOWARDS_D, (2, 1)))
    np.testing.assert_allclose(learnt.sum(axis=1), 1.0)
    np.testing.assert_array_equal(learnt > 0.0, alternatives > 0.0)
    assert learnt[1, 3] > learnt[1, 1] > learnt[1, 0]
    np.testing.assert_allclose(policy_probabilities(alternatives, np.ones((2, 4)), weight=0.0), alternatives)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("predicted", [TRUTH, (0.9, 0.1, 0.5, 0.0)])
def test_both_estimates_hold_the_true_gain_even_with_a_wrong_model(seed, predicted):
    table = logged(TRUTH, seed=seed)
    corrections = np.tile(TOWARDS_D, (len(table), 1))
    found = compare(table, corrections, np.tile(predicted, (len(table), 1)))
    gain = true_gain(table, corrections, TRUTH)
    assert gain > 0.05
    for estimate in (found.snips, found.doubly_robust):
        assert estimate.mean == pytest.approx(gain, abs=0.03)
        assert estimate.low < estimate.mean < estimate.high
    assert (found.persons, found.decisions) == (100, 4000)


def test_what_was_logged_under_another_policy_is_weighed_back():
    def eager(rules):
        return policy_probabilities(rules, np.tile(1.5 * TOWARDS_D, (len(rules), 1)))

    table = logged(TRUTH, logging=eager)
    found = compare(table, np.zeros((len(table), COUNT)), np.full((len(table), COUNT), 0.5))
    assert found.rules.mean == pytest.approx(0.5, abs=0.02)
    assert table.reward.mean() > 0.57
    assert found.snips.mean == pytest.approx(0.0, abs=1e-12)
    assert found.doubly_robust.mean == pytest.approx(0.0, abs=1e-12)


def test_a_perfect_model_narrows_the_doubly_robust_interval():
    table = logged(TRUTH)
    corrections = np.tile(TOWARDS_D, (len(table), 1))
    found = compare(table, corrections, np.tile(TRUTH, (len(table), 1)))
    assert found.doubly_robust.high - found.doubly_robust.low < found.snips.high - found.snips.low


def test_persons_and_not_answers_are_resampled():
    few, many = (logged(TRUTH, persons=persons) for persons in (8, 400))
    widths = []
    for table in (few, many):
        own = np.random.default_rng(5).normal(size=400)[table.person]
        shaken = replace(table, reward=np.clip(0.5 + 0.2 * own * (table.technique == 3), 0.0, 1.0))
        found = compare(shaken, np.tile(TOWARDS_D, (len(table), 1)), np.full((len(table), COUNT), 0.5))
        widths.append(found.snips.high - found.snips.low)
    assert widths[0] > 2 * widths[1]


def test_learning_is_switched_on_where_it_pays():
    verdict = pays(logged(TRUTH), FAMILIES)
    assert verdict.pays
    assert verdict.reason.startswith("Learning is on")
    assert verdict.comparison.doubly_robust.low > 0.0


@pytest.mark.parametrize("seed", range(20))
def test_the_rules_are_kept_where_nothing_differs(seed):
    verdict = pays(logged((0.5,) * COUNT, seed=seed), FAMILIES, seed=seed)
    assert not verdict.pays
    assert verdict.reason.startswith("The rules are kept, since a gain is not certain")


@pytest.mark.parametrize(("decisions", "persons"), [(400, 100), (4000, 20)])
def test_the_rules_are_kept_while_too_few_answered(decisions, persons):
    verdict = pays(logged(TRUTH, decisions=decisions, persons=persons), FAMILIES)
    assert not verdict.pays
    assert verdict.comparison is None
    assert "too few" in verdict.reason


def test_no_feedback_at_all_keeps_the_rules():
    table = logged(TRUTH)
    nothing = replace(table, reward=np.full(len(table), np.nan))
    assert not pays(nothing, FAMILIES).pays


def test_rows_that_cannot_be_weighed_are_left_out():
    table = logged(TRUTH)
    damaged = table.alternatives.copy()
    damaged[0] = np.nan
    damaged[1] = 2.0
    damaged[2] = 0.0
    damaged[3] = np.eye(COUNT)[(table.technique[3] + 1) % COUNT]
    damaged[4, 0] = -damaged[4, 0]
    verdict = pays(replace(table, alternatives=damaged), FAMILIES)
    assert verdict.comparison.decisions == len(table) - 5


def test_the_same_log_gives_the_same_verdict():
    assert pays(logged(TRUTH), FAMILIES) == pays(logged(TRUTH), FAMILIES)


def test_persons_are_judged_by_what_others_taught():
    # Each person has one favourite; what one teaches is worth nothing to the others, but would look like a
    # gain to whoever learnt from the very people it is judged by.
    random = np.random.default_rng(1)
    table = logged((0.5,) * COUNT, persons=60)
    favourite = random.integers(0, COUNT, size=60)[table.person]
    of_mood = np.eye(len(FEATURES))[1 + table.person % 6]
    of_mood[:, 0] = 1.0
    selfish = replace(table, features=of_mood, reward=np.where(table.technique == favourite, 0.9, 0.3))
    eager = Learning(family_spread=1.0, technique_spread=1.0)
    assert not pays(selfish, FAMILIES, eager).pays
