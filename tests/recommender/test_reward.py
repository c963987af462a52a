import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.reward import reward

MAYBE = st.none() | st.booleans()
NUMBER = st.none() | st.floats()


def test_nothing_known_is_missing_and_not_zero():
    assert reward() == (None, 0.0)
    assert reward(before=5.0) == (None, 0.0)
    assert reward(after=5.0) == (None, 0.0)


def test_what_is_missing_does_not_count_against_what_is_there():
    assert reward(helped=True) == (1.0, 0.5)
    assert reward(chosen=True, helped=True).value == 1.0
    assert reward(chosen=True, helped=False).value == pytest.approx(0.2 / 0.7)


@pytest.mark.parametrize(("after", "value"), [(10, 0.0), (9, 0.0), (5, 0.5), (3, 0.75), (1, 1.0), (0, 1.0)])
def test_relief_counts_by_the_points_that_distress_fell(after, value):
    assert reward(before=5.0, after=after).value == pytest.approx(value)


def test_all_parts_together_are_the_whole_evidence():
    assert reward(chosen=True, helped=True, before=8, after=2) == (pytest.approx(1.0), pytest.approx(1.0))


@given(MAYBE, MAYBE, NUMBER, NUMBER)
def test_a_reward_is_between_0_and_1_whatever_comes(chosen, helped, before, after):
    found = reward(chosen=chosen, helped=helped, before=before, after=after)
    assert 0.0 <= found.evidence <= 1.0
    assert (found.value is None) == (found.evidence == 0.0)
    assert found.value is None or (math.isfinite(found.value) and 0.0 <= found.value <= 1.0)
