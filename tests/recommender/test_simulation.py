import numpy as np
import pytest

from emotion import MOODS
from recommender.simulated_offers import SimulatedOffers
from recommender.simulation import POLICIES, simulate, summary


@pytest.fixture(scope="module")
def offers():
    random = np.random.default_rng(0)
    return SimulatedOffers(
        families={f"technique {number}": f"family {number % 8}" for number in range(28)},
        moods=np.arange(60) % len(MOODS),
        scores=1.7 * random.normal(size=(60, 28)),
        allowed=random.random((len(MOODS), 11, 2, 28)) < 0.8,
        effort=0.5 * random.random((len(MOODS), 28)),
    )


def run(offers, kind, policy, *, rounds=2000, seed=0):
    return simulate(offers, kind, policy, users=100, rounds=rounds, seed=seed)


def test_a_simulation_is_repeatable(offers):
    once, twice = (run(offers, "drifting", "gated") for _ in range(2))
    np.testing.assert_array_equal(once.benefit, twice.benefit)
    assert once.verdict == twice.verdict


def test_every_policy_meets_the_same_moments(offers):
    best = [
        run(offers, "interactions", policy, rounds=1000).best for policy in ("rules", "fixed_order", "learnt")
    ]
    np.testing.assert_array_equal(best[0], best[1])
    np.testing.assert_array_equal(best[0], best[2])


@pytest.mark.parametrize("kind", ["fits_model", "yes_sayers"])
def test_nobody_does_better_than_who_knows_the_truth(offers, kind):
    found = run(offers, kind, "random_in_mood", rounds=1000)
    assert (found.best >= found.benefit - 1e-12).all()


def test_learning_helps_people_who_are_as_the_model_assumes(offers):
    rules, learnt, gated = (run(offers, "fits_model", policy) for policy in ("rules", "learnt", "gated"))
    assert learnt.benefit.mean() > rules.benefit.mean() + 0.02
    assert gated.on_from == 1000
    assert gated.benefit[1000:].mean() > rules.benefit[1000:].mean() + 0.02


@pytest.mark.parametrize("kind", ["rules_right", "indifferent"])
def test_the_gate_stays_shut_where_there_is_nothing_to_gain(offers, kind):
    gated = run(offers, kind, "gated", rounds=3000)
    assert gated.on_from is None
    assert gated.on_share == 0.0
    assert gated.verdict.reason.startswith("The rules are kept")


def test_for_whom_the_rules_are_right_their_order_is_the_best(offers):
    fixed = run(offers, "rules_right", "fixed_order", rounds=1000)
    np.testing.assert_allclose(fixed.benefit, fixed.best)


def test_what_is_learnt_always_stays_in_its_bounds(offers):
    learnt = run(offers, "fits_model", "learnt").learnt
    features = np.eye(learnt.precision.shape[1])
    assert np.abs(learnt.correction_table(features)).max() <= learnt.learning.bound


def test_the_summary_pairs_policies_by_seed(offers):
    runs = {
        policy: [run(offers, "fits_model", policy, rounds=1000, seed=seed) for seed in range(2)]
        for policy in POLICIES
    }
    figures = summary(runs)
    assert figures["rules"]["over_rules"] == {"mean": 0.0, "low": 0.0, "high": 0.0}
    random = figures["random_in_mood"]
    assert random["over_rules"]["mean"] < 0.0
    assert random["regret"]["mean"] == pytest.approx(random["regret_by_block"][0], abs=0.2)
    assert figures["gate"]["on_from"] == [None, None]
