"""Sessions as the stock Python `openai` SDK describes them, on the real server."""

from functools import partial

import pytest
from stock_talk import TEXT, stock_client, stock_talk


@pytest.fixture
def client(server):
    return stock_client(server)


@pytest.fixture
def talk(client):
    """Opens a talk: `async with talk(TEXT) as it`."""
    return partial(stock_talk, client)


@pytest.mark.parametrize(
    "detection",
    [
        {"type": "server_vad"},
        {
            "type": "server_vad",
            "threshold": 0.6,
            "prefix_padding_ms": 200,
            "silence_duration_ms": 500,
            "create_response": False,
            "interrupt_response": False,
            "idle_timeout_ms": 6_000,
        },
        {"type": "semantic_vad"},
        {"type": "semantic_vad", "eagerness": "low", "create_response": False},
        None,
    ],
)
async def test_turn_detection_is_taken_and_shown(talk, detection):
    session = {"type": "realtime", "audio": {"input": {"turn_detection": detection}}}
    async with talk() as it:
        updated = await it.ask({"type": "session.update", "session": session}, "session.updated")
        shown = updated.session.audio.input.turn_detection
        if detection is None:
            assert shown is None
        else:
            assert shown.to_dict().items() >= detection.items()
            assert shown.interrupt_response is detection.get("interrupt_response", True)


@pytest.mark.parametrize(
    "transcription",
    [{"model": "gpt-4o-transcribe"}, {"model": "whisper-1", "language": "fa", "prompt": "names"}, None],
)
async def test_transcription_is_taken_and_shown(talk, transcription):
    session = {"type": "realtime", "audio": {"input": {"transcription": transcription}}}
    async with talk() as it:
        updated = await it.ask({"type": "session.update", "session": session}, "session.updated")
        shown = updated.session.audio.input.transcription
        assert shown is None if transcription is None else shown.to_dict().items() >= transcription.items()


@pytest.mark.parametrize("output", ["audio/pcm", "audio/pcmu", "audio/pcma"])
@pytest.mark.parametrize("kind", ["audio/pcm", "audio/pcmu", "audio/pcma"])
async def test_formats_are_taken_and_shown_each_direction_by_itself(talk, kind, output):
    rates = {"audio/pcm": {"rate": 24_000}}
    formats = {name: {"type": name, **rates.get(name, {})} for name in (kind, output)}
    audio = {"input": {"format": formats[kind]}, "output": {"format": formats[output]}}
    async with talk() as it:
        event = {"type": "session.update", "session": {"type": "realtime", "audio": audio}}
        updated = await it.ask(event, "session.updated")
        assert updated.session.audio.input.format.to_dict() == formats[kind]
        assert updated.session.audio.output.format.to_dict() == formats[output]


IGNORED = {
    "model": "gpt-realtime",
    "instructions": "Speak like a pirate.",
    "tools": [{"type": "function", "name": "look", "parameters": {"type": "object"}}],
    "tool_choice": "required",
    "parallel_tool_calls": False,
    "tracing": {"workflow_name": "w", "group_id": "g", "metadata": {"a": 1}},
    "truncation": {"type": "retention_ratio", "retention_ratio": 0.5},
    "include": ["item.input_audio_transcription.logprobs"],
    "prompt": {"id": "pmpt_1", "version": "2", "variables": {"name": "x"}},
    "reasoning": {"effort": "low"},
    "max_output_tokens": 4_096,
    "audio": {
        "input": {"noise_reduction": {"type": "near_field"}},
        "output": {"voice": "marin", "speed": 1.1, "format": {"type": "audio/pcm", "rate": 24_000}},
    },
}


@pytest.mark.parametrize("field", sorted(IGNORED))
async def test_fields_of_other_products_are_never_an_error(talk, field):
    session = {"type": "realtime", field: IGNORED[field]}
    async with talk() as it:
        updated = await it.ask({"type": "session.update", "session": session}, "session.updated")
        assert updated.session.type == "realtime"
        await it.ask({"type": "session.update", "session": {**session, field: None}}, "session.updated")


async def test_fields_of_other_products_in_a_response_are_never_an_error(talk):
    async with talk(TEXT) as it:
        await it.type("hello")
        response = {key: value for key, value in IGNORED.items() if key not in ("audio", "model")}
        await it.connection.response.create(
            response={**response, "conversation": "auto", "audio": {"output": {"voice": "marin"}}}
        )
        assert (await it.until("response.done"))[-1].response.status == "completed"
