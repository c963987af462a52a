from collections import Counter
from random import Random

import numpy as np
import pytest

from emotion import MOODS
from recommender import SUGGESTIONS_SHOWN
from recommender.model_card import DEFAULT_DIRECTORY
from recommender.ranking import choose
from recommender.simulated_offers import fill_places, probabilities, read_offers
from recommender.situations import DEFAULT_PATH
from recommender.suggestions import DEFAULT_DIRECTORY as SUGGESTIONS
from recommender.suggestions import load_suggestions

FAMILIES = np.array([0, 0, 0, 1, 2])
SCORES = np.array([2.0, 1.0, 0.5, -1.0, 0.0])


@pytest.fixture(scope="module")
def offers():
    return read_offers(DEFAULT_DIRECTORY, SUGGESTIONS, DEFAULT_PATH)


def test_many_offers_at_once_follow_the_chances_of_the_real_choice():
    one_each = {s.technique: s for s in load_suggestions() if s.mood == "fear" and s.effort < 4}
    made = [
        next(s for s in one_each.values() if s.family == family)
        for family in ("breathing", "thinking", "kindness")
    ]
    same = [s for s in one_each.values() if s.family == "grounding"][:2]
    candidates, families = [*made, *same], np.array([0, 1, 2, 3, 3])
    many = fill_places(np.tile(SCORES, (20_000, 1)), families, np.random.default_rng(0))
    ours = Counter(map(tuple, many.techniques.tolist()))
    random, theirs = Random(0), Counter()
    for _ in range(20_000):
        chosen = choose(candidates, list(SCORES), count=SUGGESTIONS_SHOWN, random=random)
        theirs[tuple(candidates.index(choice.suggestion) for choice in chosen)] += 1
    for offer, count in theirs.items():
        assert ours[offer] / 20_000 == pytest.approx(count / 20_000, abs=0.015)


def test_the_last_place_brings_a_second_family_and_propensities_are_probabilities():
    many = fill_places(np.tile(SCORES, (2000, 1)), FAMILIES, np.random.default_rng(1))
    assert all(len(set(FAMILIES[row])) > 1 for row in many.techniques)
    assert all(len(set(row)) == SUGGESTIONS_SHOWN for row in many.techniques.tolist())
    assert ((many.propensity > 0.0) & (many.propensity <= 1.0)).all()
    chosen = np.take_along_axis(many.open, many.techniques[..., None], axis=2)
    assert chosen.all()


def test_a_place_stays_empty_where_nothing_may_stand():
    scores = np.array([[1.0, 0.0, 0.5, -np.inf, -np.inf], [1.0] + [-np.inf] * 4])
    many = fill_places(scores, FAMILIES, np.random.default_rng(1))
    assert (many.techniques >= 0).tolist() == [[True, True, False], [True, False, False]]


def test_without_chance_the_highest_scores_stand_in_order():
    assert fill_places(SCORES[None], np.arange(5), None).techniques.tolist() == [[0, 1, 2]]


def test_probabilities_of_nothing_are_zero():
    found = probabilities(SCORES[None], np.zeros((1, 5), dtype=bool))
    assert not found.any()


def test_offers_are_those_that_the_suggestions_allow(offers):
    suggestions = load_suggestions()
    names = tuple(offers.families)
    for distress, night, time in ((0, 0, "day"), (5, 1, "night"), (10, 0, "day")):
        for number, mood in enumerate(MOODS):
            expected = {
                s.technique
                for s in suggestions
                if s.mood == mood
                and "general" in s.situation
                and s.time in ("any", time)
                and s.distress_min <= distress <= s.distress_max
            }
            found = {names[place] for place in np.flatnonzero(offers.allowed[number, distress, night])}
            assert found == expected


def test_what_takes_effort_loses_more_when_distress_is_high(offers):
    situation = np.array([0, 0])
    low, high = offers.score(situation, np.array([4.0, 6.0]), np.array([False, False]))
    both = np.isfinite(low) & np.isfinite(high)
    assert both.any()
    assert (low[both] >= high[both]).all()
    assert (low[both] > high[both]).any()
