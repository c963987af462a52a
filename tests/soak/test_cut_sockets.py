"""Talks whose connections are cut at random, whose frames come twice or in another order, while Rasa restarts.

By default a few talks; `HAMDEL_CUT_SPOKEN=100 HAMDEL_CUT_TYPED=900 HAMDEL_CUT_RESTARTS=20` is the whole test.
"""

import asyncio
import base64
import contextlib
import json
import os
import random
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field

import psutil
import pytest
from returning_client import number_of
from stack import Stack
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from bot.client import read_recording
from session_log.events import ReplyGiven, TurnHeard
from session_log.reader import reading

SPOKEN = int(os.environ.get("HAMDEL_CUT_SPOKEN", "2"))
TYPED = int(os.environ.get("HAMDEL_CUT_TYPED", "12"))
AT_ONCE = int(os.environ.get("HAMDEL_CUT_AT_ONCE", "6"))
RESTARTS = int(os.environ.get("HAMDEL_CUT_RESTARTS", "1"))
SEED = int(os.environ.get("HAMDEL_CUT_SEED", "20261120"))
TURNS_A_TALK = 4
MOST_TALKS = 100_000
TURN_WITHIN_S = 120
ASK_AGAIN_S = 4.0
LONGEST_GAP_S = 3.0
LONGEST_AWAY_S = 2.0
LONGEST_THOUGHT_S = 1.0
FRAME_S = 0.04
FRAME_SAMPLES = 960
SENTENCES = (
    "I feel very sad today.",
    "امروز خیلی غمگینم.",
    "I had a hard day at work.",
    "What can you do?",
    "خیلی نگران امتحان فردا هستم.",
    "I want to kill myself tonight.",
    "I cannot sleep.",
    "ممنون، بهترم.",
)
UTTERANCES = (
    ("en-us", "I had a very hard day at work today."),
    ("en-us", "My friend does not talk to me any more and I am sad."),
    ("fa", "سلام، امروز حالم خوب نیست."),
)
EXPECTED_ERRORS = frozenset(
    {
        "item_create_duplicate_item_id",  # frames that are sent twice on purpose
        "conversation_already_has_active_response",
        "no_turn_to_answer",
    }
)


@dataclass
class Tally:
    """What came of the talks; `lost` and `doubled` are what must not be."""

    talks: int = 0
    begun: int = 0
    turns: int = 0
    cuts: int = 0
    restarts: int = 0
    sent_twice: int = 0
    out_of_order: int = 0
    asked_again: int = 0
    expired: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    out_of_sequence: list[tuple[int, int]] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    stack = Stack(
        tmp_path_factory.mktemp("cut"),
        server={"max_talks": 4 * AT_ONCE, "max_talks_per_token": 4},
        recogniser={"queue": 64, "deadline_s": 60},
    )
    try:
        for part in ("dialogue", "actions", "gateway"):
            stack.start(part)
        yield stack
    finally:
        stack.end()


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recordings")
    made = []
    for number, (voice, text) in enumerate(UTTERANCES):
        path = folder / f"{number}.wav"
        subprocess.run(["espeak-ng", "-v", voice, "-s", "150", "-w", str(path), text], check=True)
        made.append(read_recording(path))
    return made


async def test_no_turn_is_lost_or_doubled_whatever_breaks(server, recordings):
    await server.ready()
    tally = Tally()
    chance = random.Random(SEED)
    kinds = ["spoken"] * SPOKEN + ["typed"] * TYPED
    chance.shuffle(kinds)
    waiting = iter(kinds)
    begun = time.monotonic()

    async def work():
        for kind in waiting:
            caller = Caller(server, tally, random.Random(chance.random()))
            await caller.talk(recordings if kind == "spoken" else None)

    workers = [asyncio.create_task(work()) for _ in range(AT_ONCE)]
    restarting = asyncio.create_task(_restart(server, chance, tally))
    try:
        await asyncio.gather(*workers)
    finally:
        restarting.cancel()
        await asyncio.gather(restarting, return_exceptions=True)
    took_s = time.monotonic() - begun
    await _written(server, tally)
    _compare_with_the_log(server, tally)
    print(f"\n{tally}\n{took_s:.0f} s, load {psutil.getloadavg()}")
    assert tally.talks == SPOKEN + TYPED
    assert tally.turns >= tally.talks
    assert (tally.lost, tally.doubled, tally.out_of_sequence, tally.expired) == ([], [], [], 0)
    assert set(tally.errors) <= EXPECTED_ERRORS
    log = server.log("gateway")
    assert "Traceback" not in log, log[log.find("Traceback") :][:3_000]


