"""Four talks at once, spoken and typed, for ten minutes: nothing grows."""

import asyncio
import base64
import itertools
import json
import os
import platform
import subprocess
import time
from dataclasses import dataclass, field

import numpy as np
import psutil
import pytest
from own_server import own_server
from websockets.asyncio.client import connect

from bot.client import read_recording

DURATION_S = float(os.environ.get("HAMDEL_SOAK_S", "600"))
TALKS = 4
SAMPLE_EVERY_S = 5.0
FRAME_MS = 40
FRAME_SAMPLES = 24 * FRAME_MS
TURN_WITHIN_S = 60.0
TURNS_A_TALK = 12
# Allowed from begin to end of the second half, by the fitted line.
GROWTH = {
    "gateway allocated (MiB)": 16.0,
    "dialogue allocated (MiB)": 24.0,
    "actions allocated (MiB)": 8.0,
    "descriptors": 8.0,
    "threads": 4.0,
    "hamdel_tasks": 6.0,
}
SPOKEN = (
    ("en", "I had a very hard day at work today."),
    ("fa", "سلام، امروز حالم خوب نیست."),
    ("en", "My friend does not talk to me any more and I am sad."),
    ("fa", "خیلی نگران امتحان فردا هستم."),
    ("en", "Yes, that helped me a little."),
)
TYPED = (
    "I feel very sad today.",
    "امروز خیلی غمگینم.",
    "yes",
    "What can you do?",
    "I want to kill myself tonight.",
)


