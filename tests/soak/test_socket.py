"""100,000 frames of any kind against the running server, from clients of any manners."""

import asyncio
import base64
import contextlib
import json
import os
import random
import re
import time

import psutil
import pytest
from fuzz_events import raw_messages
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from own_server import own_server
from strict_json import strictly_read
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from bot.audio_encoding import PCM16
from bot.protocol import AudioAppend, ProtocolError, decode_audio, parse_client_event
from bot.settings import ServerSettings

FRAMES = int(os.environ.get("HAMDEL_SOCKET_FRAMES", "100000"))
TALKS_AT_ONCE = 6
FRAMES_A_TALK = 400
FRAMES_A_BARRIER = 40
GATEWAY_GROWTH_MIB = 32
PLANTED = "zarafshan-violet-lantern"
# The lower limits of `hamdel.server` would make this test last for an hour.
GENEROUS = {
    key: value
    for key, value in {"control_events_per_s": 100_000, "max_talks_per_token": 8}.items()
    if key in ServerSettings.model_fields
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with own_server(tmp_path_factory.mktemp("socket"), **GENEROUS) as running:
        yield running


@pytest.fixture(scope="module")
def frames():
    drawn = []

    @settings(
        max_examples=300,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        st.lists(st.one_of(raw_messages(), raw_messages(), st.binary(max_size=40)), min_size=20, max_size=40)
    )
    def draw(found):
        drawn.extend(found)

    draw()
    sendable = [frame for frame in drawn if isinstance(frame, bytes) or _is_unicode(frame)]
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": PLANTED}]}
    planted = json.dumps({"type": "conversation.item.create", "item": item})
    noise = base64.b64encode(random.Random(1).randbytes(9_600)).decode()
    audio = json.dumps({"type": "input_audio_buffer.append", "audio": noise})
    return [*sendable, *[planted, audio, PLANTED] * (len(sendable) // 100)]


class Tally:
    """What was sent and what came of it."""

    def __init__(self):
        self.sent = self.binary = self.unreadable = self.errors = 0
        self.unanswered = []
        self.closes = {}
        self.codes = {}

    def close(self, error):
        code = error.rcvd.code if error.rcvd is not None else 1006
        self.closes[code] = self.closes.get(code, 0) + 1


async def test_no_frame_harms_the_server(server, frames):
    tally = Tally()
    chance = random.Random(20261120)
    await _talk_a_while(server, frames, tally, chance)
    begun = time.monotonic()
    warm = {}
    while tally.sent < FRAMES:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(TALKS_AT_ONCE):
                tasks.create_task(_talk_a_while(server, frames, tally, chance))
            for misdeed in chance.sample(MISDEEDS, 3):
                tasks.create_task(_within(misdeed(server, frames, chance), 20))
        assert server.processes["gateway"].is_running()
        if not warm and tally.sent > FRAMES / 4:
            await _quiet(server)
            warm = server.sample()
    took_s = time.monotonic() - begun
    await _quiet(server)
    done = server.sample()
    print(
        f"\n{tally.sent:,} frames ({tally.binary:,} binary) in {took_s:.0f} s, {tally.unreadable:,} that can't be "
        f"served by their form alone, {tally.errors:,} errors sent, closes {tally.closes}, load {psutil.getloadavg()}"
    )
    print("error codes:", dict(sorted(tally.codes.items(), key=lambda pair: -pair[1])))
    for name, value in done.items():
        print(f"    {name:40}{warm.get(name, 0):14,.1f}{value:14,.1f}")
    assert not tally.unanswered, tally.unanswered[:5]
    assert None not in tally.codes
    await _hold_a_real_talk(server)
    logs = server.logs()
    assert "Traceback" not in logs, _around(logs, "Traceback")
    assert PLANTED not in logs
    assert not re.search(r"\bek_\w", logs)
    assert done["gateway allocated (MiB)"] - warm["gateway allocated (MiB)"] < GATEWAY_GROWTH_MIB
    assert done["gateway descriptors"] <= warm["gateway descriptors"] + 4
    assert done["gateway threads"] <= warm["gateway threads"] + 4
    if "hamdel_tasks" in warm:
        assert done["hamdel_tasks"] <= warm["hamdel_tasks"] + 2


# Clients with manners, however odd what they say ---------------------------------------------------


async def _talk_a_while(server, frames, tally, chance):
    """Sends frames in lots; after each, an event of a known answer shows that all before it were handled."""
    try:
        async with _connection(server) as socket:
            for lot in range(FRAMES_A_TALK // FRAMES_A_BARRIER):
                sent = [chance.choice(frames) for _ in range(FRAMES_A_BARRIER)]
                named = [_named(frame, f"{lot}-{number}") for number, frame in enumerate(sent)]
                reader = asyncio.create_task(_errors_until(socket, f"barrier-{lot}"))
                for _, frame in named:
                    await socket.send(frame)
                    tally.sent += 1
                    tally.binary += isinstance(frame, bytes)
                await socket.send(json.dumps({"type": "no.event", "event_id": f"barrier-{lot}"}))
                _compare(named, await asyncio.wait_for(reader, 60), tally)
    except ConnectionClosed as error:
        tally.close(error)


def _named(frame, name):
    """The frame with an id of our own where it is an object; None where it can have none."""
    if isinstance(frame, str):
        with contextlib.suppress(ValueError, RecursionError):
            data = json.loads(frame)
            if isinstance(data, dict):
                return name, json.dumps({**data, "event_id": name})
    return None, frame


def _compare(named, errors, tally):
    by_id = {}
    for error in errors:
        tally.errors += 1
        tally.codes[error["code"]] = tally.codes.get(error["code"], 0) + 1
        by_id[error["event_id"]] = by_id.get(error["event_id"], 0) + 1
    nameless = sum(name is None for name, _ in named)
    half = 0
    for name, frame in named:
        refused = _is_unreadable(frame)
        tally.unreadable += refused
        if name is None:
            continue
        if refused and name not in by_id and strictly_read(frame) is None:
            half += 1  # what is not quite JSON may be refused without its id
        elif by_id.get(name, 0) > 1 or (refused and name not in by_id):
            tally.unanswered.append((by_id.get(name, 0), frame[:200]))
    if by_id.get(None, 0) != nameless + half:
        tally.unanswered.append((by_id.get(None, 0), f"{nameless + half} frames without an id"))


def _is_unreadable(frame):
    if isinstance(frame, bytes):
        return True
    try:
        event = parse_client_event(frame)
        if isinstance(event, AudioAppend):
            decode_audio(event, PCM16)
    except (ProtocolError, RecursionError):
        return True
    return False


async def _errors_until(socket, event_id):
    errors = []
    async for text in socket:
        event = json.loads(text)
        if event["type"] != "error":
            continue
        if event["error"]["event_id"] == event_id:
            break
        errors.append(event["error"])
    return errors


# Clients without any -------------------------------------------------------------------------------


async def _vanishes(server, frames, chance):
    async with _connection(server) as socket:
        for _ in range(50):
            await socket.send(chance.choice(frames))
        socket.transport.abort()


async def _never_reads(server, frames, chance):
    async with _connection(server, max_queue=1) as socket:
        socket.transport.pause_reading()
        with contextlib.suppress(ConnectionClosed, TimeoutError):
            for _ in range(500):
                async with asyncio.timeout(2):
                    await socket.send(chance.choice(frames))
        socket.transport.abort()


async def _stops_in_mid_frame(server, frames, chance):
    async with _connection(server) as socket:
        socket.transport.write(b"\x81\xfe\x40\x00abcd" + b"x" * 100)  # announces 16 KiB
        await asyncio.sleep(3)
        socket.transport.abort()


async def _breaks_the_framing(server, frames, chance):
    async with _connection(server) as socket:
        socket.transport.write(
            chance.choice(
                [
                    b"\xff" * 64,
                    b"\x81\x05hello",
                    b"\x81\x82abcd\x9e\x9f",
                    b"\x83\x80abcd",
                    chance.randbytes(200),
                ]
            )
        )
        with contextlib.suppress(ConnectionClosed, TimeoutError):
            async with asyncio.timeout(5):
                await socket.recv()
        socket.transport.abort()


async def _sends_too_much(server, frames, chance):
    async with _connection(server) as socket:
        with contextlib.suppress(ConnectionClosed):
            await socket.send("x" * (5 * 2**20))
            async for _ in socket:
                pass
        await socket.wait_closed()
        assert socket.close_code in (1006, 1009)


async def _speaks_no_http(server, frames, chance):
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(
        chance.choice(
            [
                b"\x16\x03\x01" + chance.randbytes(300),
                b"GET / HTTP/9.9\r\n\r\n",
                b"\0" * 500,
                b"GET " + b"a" * 90_000,
            ]
        )
    )
    with contextlib.suppress(OSError):
        await asyncio.wait_for(reader.read(1_000), 5)
    writer.close()


async def _shakes_hands_slowly(server, frames, chance):
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    with contextlib.suppress(OSError):
        for letter in b"GET /v1/realtime HTTP/1.1\r\nHost: loc":
            writer.write(bytes([letter]))
            await writer.drain()
            await asyncio.sleep(0.3)
    writer.close()


async def _has_no_token(server, frames, chance):
    with pytest.raises(InvalidHandshake):
        async with connect(
            server.url, additional_headers={"Authorization": f"Bearer ek_{PLANTED}"}, proxy=None
        ):
            pass


MISDEEDS = [
    _vanishes,
    _never_reads,
    _stops_in_mid_frame,
    _breaks_the_framing,
    _sends_too_much,
    _speaks_no_http,
    _shakes_hands_slowly,
    _has_no_token,
]


def _connection(server, **options):
    headers = {"Authorization": f"Bearer {server.token()}"}
    return connect(
        server.url, additional_headers=headers, max_size=2**24, proxy=None, close_timeout=2, **options
    )


async def _within(work, seconds):
    # A client that is refused or thrown out has had its answer.
    with contextlib.suppress(TimeoutError, ConnectionClosed, InvalidHandshake, OSError):
        async with asyncio.timeout(seconds):
            await work


async def _quiet(server):
    """Waits until every talk is over for the server too."""
    async with asyncio.timeout(90):
        while (await asyncio.to_thread(server.metrics)).get("hamdel_talks", 0) > 0:
            await asyncio.sleep(0.5)
    await asyncio.sleep(3)


async def _hold_a_real_talk(server):
    item = {
        "type": "message",
        "role": "user",
        "content": [{"type": "input_text", "text": "I feel sad today."}],
    }
    async with _connection(server) as socket, asyncio.timeout(60):
        await socket.send(json.dumps({"type": "conversation.item.create", "item": item}))
        await socket.send(json.dumps({"type": "response.create"}))
        async for text in socket:
            event = json.loads(text)
            assert event["type"] != "error", event
            if event["type"] == "response.done":
                break
        assert event["response"]["status"] == "completed"
        assert event["response"]["output"][0]["content"][0]["transcript"]


def _is_unicode(text):
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _around(text, word):
    at = text.find(word)
    return text[max(0, at - 500) : at + 3_000]
