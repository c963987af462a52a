import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.outgoing import LONGEST_BACKLOG_BYTES, Outgoing, TooSlowError


async def test_texts_come_out_in_order_and_whoever_waits_is_woken():
    outgoing = Outgoing()
    taken = asyncio.create_task(outgoing.next())
    await asyncio.sleep(0)
    assert not taken.done()
    for text in ("one", "two"):
        outgoing.put(text)
    outgoing.finish()
    assert [await taken, await outgoing.next(), await outgoing.next()] == ["one", "two", None]


async def test_the_backlog_is_bounded_in_bytes_and_what_was_taken_counts_no_more():
    outgoing = Outgoing(longest_backlog_bytes=10)
    outgoing.put("a" * 6)
    outgoing.put("b" * 4)
    with pytest.raises(TooSlowError):
        outgoing.put("c")
    assert await outgoing.next() == "a" * 6
    outgoing.put("d" * 6)
    with pytest.raises(TooSlowError):
        outgoing.put("e")
    assert [await outgoing.next(), await outgoing.next()] == ["b" * 4, "d" * 6]


async def test_the_mark_of_the_end_fits_into_a_full_backlog():
    outgoing = Outgoing(longest_backlog_bytes=1)
    outgoing.put("a")
    outgoing.finish()
    assert [await outgoing.next(), await outgoing.next()] == ["a", None]


# For a client that comes back ------------------------------------------------------------------------


async def everything(outgoing):
    """All that is there to be sent, of a talk in which nothing follows."""
    outgoing.finish()
    return [text async for text in _texts(outgoing)]


async def _texts(outgoing):
    while (text := await outgoing.next()) is not None:
        yield text


async def sent(outgoing, *texts, now_s=0.0):
    for text in texts:
        outgoing.put(text, now_s)
        assert await outgoing.next() == text


async def test_what_was_sent_is_sent_again_from_where_the_client_has_come_to():
    outgoing = Outgoing()
    outgoing.keeping = True
    await sent(outgoing, "1", "2", "3")
    outgoing.detach()
    outgoing.put("4")
    outgoing.attach(1)
    assert await everything(outgoing) == ["2", "3", "4"]


async def test_any_number_that_was_sent_or_waits_is_reached_and_no_other():
    outgoing = Outgoing()
    outgoing.keeping = True
    await sent(outgoing, "1", "2")
    outgoing.put("3")
    assert [number for number in range(-3, 9) if outgoing.reaches(number)] == [0, 1, 2, 3]
    assert not outgoing.reaches(10**400)
    with pytest.raises(ValueError, match="not there"):
        outgoing.attach(4)


async def test_what_is_not_kept_is_forgotten_as_soon_as_it_is_sent():
    outgoing = Outgoing()
    await sent(outgoing, "1", "2")
    assert outgoing.kept_bytes == 0
    assert not outgoing.reaches(1)
    assert outgoing.reaches(2)


async def test_events_stay_for_their_time_after_they_were_sent():
    outgoing = Outgoing(kept_s=30)
    outgoing.keeping = True
    await sent(outgoing, "1", now_s=0)
    await sent(outgoing, "2", now_s=10)
    outgoing.trim(29)
    assert outgoing.reaches(0)
    outgoing.trim(31)
    assert [outgoing.reaches(number) for number in (0, 1)] == [False, True]
    outgoing.trim(1_000)
    assert outgoing.kept_bytes == 0


async def test_while_the_client_is_away_nothing_goes_because_of_its_age():
    outgoing = Outgoing(kept_s=30)
    outgoing.keeping = True
    await sent(outgoing, "1", "2")
    outgoing.detach()
    outgoing.put("3", 500)
    outgoing.trim(1_000)
    outgoing.attach(0)
    assert await everything(outgoing) == ["1", "2", "3"]


async def test_what_waits_for_a_slow_client_never_goes_because_of_its_age():
    outgoing = Outgoing(kept_s=1)
    outgoing.keeping = True
    outgoing.put("1", 0)
    outgoing.put("2", 500)
    assert await everything(outgoing) == ["1", "2"]


async def test_what_is_kept_for_a_client_that_is_away_is_bounded_in_bytes():
    outgoing = Outgoing(longest_backlog_bytes=1_000)
    outgoing.keeping = True
    await sent(outgoing, "0" * 10)
    outgoing.detach()
    for _ in range(10_000):
        outgoing.put("a" * 10)
        assert outgoing.kept_bytes <= 1_000
    assert not outgoing.reaches(1)
    assert not outgoing.reaches(10_001 - 100)  # all that is there would fill the backlog at once
    outgoing.attach(10_001 - 20)
    outgoing.put("b" * 10)
    assert await everything(outgoing) == ["a" * 10] * 20 + ["b" * 10]


async def test_a_client_that_is_back_and_does_not_read_is_too_slow_as_ever():
    outgoing = Outgoing(longest_backlog_bytes=100)
    outgoing.keeping = True
    outgoing.detach()
    for _ in range(9):
        outgoing.put("a" * 10)
    assert not outgoing.reaches(0)
    outgoing.attach(4)
    for _ in range(5):
        outgoing.put("b" * 10)
    with pytest.raises(TooSlowError):
        outgoing.put("c")


async def test_what_was_sent_makes_room_for_what_waits():
    outgoing = Outgoing(longest_backlog_bytes=100)
    outgoing.keeping = True
    await sent(outgoing, "a" * 90)
    outgoing.put("b" * 90)
    assert outgoing.kept_bytes == 90
    assert await everything(outgoing) == ["b" * 90]


async def test_nothing_follows_the_end():
    outgoing = Outgoing()
    outgoing.put("1")
    outgoing.finish()
    outgoing.put("2")
    assert await everything(outgoing) == ["1"]


async def test_one_text_longer_than_the_bound_is_refused():
    with pytest.raises(TooSlowError):
        Outgoing(longest_backlog_bytes=3).put("abcd")


def test_the_usual_bound_holds_two_minutes_of_speech():
    seconds = LONGEST_BACKLOG_BYTES / (24_000 * 2 * 4 / 3)
    assert seconds > 120


@settings(deadline=None, max_examples=200)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("put"), st.integers(0, 40)),
            st.tuples(st.just("read"), st.integers(1, 8)),
            st.tuples(st.just("break"), st.integers(0, 4)),
            st.tuples(st.just("pass"), st.integers(1, 40)),
        ),
        max_size=60,
    )
)
def test_whatever_happens_a_client_sees_each_text_once_or_is_told_that_it_can_not(moves):
    async def play():
        outgoing, seen, put, now_s = Outgoing(longest_backlog_bytes=400), [], 0, 0
        outgoing.keeping = True
        for move, number in moves:
            if move == "put":
                put += 1
                try:
                    outgoing.put(f"{put:03}" + "x" * number, now_s)
                except TooSlowError:
                    return
            elif move == "pass":
                now_s += number
                outgoing.trim(now_s)
            elif move == "read":
                for _ in range(min(number, put - len(seen))):
                    seen.append(int((await outgoing.next())[:3]))
            else:  # the last few that were sent did not arrive
                del seen[len(seen) - number :]
                outgoing.detach()
                if not outgoing.reaches(len(seen)):
                    return
                outgoing.attach(len(seen))
            assert seen == list(range(1, len(seen) + 1))
            assert outgoing.kept_bytes <= 400

    asyncio.run(play())
