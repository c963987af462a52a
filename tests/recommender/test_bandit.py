import math
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotion import MOODS
from recommender.bandit import Learning, LearntPreferences, PersonalPreferences, corrected
from recommender.decisions import Context, Decision, DecisionTable
from recommender.ranking import choose
from recommender.suggestions import DEFAULT_DIRECTORY, load_suggestions
from recommender.vocabulary import read_vocabulary

FAMILIES = {name: row.family for name, row in read_vocabulary(DEFAULT_DIRECTORY).techniques.items()}
TECHNIQUES = tuple(FAMILIES)
BOUND = Learning().bound
FEAR = Context("fear", 6.0, False)
FEARFUL = [suggestion for suggestion in load_suggestions() if suggestion.mood == "fear"]
HOSTILE = st.one_of(
    st.floats(0.0, 1.0),
    st.sampled_from([math.nan, math.inf, -math.inf, -1.0, 0.0, 1e308, -1e308, 5e-324, 1e-12, 1e18]),
)


def decision(technique, reward, *, context=FEAR, person="p", place=0, propensity=0.1, evidence=1.0, day=0.0):
    alternatives = {name: 1.0 / len(TECHNIQUES) for name in TECHNIQUES}
    return Decision(person, context, place, technique, propensity, alternatives, reward, evidence, day)


def table(*decisions):
    return DecisionTable.of(decisions, TECHNIQUES)


def taught(*decisions):
    preferences = LearntPreferences(FAMILIES)
    preferences.learn(table(*decisions))
    return preferences


def liked(name, *, times=30, **changes):
    others = [other for other in TECHNIQUES if other != name]
    return [decision(name, 1.0, **changes) for _ in range(times)] + [
        decision(others[number % len(others)], 0.7, **changes) for number in range(10 * times)
    ]


def test_without_feedback_nothing_is_corrected():
    assert set(LearntPreferences(FAMILIES).corrections(FEAR).values()) == {0.0}


def test_what_helped_rises_above_what_did_not():
    corrections = taught(*liked("worry_time")).corrections(FEAR)
    assert max(corrections, key=corrections.get) == "worry_time"
    assert 0.0 < corrections["worry_time"] <= BOUND


def test_the_family_of_what_helped_rises_a_little():
    rows = [decision("slow_breathing", 1.0) for _ in range(30)] + [
        decision("time_out", 0.2) for _ in range(30)
    ]
    corrections = taught(*rows).corrections(FEAR)
    assert corrections["slow_breathing"] > corrections["breath_awareness"] > corrections["small_task"]


def test_little_feedback_moves_little():
    few, many = (taught(*liked("worry_time", times=times)).corrections(FEAR) for times in (1, 40))
    assert 0.0 < few["worry_time"] < many["worry_time"] / 2


def test_what_is_learnt_in_one_mood_counts_less_in_another():
    preferences = taught(*liked("worry_time"))
    away = preferences.corrections(Context("anger", 6.0, False))["worry_time"]
    assert 0.0 < away < preferences.corrections(FEAR)["worry_time"]


def test_people_who_like_everything_teach_nothing():
    preferences = taught(*[decision(name, 1.0) for name in TECHNIQUES for _ in range(20)])
    assert max(map(abs, preferences.corrections(FEAR).values())) < 0.05


def test_the_first_place_is_no_merit():
    random = np.random.default_rng(0)
    rows = []
    for _ in range(3000):
        place = int(random.integers(0, 3))
        technique = TECHNIQUES[int(random.integers(0, 14)) + (0 if place == 0 else 14)]
        # Half of those who stand first are taken, whatever stands there; the same technique never does both.
        rows.append(decision(technique, 0.8 if place == 0 else 0.2, place=place))
    corrections = taught(*rows).corrections(FEAR)
    assert max(map(abs, corrections.values())) < 0.2


def test_old_feedback_is_forgotten():
    early = liked("worry_time", day=0.0)
    late = liked("small_task", day=720.0)
    preferences = taught(*early)
    preferences.learn(table(*late))
    corrections = preferences.corrections(FEAR)
    assert corrections["small_task"] > 10 * abs(corrections["worry_time"])


def test_learning_day_by_day_gives_what_learning_at_once_gives():
    days = [liked("worry_time", times=5, day=float(day)) for day in range(4)]
    at_once = taught(*[row for day in days for row in day])
    daily = LearntPreferences(FAMILIES)
    for day in days:
        daily.learn(table(*day))
    np.testing.assert_allclose(daily.precision, at_once.precision)
    np.testing.assert_allclose(daily.places, at_once.places)


def test_feedback_that_comes_late_is_as_old_as_it_is():
    preferences = taught(decision("worry_time", 1.0, day=100.0))
    preferences.learn(table(decision("worry_time", 1.0, day=10.0)))
    assert preferences.day == 100.0
    assert preferences.places[0, 0] == pytest.approx(1.0 + 0.5 ** (90.0 / Learning().half_life_days))


def test_rare_choices_count_more_up_to_a_limit():
    def weight(propensity):
        return taught(decision("worry_time", 1.0, propensity=propensity)).places[0, 0]

    assert weight(0.05) == pytest.approx(2 * weight(0.1))
    assert weight(1e-9) == weight(5e-324) == pytest.approx(Learning().largest_weight)


def test_a_person_who_differs_is_served_by_what_helped_them():
    population = taught(*liked("worry_time"))
    own = PersonalPreferences.none().learnt(
        table(*[decision("gratitude", 1.0) for _ in range(15)], decision("worry_time", 0.0)), population
    )
    general, personal = population.corrections(FEAR), population.corrections(FEAR, own)
    assert personal["gratitude"] > general["gratitude"] + 0.1
    assert personal["worry_time"] < general["worry_time"]


