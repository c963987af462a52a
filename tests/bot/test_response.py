import pytest
from sdk_events import validate

from bot.response import Response

SECOND = bytes(48_000)


def response(*, spoken=True, metadata=None):
    return Response(
        response_id="resp_1",
        item_id="item_2",
        generation=1,
        turn_id="item_1",
        spoken=spoken,
        metadata=metadata,
    )


def checked(events):
    for number, event in enumerate(events):
        validate({**event, "event_id": f"event_{number}"})
    return [event["type"] for event in events]


@pytest.mark.parametrize("status", ["completed", "cancelled", "failed"])
@pytest.mark.parametrize("spoken", [True, False])
def test_every_event_of_a_reply_is_of_the_sdks_shape(spoken, status):
    reply = response(spoken=spoken, metadata={"turn": "one"})
    begun = reply.begin("item_1")
    said = reply.say("One.")
    sounded = reply.sound(SECOND, 0) if spoken else []
    finished = reply.finish(
        status,
        reason="turn_detected" if status == "cancelled" else None,
        failure="voice_unavailable" if status == "failed" else None,
    )
    types = checked([*begun, *said, *sounded, *finished])
    assert types[0] == "response.created"
    assert types[-1] == "response.done"
    assert begun[0]["response"]["metadata"] == finished[-1]["response"]["metadata"] == {"turn": "one"}


def test_the_item_is_said_to_follow_the_same_item_when_it_begins_and_when_it_is_done():
    # The npm client puts an item to the front of its history where the previous one is null.
    reply = response()
    begun, finished = reply.begin("item_1"), reply.finish("completed")
    items = [event for event in (*begun, *finished) if event["type"].startswith("conversation.item.")]
    assert [event["previous_item_id"] for event in items] == ["item_1", "item_1"]


def test_sentences_are_one_text():
    reply = response(spoken=False)
    deltas = [event["delta"] for sentence in ("One.", "Two.") for event in reply.say(sentence)]
    assert "".join(deltas) == reply.text == "One. Two."


def test_heard_is_a_sentence_whose_sound_had_begun():
    reply = response()
    for index, sentence in enumerate(("One.", "Two.", "Three.")):
        reply.say(sentence)
        if index < 2:
            reply.sound(SECOND, index)
    assert reply.audio_ms == 2_000
    assert reply.heard_text(0) == ""
    assert reply.heard_text(1_000) == "One."
    assert reply.heard_text(1_001) == "One. Two."
    assert reply.heard_text(60_000) == "One. Two."


def test_a_written_reply_counts_as_read():
    reply = response(spoken=False)
    reply.say("One.")
    assert reply.heard_text(0) == "One."
