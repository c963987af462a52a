"""The stock Python `openai` SDK holds talks with the real server, every event strictly in the SDK's own types."""

import asyncio
import base64
from functools import partial

import httpx
import pytest
from openai import AsyncOpenAI
from sdk_events import CLIENT_EVENTS, SERVER_EVENTS
from stock_talk import PUSH_TO_TALK, SECOND, TEXT, stock_client, stock_talk, typed

from bot.audio_encoding import ALAW, MULAW, SoundEncoder
from bot.client import read_recording


@pytest.fixture
def client(server):
    return stock_client(server)


@pytest.fixture
def talk(client):
    """Opens a talk: `async with talk(TEXT) as it`."""
    return partial(stock_talk, client)


# Whole turns ----------------------------------------------------------------------------------------


async def test_a_spoken_turn_over_the_stock_sdk(talk, spoken):
    async with talk() as it:
        await it.say(spoken("I had a very hard day at work today."))
        events = await it.until("response.done")
        types = [event.type for event in events]
        order = [
            "input_audio_buffer.speech_started",
            "input_audio_buffer.speech_stopped",
            "input_audio_buffer.committed",
            "conversation.item.added",
            "conversation.item.input_audio_transcription.completed",
            "response.created",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_audio_transcript.delta",
            "response.output_audio.delta",
            "response.output_audio.done",
            "response.output_audio_transcript.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.done",
        ]
        assert [types.index(kind) for kind in order] == sorted(types.index(kind) for kind in order)
        completed = next(event for event in events if event.type.endswith("transcription.completed"))
        assert "hard day" in completed.transcript.lower()
        done = events[-1].response
        assert done.status == "completed"
        said = done.output[0].content[0].transcript
        assert "computer program" in said  # the disclosure comes with the first reply
        deltas = [event.delta for event in events if event.type == "response.output_audio.delta"]
        assert sum(len(base64.b64decode(delta)) for delta in deltas) > SECOND
        # Both items can be had again, in their final form.
        retrieve = {"type": "conversation.item.retrieve", "item_id": completed.item_id}
        heard = await it.ask(retrieve, "conversation.item.retrieved")
        assert heard.item.content[0].transcript == completed.transcript
        retrieve["item_id"] = done.output[0].id
        answer = await it.ask(retrieve, "conversation.item.retrieved")
        assert answer.item.content[0].transcript == said
        answered = [
            event
            for event in events
            if event.type.startswith("conversation.item.") and event.type[-4:] in ("dded", "done")
        ]
        assert [event.previous_item_id for event in answered] == [
            None,
            None,
            completed.item_id,
            completed.item_id,
        ]


async def test_push_to_talk_is_committed_by_hand_and_answered_when_asked(talk, spoken):
    async with talk(PUSH_TO_TALK) as it:
        await it.say(spoken("I had a very hard day at work today."), silence_s=1)
        assert {event.type for event in await it.settled()} <= {
            "input_audio_buffer.speech_started",
            "session.updated",
        }
        committed = await it.ask({"type": "input_audio_buffer.commit"}, "input_audio_buffer.committed")
        completed = (await it.until("conversation.item.input_audio_transcription.completed"))[-1]
        assert completed.item_id == committed.item_id
        assert "hard day" in completed.transcript.lower()
        assert [event.type for event in await it.settled()] == ["session.updated"]
        await it.connection.response.create(response={"output_modalities": ["text"]})
        done = (await it.until("response.done"))[-1].response
        assert done.output_modalities == ["text"]
        assert done.output[0].content[0].type == "output_text"


