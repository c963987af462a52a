import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.pace import Pace


def arrivals(pace, gaps_s):
    """When events are read by somebody who waits as told; they come with these gaps, or as soon as read."""
    now_s = 100.0
    for gap_s in gaps_s:
        now_s += gap_s
        yield now_s
        now_s += pace.wait_s(now_s)


def test_a_second_worth_of_events_passes_at_once_and_then_one_by_one():
    pace = Pace(200)
    assert [pace.wait_s(5.0) for _ in range(200)] == [0.0] * 200
    assert pace.wait_s(5.0) == pytest.approx(1 / 200)
    assert pace.wait_s(5.0 + 1 / 200) == pytest.approx(1 / 200)


def test_whoever_keeps_the_pace_never_waits():
    pace = Pace(10)
    assert [pace.wait_s(number / 10) for number in range(1_000)] == [0.0] * 1_000


def test_a_long_quiet_time_saves_up_no_more_than_a_second():
    pace = Pace(10)
    pace.wait_s(0.0)
    assert sum(pace.wait_s(3_600.0) == 0.0 for _ in range(50)) == 10


def test_a_clock_that_steps_back_gives_nothing():
    pace = Pace(10)
    for _ in range(10):
        pace.wait_s(100.0)
    assert pace.wait_s(50.0) == pytest.approx(0.1)


@given(st.lists(st.floats(0, 0.5), min_size=2, max_size=400), st.integers(1, 50))
def test_no_stretch_of_time_holds_more_than_its_share(gaps_s, per_s):
    times = list(arrivals(Pace(per_s), gaps_s))
    for first in range(0, len(times), 7):
        for last in range(first, len(times), 11):
            assert last - first <= per_s * (times[last] - times[first] + 1) + 1e-6
