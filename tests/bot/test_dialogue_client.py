"""The client against a scripted channel on loopback (the real channel is tested in tests/dialogue)."""

import asyncio
import json
import socket
from contextlib import asynccontextmanager, suppress

import pytest
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from bot.commands import DialogueDone, DialogueFailed, DialogueMessage
from bot.dialogue_client import DialogueClient

SUGGESTION = {
    "id": "fear-001",
    "en": "Sit.",
    "fa": "بنشینید.",
    "technique": "grounding",
    "score": 1,
    "propensity": 1,
}


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


async def test_a_turn_whose_channel_breaks_is_sent_again_and_answered_once():
    asked = []

    async def channel(socket):
        asked.append(json.loads(await socket.recv()))
        answer = [json.dumps(frame) for frame in frames(asked[-1], "one", "two")]
        if len(asked) == 1:
            await socket.send(answer[0])
            return
        for frame in answer:
            await socket.send(frame)
        await socket.wait_closed()

    async with connected(channel) as client:
        given = await ask(client, "a")
    assert [message.text for message in given[:-1]] == ["one", "two"]
    assert given[-1] == DialogueDone("a", "greet", "en")
    assert asked[0] == asked[1]


async def test_a_turn_that_meets_an_internal_error_is_sent_once_more():
    asked = []

    async def channel(socket):
        async for text in socket:
            asked.append(json.loads(text))
            key = asked[-1]["turn_id"]
            if len(asked) == 1:
                error = {"type": "error", "turn_id": key, "code": "internal", "message": "x"}
                await socket.send(json.dumps(error))
                continue
            for frame in frames(asked[-1], "better"):
                await socket.send(json.dumps(frame))

    async with connected(channel) as client:
        assert (await ask(client, "a"))[0] == DialogueMessage("a", "better", None)
    assert len(asked) == 2


async def test_a_second_internal_error_fails_the_turn():
    asked = 0

    async def channel(socket):
        nonlocal asked
        async for text in socket:
            asked += 1
            key = json.loads(text)["turn_id"]
            error = {"type": "error", "turn_id": key, "code": "internal", "message": "x"}
            await socket.send(json.dumps(error))

    async with connected(channel) as client:
        assert await ask(client, "a") == [DialogueFailed("a")]
    assert asked == 2


@pytest.mark.parametrize(
    "beside",
    [
        {"custom": {"suggestions": [{"id": "x"}]}},
        {"custom": {"suggestions": [{**SUGGESTION, "propensity": 3}]}},
        {"custom": {"suggestions": [SUGGESTION] * 21}},
        {"custom": "text"},
        {"text": 3},
        {"seq": -1},
        {"type": "surprise"},
    ],
)
async def test_an_answer_of_the_wrong_shape_fails_its_turn_alone(beside):
    async def channel(socket):
        async for text in socket:
            turn = json.loads(text)
            for frame in frames(turn, "fine"):
                wrong = beside if turn["text"] == "bad" and frame["type"] == "message" else {}
                await socket.send(json.dumps({**frame, **wrong}))

    async with connected(channel) as client:
        assert await ask(client, "a", "bad") == [DialogueFailed("a")]
        assert (await ask(client, "b", "good"))[0] == DialogueMessage("b", "fine", None)


@pytest.mark.parametrize("garbage", ["no json", "[]", "3", "{}", b"\xff\x00", '{"type": "message"}'])
async def test_garbage_is_passed_over(garbage):
    async def channel(socket):
        async for text in socket:
            await socket.send(garbage)
            for frame in frames(json.loads(text), "fine"):
                await socket.send(json.dumps(frame))

    async with connected(channel) as client:
        assert (await ask(client, "a"))[0] == DialogueMessage("a", "fine", None)


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


async def test_without_a_channel_the_turn_fails_soon():
    client = DialogueClient("ws://127.0.0.1:9", None, timeout_s=60, reconnect_s=0.05)
    assert await ask(client, "a") == [DialogueFailed("a")]