def test_one_answer_of_a_person_moves_little():
    population = LearntPreferences(FAMILIES)
    own = PersonalPreferences.none().learnt(table(decision("gratitude", 1.0)), population)
    assert 0.0 < population.corrections(FEAR, own)["gratitude"] < 0.4


def test_personal_preferences_of_techniques_that_are_gone_do_not_count():
    own = PersonalPreferences({"gone": 5.0}, {"gone": 5.0}, day=1.0)
    assert not own.advantages(LearntPreferences(FAMILIES)).any()


rows = st.builds(
    decision,
    st.sampled_from([*TECHNIQUES, "gone"]),
    st.none() | HOSTILE,
    context=st.builds(
        Context, st.sampled_from([*MOODS, "grief"]), st.none() | HOSTILE, st.none() | st.booleans()
    ),
    place=st.integers(),
    propensity=HOSTILE,
    evidence=HOSTILE,
    day=HOSTILE,
)


@settings(max_examples=100, deadline=None)
@given(st.lists(rows, max_size=30), st.sampled_from(MOODS), st.none() | HOSTILE)
def test_corrections_stay_in_bounds_whatever_is_learnt(learnt, mood, distress):
    preferences = taught(*learnt)
    own = PersonalPreferences.none().learnt(table(*learnt), preferences)
    for personal in (None, own):
        corrections = preferences.corrections(Context(mood, distress), personal)
        assert set(corrections) == set(TECHNIQUES)
        assert all(-BOUND <= value <= BOUND for value in corrections.values())


def test_corrections_stay_in_bounds_over_ten_thousand_hostile_updates():
    random = Random(4)
    strange = (math.nan, math.inf, -math.inf, -1.0, -1e308, 1e308, 5e-324, 0.0, None)

    def number(likely):
        return random.choice(strange) if random.random() < 0.3 else likely

    preferences, own, used = LearntPreferences(FAMILIES), PersonalPreferences.none(), 0
    for update in range(10_000):
        row = decision(
            random.choice(TECHNIQUES),
            number(random.choice((0.0, 1.0))),
            context=Context(random.choice(MOODS), number(10 * random.random()), random.random() < 0.5),
            place=random.choice((0, 1, 2, 19, -5, 10**9)),
            propensity=number(10.0 ** -random.uniform(0, 12)) or 0.0,
            evidence=number(random.random()) or 0.0,
            day=number(update / 50) or 0.0,
        )
        one = table(row)
        used += preferences.learn(one)
        if update % 20 == 0:
            own = own.learnt(one, preferences)
            for value in preferences.corrections(row.context, own).values():
                assert -BOUND <= value <= BOUND
    assert used > 1000
    assert max(map(abs, preferences.corrections(FEAR).values())) > 0.0


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(TECHNIQUES), st.floats(-BOUND, BOUND)), st.integers(0, 10**6))
def test_a_correction_never_changes_what_may_be_shown(corrections, seed):
    random = Random(seed)
    scores = [random.gauss(0.0, 3.0) for _ in FEARFUL]
    techniques = [suggestion.technique for suggestion in FEARFUL]
    moved = corrected(scores, techniques, corrections)
    assert len(moved) == len(scores)
    assert all(abs(after - before) <= BOUND + 1e-9 for before, after in zip(scores, moved, strict=True))
    for shown in (
        choose(FEARFUL, scores, count=3, random=Random(seed)),
        choose(FEARFUL, moved, count=3, random=Random(seed)),
    ):
        assert all(0.0 < choice.propensity <= 1.0 for choice in shown)
        assert {choice.suggestion.id for choice in shown} <= {suggestion.id for suggestion in FEARFUL}
        assert len(shown) == 3
        assert len({choice.suggestion.family for choice in shown}) > 1


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.sampled_from(TECHNIQUES), st.floats(-BOUND, BOUND)), st.integers(0, 10**6))
def test_odds_move_by_no_more_than_the_bound_allows(corrections, seed):
    random = Random(seed)
    scores = [random.gauss(0.0, 3.0) for _ in FEARFUL]

    def propensities(values):
        found = {}
        for draw in range(40):
            first = choose(FEARFUL, values, count=1, random=Random(draw))[0]
            found[first.suggestion.id] = first.propensity
        return found

    before = propensities(scores)
    after = propensities(corrected(scores, [s.technique for s in FEARFUL], corrections))
    for name in before.keys() & after.keys():
        assert math.exp(-2 * BOUND) - 1e-9 <= after[name] / before[name] <= math.exp(2 * BOUND) + 1e-9


def test_a_weight_of_zero_leaves_the_rules_alone():
    assert corrected([1.0, 2.0], ["a", "b"], {"a": 1.5, "b": -1.5}, weight=0.0) == [1.0, 2.0]
    assert corrected([1.0, 2.0], ["a", "new"], {"a": 1.5}, weight=0.5) == [1.75, 2.0]


def test_statistics_are_the_same_whatever_the_person():
    one = taught(decision("worry_time", 1.0, person="a"))
    other = taught(replace(decision("worry_time", 1.0), person="b"))
    np.testing.assert_array_equal(one.precision, other.precision)


def test_all_techniques_are_corrected_without_solving_anything_anew(monkeypatch):
    preferences = taught(*liked("worry_time"))
    expected = preferences.corrections(FEAR)

    def refused(*arguments, **names):
        raise AssertionError("the coefficients are computed while learning, not while answering")

    monkeypatch.setattr("recommender.bandit.posterior_means", refused)
    assert preferences.corrections(FEAR) == expected