async def _restart(server, chance, tally):
    for _ in range(RESTARTS):
        await asyncio.sleep(chance.uniform(3, 10))
        server.kill("dialogue")
        tally.restarts += 1
        await asyncio.sleep(chance.uniform(0, 3))
        server.start("dialogue")
        await server.ready()


class Caller:
    """One talk over as many connections as it takes."""

    def __init__(self, server, tally, chance):
        self._server = server
        self._tally = tally
        self._chance = chance
        self._access = server.token(sub=f"caller-{chance.random()}")
        self._socket = None
        self._standing = asyncio.Event()
        self._news = asyncio.Event()
        self._token = None
        self._seen = 0
        self._asking = False
        self._arrived = set()
        self._answered = Counter()
        self._heard = {}
        self._committed = set()
        self._open = set()

    async def talk(self, recordings):
        """Holds the talk; spoken in real time where there are recordings, else typed."""
        self._tally.talks += 1
        connected = asyncio.create_task(self._stay_connected(written=recordings is None))
        cutting = asyncio.create_task(self._cut_now_and_then())
        try:
            for _ in range(TURNS_A_TALK):
                self._tally.turns += 1
                await asyncio.sleep(self._chance.uniform(0, LONGEST_THOUGHT_S))
                if recordings is None:
                    await self._type(self._chance.choice(SENTENCES))
                else:
                    await self._speak(self._chance.choice(recordings))
            cutting.cancel()
            await self._standing.wait()
            await self._socket.close()  # an orderly end
        finally:
            for task in (connected, cutting):
                task.cancel()
            await asyncio.gather(connected, cutting, return_exceptions=True)
        self._tally.doubled += [turn for turn, number in self._answered.items() if number > 1]

    # Connections --------------------------------------------------------------------------------

    async def _stay_connected(self, *, written):
        while True:
            with contextlib.suppress(ConnectionClosed, InvalidHandshake, OSError):
                async with self._server.connect(
                    self._access, query="?resume", max_queue=None
                ) as self._socket:
                    self._asking = self._token is not None
                    if self._asking:
                        asked = {"token": self._token, "last_event_seq": self._seen}
                        await self._send("hamdel.resume", **asked)
                    else:  # it was cut before it had a token, or never stood
                        self._tally.begun += 1
                        self._seen = 0
                        await self._begin(written=written)
                    async for text in self._socket:
                        self._take(json.loads(text))
                        if self._asking is None:
                            await self._begin(written=written)
            self._standing.clear()
            self._news.set()
            await asyncio.sleep(self._chance.uniform(0, LONGEST_AWAY_S))

    async def _begin(self, *, written):
        self._asking = False
        modalities = {"output_modalities": ["text"]} if written else {}
        await self._send("session.update", session={"hamdel": {"disclosure": "shown"}, **modalities})
        for scope in ("talk", "store_text"):
            await self._send("hamdel.consent.set", scope=scope, granted=True, version="1")

    async def _cut_now_and_then(self):
        while True:
            await asyncio.sleep(self._chance.uniform(0, LONGEST_GAP_S))
            if self._socket is not None:
                self._tally.cuts += 1
                self._socket.transport.abort()

    async def _send(self, kind, **fields):
        await self._socket.send(json.dumps({"type": kind, **fields}))

    def _take(self, event):
        kind = event["type"]
        if self._asking and kind == "session.created":
            return
        if kind == "error":
            code = event["error"]["code"]
            if self._asking and code == "resume_expired":
                self._tally.expired += 1
                self._token, self._asking, self._seen = None, None, number_of(event)
                return
            self._tally.errors[code] += 1
        if number_of(event) != self._seen + 1:
            self._tally.out_of_sequence.append((self._seen, number_of(event)))
        self._seen = number_of(event)
        self._note(kind, event)
        self._news.set()

    def _note(self, kind, event):
        if kind == "hamdel.resume_token":
            self._token, self._asking = event["token"], False
            self._standing.set()
        elif kind == "conversation.item.added":
            self._arrived.add(event["item"]["id"])
        elif kind == "input_audio_buffer.committed":
            self._committed.add(event["item_id"])
        elif kind.startswith("conversation.item.input_audio_transcription"):
            self._heard[event["item_id"]] = event.get("transcript", "")
        elif kind == "hamdel.intent":
            self._answered[event["item_id"]] += 1
        elif kind == "response.created":
            self._open.add(event["response"]["id"])
        elif kind == "response.done":
            self._open.discard(event["response"]["id"])

    # Turns ----------------------------------------------------------------------------------------

    async def _type(self, text):
        item_id = f"item_{self._chance.randbytes(8).hex()}"
        content = [{"type": "input_text", "text": text}]
        item = {"id": item_id, "type": "message", "role": "user", "content": content}
        try:
            async with asyncio.timeout(TURN_WITHIN_S):
                while not self._answered[item_id]:
                    await self._standing.wait()
                    frames = [("response.create", {})]
                    if item_id not in self._arrived:
                        frames.insert(0, ("conversation.item.create", {"item": item}))
                    with contextlib.suppress(ConnectionClosed):
                        for kind, fields in self._mixed_up(frames):
                            await self._send(kind, **fields)
                    await self._until(lambda: self._answered[item_id], ASK_AGAIN_S)
                    self._tally.asked_again += not self._answered[item_id]
                await self._until(lambda: not self._open, TURN_WITHIN_S)
        except TimeoutError:
            self._tally.lost.append(f"{item_id}: {text}")

    def _mixed_up(self, frames):
        dice = self._chance.random()
        if dice < 0.15:
            self._tally.sent_twice += 1
            return [frame for frame in frames for _ in range(2)]
        if dice < 0.3 and len(frames) == 2:
            self._tally.out_of_order += 1
            return [("hamdel.ping", {}), *reversed(frames), frames[1]]
        return frames

    async def _speak(self, samples):
        """Speaks in real time; what is spoken while there is no connection is sent when there is one."""
        before = len(self._committed)
        sound = samples.tobytes() + bytes(2 * 24_000 * 2)
        frames = [sound[at : at + 2 * FRAME_SAMPLES] for at in range(0, len(sound), 2 * FRAME_SAMPLES)]
        due_s = time.monotonic()
        for frame in frames:
            due_s += FRAME_S
            await asyncio.sleep(due_s - time.monotonic())
            await self._append(frame)
        try:
            async with asyncio.timeout(TURN_WITHIN_S):
                await self._until(lambda: len(self._committed) > before, TURN_WITHIN_S)
                await self._until(lambda: self._committed <= set(self._heard), TURN_WITHIN_S)
                await self._until(lambda: not self._open, TURN_WITHIN_S)
        except TimeoutError:
            self._tally.lost.append("an utterance")

    async def _append(self, frame):
        audio = base64.b64encode(frame).decode()
        while True:
            await self._standing.wait()
            with contextlib.suppress(ConnectionClosed):
                await self._send("input_audio_buffer.append", audio=audio)
                return
            await asyncio.sleep(FRAME_S)

    async def _until(self, condition, timeout_s):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while not condition():
                    self._news.clear()
                    await self._news.wait()


