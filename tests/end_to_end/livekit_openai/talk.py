"""Holds talks with a running server through the stock `livekit-plugins-openai` client, and prints as JSON what
the client saw of each, by the talk's name. It runs in an environment of its own (`.venv-livekit`). The address, the
token and a recording (raw PCM16 mono 24 kHz) come from the environment: HAMDEL_URL, HAMDEL_TOKEN, HAMDEL_RECORDING.
"""

import asyncio
import json
import logging
import os
from pathlib import Path

from livekit import rtc
from livekit.agents import llm
from livekit.plugins.openai.realtime import RealtimeModel

SAMPLE_RATE_HZ = 24_000
SECOND = SAMPLE_RATE_HZ * 2
LONGEST_WAIT_S = 60
MOST_AT_ONCE = 2  # one that connects anew takes two places for a moment


class Complaints(logging.Handler):
    """Keeps what the client logs as a warning or worse: it only logs what it can't handle."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.lines = []

    def emit(self, record):
        self.lines.append(f"{record.levelname} {record.getMessage()} {getattr(record, 'errors', '')}")


class Talk:
    """One session of the client, and everything that it was sent and made of it."""

    def __init__(self, **options):
        self.model = RealtimeModel(
            base_url=os.environ["HAMDEL_URL"], api_key=os.environ["HAMDEL_TOKEN"], **options
        )
        self.session = self.model.session()
        self.events, self.errors, self.heard, self.started = [], [], [], 0
        self.replies = []
        self._news = asyncio.Event()
        self._readers = set()
        self.session.on("openai_server_event_received", self._take)
        self.session.on(
            "error", lambda event: self.errors.append(str(getattr(event.error, "body", event.error)))
        )
        self.session.on(
            "input_audio_transcription_completed", lambda event: self.heard.append(event.transcript)
        )
        self.session.on("input_speech_started", self._note_speech)
        self.session.on("generation_created", self._read_reply)

    def _take(self, event):
        self.events.append({**event, "delta": None} if "delta" in event else dict(event))
        self._news.set()

    def _note_speech(self, _):
        self.started += 1

    def _read_reply(self, generation):
        reply = {
            "asked_for": generation.user_initiated,
            "text": "",
            "audio_ms": 0,
            "modalities": None,
            "item_id": None,
        }
        self.replies.append(reply)

        async def read():
            async for message in generation.message_stream:
                reply["item_id"] = message.message_id

                async def read_text(message=message):
                    async for piece in message.text_stream:
                        reply["text"] += piece

                async def read_audio(message=message):
                    async for frame in message.audio_stream:
                        reply["audio_ms"] += frame.duration * 1000

                await asyncio.gather(read_text(), read_audio())
                reply["modalities"] = sorted(await message.modalities)

        task = asyncio.create_task(read())
        self._readers.add(task)

    async def until(self, kind, start=0):
        """The next event of this kind, from the given index on."""
        async with asyncio.timeout(LONGEST_WAIT_S):
            while True:
                self._news.clear()
                for event in self.events[start:]:
                    if event["type"] == kind:
                        return event
                await self._news.wait()

    def push(self, pcm):
        """Sends sound, faster than real time."""
        for start in range(0, len(pcm), SECOND):
            piece = pcm[start : start + SECOND]
            self.session.push_audio(rtc.AudioFrame(piece, SAMPLE_RATE_HZ, 1, len(piece) // 2))

    async def close(self):
        """Ends the talk; gives what was seen."""
        await asyncio.sleep(0.2)
        history = [(item.id, item.role, item.text_content or "") for item in self.session.chat_ctx.items]
        await self.session.aclose()
        await asyncio.gather(*self._readers)
        await self.model.aclose()
        return {
            "types": [event["type"] for event in self.events],
            "errors": self.errors,
            "responses": [event["response"] for event in self.events if event["type"] == "response.done"],
            "heard": self.heard,
            "started": self.started,
            "replies": self.replies,
            "history": history,
        }


def recording():
    return Path(os.environ["HAMDEL_RECORDING"]).read_bytes()


async def spoken():
    """A spoken turn, answered by itself; its reply is interrupted and truncated as it was heard."""
    talk = Talk()
    await talk.until("session.updated")
    await talk.session.update_instructions("Be kind.")
    talk.push(recording() + bytes(2 * SECOND))
    await talk.until("response.output_audio.delta")
    await asyncio.sleep(0.5)
    talk.session.interrupt()
    done = await talk.until("response.done")
    item_id = done["response"]["output"][0]["id"]
    talk.session.truncate(message_id=item_id, modalities=["audio", "text"], audio_end_ms=400)
    await talk.until("conversation.item.truncated")
    talk.session.send_event(
        {"type": "response.cancel"}
    )  # as an agent does that is late: nothing is under way
    talk.session.send_event({"type": "conversation.item.retrieve", "item_id": item_id})
    kept = await talk.until("conversation.item.retrieved")
    return {**await talk.close(), "kept": kept["item"]["content"][0]["transcript"]}


async def interrupted():
    """The reply is cut by the user's own voice."""
    talk = Talk()
    await talk.until("session.updated")
    await talk.session.generate_reply(instructions="Greet.")
    await talk.until("response.output_audio.delta")
    await asyncio.sleep(0.3)
    talk.push(recording() + bytes(2 * SECOND))
    await talk.until("response.done")
    start = 1 + next(i for i, event in enumerate(talk.events) if event["type"] == "response.done")
    await talk.until("response.output_audio.delta", start)
    talk.session.interrupt()
    await talk.until("response.done", start)
    return await talk.close()


