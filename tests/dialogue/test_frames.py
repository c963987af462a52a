from __future__ import annotations

import json
from typing import Any

import pytest

from dialogue.frames import (
    MAX_BUTTON_CHARACTERS,
    MAX_BUTTONS,
    ForgetRequest,
    FrameError,
    HeardRequest,
    PingRequest,
    TurnRequest,
    done_frame,
    error_frame,
    message_frame,
    read_frame,
)

TURN = {"type": "turn", "turn_id": "t", "sender": "s", "text": "hello", "metadata": {"language": "en"}}


def test_each_kind_of_frame_is_read() -> None:
    assert read_frame(json.dumps(TURN)) == TurnRequest("t", "s", "hello", {"language": "en"})
    assert read_frame('{"type": "forget", "sender": "s"}') == ForgetRequest("s")
    assert read_frame('{"type": "ping", "more": 1}') == PingRequest()


def test_what_was_heard_is_read_also_where_it_is_nothing() -> None:
    frame = {"type": "heard", "turn_id": "t", "sender": "s", "text": "Are you…", "question": "begun"}
    assert read_frame(json.dumps(frame)) == HeardRequest("t", "s", "Are you…", "begun")
    del frame["question"]
    assert read_frame(json.dumps({**frame, "text": ""})) == HeardRequest("t", "s", "", "unheard")


@pytest.mark.parametrize(
    "change", [{"text": None}, {"question": "maybe"}, {"question": ["heard"]}, {"sender": ""}]
)
def test_a_malformed_word_of_what_was_heard_is_refused(change: dict[str, object]) -> None:
    frame = {"type": "heard", "turn_id": "t", "sender": "s", "text": "", "question": "heard", **change}
    with pytest.raises(FrameError) as refused:
        read_frame(json.dumps(frame))
    assert (refused.value.code, refused.value.turn_id) == ("bad_frame", "t")


def test_metadata_may_be_missing() -> None:
    request = read_frame(json.dumps({**TURN, "metadata": None}))
    assert isinstance(request, TurnRequest)
    assert request.metadata == {}


@pytest.mark.parametrize("text", ["/restart", " /restart", "//restart", "\t/ /restart "])
def test_a_slash_in_front_is_taken_off_so_that_words_are_no_command(text: str) -> None:
    request = read_frame(json.dumps({**TURN, "text": text}))
    assert isinstance(request, TurnRequest)
    assert request.text == "restart"


@pytest.mark.parametrize("text", ["", " ", "/", " / \n"])
def test_a_turn_without_words_is_refused(text: str) -> None:
    with pytest.raises(FrameError) as refused:
        read_frame(json.dumps({**TURN, "text": text}))
    assert (refused.value.code, refused.value.turn_id) == ("empty_text", "t")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"type": None}, "unknown_type"),
        ({"type": ["turn"]}, "unknown_type"),
        ({"turn_id": ""}, "bad_frame"),
        ({"turn_id": "x" * 201}, "bad_frame"),
        ({"sender": 7}, "bad_frame"),
        ({"text": None}, "bad_frame"),
        ({"text": "x" * 10_001}, "text_too_long"),
        ({"metadata": "en"}, "bad_frame"),
    ],
)
def test_a_malformed_turn_is_refused(change: dict[str, object], code: str) -> None:
    with pytest.raises(FrameError) as refused:
        read_frame(json.dumps({**TURN, **change}))
    assert refused.value.code == code


def test_a_text_of_the_greatest_length_is_read() -> None:
    request = read_frame(json.dumps({**TURN, "text": "x" * 10_000}))
    assert isinstance(request, TurnRequest)


@pytest.mark.parametrize("raw", ["", "{", "null", '"turn"', "[" * 100_000, b"{}"])
def test_what_is_no_json_object_is_refused(raw: str | bytes) -> None:
    with pytest.raises(FrameError) as refused:
        read_frame(raw)
    assert refused.value.code == "bad_json"


