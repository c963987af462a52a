"""A client that comes back to its talk, however its connection breaks."""

import asyncio
import base64
import json

from websockets.exceptions import ConnectionClosed

__all__ = ["ReturningClient", "number_of"]


def number_of(event):
    """The number of a server event in its talk."""
    return int(event["event_id"].rsplit("_", 1)[1])


class ReturningClient:
    """Keeps the events of one talk over all its connections.

    Args:
        connect: opens a connection.

    Attributes:
        events: of the talk, those of connections that only asked for it left out.
        begun: the first events of those connections.
        token: to come back with.
    """

    def __init__(self, connect):
        self._connect = connect
        self.socket = None
        self.events = []
        self.begun = []
        self.token = None

    async def open(self, **session):
        """Begins a talk and asks for our own events."""
        self.socket = await self._connect()
        await self.send("session.update", session={"hamdel": {"disclosure": "shown"}, **session})
        await self.until("hamdel.resume_token")

    async def send(self, kind, **fields):
        await self.socket.send(json.dumps({"type": kind, **fields}))

    async def say(self, text, item_id):
        """A typed turn whose answer is asked for."""
        item = {"id": item_id, "type": "message", "role": "user"}
        await self.send(
            "conversation.item.create", item={**item, "content": [{"type": "input_text", "text": text}]}
        )
        await self.send("response.create")

    async def hear(self, pcm, piece=4_800):
        """Sends PCM16 in pieces."""
        for start in range(0, len(pcm), piece):
            audio = base64.b64encode(pcm[start : start + piece]).decode()
            await self.send("input_audio_buffer.append", audio=audio)

    async def next(self, timeout_s=10):
        async with asyncio.timeout(timeout_s):
            event = json.loads(await self.socket.recv())
        self.events.append(event)
        if event["type"] == "hamdel.resume_token":
            self.token = event["token"]
        return event

    async def until(self, kind, timeout_s=10):
        """Reads up to the first event of this type and gives it."""
        while (event := await self.next(timeout_s))["type"] != kind:
            pass
        return event

    async def read_for(self, seconds):
        """Reads what comes in this time."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    await self.next()
        except TimeoutError:
            return

    def cut(self):
        """Breaks the connection without a word."""
        self.socket.transport.abort()

    async def ask(self, **changes):
        """Connects anew and asks for the talk, with other fields where a test wants them."""
        self.socket = await self._connect()
        self.begun.append(json.loads(await self.socket.recv()))
        asked = {"token": self.token, "last_event_seq": number_of(self.events[-1])}
        await self.send("hamdel.resume", **{**asked, **changes})

    async def resume(self):
        """Comes back, and reads all that was missed; gives that."""
        before = len(self.events)
        await self.ask()
        await self.until("hamdel.resume_token")
        return self.events[before:]

    async def refused(self, **changes):
        """Asks in vain; gives the error."""
        await self.ask(**changes)
        async with asyncio.timeout(10):
            event = json.loads(await self.socket.recv())
        assert event["type"] == "error", event
        return event["error"]

    async def ending(self):
        """Reads to the end of the connection; gives its close frame."""
        try:
            while True:
                await self.next()
        except ConnectionClosed as closed:
            return closed.rcvd

    def of(self, kind):
        return [event for event in self.events if event["type"] == kind]
