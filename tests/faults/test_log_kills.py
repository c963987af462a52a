"""Gateway and action server killed at random moments: what was answered stands in the log, once.

By default two kills of each; `HAMDEL_KILLS=50` is the whole test.
"""

import asyncio
import os
import random
import re
from collections import Counter
from datetime import UTC, datetime

import httpx
import pyotp
import pytest
from stack import Stack
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from review.accounts import By, create_account, enrol
from review.assignment_queries import assign
from review.passwords import hash_password
from review.roles import User
from session_log import SessionLog
from session_log.care_events import NoteWritten
from session_log.events import ReplyGiven, TurnHeard
from session_log.location import LogPlaces
from session_log.reader import reading
from session_log.verify import verify

KILLS = int(os.environ.get("HAMDEL_KILLS", "2"))
SEED = int(os.environ.get("HAMDEL_KILLS_SEED", "20261121"))
LONGEST_PAUSE_S = 2.0
WRITTEN = {"output_modalities": ["text"]}
CONSENTS = ("talk", "emotion", "store_text", "share")
CLINIC, PASSWORD, SECRET = "clinic-1", "a long password for tests", pyotp.random_base32(32)
SENTENCES = ("I feel sad", "hello", "خیلی ناراحتم", "I had a hard day at work")


@pytest.fixture
def own(stack, tmp_path):
    """A gateway of one's own with a therapist who may see everybody here; Rasa and actions are shared."""
    server = Stack(tmp_path, share=stack)
    with SessionLog.open(server.database) as log:
        by = By("operator", "operator", datetime.now(UTC))

        def admit(transaction):
            therapist = create_account(transaction, "tara", "therapist", CLINIC, by)
            enrol(transaction, therapist, hash_password(PASSWORD), SECRET, ["AAAAA-BBBBB"], by)

        log.perform(admit).result(30)
    yield server
    server.end()


async def sign_in(server):
    """A therapist's browser."""
    browser = httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{server.ports['gateway']}", timeout=30, trust_env=False
    )
    page = await browser.get("/review/sign-in")
    form = {"csrf": token_of(page.text), "login": "tara", "password": PASSWORD}
    page = await browser.post("/review/sign-in", data=form)
    page = await browser.get("/review/second-factor")
    form = {"csrf": token_of(page.text), "code": pyotp.TOTP(SECRET).now()}
    answer = await browser.post("/review/second-factor", data=form)
    assert answer.status_code == 303
    return browser


def token_of(page):
    return re.search(r'name="csrf" value="([^"]+)"', page)[1]


def let_see(server, person):
    """Assigns a person to the therapist, while no gateway runs."""
    operator = User("operator", "operator", "administrator", None, session="")
    with SessionLog.open(server.database) as log:
        find = "SELECT account FROM review_accounts WHERE login = 'tara'"

        def job(transaction):
            (therapist,) = transaction.database.execute(find).fetchone()
            assign(transaction, operator, person, therapist, datetime.now(UTC))

        log.perform(job).result(30)


async def talk_on(server, chance, said):
    """Types until the gateway dies; notes each turn that was answered."""
    try:
        async with server.talk(session=WRITTEN, grants=CONSENTS, token=token_for(server)) as talk:
            while True:
                mark = f"mark{len(said)}x{chance.randrange(10**9)}x"
                await talk.type(f"{chance.choice(SENTENCES)} {mark}", 120)
                said.append(mark)
    except (ConnectionClosed, InvalidHandshake, OSError):
        return


def token_for(server):
    return server.token(lifetime_s=3600, sub="person-1", clinic=CLINIC)


async def write_notes(browser, talk_id, chance, written):
    """Writes notes until the gateway dies; keeps each that was taken."""
    try:
        while True:
            page = await browser.get(f"/review/sessions/{talk_id}")
            mark = f"note{len(written)}x{chance.randrange(10**9)}x"
            form = {"csrf": token_of(page.text), "text": mark}
            answer = await browser.post(f"/review/sessions/{talk_id}/notes", data=form)
            assert answer.status_code == 303, answer.text
            written.append(mark)
    except httpx.TransportError:
        return


def stored(server):
    """Turns, replies by turn, and notes in the log, after what the last gateway left was written."""
    with SessionLog.open(server.database) as log:
        assert log.flush(60)
        health = log.health()
        assert (health.spooled, health.refused, health.dropped) == (0, 0, 0)
    with reading(server.database) as reader:
        talks = [reader.events(talk.talk_id) for talk in reader.talks(100_000)]
    turns = [event for talk in talks for event in talk if isinstance(event, TurnHeard)]
    replies = Counter(event.turn_id for talk in talks for event in talk if isinstance(event, ReplyGiven))
    notes = [event.text for talk in talks for event in talk if isinstance(event, NoteWritten)]
    return turns, replies, notes


async def test_what_was_answered_is_in_the_log_once_however_often_the_gateway_is_killed(own, stack):
    await stack.ready()
    chance = random.Random(SEED)
    said, written = [], []
    own.start("gateway")
    await own.ready()
    async with own.talk(session=WRITTEN, grants=CONSENTS, token=token_for(own)) as talk:
        await talk.type("I feel sad")
    own.kill("gateway")
    turns, _, _ = await asyncio.to_thread(stored, own)
    await asyncio.to_thread(let_see, own, "person-1")
    browser = None
    for _ in range(KILLS):
        own.start("gateway")
        await own.ready()
        browser = browser or await sign_in(own)
        async with asyncio.TaskGroup() as group:
            group.create_task(talk_on(own, chance, said))
            group.create_task(write_notes(browser, turns[0].talk_id, chance, written))
            await asyncio.sleep(chance.uniform(0, LONGEST_PAUSE_S))
            own.kill("gateway")
    await browser.aclose()
    turns, replies, notes = await asyncio.to_thread(stored, own)
    print(f"\n{KILLS} kills of the gateway: {len(said)} turns answered, {len(written)} notes taken")
    texts = [turn.text for turn in turns]
    assert {mark: sum(mark in text for text in texts) for mark in said} == dict.fromkeys(said, 1)
    assert Counter(notes) >= Counter(written)
    assert max(Counter(notes).values(), default=1) == 1
    assert max(Counter(turn.turn_id for turn in turns).values()) == 1
    assert max(replies.values()) == 1
    assert verify(LogPlaces.of(own.database)) == []


async def test_no_record_is_lost_or_doubled_when_the_action_server_is_killed(own, stack):
    await stack.ready()
    chance = random.Random(SEED)
    own.start("gateway")
    await own.ready()
    said = []
    async with own.talk(session=WRITTEN, grants=CONSENTS, token=token_for(own)) as talk:
        for _ in range(KILLS):
            await stack.ready()

            async def kill():
                await asyncio.sleep(chance.uniform(0, 0.3))
                stack.kill("actions")

            async with asyncio.TaskGroup() as group:
                group.create_task(kill())
                for _ in range(3):
                    mark = f"mark{len(said)}x{chance.randrange(10**9)}x"
                    await talk.type(f"{chance.choice(SENTENCES)} {mark}", 120)
                    said.append(mark)
            stack.start("actions")
        await stack.ready()
    own.kill("gateway")
    turns, replies, _ = await asyncio.to_thread(stored, own)
    print(f"\n{KILLS} kills of the action server: {len(said)} turns answered")
    texts = [turn.text for turn in turns]
    assert {mark: sum(mark in text for text in texts) for mark in said} == dict.fromkeys(said, 1)
    assert max(replies.values()) == 1
    assert verify(LogPlaces.of(own.database)) == []
