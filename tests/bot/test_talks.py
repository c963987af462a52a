import asyncio
import time
from contextlib import ExitStack

import pytest

from bot.outgoing import TooSlowError
from bot.talks import RefusedTalkError, Talks
from bot.tokens import Claims
from bot.used_tokens import UsedTokens


class TalkDouble:
    """Stands for `bot.realtime.Talk`, of which only `restart` is needed here."""

    def __init__(self, error=None):
        self.restarted = 0
        self.error = error

    def restart(self):
        self.restarted += 1
        if self.error is not None:
            raise self.error


def claims(token_id="t", **fields):
    return Claims(token_id=token_id, expires_at=time.time() + 60, **fields)


def refusal(talks, claims):
    with pytest.raises(RefusedTalkError) as caught, talks.place(claims):
        pass
    return caught.value


def test_places_are_counted_and_freed_whatever_happens():
    talks = Talks(most=2, most_per_token=2)
    counted = []

    def break_off():
        with talks.place(claims("b")):
            counted.append(talks.count)
            raise RuntimeError

    with talks.place(claims("a")):
        with pytest.raises(RuntimeError):
            break_off()
        counted.append(talks.count)
    assert [*counted, talks.count] == [2, 1, 0]


def test_more_talks_than_places_are_refused_as_busy():
    talks = Talks(most=1, most_per_token=5)
    with talks.place(claims("a")):
        refused = refusal(talks, claims("b"))
        assert talks.count == 1
    assert (refused.status, refused.close_code, refused.code) == (429, 1013, "session_limit_reached")
    with talks.place(claims("b")):
        pass


def test_a_token_has_no_more_talks_than_it_may_and_others_still_get_in():
    talks = Talks(most=9, most_per_token=1)
    with talks.place(claims("a")):
        refused = refusal(talks, claims("a"))
        with talks.place(claims("b")):
            pass
    assert (refused.status, refused.close_code, refused.code) == (429, 1013, "session_limit_reached")
    with talks.place(claims("a")):
        pass


def test_a_single_use_token_opens_one_talk_even_after_that_is_over():
    talks = Talks(most=9, most_per_token=9)
    with talks.place(claims("once", single_use=True)):
        pass
    refused = refusal(talks, claims("once", single_use=True))
    assert (refused.status, refused.code) == (401, "invalid_token")


def test_a_refused_talk_does_not_use_its_token_up():
    talks = Talks(most=1, most_per_token=9)
    with talks.place(claims("a")):
        refusal(talks, claims("once", single_use=True))
    with talks.place(claims("once", single_use=True)):
        pass


def test_used_tokens_are_remembered_until_they_expire_and_no_longer():
    now = 1_000.0
    clock = [now]
    used = UsedTokens(now=lambda: clock[0])
    talks = Talks(most=9, most_per_token=9, used=used)
    for number in range(100):
        with talks.place(Claims(token_id=f"{number}", single_use=True, expires_at=now + 60)):
            pass
    clock[0] = now + 59
    refusal(talks, Claims(token_id="7", single_use=True, expires_at=now + 60))
    clock[0] = now + 61
    with talks.place(Claims(token_id="new", single_use=True, expires_at=now + 120)):
        assert list(used._used) == ["new"]


async def test_draining_lets_nobody_in_and_waits_for_the_talks_under_way():
    talks = Talks(most=9, most_per_token=9)
    talk = TalkDouble()
    with talks.place(claims("a")), talks.under_way(talk, claims("a")):
        draining = asyncio.create_task(talks.drain(5))
        await asyncio.sleep(0.01)
        refused = refusal(talks, claims("b"))
        assert (talks.draining, talk.restarted, draining.done()) == (True, 1, False)
    async with asyncio.timeout(1):
        await draining
    assert (refused.status, refused.close_code, refused.code) == (503, 1012, "server_restarting")


async def test_draining_gives_up_after_its_time():
    talks = Talks(most=9, most_per_token=9)
    with talks.place(claims("a")), talks.under_way(TalkDouble(), claims("a")):
        async with asyncio.timeout(1):
            await talks.drain(0.05)
        assert talks.count == 1


async def test_draining_without_a_talk_is_over_at_once():
    talks = Talks(most=9, most_per_token=9)
    async with asyncio.timeout(0.5):
        await talks.drain(60)


async def test_a_talk_that_is_over_is_not_told_to_end():
    talks = Talks(most=9, most_per_token=9)
    talk = TalkDouble()
    with talks.place(claims("a")), talks.under_way(talk, claims("a")):
        pass
    await talks.drain(0.01)
    assert talk.restarted == 0


async def test_a_client_that_does_not_read_keeps_no_other_talk_from_ending():
    talks = Talks(most=9, most_per_token=9)
    all_talks = [TalkDouble(TooSlowError()), TalkDouble(TooSlowError()), TalkDouble(), TalkDouble()]
    with talks.place(claims("a")), ExitStack() as running:
        for talk in all_talks:
            running.enter_context(talks.under_way(talk, claims("a")))
        await talks.drain(0.01)
    assert [talk.restarted for talk in all_talks] == [1, 1, 1, 1]
