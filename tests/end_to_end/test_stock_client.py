"""The stock Python `openai` SDK holds a talk with the real server, every event in the SDK's own types."""

import asyncio
import base64
import json

import httpx
import pytest
from openai import AsyncOpenAI
from openai.types.realtime import RealtimeServerEvent
from pydantic import TypeAdapter

from bot.client import read_recording
from bot.settings import runtime_dir

EVENTS = TypeAdapter(RealtimeServerEvent)


@pytest.fixture
def client(server):
    access = json.loads((runtime_dir() / f"development-{server.port}.json").read_text())
    return AsyncOpenAI(
        api_key=access["tokens"]["therapy"], websocket_base_url=f"ws://127.0.0.1:{server.port}/v1"
    )


async def gather(connection, until="response.done", timeout_s=90):
    events = []
    async with asyncio.timeout(timeout_s):
        async for event in connection:
            # The SDK builds its models leniently; here each event must fit its type exactly.
            EVENTS.validate_python(json.loads(event.to_json()))
            events.append(event)
            if event.type in (until, "error"):
                return events
    raise AssertionError("the connection ended early")


async def test_a_spoken_turn_over_the_stock_sdk(client, spoken):
    samples = read_recording(spoken("I had a very hard day at work today."))
    pcm = samples.tobytes() + bytes(48_000 * 2)  # two seconds of silence
    async with client.realtime.connect(model="gpt-realtime") as connection:
        await connection.session.update(
            session={
                "type": "realtime",
                "instructions": "ignored",
                "audio": {"input": {"turn_detection": {"type": "server_vad"}}},
            }
        )
        for start in range(0, len(pcm), 48_000):  # a second at a time, faster than real time
            piece = base64.b64encode(pcm[start : start + 48_000]).decode()
            await connection.input_audio_buffer.append(audio=piece)
        events = await gather(connection)
    types = [event.type for event in events]
    assert types[:2] == ["session.created", "session.updated"]
    order = [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.input_audio_transcription.completed",
        "response.created",
        "response.output_audio.delta",
        "response.output_audio.done",
        "response.done",
    ]
    assert [types.index(kind) for kind in order] == sorted(types.index(kind) for kind in order)
    assert not [kind for kind in types if kind.startswith("hamdel.")]
    transcript = next(e.transcript for e in events if e.type.endswith("transcription.completed"))
    assert "hard day" in transcript.lower()
    done = events[-1].response
    assert done.status == "completed"
    said = done.output[0].content[0].transcript
    assert "computer program" in said  # the disclosure comes with the first reply
    audio = b"".join(base64.b64decode(e.delta) for e in events if e.type == "response.output_audio.delta")
    assert len(audio) > 48_000


async def test_a_typed_turn_answered_in_text(client):
    async with client.realtime.connect(model="gpt-realtime") as connection:
        await connection.session.update(session={"type": "realtime", "output_modalities": ["text"]})
        await connection.conversation.item.create(
            item={"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]}
        )
        await connection.response.create(response={"metadata": {"turn": "one"}})
        events = await gather(connection)
    types = [event.type for event in events]
    assert "response.output_text.delta" in types
    assert "response.output_audio.delta" not in types
    assert events[-1].response.metadata == {"turn": "one"}


async def test_an_error_is_of_the_sdks_shape_and_the_talk_goes_on(client):
    async with client.realtime.connect(model="gpt-realtime") as connection:
        await connection.response.cancel()
        events = await gather(connection)
        assert events[-1].error.code == "response_cancel_not_active"
        await connection.session.update(session={"type": "realtime", "output_modalities": ["text"]})
        await gather(connection, until="session.updated")


async def test_a_wrong_token_is_refused_before_the_upgrade(server):
    wrong = AsyncOpenAI(api_key="ek_wrong", websocket_base_url=f"ws://127.0.0.1:{server.port}/v1")
    with pytest.raises(Exception, match="401"):
        async with wrong.realtime.connect(model="gpt-realtime"):
            pass


async def test_a_foreign_page_gets_no_token_and_no_talk(server):
    async with httpx.AsyncClient(base_url=server.page) as http:
        foreign = await http.post("/v1/tokens", json={}, headers={"origin": "https://evil.example"})
        assert foreign.status_code == 401
        own = await http.post("/v1/tokens", json={}, headers={"origin": server.page.rstrip("/")})
        assert own.status_code == 200
        assert own.json()["value"].startswith("ek_")
        rebound = await http.post(
            "/v1/tokens",
            json={},
            headers={"host": f"evil.example:{server.port}", "origin": f"http://evil.example:{server.port}"},
        )
        assert rebound.status_code == 401
