"""The client against a scripted channel on loopback (the real channel is tested in tests/dialogue)."""

import asyncio
import json
from contextlib import asynccontextmanager

from websockets.asyncio.server import serve

from bot.commands import DialogueDone, DialogueFailed, DialogueMessage
from bot.dialogue_client import DialogueClient


@asynccontextmanager
async def connected(handler, **options):
    async with serve(handler, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        client = DialogueClient(f"ws://127.0.0.1:{port}", "secret", **{"timeout_s": 2, **options})
        task = asyncio.create_task(client.run())
        try:
            async with asyncio.timeout(5):
                while not client.connected:
                    await asyncio.sleep(0.01)
            yield client
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def ask(client, turn_id, text="hello", sender="t1"):
    return [answer async for answer in client.ask(sender, turn_id, text, {"language": "en"})]


def frames(turn, *texts):
    for seq, text in enumerate(texts):
        yield {"type": "message", "turn_id": turn["turn_id"], "seq": seq, "text": text, "custom": None}
    yield {
        "type": "done",
        "turn_id": turn["turn_id"],
        "seq": len(texts),
        "intent": {"name": "greet"},
        "language": "en",
    }


async def test_answers_reach_the_turn_that_asked_however_they_are_mixed():
    async def channel(socket):
        turns = [json.loads(await socket.recv()) for _ in range(2)]
        replies = [list(frames(turn, turn["text"] + "!")) for turn in turns]
        for pair in zip(*replies, strict=True):
            for frame in reversed(pair):
                await socket.send(json.dumps(frame))
        await socket.wait_closed()

    async with connected(channel) as client:
        one, two = await asyncio.gather(ask(client, "a", "one", "t1"), ask(client, "a", "two", "t2"))
    assert one == [DialogueMessage("a", "one!", None), DialogueDone("a", "greet", "en")]
    assert two == [DialogueMessage("a", "two!", None), DialogueDone("a", "greet", "en")]


async def test_the_token_is_shown():
    seen = []

    async def channel(socket):
        seen.append(socket.request.headers["Authorization"])
        await socket.wait_closed()

    async with connected(channel):
        pass
    assert seen == ["Bearer secret"]


async def test_a_broken_channel_fails_the_turn_and_is_opened_again():
    opened = 0

    async def channel(socket):
        nonlocal opened
        opened += 1
        turn = json.loads(await socket.recv())
        if opened == 1:
            return
        for frame in frames(turn, "back"):
            await socket.send(json.dumps(frame))
        await socket.wait_closed()

    async with connected(channel) as client:
        assert await ask(client, "a") == [DialogueFailed("a")]
        async with asyncio.timeout(5):
            while not client.connected:
                await asyncio.sleep(0.01)
        assert (await ask(client, "b"))[0] == DialogueMessage("b", "back", None)


async def test_silence_fails_the_turn():
    async def channel(socket):
        await socket.wait_closed()

    async with connected(channel, timeout_s=0.1) as client:
        assert await ask(client, "a") == [DialogueFailed("a")]


async def test_a_refused_turn_fails():
    async def channel(socket):
        turn = json.loads(await socket.recv())
        await socket.send(
            json.dumps({"type": "error", "turn_id": turn["turn_id"], "code": "x", "message": "y"})
        )
        await socket.wait_closed()

    async with connected(channel) as client:
        assert await ask(client, "a") == [DialogueFailed("a")]


async def test_without_a_channel_the_turn_fails_at_once():
    client = DialogueClient("ws://127.0.0.1:9", None, timeout_s=60)
    assert await ask(client, "a") == [DialogueFailed("a")]