async def test_a_turn_waits_for_a_channel_that_is_coming_back():
    async def channel(socket):
        for frame in frames(json.loads(await socket.recv()), "back"):
            await socket.send(json.dumps(frame))
        await socket.wait_closed()

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    client = DialogueClient(f"ws://127.0.0.1:{port}", None, timeout_s=5, reconnect_s=5)
    running = asyncio.create_task(client.run())
    turn = asyncio.create_task(ask(client, "a"))
    await asyncio.sleep(0.1)
    async with serve(channel, "127.0.0.1", port):
        assert (await turn)[0] == DialogueMessage("a", "back", None)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_any_id_of_a_client_is_one_that_the_channel_takes():
    asked = []

    async def channel(socket):
        async for text in socket:
            asked.append(json.loads(text)["turn_id"])
            for frame in frames(json.loads(text), "fine"):
                await socket.send(json.dumps(frame))

    async with connected(channel) as client:
        for turn_id, text in (("پیام\u200c۱\t", "a"), ("same", "a"), ("same", "b"), ("same", "b")):
            assert (await ask(client, turn_id, text))[0] == DialogueMessage(turn_id, "fine", None)
    assert all(key.isascii() and key.isprintable() for key in asked)
    assert len(set(asked)) == 3  # other words under the same id are another turn, the same are not


async def test_what_was_heard_comes_behind_its_turn_and_before_the_next_one():
    got = []

    async def channel(socket):
        async for text in socket:
            got.append(json.loads(text))
            if got[-1]["type"] == "turn":
                for frame in frames(got[-1], "one"):
                    await socket.send(json.dumps(frame))
            else:
                await socket.send(json.dumps({"type": "noted", "turn_id": got[-1]["turn_id"]}))

    async with connected(channel) as client:
        await ask(client, "a", "first")
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(client.tell("t1", "a", "first", "on…", "begun"))
            tasks.create_task(ask(client, "b", "second"))
    assert [frame["type"] for frame in got] == ["turn", "heard", "turn"]
    key = got[0]["turn_id"]
    assert got[1] == {"type": "heard", "sender": "t1", "turn_id": key, "text": "on…", "question": "begun"}


async def test_what_was_heard_while_the_channel_was_broken_comes_in_its_order_and_until_it_is_noted():
    connections = []

    async def channel(socket):
        connections.append([])
        with suppress(ConnectionClosed):
            async for text in socket:
                connections[-1].append(json.loads(text))
                kinds = [frame["type"] for frame in connections[-1]]
                if len(connections) == 1:
                    return
                if kinds == ["heard", "turn"]:
                    for frame in frames(connections[-1][-1], "one"):
                        await socket.send(json.dumps(frame))
                    await socket.send(json.dumps({"type": "noted", "turn_id": connections[-1][0]["turn_id"]}))
                    if len(connections) == 2:
                        await asyncio.sleep(0.05)
                        return

    async with connected(channel, reconnect_s=5) as client:
        await client.tell("t1", "a", "first", "", "unheard")
        async with asyncio.timeout(5):
            while client.connected:
                await asyncio.sleep(0.01)
        assert (await ask(client, "b", "second"))[-1] == DialogueDone("b", "greet", "en")
        async with asyncio.timeout(5):
            while len(connections) < 3:
                client._needed.set()
                await asyncio.sleep(0.01)
    assert [frame["type"] for frame in connections[1]] == ["heard", "turn"]
    assert connections[2] == []


async def test_what_was_heard_in_a_forgotten_talk_is_not_told_any_more():
    client = DialogueClient("ws://127.0.0.1:1", None, timeout_s=1)
    await client.tell("t1", "a", "first", "", "unheard")
    await client.tell("t2", "a", "first", "", "unheard")
    await client.forget("t1")
    assert [told.sender for told in client._untold.values()] == ["t2"]
