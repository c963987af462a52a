import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.playing import Playing


def sent(milliseconds=1_000, at=0.0):
    playing = Playing()
    playing.send(milliseconds, at)
    return playing


def test_nothing_can_be_played_before_it_is_sent():
    assert Playing().played_ms(5_000) == 0


def test_sound_cannot_be_played_sooner_than_it_lasts():
    playing = sent(1_000, at=100)
    assert [playing.played_ms(at) for at in (100, 400, 1_100, 9_000)] == [0, 300, 1_000, 1_000]


def test_after_a_gap_the_sound_begins_anew():
    playing = sent(1_000)
    assert [playing.played_ms(at) for at in (500, 3_000)] == [500, 1_000]
    playing.send(1_000, 3_000)
    assert [playing.played_ms(at) for at in (3_000, 3_500, 4_000)] == [1_000, 1_500, 2_000]


def test_a_stop_ends_it():
    playing = sent(1_000)
    playing.stop(400)
    playing.stop(800)
    assert playing.played_ms(9_000) == 400


def test_a_report_bounds_it_and_goes_on_with_the_time():
    playing = sent(10_000)
    playing.report(500, 1_000)
    assert [playing.played_ms(at) for at in (1_000, 2_000)] == [500, 1_500]
    playing.stop(2_500)
    assert playing.played_ms(9_000) == 2_000


def test_after_the_stop_a_report_can_only_take_away():
    playing = sent(10_000)
    playing.report(500, 1_000)
    playing.stop(2_000)
    playing.report(9_000, 2_100)
    assert playing.played_ms(9_000) == 1_500
    playing.report(700, 2_200)
    assert playing.played_ms(9_000) == 700


def test_a_reply_that_came_to_its_end_is_played_whole_unless_it_is_stopped_at_the_client():
    playing = sent(10_000)
    playing.report(4_000, 9_000)
    playing.complete()
    assert playing.played_ms(10_000) == 10_000
    playing.stop(11_000)
    assert playing.played_ms(12_000) == 6_000


@pytest.mark.parametrize(("told", "played_ms"), [(300, 300), (5_000, 1_000), (0, 0)])
def test_the_client_says_where_it_stopped(told, played_ms):
    playing = sent(1_000)
    playing.complete()
    playing.truncate(told, 5_000)
    assert playing.played_ms(6_000) == played_ms


def test_of_two_ends_the_earlier_counts():
    playing = sent(1_000)
    playing.truncate(300, 1_000)
    playing.truncate(600, 1_100)
    assert playing.played_ms(2_000) == 300


EVENTS = st.lists(
    st.tuples(st.sampled_from(["send", "report", "truncate", "stop", "complete"]), st.integers(0, 4_000)),
    max_size=12,
)


@given(EVENTS, st.lists(st.integers(-500, 3_000), min_size=12, max_size=12))
def test_it_is_never_more_than_any_bound_and_never_grows_after_the_stop(events, steps):
    playing, now, truncated, stopped = Playing(), 0.0, None, None
    for (kind, value), step in zip(events, steps, strict=False):
        now += step
        match kind:
            case "send" if stopped is None:
                playing.send(value, now)
            case "report":
                playing.report(value, now)
            case "truncate":
                playing.truncate(value, now)
                truncated = min(value, truncated) if truncated is not None else value
            case "stop":
                playing.stop(now)
            case "complete" if stopped is None:
                playing.complete()
        played = playing.played_ms(now)
        assert 0 <= played <= playing.sent_ms
        assert truncated is None or played <= truncated
        if playing.stopped and truncated is None:
            assert stopped is None or played <= stopped
            stopped = played
        elif playing.stopped:
            stopped = played