def test_a_message_carries_the_name_of_the_response_and_empty_parts_as_null() -> None:
    message = {"text": "Hello", "utter_action": "utter_greet", "buttons": [], "custom": {}, "image": None}
    assert message_frame("t", 0, message) == {
        "type": "message",
        "turn_id": "t",
        "seq": 0,
        "text": "Hello",
        "custom": None,
        "buttons": None,
        "name": "utter_greet",
    }


def test_buttons_go_with_their_title_and_payload_alone() -> None:
    buttons = [
        {"title": "بله", "payload": "بله", "type": "x"},
        {"title": "No"},
        {"title": "Hm", "payload": None},
    ]
    assert message_frame("t", 0, {"text": "Well?", "buttons": buttons})["buttons"] == [
        {"title": "بله", "payload": "بله"},
        {"title": "No", "payload": ""},
        {"title": "Hm", "payload": ""},
    ]


@pytest.mark.parametrize(
    "buttons",
    [
        "Yes",
        7,
        {"title": "Yes"},
        ["Yes"],
        [None],
        [{"title": "Yes"}, "No"],
        [{"title": 7}],
        [{"payload": "x"}],
        [{"title": "x", "payload": ["x"]}],
        [{"title": "x", "payload": float("nan")}],
        [{"title": "x" * (MAX_BUTTON_CHARACTERS + 1)}],
        [{"title": "x", "payload": "x" * 5_000_000}],
        [{"title": str(number)} for number in range(MAX_BUTTONS + 1)],
    ],
)
def test_buttons_of_whatever_kind_do_not_cost_the_message(buttons: Any) -> None:
    frame = message_frame("t", 0, {"text": "Well?", "buttons": buttons})
    assert (frame["text"], frame["buttons"]) == ("Well?", None)


def test_half_a_character_on_a_button_is_replaced() -> None:
    frame = message_frame("t", 0, {"buttons": [{"title": "Yes \ud83d", "payload": "\udc00"}]})
    assert frame["buttons"] == [{"title": "Yes \ufffd", "payload": "\ufffd"}]


def test_the_end_and_a_refusal_have_their_shapes() -> None:
    assert done_frame("t", 2, {"mood": "anger"}) == {
        "type": "done",
        "turn_id": "t",
        "seq": 2,
        "mood": "anger",
    }
    assert error_frame(None, "busy", "later")["code"] == "busy"


def test_half_a_character_is_replaced_so_that_the_text_can_be_written_down() -> None:
    request = read_frame(json.dumps({**TURN, "text": "I feel \ud800 sad"}))
    assert isinstance(request, TurnRequest)
    assert request.text == "I feel \ufffd sad"
    request.text.encode()


@pytest.mark.parametrize("text", ["a\x00b", "\u202eabc\u202c", "a\x1b[31m", "می‌روم", "👩\u200d👧"])
def test_other_characters_of_a_text_stay_as_they_came(text: str) -> None:
    request = read_frame(json.dumps({**TURN, "text": text}))
    assert isinstance(request, TurnRequest)
    assert request.text == text


@pytest.mark.parametrize("name", ["a\x00", "\ud800", "\u202e1", "a\nb"])
@pytest.mark.parametrize("key", ["turn_id", "sender"])
def test_an_identifier_that_cannot_be_printed_is_refused(key: str, name: str) -> None:
    with pytest.raises(FrameError) as refused:
        read_frame(json.dumps({**TURN, key: name}))
    assert refused.value.code == "bad_frame"
    assert refused.value.turn_id in (None, "t")


def test_a_number_that_is_no_json_is_refused_and_one_beyond_all_bounds_left_out() -> None:
    with pytest.raises(FrameError) as refused:
        read_frame(
            '{"type": "turn", "turn_id": "t", "sender": "s", "text": "x", "metadata": {"distress": NaN}}'
        )
    assert refused.value.code == "bad_json"
    request = read_frame(
        '{"type": "turn", "turn_id": "t", "sender": "s", "text": "x",'
        ' "metadata": {"distress": 1e999, "language": "fa"}}'
    )
    assert isinstance(request, TurnRequest)
    assert request.metadata == {"language": "fa"}
