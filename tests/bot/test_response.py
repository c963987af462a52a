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
    sounded = reply.sound(SECOND, 0, 0) if spoken else []
    finished = reply.finish(
        status,
        1_000,
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
    begun, finished = reply.begin("item_1"), reply.finish("completed", 0)
    items = [event for event in (*begun, *finished) if event["type"].startswith("conversation.item.")]
    assert [event["previous_item_id"] for event in items] == ["item_1", "item_1"]


def test_sentences_are_one_text():
    reply = response(spoken=False)
    deltas = [event["delta"] for sentence in ("One.", "Two.") for event in reply.say(sentence)]
    assert "".join(deltas) == reply.text == "One. Two."


def test_heard_are_the_sentences_whose_sound_was_played():
    reply = response()
    for index, sentence in enumerate(("One.", "Two.", "Three.")):
        reply.say(sentence)
        if index < 2:
            reply.sound(SECOND, index, 0)
    assert reply.audio_ms == 2_000
    assert [reply.heard(at).text for at in (0, 1_000, 1_900)] == ["", "One.", "One."]
    reply.sound(SECOND, 2, 2_000)
    assert [reply.heard(at).text for at in (1_000, 2_000, 2_900)] == ["One.", "One. Two.", "One. Two."]
    reply.finish("completed", 3_000)
    assert reply.heard(3_000).text == "One. Two. Three."


def test_a_cut_reply_is_heard_up_to_the_cut():
    reply = response()
    reply.say("One two three four five.")
    reply.say("Six.")
    reply.sound(SECOND, 0, 0)
    reply.sound(SECOND, 1, 1_000)
    reply.finish("cancelled", 500, reason="turn_detected")
    assert reply.heard(9_000).text == "One two…"


def test_a_sentence_that_no_voice_can_speak_hides_none_behind_it():
    reply = response()
    for sentence in ("One.", "—", "Three."):
        reply.say(sentence)
    reply.sound(SECOND, 0, 0)
    reply.sound(SECOND, 2, 1_000)
    reply.finish("completed", 2_000)
    assert reply.heard(2_000).text == "One. — Three."


def test_a_written_reply_counts_as_read():
    reply = response(spoken=False)
    reply.say("One.")
    assert reply.heard(0).text == "One."


def test_what_a_broken_voice_leaves_counts_as_read():
    reply = response()
    reply.say("One.")
    reply.finish("failed", 0, failure="voice_unavailable")
    assert reply.heard(0).text == "One."