# What the server says ---------------------------------------------------------------------------------


async def _written(server, tally):
    async with asyncio.timeout(120):
        while len(_ends(server)) < tally.talks:
            await asyncio.sleep(0.5)


def _ends(server):
    with reading(server.database) as log:
        return [talk.end_reason for talk in log.talks(MOST_TALKS) if talk.ended_at is not None]


def _compare_with_the_log(server, tally):
    with reading(server.database) as log:
        talks = [log.events(talk.talk_id) for talk in log.talks(MOST_TALKS)]
    turns = Counter(event.turn_id for talk in talks for event in talk if isinstance(event, TurnHeard))
    replies = Counter(event.turn_id for talk in talks for event in talk if isinstance(event, ReplyGiven))
    # An excuse while Rasa was away has no intent.
    meant = Counter(
        event.turn_id for talk in talks for event in talk if isinstance(event, ReplyGiven) and event.intent
    )
    for turn_id, number in turns.items():
        if number != 1:
            tally.doubled.append(f"{turn_id} is {number} times in the log")
        if not replies[turn_id]:
            tally.lost.append(f"{turn_id} has no reply in the log; its talk: {_course(talks, turn_id)}")
        if meant[turn_id] > 1:
            tally.doubled.append(f"{turn_id} has {meant[turn_id]} replies in the log")
    print(f"\ntalks in the log by their end: {dict(Counter(_ends(server)))}")
    if not tally.talks <= len(talks) <= tally.begun:
        tally.doubled.append("more talks in the log than there were")


def _course(talks, turn_id):
    """What the log has of the talk of a turn, in order and without words."""
    for talk in talks:
        course = [event for event in talk if isinstance(event, (TurnHeard, ReplyGiven))]
        if any(event.turn_id == turn_id for event in course if isinstance(event, TurnHeard)):
            return [
                (
                    event.at,
                    "turn" if isinstance(event, TurnHeard) else f"{event.status} {event.intent}",
                    event.turn_id,
                )
                for event in course
            ]
    return None
