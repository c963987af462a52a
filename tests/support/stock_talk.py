"""The stock Python `openai` SDK in a talk, every event strictly in the SDK's own types."""

import asyncio
import base64
import json
from contextlib import asynccontextmanager

from openai import AsyncOpenAI
from sdk_events import CLIENT_EVENTS, SERVER_EVENTS, validate

from bot.audio_encoding import SAMPLE_RATE_HZ
from bot.client import read_recording
from bot.settings import runtime_dir

SECOND = SAMPLE_RATE_HZ * 2
TEXT = {"type": "realtime", "output_modalities": ["text"]}
PUSH_TO_TALK = {"type": "realtime", "audio": {"input": {"turn_detection": None}}}


class Talk:
    """One connection of the SDK, whose events are all checked as they come."""

    def __init__(self, connection):
        self.connection = connection
        self.types = []

    async def next(self):
        message = await self.connection.recv_bytes()
        raw = json.loads(message)
        validate(raw)
        event = self.connection.parse_event(message)
        assert type(event) is SERVER_EVENTS[raw["type"]]
        self.types.append(event.type)
        return event

    async def until(self, *kinds, timeout_s=90):
        """The events up to the first of these kinds; an error that was not asked for fails the test."""
        events = []
        async with asyncio.timeout(timeout_s):
            while not events or events[-1].type not in kinds:
                events.append(await self.next())
                assert events[-1].type != "error" or "error" in kinds, events[-1]
        return events

    async def ask(self, event, *kinds):
        """Sends an event and gives the first answer of these kinds."""
        CLIENT_EVENTS[event["type"]].model_validate(event)
        await self.connection.send(event)
        return (await self.until(*kinds))[-1]

    async def refused(self, event):
        """Sends an event that must be answered with an error, and gives that."""
        refusal = (await self.ask({**event, "event_id": "mine"}, "error")).error
        assert refusal.event_id == "mine"
        assert refusal.type == "invalid_request_error"
        assert refusal.message
        return refusal

    async def settled(self):
        """The events until everything that was sent so far has been taken up."""
        marker = {"type": "realtime", "tracing": {"workflow_name": "marker"}}
        await self.connection.session.update(session=marker)
        return await self.until("session.updated")

    async def say(self, path, *, silence_s=2):
        """Sends a recording, a second at a time, faster than real time."""
        pcm = read_recording(path).tobytes() + bytes(SECOND * silence_s)
        for start in range(0, len(pcm), SECOND):
            piece = base64.b64encode(pcm[start : start + SECOND]).decode()
            await self.connection.input_audio_buffer.append(audio=piece)

    async def type(self, text, **fields):
        """Creates an item; gives the event that added it."""
        event = typed(text, **fields)
        added = await self.ask(event, "conversation.item.added")
        done = await self.next()
        assert done.type == "conversation.item.done"
        assert done.item == added.item
        return added


def typed(text, item_id=None, **fields):
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    identity = {"id": item_id} if item_id else {}
    return {"type": "conversation.item.create", "item": {**item, **identity}, **fields}


def stock_client(server):
    """A client of the SDK for a server of the tests."""
    access = json.loads((runtime_dir() / f"development-{server.port}.json").read_text())
    return AsyncOpenAI(
        api_key=access["tokens"]["therapy"], websocket_base_url=f"ws://127.0.0.1:{server.port}/v1"
    )


@asynccontextmanager
async def stock_talk(client, session=None):
    """Opens a talk: `async with stock_talk(client, TEXT) as it`."""
    async with client.realtime.connect(model="gpt-realtime") as connection:
        it = Talk(connection)
        await it.until("session.created")
        if session is not None:
            await it.ask({"type": "session.update", "session": session}, "session.updated")
        yield it