@pytest.mark.parametrize(("kind", "law"), [("audio/pcmu", MULAW), ("audio/pcma", ALAW)])
async def test_a_telephone_is_understood_and_answered_in_its_own_sound(talk, spoken, kind, law):
    formats = {"format": {"type": kind}}
    session = {"type": "realtime", "audio": {"input": formats, "output": formats}}
    async with talk(session) as it:
        pcm = read_recording(spoken("I had a very hard day at work today.")).tobytes() + bytes(SECOND * 2)
        sound = SoundEncoder(law).encode(pcm, last=True)
        for start in range(0, len(sound), 8_000):
            piece = base64.b64encode(sound[start : start + 8_000]).decode()
            await it.connection.input_audio_buffer.append(audio=piece)
        completed = (await it.until("conversation.item.input_audio_transcription.completed"))[-1]
        assert "hard day" in completed.transcript.lower()
        deltas = []
        while len(deltas) < 20:
            deltas.append((await it.until("response.output_audio.delta"))[-1].delta)
        samples = law.decode(b"".join(base64.b64decode(delta) for delta in deltas))
        assert abs(samples.astype(int)).max() > 3_000
        assert (await it.ask({"type": "response.cancel"}, "response.done")).response.status == "cancelled"


async def test_messages_of_the_assistant_and_the_system_are_placed_before_the_greeting(talk):
    async with talk(TEXT) as it:
        for role, kind in (("assistant", "output_text"), ("system", "input_text")):
            item = {"type": "message", "role": role, "content": [{"type": kind, "text": "Earlier."}]}
            added = await it.ask(
                {"type": "conversation.item.create", "item": item}, "conversation.item.added"
            )
            assert added.item.role == role
            assert added.item.content[0].text == "Earlier."
        done = (await it.ask({"type": "response.create"}, "response.done")).response
        assert "computer program" in done.output[0].content[0].text  # the greeting
        assert (await it.refused({"type": "response.create"})).code == "no_turn_to_answer"


async def test_a_spoken_reply_is_cancelled_truncated_and_retrieved_as_heard(talk):
    async with talk() as it:
        await it.ask({"type": "response.create"}, "response.output_audio.delta")
        active = await it.refused({"type": "response.create"})
        assert active.code == "conversation_already_has_active_response"
        await asyncio.sleep(1.5)  # some words are heard
        done = (await it.ask({"type": "response.cancel"}, "response.done")).response
        assert done.status == "cancelled"
        assert done.status_details.type == "cancelled"
        assert done.status_details.reason == "client_cancelled"
        reply = done.output[0]
        assert reply.status == "incomplete"
        truncate = {
            "type": "conversation.item.truncate",
            "item_id": reply.id,
            "content_index": 0,
            "audio_end_ms": 1_200,
        }
        truncated = await it.ask(truncate, "conversation.item.truncated")
        assert truncated.audio_end_ms == 1_200
        kept = await it.ask(
            {"type": "conversation.item.retrieve", "item_id": reply.id}, "conversation.item.retrieved"
        )
        heard = kept.item.content[0].transcript
        assert heard
        assert reply.content[0].transcript.startswith(heard.removesuffix("…"))


async def test_output_audio_buffer_clear_ends_the_sound_of_a_reply(talk):
    async with talk() as it:
        await it.ask({"type": "response.create"}, "response.output_audio.delta")
        done = (await it.ask({"type": "output_audio_buffer.clear"}, "response.done")).response
        assert done.status == "cancelled"
        assert [event.type for event in await it.settled()] == ["session.updated"]


async def test_a_typed_turn_answered_in_text(talk):
    async with talk(TEXT) as it:
        await it.type("hello")
        await it.connection.response.create(response={"metadata": {"turn": "one"}})
        events = await it.until("response.done")
        created = next(event for event in events if event.type == "response.created")
        done = events[-1].response
        assert created.response.metadata == done.metadata == {"turn": "one"}
        assert created.response.id == done.id
        said = "".join(event.delta for event in events if event.type == "response.output_text.delta")
        assert said == done.output[0].content[0].text
        assert said == next(event.text for event in events if event.type == "response.output_text.done")
        assert not [kind for kind in it.types if "audio" in kind]


# Each client event ----------------------------------------------------------------------------------

