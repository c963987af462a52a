"""Rasa killed at random moments in talks: it goes on where it was, and no turn is lost or doubled.

By default two kills; `HAMDEL_KILLS=10` is the whole test.
"""

import asyncio
import json
import os
import random
from collections import Counter

import pytest

from bot.phrases import Phrases
from bot.settings import ROOT
from dialogue.tracker_file import TrackerFile, TrackerPlaces

KILLS = int(os.environ.get("HAMDEL_KILLS", "2"))
SEED = int(os.environ.get("HAMDEL_KILLS_SEED", "20261121"))
TALKS = 3
TURNS_AFTERWARDS = 2
LONGEST_PAUSE_S = 2.0
SENTENCES = ("I feel sad", "hello", "what can you do", "خیلی ناراحتم", "I had a hard day at work")
WRITTEN = {"output_modalities": ["text"]}
WORD = "zanzibarmarmalade"
PHRASES = Phrases.load(ROOT / "data" / "phrases.json")
EXCUSES = [PHRASES.say("dialogue_down", language) for language in ("en", "fa")]


def kept(stack):
    """What lies on the disk, opened with its key: one record for each talk that has not ended."""
    file = TrackerFile(TrackerPlaces.of(stack._environment), stack._environment)
    try:
        return [json.loads(text) for text in file.texts()]
    finally:
        file.close()


def turns_of(talks):
    return [event for talk in talks for event in talk["events"] if event["event"] == "user"]


@pytest.fixture
def earlier(stack):
    """What gateways that other tests killed have left here: nobody told Rasa that their talks were over."""
    names = {talk["name"] for talk in kept(stack)}
    return lambda talks: [talk for talk in talks if talk["name"] not in names]


def bytes_kept(stack):
    path = TrackerPlaces.of(stack._environment).database
    return b"".join(each.read_bytes() for each in path.parent.glob(f"{path.name}*"))


async def answered(stack, talk, text):
    """Types a turn and asks it again, under its own id, until it has an answer; gives how often."""
    reply, tries = await talk.type(text, 120), 1
    while any(excuse in reply for excuse in EXCUSES):
        await stack.ready()
        await talk.send("response.create")
        reply, tries = await talk.reply(120), tries + 1
    return tries


async def test_no_turn_is_lost_or_doubled_when_rasa_is_killed_at_random(stack, earlier):
    await stack.ready()
    chance = random.Random(SEED)
    over = asyncio.Event()
    said, tries = [], Counter()

    async def talk_on(number):
        left = TURNS_AFTERWARDS
        async with stack.talk(session=WRITTEN) as talk:
            while left:
                left -= over.is_set()
                mark = f"{WORD}{number}x{len(said)}x"
                said.append(mark)
                tries[await answered(stack, talk, f"{chance.choice(SENTENCES)} {mark}")] += 1
                await asyncio.sleep(chance.uniform(0, 0.3))
            ended.release()
            await all_counted.wait()

    async def kill():
        for _ in range(KILLS):
            await asyncio.sleep(chance.uniform(0, LONGEST_PAUSE_S))
            stack.kill("dialogue")
            await stack.ready(dialogue=False)  # else what it was before the kill would count
            stack.start("dialogue")
            await stack.ready()
        over.set()

    async def count():
        for _ in range(TALKS):
            await ended.acquire()
        talks.extend(earlier(await asyncio.to_thread(kept, stack)))
        counted.extend(turns_of(talks))
        assert WORD.encode() not in bytes_kept(stack)
        all_counted.set()

    ended, all_counted = asyncio.Semaphore(0), asyncio.Event()
    counted, talks = [], []
    async with asyncio.TaskGroup() as group:
        for number in range(TALKS):
            group.create_task(talk_on(number))
        group.create_task(kill())
        group.create_task(count())
    found = {mark: sum(mark in event["text"] for event in counted) for mark in said}
    print(f"\n{KILLS} kills, {len(said)} turns in {TALKS} talks; asked so often: {dict(tries)}")
    assert [mark for mark, times in found.items() if times == 0] == []
    assert [mark for mark, times in found.items() if times > 1] == []
    assert len({event["message_id"] for event in counted}) == len(counted)
    assert len(talks) == TALKS
    # Each talk's own turns, and they alone, in the order in which they were said.
    for talk in talks:
        own = [event["text"] for event in talk["events"] if event["event"] == "user"]
        marks = [mark for mark in said if any(mark in text for text in own)]
        assert all(mark in text for mark, text in zip(marks, own, strict=True))
        assert len({mark[len(WORD)] for mark in marks}) == 1


async def test_when_talks_have_ended_nothing_of_them_is_kept(stack, earlier):
    await stack.ready()
    async with stack.talk(session=WRITTEN) as talk:
        await answered(stack, talk, "I feel sad")
        assert turns_of(earlier(await asyncio.to_thread(kept, stack)))
    async with asyncio.timeout(120):  # a client that breaks off may come back for a while
        while earlier(await asyncio.to_thread(kept, stack)):
            await asyncio.sleep(0.1)


async def test_rasa_killed_in_a_crisis_still_knows_of_it(stack):
    def in_danger():
        return [talk for talk in kept(stack) if "kill myself" in json.dumps(talk["events"])]

    await stack.ready()
    async with stack.talk(session=WRITTEN) as talk:
        await talk.type("I want to kill myself tonight.")
        async with asyncio.timeout(60):
            while not await asyncio.to_thread(in_danger):
                await asyncio.sleep(0.1)
        stack.kill("dialogue")
        await stack.ready(dialogue=False)
        stack.start("dialogue")
        await stack.ready()
        await answered(stack, talk, "hello")
        (record,) = await asyncio.to_thread(in_danger)
    slots = {event["name"]: event["value"] for event in record["events"] if event["event"] == "slot"}
    assert slots["crisis"] is True
    assert sum(event["event"] == "user" for event in record["events"]) == 2
