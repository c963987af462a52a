"""What clients do wrong, on the running gateway: a defined answer, and the talk goes on."""

import asyncio
import base64
import contextlib
import json
import socket
import time

import numpy as np
import psutil
import pytest
from stack import TalkSocket
from websockets.exceptions import ConnectionClosed, InvalidStatus

from bot.phrases import Phrases
from bot.settings import ROOT

PHRASES = Phrases.load(ROOT / "data" / "phrases.json")


async def errors_of(talk, message):
    """The codes of the errors that one message brings, and proof that the talk goes on."""
    await talk.connection.send(message)
    await talk.send("conversation.item.retrieve", item_id="nobody", event_id="after")
    codes = []
    while True:
        event = await talk.until("error")
        if event["error"]["event_id"] == "after":
            return codes
        codes.append(event["error"]["code"])


def append(audio):
    return json.dumps({"type": "input_audio_buffer.append", "audio": audio})


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("{", "invalid_json"),
        ("[]", "invalid_event"),
        ('{"type": 3}', "invalid_event"),
        ('{"type": "surprise"}', "unknown_event"),
        ("[" * 100_000, "invalid_json"),
        ('{"type": "session.update", "session": {"tracing": 1e999}}', "invalid_json"),
        ('{"type": "session.update", "session": {"tracing": NaN}}', "invalid_json"),
        (b"\x00\x01", "invalid_event"),
        (append("AAA"), "invalid_audio"),
        (append("AA=="), "invalid_audio"),
        (append("نه"), "invalid_audio"),
        ('{"type": "input_audio_buffer.commit"}', "input_audio_buffer_commit_empty"),
        (
            '{"type": "session.update", "session": {"audio": {"input": {"format": {"type": "audio/pcm", "rate": 48000}}}}}',
            "invalid_value",
        ),
        (
            '{"type": "session.update", "session": {"audio": {"input": {"format": {"type": "audio/ogg"}}}}}',
            "invalid_value",
        ),
    ],
)
async def test_what_cannot_be_served_is_named_and_the_talk_goes_on(stack, message, code):
    await stack.ready()
    async with stack.talk() as talk:
        assert await errors_of(talk, message) == [code]


async def test_a_message_that_is_too_long_closes_the_socket(stack):
    await stack.ready()
    async with stack.talk() as talk:
        with contextlib.suppress(ConnectionClosed):  # it may come before all is sent
            await talk.connection.send("x" * (4 * 1024 * 1024 + 1))
        with pytest.raises(ConnectionClosed) as closed:
            await talk.until("nothing")
    assert closed.value.rcvd.code == 1009


@pytest.mark.parametrize(
    "text", ["😀‮\x00\x07 hello \u2066\u202e dlrow", "word " * 1_999, "؟!", "\u200c\u200f", "🫠" * 50]
)
async def test_any_text_is_answered(stack, text):
    await stack.ready()
    async with stack.talk() as talk:
        assert await talk.type(text)


async def test_a_text_that_is_too_long_is_refused_with_its_limit(stack):
    await stack.ready()
    async with stack.talk() as talk:
        content = [{"type": "input_text", "text": "x" * 10_001}]
        item = {"type": "message", "role": "user", "content": content}
        message = json.dumps({"type": "conversation.item.create", "item": item})
        assert await errors_of(talk, message) == ["invalid_value"]


def tone(seconds, *frequencies_hz, amplitude=6_000):
    moments = np.arange(int(24_000 * seconds)) / 24_000
    waves = [np.sin(2 * np.pi * frequency * moments) for frequency in frequencies_hz]
    return (amplitude * np.mean(waves, axis=0)).astype(np.int16).tobytes()