async def written():
    """Typed and answered in text; the context is changed by the client."""
    talk = Talk(modalities=["text"])
    await talk.until("session.updated")
    context = llm.ChatContext.empty()
    context.add_message(role="system", content="The user is a teacher.", id="known")
    context.add_message(role="assistant", content="Welcome back.", id="welcome")
    context.add_message(role="user", content="hello", id="hello")
    await talk.session.update_chat_ctx(context)
    await talk.session.generate_reply()
    await talk.until("response.done")
    context = talk.session.chat_ctx.copy()
    context.items[:] = [item for item in context.items if item.id != "known"]
    await talk.session.update_chat_ctx(context)
    return await talk.close()


async def committed():
    """Push-to-talk: the client commits, and asks for the reply; what was cleared is not heard."""
    talk = Talk(turn_detection=None, modalities=["text"])
    await talk.until("session.updated")
    talk.push(recording())
    talk.session.clear_audio()
    await talk.until("input_audio_buffer.cleared")
    talk.push(recording() + bytes(SECOND))
    talk.session.commit_audio()
    await talk.session.generate_reply()
    await talk.until("response.done")
    return await talk.close()


async def reconnected():
    """After a while the client connects anew, as it does every twenty minutes, and tells the talk from its beginning."""
    talk = Talk(modalities=["text"], max_session_duration=4)
    again = asyncio.Event()
    talk.session.on("session_reconnected", lambda _: again.set())
    await talk.until("session.updated")
    context = llm.ChatContext.empty()
    context.add_message(role="user", content="hello", id="hello")
    await talk.session.update_chat_ctx(context)
    await talk.session.generate_reply()
    await talk.until("response.done")
    async with asyncio.timeout(LONGEST_WAIT_S):
        await again.wait()
        while len(talk.session.chat_ctx.items) < 2:
            await asyncio.sleep(0.05)
    start = len(talk.events)
    context = talk.session.chat_ctx.copy()
    context.add_message(role="user", content="I slept badly.", id="slept")
    await talk.session.update_chat_ctx(context)
    await talk.session.generate_reply()
    await talk.until("response.done", start)
    return await talk.close()


TALKS = (reconnected, spoken, interrupted, committed, written)


async def hold_all():
    """All talks, as many at the same time as one token may hold."""
    complaints = Complaints()
    logging.getLogger("livekit").addHandler(complaints)
    places = asyncio.Semaphore(MOST_AT_ONCE)

    async def hold(talk):
        async with places:
            return await talk()

    seen = await asyncio.gather(*(hold(talk) for talk in TALKS))
    print(
        json.dumps(
            {"complaints": complaints.lines} | dict(zip((t.__name__ for t in TALKS), seen, strict=True))
        )
    )


if __name__ == "__main__":
    asyncio.run(hold_all())