@dataclass
class Tally:
    spoken: int = 0
    typed: int = 0
    cut: int = 0
    talks: int = 0
    unanswered: int = 0
    unheard: int = 0
    errors: list[str] = field(default_factory=list)
    latency_ms: dict[str, list[int]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with own_server(tmp_path_factory.mktemp("talks"), max_talks_per_token=8) as running:
        yield running


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recordings")
    made = []
    for number, (language, text) in enumerate(SPOKEN):
        path = folder / f"{number}.wav"
        voice = {"en": "en-us", "fa": "fa"}[language]
        subprocess.run(["espeak-ng", "-v", voice, "-s", "150", "-w", str(path), text], check=True)
        made.append(read_recording(path))
    return made


async def test_four_talks_for_long_leave_nothing_behind(server, recordings):
    tally = Tally()
    samples = []
    begun = time.monotonic()
    psutil.cpu_percent()
    async with asyncio.TaskGroup() as tasks:
        for number in range(TALKS):
            tasks.create_task(_talk_on(server, recordings, number, begun + DURATION_S, tally))
        while time.monotonic() - begun < DURATION_S:
            await asyncio.sleep(SAMPLE_EVERY_S)
            samples.append((time.monotonic() - begun, await asyncio.to_thread(server.sample)))
    busy = psutil.cpu_percent()
    slopes = _report(samples, tally, time.monotonic() - begun, busy)
    logs = server.logs()
    assert "Traceback" not in logs, logs[logs.find("Traceback") :][:3_000]
    assert tally.spoken + tally.typed > DURATION_S / 30
    assert not tally.errors, tally.errors[:5]
    assert not tally.unanswered
    half_hours = DURATION_S / 2 / 3600
    for name, slope in slopes.items():
        allowed = GROWTH.get(name, GROWTH.get(name.split(" ", 1)[-1]))
        if allowed is not None:
            assert slope * half_hours < allowed, f"{name} grows by {slope:.1f} an hour"


async def _talk_on(server, recordings, number, until, tally):
    """One talk after another, each of a few turns."""
    turns = itertools.cycle(range(10))
    for _ in range(number * 3):
        next(turns)
    while time.monotonic() < until:
        headers = {"Authorization": f"Bearer {server.token()}"}
        async with connect(server.url, additional_headers=headers, max_size=2**24, proxy=None) as socket:
            talk = _Talk(socket, tally)
            tally.talks += 1
            reading = asyncio.create_task(talk.read())
            await talk.begin()
            for _ in range(TURNS_A_TALK):
                if time.monotonic() >= until:
                    break
                turn = next(turns)
                if turn % 4 == 3:
                    await talk.type(TYPED[(turn + number) % len(TYPED)])
                else:
                    await talk.speak(recordings[(turn + number) % len(recordings)], cut_in=turn % 5 == 2)
        await reading


class _Talk:
    """A client that speaks, types, and cuts in."""

    def __init__(self, socket, tally):
        self._socket = socket
        self._tally = tally
        self._seen = asyncio.Condition()
        self._heard = None
        self._replies = {"open": 0, "done": 0, "cancelled": 0}
        self._sounding = False

    async def begin(self):
        for scope in ("talk", "emotion"):
            await self._send(type="hamdel.consent.set", scope=scope, granted=True, version="1")
        await self._send(
            type="session.update", session={"type": "realtime", "hamdel": {"disclosure": "shown"}}
        )

    async def type(self, text):
        await self._end_of_reply()
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
        done = self._replies["done"]
        await self._send(type="conversation.item.create", item=item)
        await self._send(type="response.create")
        self._tally.typed += 1
        await self._answer(done)

    async def speak(self, samples, *, cut_in):
        """Plays a recording; with `cut_in` while the last reply is still being said."""
        if not cut_in:
            await self._end_of_reply()
        done, cancelled = self._replies["done"], self._replies["cancelled"]
        self._heard = None
        await self._play(samples)
        silence = asyncio.create_task(self._keep_silent())
        try:
            async with asyncio.timeout(TURN_WITHIN_S), self._seen:
                await self._seen.wait_for(lambda: self._heard is not None)
        except TimeoutError:
            self._tally.unheard += 1
            return
        finally:
            silence.cancel()
        self._tally.spoken += 1
        self._tally.cut += self._replies["cancelled"] > cancelled
        if self._heard:
            await self._answer(done + self._replies["cancelled"] - cancelled, whole=False)

    async def _answer(self, done, *, whole=True):
        """Waits for the next reply, to its end or (to be cut in on) to its first sound."""
        try:
            async with asyncio.timeout(TURN_WITHIN_S), self._seen:
                await self._seen.wait_for(
                    lambda: self._replies["done"] > done or (self._sounding and not whole)
                )
        except TimeoutError:
            self._tally.unanswered += 1

    async def _end_of_reply(self):
        silence = asyncio.create_task(self._keep_silent())
        try:
            async with asyncio.timeout(TURN_WITHIN_S), self._seen:
                await self._seen.wait_for(lambda: not self._replies["open"])
        except TimeoutError:
            self._tally.unanswered += 1
        finally:
            silence.cancel()

    async def _keep_silent(self):
        while True:
            await self._play(np.zeros(24_000, dtype=np.int16))

    async def _play(self, samples):
        loop = asyncio.get_running_loop()
        start = loop.time()
        for index in range(0, len(samples), FRAME_SAMPLES):
            due = start + (index + FRAME_SAMPLES) / 24_000
            await asyncio.sleep(max(0.0, due - loop.time()))
            frame = samples[index : index + FRAME_SAMPLES].tobytes()
            await self._send(type="input_audio_buffer.append", audio=base64.b64encode(frame).decode())

    async def read(self):
        async for text in self._socket:
            event = json.loads(text)
            async with self._seen:
                self._take(event)
                self._seen.notify_all()

    def _take(self, event):
        match event["type"]:
            case "error":
                self._tally.errors.append(event["error"]["code"])
            case "conversation.item.input_audio_transcription.completed":
                self._heard = event["transcript"]
            case "conversation.item.input_audio_transcription.failed":
                self._heard = ""
                self._tally.unheard += 1
            case "response.created":
                self._replies["open"] += 1
                self._sounding = False
            case "response.output_audio.delta":
                self._sounding = True
            case "response.done":
                self._replies["open"] -= 1
                self._replies["done"] += 1
                self._replies["cancelled"] += event["response"]["status"] == "cancelled"
                self._sounding = False
            case "hamdel.latency":
                for stage, value in event.items():
                    if isinstance(value, int):
                        self._tally.latency_ms.setdefault(stage, []).append(value)

    async def _send(self, **event):
        await self._socket.send(json.dumps(event))


def _report(samples, tally, took_s, busy):
    """Prints the table; gives the slope of each quantity per hour over the second half."""
    times = np.array([at for at, _ in samples])
    late = times > took_s / 2
    slopes = {}
    print(
        f"\n{TALKS} talks at once for {took_s:.0f} s on {platform.machine()}, {os.cpu_count()} cores, "
        f"load {psutil.getloadavg()}, processors busy {busy:.0f} %"
    )
    print(f"{'':42}{'begin':>10}{'middle':>10}{'end':>10}{'per hour':>12}")
    for name in samples[-1][1]:
        values = np.array([sample.get(name, np.nan) for _, sample in samples])
        slopes[name] = float(np.polyfit(times[late], values[late], 1)[0] * 3600)
        middle = values[len(values) // 2]
        print(f"{name:42}{values[0]:10.1f}{middle:10.1f}{values[-1]:10.1f}{slopes[name]:12.1f}")
    print(
        f"turns: {tally.spoken} spoken ({tally.cut} cut in on a reply), {tally.typed} typed, in {tally.talks} talks; "
        f"not heard {tally.unheard}, not answered {tally.unanswered}, errors {tally.errors or 'none'}"
    )
    for stage, values in tally.latency_ms.items():
        p50, p95 = np.percentile(values, [50, 95])
        print(f"{stage:42} P50 {p50:6.0f} ms   P95 {p95:6.0f} ms   of {len(values)}")
    return slopes
