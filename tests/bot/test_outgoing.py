import asyncio

import pytest

from bot.outgoing import LONGEST_BACKLOG_BYTES, Outgoing, TooSlowError


async def test_texts_come_out_in_order_and_whoever_waits_is_woken():
    outgoing = Outgoing()
    taken = asyncio.create_task(outgoing.next())
    await asyncio.sleep(0)
    assert not taken.done()
    for text in ("one", "two", ""):
        outgoing.put(text)
    assert [await taken, await outgoing.next(), await outgoing.next()] == ["one", "two", ""]


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
    outgoing.put("")
    assert [await outgoing.next(), await outgoing.next()] == ["a", ""]


async def test_one_text_longer_than_the_bound_is_refused():
    with pytest.raises(TooSlowError):
        Outgoing(longest_backlog_bytes=3).put("abcd")


def test_the_usual_bound_holds_two_minutes_of_speech():
    seconds = LONGEST_BACKLOG_BYTES / (24_000 * 2 * 4 / 3)
    assert seconds > 120
