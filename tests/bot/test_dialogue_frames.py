"""Frames of the dialogue channel: what is read of them, and that whatever else comes quotes nothing."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.choices import Choice, Choices
from bot.commands import DialogueDone, DialogueFailed, DialogueMessage
from bot.dialogue_frames import Answer, DialogueFrameError, Forgotten, Noted, read_answer

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
fields = st.sampled_from(
    ["turn_id", "seq", "text", "custom", "buttons", "name", "intent", "language", "crisis", "code"]
)


def frame(**values):
    return json.dumps({"turn_id": "t/1", "seq": 0, **values})


def test_a_message_is_read():
    custom = {"handoff": {"queue": "clinic", "reason": "asked"}}
    assert read_answer(frame(type="message", seq=3, text="Hello.", custom=custom)) == Answer(
        "t/1", 3, DialogueMessage("t/1", "Hello.", custom)
    )
    assert read_answer(frame(type="message")).content == DialogueMessage("t/1", None, None)


def test_the_buttons_of_a_message_are_read_with_what_asks():
    buttons = [{"title": "Yes", "payload": "Yes"}, {"title": "Sad", "payload": "I feel sad"}]
    read = read_answer(frame(type="message", text="Well?", buttons=buttons, name="utter_check_safety"))
    items = (Choice("Yes", "Yes"), Choice("Sad", "I feel sad"))
    assert read.content.choices == Choices(items, about_safety=True)


@pytest.mark.parametrize(
    "buttons",
    [
        "yes",
        [{"title": "Yes"}, 7],
        [{"title": "x" * 100_000}],
        [{"title": str(number)} for number in range(50_000)],
        {"title": "Yes"},
        [[[[]]]],
        float("nan"),
    ],
)
@pytest.mark.parametrize("name", [None, 7, {"utter": []}])
def test_buttons_that_can_t_be_used_do_not_cost_the_message(buttons, name):
    read = read_answer(frame(type="message", text="Well?", buttons=buttons, name=name))
    assert read.content == DialogueMessage("t/1", "Well?", None, None)


def test_the_end_of_an_answer_is_read():
    done = frame(
        type="done",
        intent={"name": "greet", "confidence": 0.9},
        language="fa",
        crisis=True,
        crisis_level=3,
        crisis_kind="abuse",
    )
    assert read_answer(done).content == DialogueDone("t/1", "greet", "fa", True, 3, "abuse")
    assert read_answer(frame(type="done")).content == DialogueDone("t/1", None, None, False)


@pytest.mark.parametrize(("code", "again"), [("internal", True), ("busy", False), ("wrong_sender", False)])
def test_only_an_internal_error_is_worth_another_try(code, again):
    text = json.dumps({"type": "error", "turn_id": "t/1", "code": code, "message": "x"})
    assert read_answer(text) == Answer("t/1", 0, DialogueFailed("t/1"), again)


@pytest.mark.parametrize(
    "frame", [{"type": "pong"}, {"type": "error", "turn_id": None, "code": "busy", "message": "x"}]
)
def test_what_belongs_to_nobody_gives_nothing(frame):
    assert read_answer(json.dumps(frame)) is None


def test_the_receipt_of_what_was_heard_names_its_turn():
    assert read_answer('{"type": "noted", "turn_id": "t"}') == Noted("t")


def test_a_sender_that_is_forgotten_is_named():
    assert read_answer('{"type": "forgotten", "sender": "t"}') == Forgotten("t")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (frame(type="message", seq=-1), "t/1"),
        (frame(type="message", text=["words"]), "t/1"),
        (frame(type="surprise"), "t/1"),
        (frame(type="error", code="two\nlines"), "t/1"),
        (frame(type="done", intent="greet"), "t/1"),
        ('{"turn_id": "t/1", "type": "message"}', "t/1"),
        ('{"turn_id": "t/1", "seq": 0, "type": "message", "custom": {"suggestions": []}}', "t/1"),
        ('{"turn_id": 7, "seq": 0, "type": "message"}', None),
        ('{"type": "message", "seq": 0}', None),
        ("no json", None),
        ("", None),
        ("[]", None),
        ("null", None),
        (b"\xff\x00", None),
        ('{"turn_id": "\\ud800", "seq": 0, "type": "done"}', None),
        ('{"turn_id": "t/1", "seq": 0, "type": "message", "text": "half \\ud800"}', None),
        ("[" * 100_000, None),
    ],
)
def test_a_frame_of_the_wrong_shape_names_its_turn_where_that_can_be_told(text, key):
    with pytest.raises(DialogueFrameError) as caught:
        read_answer(text)
    assert caught.value.key == key


def test_the_error_quotes_nothing():
    with pytest.raises(DialogueFrameError) as caught:
        read_answer(frame(type="message", text={"words": "pomegranate"}))
    assert "pomegranate" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@given(
    st.text(max_size=200)
    | st.binary(max_size=100)
    | st.builds(
        lambda kind, values: json.dumps({**values, "type": kind}),
        st.sampled_from(["message", "done", "error", "pong"]),
        st.dictionaries(fields, json_values, max_size=6),
    )
)
def test_anything_is_an_answer_nothing_or_an_error_of_ours(text):
    try:
        answer = read_answer(text)
    except DialogueFrameError:
        return
    assert answer is None or (answer.seq >= 0 and answer.content.turn_id == answer.key)
