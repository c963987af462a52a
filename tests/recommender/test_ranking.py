import math
from collections import Counter
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.ranking import choose
from recommender.suggestions import load_suggestions

ANY = [s for s in load_suggestions() if s.mood == "fear"]


def made(number, *, family="breathing", technique=None, effort=1):
    return replace(
        ANY[0], id=f"x-{number}", family=family, technique=technique or f"t{number}", effort=effort
    )


def test_choice_follows_the_scores():
    candidates = [made(0), made(1), made(2)]
    scores = [math.log(6.0), math.log(3.0), math.log(1.0)]
    random = Random(5)
    first = Counter(choose(candidates, scores, count=1, random=random)[0].suggestion.id for _ in range(4000))
    assert first["x-0"] / 4000 == pytest.approx(0.6, abs=0.03)
    assert first["x-2"] / 4000 == pytest.approx(0.1, abs=0.02)


def test_propensity_is_the_probability_of_the_choice_in_its_place():
    candidates = [made(0), made(1, family="pause")]
    for seed in range(10):
        first, second = choose(candidates, [0.0, math.log(3.0)], count=2, random=Random(seed))
        assert first.propensity == pytest.approx(0.25 if first.suggestion.id == "x-0" else 0.75)
        assert second.propensity == 1.0


def test_the_last_place_brings_a_second_family():
    candidates = [made(n) for n in range(9)] + [made(9, family="pause")]
    scores = [0.0] * 9 + [-50.0]
    for seed in range(20):
        chosen = choose(candidates, scores, count=3, random=Random(seed))
        assert chosen[2].suggestion.family == "pause"
        assert chosen[2].propensity == 1.0


def test_the_last_place_stays_empty_where_one_family_is_left():
    assert len(choose([made(n) for n in range(5)], [0.0] * 5, count=3, random=Random(1))) == 2


def test_a_technique_comes_twice_only_where_nothing_else_is_left():
    twins = [made(0, technique="a"), made(1, technique="a", family="pause")]
    chosen = choose([*twins, made(2, technique="b")], [9.0, 9.0, -9.0], count=2, random=Random(0))
    assert {choice.suggestion.technique for choice in chosen} == {"a", "b"}
    assert len(choose(twins, [0.0, 0.0], count=2, random=Random(0))) == 2


def test_much_effort_is_asked_once_while_there_is_something_easier():
    candidates = [made(0, effort=5), made(1, effort=4, family="pause"), made(2, family="action")]
    for seed in range(20):
        chosen = choose(candidates, [5.0, 5.0, -5.0], count=2, random=Random(seed))
        assert sorted(choice.suggestion.effort >= 4 for choice in chosen) == [False, True]


@given(
    scores=st.lists(st.floats(-700, 700), min_size=0, max_size=30),
    seed=st.integers(0, 2**32),
    count=st.integers(1, 5),
)
def test_choices_are_distinct_and_have_proper_propensities(scores, seed, count):
    candidates = ANY[: len(scores)]
    chosen = choose(candidates, scores, count=count, random=Random(seed))
    assert len({choice.suggestion.id for choice in chosen}) == len(chosen) <= min(count, len(scores))
    assert all(0.0 < choice.propensity <= 1.0 + 1e-12 for choice in chosen)
    if len(chosen) == count > 1:
        assert len({choice.suggestion.family for choice in chosen}) > 1