ANSWERS = {
    "session.update": ({"session": TEXT}, "session.updated"),
    "input_audio_buffer.append": ({"audio": base64.b64encode(bytes(960)).decode()}, None),
    "input_audio_buffer.commit": ({}, "input_audio_buffer_commit_empty"),
    "input_audio_buffer.clear": ({}, "input_audio_buffer.cleared"),
    "conversation.item.create": ({"item": typed("and more")["item"]}, "conversation.item.added"),
    "conversation.item.retrieve": ({"item_id": "chosen"}, "conversation.item.retrieved"),
    "conversation.item.truncate": (
        {"item_id": "chosen", "content_index": 0, "audio_end_ms": 0},
        "invalid_value",
    ),
    "conversation.item.delete": ({"item_id": "chosen"}, "conversation.item.deleted"),
    "response.create": ({"response": {"metadata": {"a": "b"}}}, "response.created"),
    "response.cancel": ({}, "response_cancel_not_active"),
    "output_audio_buffer.clear": ({}, None),
}


@pytest.mark.parametrize("kind", sorted(CLIENT_EVENTS))
async def test_each_client_event_of_the_sdk_has_its_outcome(talk, kind):
    fields, outcome = ANSWERS[kind]
    async with talk(TEXT) as it:
        await it.type("hello", item_id="chosen")
        if outcome is None:
            await it.connection.send({"type": kind, **fields})
            assert [event.type for event in await it.settled()] == ["session.updated"]
        elif outcome in SERVER_EVENTS:
            await it.ask({"type": kind, **fields}, outcome)
        else:
            assert (await it.refused({"type": kind, **fields})).code == outcome
            await it.settled()  # the talk goes on


@pytest.mark.parametrize(
    ("event", "code", "param"),
    [
        (
            {"type": "response.create", "response": {"conversation": "none"}},
            "invalid_value",
            "response.conversation",
        ),
        ({"type": "conversation.item.retrieve", "item_id": "nobody"}, "item_not_found", "item_id"),
        ({"type": "conversation.item.delete", "item_id": "nobody"}, "item_not_found", "item_id"),
        (
            {
                "type": "conversation.item.truncate",
                "item_id": "nobody",
                "content_index": 0,
                "audio_end_ms": 9,
            },
            "item_not_found",
            "item_id",
        ),
        (typed("again", item_id="chosen"), "item_create_duplicate_item_id", "item.id"),
        (typed("lost", previous_item_id="nobody"), "item_not_found", "previous_item_id"),
        (
            {
                "type": "conversation.item.create",
                "item": {"type": "function_call_output", "call_id": "c", "output": "{}"},
            },
            "invalid_value",
            "item",
        ),
        (
            {
                "type": "conversation.item.create",
                "item": {
                    "type": "message",
                    "role": "user",
                    "content": [{"type": "input_image", "image_url": "data:image/png;base64,AA=="}],
                },
            },
            "invalid_value",
            "item",
        ),
        (
            {
                "type": "session.update",
                "session": {"type": "realtime", "audio": {"output": {"speed": 9.0}}},
            },
            "invalid_value",
            "session.audio.output.speed",
        ),
        (
            {
                "type": "session.update",
                "session": {"type": "transcription", "audio": {"input": {}}},
            },
            "invalid_value",
            "session.type",
        ),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) else None,
)
async def test_what_cannot_be_served_is_an_error_that_names_the_field(talk, event, code, param):
    async with talk(TEXT) as it:
        await it.type("hello", item_id="chosen")
        refusal = await it.refused(event)
        assert (refusal.code, refusal.param) == (code, param)
        assert [event.type for event in await it.settled()] == ["session.updated"]


async def test_items_go_where_the_client_places_them(talk):
    async with talk(TEXT) as it:
        assert (await it.type("one", item_id="one")).previous_item_id is None
        assert (await it.type("two", item_id="two")).previous_item_id == "one"
        assert (await it.type("zero", item_id="zero", previous_item_id="root")).previous_item_id is None
        between = await it.type("one and a half", item_id="between", previous_item_id="one")
        assert between.previous_item_id == "one"
        # What follows without a place follows the last item, not the latest.
        assert (await it.type("three")).previous_item_id == "two"
        await it.ask({"type": "conversation.item.delete", "item_id": "between"}, "conversation.item.deleted")
        gone = await it.refused({"type": "conversation.item.retrieve", "item_id": "between"})
        assert gone.code == "item_not_found"
        await it.type("again", item_id="between")  # a deleted id is free


# Access ---------------------------------------------------------------------------------------------


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