@pytest.mark.parametrize(
    "pcm",
    [
        bytes(48_000 * 20),
        tone(6, 262, 330, 392),
        tone(3, 440, amplitude=32_767),
        np.random.default_rng(1).integers(-2_000, 2_000, 24_000 * 5, dtype=np.int16).tobytes(),
    ],
    ids=["silence", "chord", "full scale", "noise"],
)
async def test_sound_without_words_is_not_answered_with_invented_ones(stack, pcm):
    await stack.ready()
    async with stack.talk() as talk:
        await talk.hear(pcm)
        await asyncio.sleep(1)
        assert await talk.type("hello")
        heard = talk.of("conversation.item.input_audio_transcription.completed")
        assert [event["transcript"] for event in heard if event["transcript"]] == []


async def test_clipped_speech_is_still_heard(stack, spoken):
    await stack.ready()
    samples = np.frombuffer(spoken("I had a very hard day at work today."), dtype=np.int16)
    clipped = np.clip(samples.astype(np.int32) * 12, -32_768, 32_767).astype(np.int16).tobytes()
    async with stack.talk(grants=("talk",)) as talk:
        await talk.hear(clipped)
        await talk.reply()
        heard = talk.of("conversation.item.input_audio_transcription.completed")[-1]["transcript"]
        assert "hard day" in heard.lower()


async def test_two_talks_at_once_do_not_mix(stack):
    await stack.ready()
    same = {"token": stack.token(), "session": {"output_modalities": ["text"]}}
    async with stack.talk(**same) as english, stack.talk(**same) as persian:
        replies = await asyncio.gather(english.type("I feel very sad"), persian.type("خیلی غمگینم"))
    assert [any("\u0600" <= letter <= "\u06ff" for letter in reply) for reply in replies] == [False, True]


async def test_a_client_that_vanishes_in_the_middle_of_a_reply_leaves_its_place(stack):
    await stack.ready()
    async with stack.connect() as connection:  # one that can't come back: it has not asked for our events
        talk = TalkSocket(connection)
        await talk.send("response.create")
        await talk.until("response.output_audio.delta")
        assert "hamdel_talks 1.0" in stack.get("/metrics")[1]
        connection.transport.abort()
    async with asyncio.timeout(10):
        while "hamdel_talks 0.0" not in stack.get("/metrics")[1]:
            await asyncio.sleep(0.1)


async def test_a_client_that_never_reads_costs_bounded_memory(stack):
    await stack.ready()
    process = psutil.Process(stack.process_id("gateway"))
    async with stack.talk() as other:
        await other.type("hello")
        before = process.memory_full_info().uss
        reader = socket.create_connection(("127.0.0.1", stack.ports["gateway"]))
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        await asyncio.to_thread(_upgrade, reader, stack)
        update = json.dumps({"type": "session.update", "session": {"instructions": "x" * 60_000}})
        frames = _masked(update) * 40
        deadline = time.monotonic() + 8
        reader.settimeout(0.5)
        while time.monotonic() < deadline:
            try:
                await asyncio.to_thread(reader.sendall, frames)
            except (TimeoutError, OSError):
                break
        assert await other.type("are you still there?")
        assert process.memory_full_info().uss - before < 40 * 2**20
        reader.close()


def _upgrade(connection, stack):
    connection.sendall(
        (
            f"GET /v1/realtime HTTP/1.1\r\nHost: 127.0.0.1:{stack.ports['gateway']}\r\nConnection: Upgrade\r\n"
            "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            f"Authorization: Bearer {stack.token()}\r\n\r\n"
        ).encode()
    )
    assert b"101" in connection.recv(15)


def _masked(text):
    """One text frame whose mask is zero (RFC 6455 section 5.2)."""
    data = text.encode()
    return b"\x81\xff" + len(data).to_bytes(8, "big") + bytes(4) + data


