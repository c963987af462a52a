import pytest
from sdk_events import validate

from bot import server_events as events
from bot.session_config import SessionConfig, apply_update

ITEMS = [
    events.user_audio_item("item_1", None),
    events.user_audio_item("item_1", "words"),
    events.user_text_item("item_1", "words"),
    events.system_item("item_1", "words"),
    events.assistant_item("item_1", None, spoken=True, status="in_progress"),
    events.assistant_item("item_1", "words", spoken=True, status="completed"),
    events.assistant_item("item_1", "words", spoken=False, status="incomplete"),
]


def check(event):
    validate({**event, "event_id": "event_1"})


@pytest.mark.parametrize("item", ITEMS)
def test_items_are_of_the_sdks_shape_wherever_they_stand(item):
    check({"type": "conversation.item.added", "previous_item_id": None, "item": item})
    check({"type": "conversation.item.retrieved", "item": item})
    check(events.output_item("added", "resp_1", item))


def test_a_spoken_turn_has_its_transcript_key_before_the_words_are_known():
    assert ITEMS[0]["content"] == [{"type": "input_audio", "transcript": None}]


@pytest.mark.parametrize(
    "event",
    [
        events.error("invalid_value", "Not so.", param="item", event_id="mine"),
        events.error("server_error", "Not now."),
        events.transcription_completed("item_1", "", 1.23456),
        events.transcription_failed("item_1"),
        events.content_part("added", "resp_1", "item_1", spoken=True, text=None),
        events.content_part("added", "resp_1", "item_1", spoken=False, text=None),
        events.content_part("done", "resp_1", "item_1", spoken=True, text="words"),
        events.audio_delta("resp_1", "item_1", b"\0\0"),
    ],
    ids=lambda event: event["type"],
)
def test_events_are_of_the_sdks_shape(event):
    check(event)


def test_a_failed_transcription_has_no_null_which_the_npm_client_would_not_parse():
    assert None not in events.transcription_failed("item_1")["error"].values()


@pytest.mark.parametrize(
    ("status", "beside"),
    [
        ("in_progress", {}),
        ("completed", {}),
        ("cancelled", {"reason": "turn_detected"}),
        ("cancelled", {"reason": "client_cancelled"}),
        ("failed", {"failure": "voice_unavailable"}),
    ],
)
def test_responses_are_of_the_sdks_shape_in_every_status(status, beside):
    response = events.response_object(
        "resp_1", status=status, modality="audio", metadata={"a": "b"}, output=ITEMS[4:5], **beside
    )
    check(events.response_event("done", response))


@pytest.mark.parametrize(
    "detection", [{"type": "server_vad", "idle_timeout_ms": 5_000}, {"type": "semantic_vad"}, None]
)
def test_the_session_is_of_the_sdks_shape_with_each_turn_detection(detection):
    config = SessionConfig(id="sess_1")
    check({"type": "session.created", "session": config.echo()})
    config = apply_update(config, {"audio": {"input": {"turn_detection": detection}}}, event_id=None)
    check({"type": "session.updated", "session": config.echo()})