@pytest.mark.parametrize(
    "sent", [b"", b"GET /v1/realtime HTTP/1.1\r\nHost: x\r\nUpg"], ids=["nothing", "half"]
)
async def test_a_handshake_that_never_ends_is_given_up(stack, sent):
    await stack.ready()
    with socket.create_connection(("127.0.0.1", stack.ports["gateway"]), timeout=5) as connection:
        connection.sendall(sent)
        began = time.monotonic()
        with contextlib.suppress(ConnectionResetError):
            assert await asyncio.to_thread(connection.recv, 1) == b""
        assert time.monotonic() - began < 4


async def test_a_foreign_origin_is_refused_with_the_numbers(stack):
    await stack.ready()
    with pytest.raises(InvalidStatus) as refused:
        async with stack.connect(headers={"Origin": "https://evil.example"}):
            pass
    assert refused.value.response.status_code == 403
    assert json.loads(refused.value.response.body)["lines"]


async def test_expired_forged_and_missing_tokens_are_refused(stack):
    await stack.ready()
    for token in (stack.token(lifetime_s=-1), stack.token(secret="s" * 40), "ek_x.y.z", "none"):
        with pytest.raises(InvalidStatus) as refused:
            async with stack.connect(token):
                pass
        body = json.loads(refused.value.response.body)
        assert (refused.value.response.status_code, body["error"]["code"]) == (401, "invalid_token")
        assert token not in refused.value.response.body.decode()


async def test_a_single_use_token_opens_one_socket(stack):
    await stack.ready()
    token = stack.token(once=True)
    origin = {"Origin": f"http://127.0.0.1:{stack.ports['gateway']}", "Authorization": ""}
    async with stack.connect(query=f"?token={token}", headers=origin) as connection:
        assert json.loads(await connection.recv())["type"] == "session.created"
    with pytest.raises(InvalidStatus) as refused:
        async with stack.connect(query=f"?token={token}", headers=origin):
            pass
    assert refused.value.response.status_code == 401


async def test_a_full_house_refuses_with_the_numbers(gateway):
    full = gateway(server={"max_talks": 1})
    await full.ready()
    origin = {"Origin": f"http://127.0.0.1:{full.ports['gateway']}"}
    async with full.talk():
        with pytest.raises(InvalidStatus) as refused:
            async with full.connect():
                pass
        assert refused.value.response.status_code == 429
        async with full.connect(headers=origin) as page:
            error = json.loads(await page.recv())["error"]
            with pytest.raises(ConnectionClosed) as closed:
                await page.recv()
    assert (error["code"], closed.value.rcvd.code) == ("session_limit_reached", 1013)
    assert error["lines"]


async def test_control_events_beyond_the_pace_are_served_later(stack):
    await stack.ready()
    async with stack.talk() as talk:
        began = time.monotonic()
        for number in range(600):
            await talk.send("conversation.item.retrieve", item_id="nobody", event_id=str(number))
        await talk.send("conversation.item.retrieve", item_id="nobody", event_id="last")
        while (await talk.until("error", 60))["error"]["event_id"] != "last":
            pass
        assert len(talk.of("error")) == 601
        assert time.monotonic() - began > 1.5


async def test_an_idle_talk_ends_with_a_goodbye(gateway):
    impatient = gateway(conversation={"idle_s": 1})
    await impatient.ready()
    async with impatient.talk() as talk:
        assert PHRASES.say("goodbye_idle", "en") in await talk.reply()
        assert (await talk.until("error"))["error"]["code"] == "session_expired"
        with pytest.raises(ConnectionClosed) as closed:
            await talk.until("nothing")
    assert closed.value.rcvd.code == 1000


async def test_long_audio_in_one_append_is_heard_whole(stack, spoken):
    await stack.ready()
    async with stack.talk(grants=("talk",)) as talk:
        pcm = bytes(48_000 * 20) + spoken("I had a very hard day at work today.") + bytes(96_000)
        await talk.send("input_audio_buffer.append", audio=base64.b64encode(pcm).decode())
        await talk.reply()
        heard = talk.of("conversation.item.input_audio_transcription.completed")[-1]["transcript"]
        assert "hard day" in heard.lower()
