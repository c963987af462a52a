"""Answers to press: what of the dialogue engine's buttons is offered, when, and to whom."""

import json
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from scripted_talk import ScriptedTalk, typed
from watched_guard import WatchedGuard

from bot import choices as module
from bot import commands as c
from bot.choices import (
    MAX_CHOICES,
    MAX_TEXT_CHARACTERS,
    MAX_TITLE_CHARACTERS,
    Choice,
    Choices,
    read_choices,
)
from bot.settings import ROOT

YES_NO = [{"title": "Yes", "payload": "Yes"}, {"title": "No", "payload": "No"}]
RESPONSES = YAML(typ="safe").load((ROOT / "domain.yml").read_text(encoding="utf-8"))["responses"]
json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=12)
        | st.dictionaries(st.sampled_from(["title", "payload", "x"]), inner, max_size=4)
    ),
    max_leaves=30,
)


def ask(talk, text="Did one help?", buttons=YES_NO, name="utter_ask_helped", *, turn_id=None):
    """The dialogue engine's whole answer to the latest turn, which asks something."""
    turn_id = turn_id or talk.last(c.AskDialogue).turn_id
    talk.do(
        talk.conversation.dialogue(
            c.DialogueMessage(turn_id, text, None, read_choices(buttons, name)), talk.now_ms
        )
    )
    talk.do(talk.conversation.dialogue(c.DialogueDone(turn_id, "share", "en"), talk.now_ms))


def press(talk, text):
    """What a client does when a choice is pressed."""
    typed(talk, text)
    return talk.client(type="response.create")


def offered(talk):
    return talk.events("hamdel.choices")


# What is read ---------------------------------------------------------------------------------------


def test_what_a_press_says_is_the_payload_or_the_title_where_that_is_none_or_a_command():
    buttons = [
        {"title": "Sad", "payload": "I feel sad"},
        {"title": " No "},
        {"title": "Yes", "payload": "/affirm"},
    ]
    assert read_choices([*buttons, {"title": "?", "payload": ""}]) == Choices(
        (Choice("Sad", "I feel sad"), Choice("No", "No"), Choice("Yes", "Yes"), Choice("?", "?"))
    )


@pytest.mark.parametrize("name", sorted(name for name in RESPONSES if "buttons" in RESPONSES[name][0]))
def test_every_question_of_the_domain_with_buttons_offers_them(name):
    for variant in RESPONSES[name]:
        read = read_choices(variant["buttons"], name)
        assert [choice.title for choice in read.items] == [button["title"] for button in variant["buttons"]]
        assert [choice.text for choice in read.items] == [button["payload"] for button in variant["buttons"]]


def test_the_questions_about_safety_are_those_of_the_domain_whose_words_come_from_the_crisis_package():
    with_buttons = [name for name, variants in RESPONSES.items() if "buttons" in variants[0]]
    composed = {name for name in with_buttons if RESPONSES[name][0]["text"] == "{crisis_reply}"}
    assert {name for name in with_buttons if read_choices(YES_NO, name).about_safety} == composed
    assert composed == module._SAFETY_QUESTIONS


def test_a_title_and_a_text_of_the_greatest_length_are_offered():
    title, text = "t" * MAX_TITLE_CHARACTERS, "p" * MAX_TEXT_CHARACTERS
    assert read_choices([{"title": title, "payload": text}]) == Choices((Choice(title, text),))
    many = [{"title": letter} for letter in string.ascii_letters[:MAX_CHOICES]]
    assert len(read_choices(many).items) == MAX_CHOICES


@pytest.mark.parametrize(
    "buttons",
    [
        None,
        [],
        {},
        "Yes",
        7,
        ["Yes", "No"],
        [*YES_NO, None],
        [*YES_NO, {"payload": "perhaps"}],
        [*YES_NO, {"title": ""}],
        [*YES_NO, {"title": "  "}],
        [*YES_NO, {"title": 7}],
        [*YES_NO, {"title": ["x"]}],
        [*YES_NO, {"title": "x", "payload": 7}],
        [*YES_NO, {"title": "Yes", "payload": "else"}],
        [*YES_NO, {"title": "x" * (MAX_TITLE_CHARACTERS + 1)}],
        [*YES_NO, {"title": "x", "payload": "x" * (MAX_TEXT_CHARACTERS + 1)}],
        [*YES_NO, {"title": "two\nlines"}],
        [*YES_NO, {"title": "x", "payload": "two\nlines"}],
        [*YES_NO, {"title": "\u202eseY"}],
        [*YES_NO, {"title": "x", "payload": "\u2067turned"}],
        [*YES_NO, {"title": "\0"}],
        [*YES_NO, {"title": "half \ud800"}],
        [*YES_NO, {"title": "/"}],
        [*YES_NO, {"title": " / /"}],
        [{"title": str(number)} for number in range(MAX_CHOICES + 1)],
        [{"title": str(number)} for number in range(100_000)],
    ],
)
def test_where_one_answer_can_t_be_offered_none_is(buttons):
    assert read_choices(buttons) is None


@given(json_values, json_values)
def test_whatever_is_sent_gives_bounded_choices_or_none(buttons, name):
    read = read_choices(buttons, name)
    if read is None:
        return
    assert 1 <= len(read.items) <= MAX_CHOICES
    for choice in read.items:
        assert 1 <= len(choice.title) <= MAX_TITLE_CHARACTERS
        assert 1 <= len(choice.text) <= MAX_TEXT_CHARACTERS
        assert choice.text.strip("/ ")
        json.dumps([choice.title, choice.text], ensure_ascii=False).encode()


# When they are offered ------------------------------------------------------------------------------


@pytest.fixture
def talk():
    return ScriptedTalk()


def test_choices_come_once_the_question_was_spoken_to_its_end_and_name_its_reply(talk):
    talk.utter("I tried them")
    ask(talk)
    assert talk.last(c.Speak).text == "Did one help?"
    assert offered(talk) == []
    talk.speak_all()
    [event] = offered(talk)
    assert event["item_id"] == talk.events("response.done")[-1]["response"]["output"][0]["id"]
    assert event["items"] == [
        {"title": "Yes", "text": "Yes", "language": "en"},
        {"title": "No", "text": "No", "language": "en"},
    ]
    kinds = [event["type"] for event in talk.events()]
    assert kinds.index("response.done") < kinds.index("hamdel.choices")


def test_choices_of_a_written_reply_come_with_its_end(talk):
    talk.client(type="session.update", session={"type": "realtime", "output_modalities": ["text"]})
    press(talk, "hello")
    ask(talk)
    assert len(offered(talk)) == 1


def test_choices_are_offered_also_where_no_voice_could_ask(talk):
    talk.utter("hello")
    ask(talk)
    talk.do(talk.conversation.voice_failed(talk.last(c.FinishSpeaking).generation, talk.now_ms))
    assert len(offered(talk)) == 1


def test_each_choice_says_its_language(talk):
    talk.utter("سلام", language="fa")
    buttons = [{"title": "می‌ترسم"}, {"title": "OK"}, {"title": "۱"}]
    ask(talk, "حالتان چطور است؟", buttons)
    talk.speak_all()
    assert [item["language"] for item in offered(talk)[0]["items"]] == ["fa", "en", "fa"]


def test_a_question_that_was_cut_offers_nothing(talk):
    talk.utter("hello")
    ask(talk)
    talk.sound(talk.last(c.FinishSpeaking).generation)
    talk.utter("wait", start_ms=9_000)
    talk.answer("I wait.")
    talk.speak_all()
    assert offered(talk) == []


def test_only_the_last_words_of_a_reply_are_a_question_with_answers(talk):
    talk.utter("hello")
    turn_id = talk.last(c.AskDialogue).turn_id
    message = c.DialogueMessage(turn_id, "Did one help?", None, read_choices(YES_NO))
    talk.do(talk.conversation.dialogue(message, talk.now_ms))
    talk.answer("Or tell me more.")
    talk.speak_all()
    assert offered(talk) == []


def test_an_answer_that_broke_off_offers_nothing(talk):
    talk.utter("hello")
    turn_id = talk.last(c.AskDialogue).turn_id
    message = c.DialogueMessage(turn_id, "Did one help?", None, read_choices(YES_NO))
    talk.do(talk.conversation.dialogue(message, talk.now_ms))
    talk.do(talk.conversation.dialogue(c.DialogueFailed(turn_id), talk.now_ms))
    talk.speak_all()
    assert talk.events("response.done")
    assert offered(talk) == []


def test_clients_that_did_not_ask_for_our_events_see_nothing_of_them():
    plain = ScriptedTalk(own_events=False, disclosure=None)
    plain.utter("hello")
    ask(plain)
    plain.speak_all()
    assert plain.last(c.Speak).text == "Did one help?"
    assert not [event for event in plain.events() if event["type"].startswith("hamdel.")]


# What a press does ----------------------------------------------------------------------------------


def test_a_press_is_a_typed_turn_for_the_dialogue(talk):
    talk.utter("I tried them")
    ask(talk)
    talk.speak_all()
    press(talk, offered(talk)[0]["items"][0]["text"])
    assert talk.last(c.AskDialogue).text == "Yes"
    assert talk.last(c.AskDialogue).metadata["recognition"] is None


def test_a_press_is_read_by_the_guard_against_the_question(talk):
    talk.utter("hello")
    ask(talk, "level one", [{"title": "yes"}, {"title": "no"}], "utter_check_safety")
    talk.speak_all()
    press(talk, offered(talk)[0]["items"][0]["text"])
    assert "Fixed reply of level 3." in [spoken.text for spoken in talk.all(c.Speak)]
    assert talk.events("hamdel.crisis")[-1]["level"] == 3
    assert talk.last(c.AskDialogue).metadata["crisis_level"] == 3


def test_the_real_guard_finds_danger_in_a_press_whatever_the_choice_was():
    talk = ScriptedTalk(guard=WatchedGuard())
    talk.utter("hello")
    ask(talk, "How do you feel?", [{"title": "Like ending it", "payload": "I want to kill myself"}])
    talk.speak_all()
    press(talk, offered(talk)[0]["items"][0]["text"])
    assert talk.events("hamdel.crisis")[-1]["level"] >= 2


# Whatever happens -----------------------------------------------------------------------------------

OF_SAFETY = [{"title": "Safe"}, {"title": "Not safe"}]
questions = st.sampled_from(
    [
        (YES_NO, "utter_ask_helped"),
        (YES_NO, None),
        (OF_SAFETY, "utter_check_safety"),
        (OF_SAFETY, "utter_crisis_question"),
        ([*YES_NO, 7], "utter_ask_helped"),
        ([{"title": "x" * 81}], "utter_check_safety"),
        (None, None),
    ]
)
words = st.sampled_from(["hello", "hello", "hello", "level one", "level two", "yes"])
steps = st.one_of(
    st.tuples(st.just("hear"), words),
    st.tuples(st.just("press"), words),
    st.tuples(st.just("say"), questions),
    st.tuples(st.just("ask"), words, questions, st.sampled_from([True, True, False])),
    st.tuples(st.just("end"), st.sampled_from([0, 0, 0, 1, 2])),
    st.tuples(st.sampled_from(["fail", "speak", "break", "cancel", "sound"])),
)


def play(talk, step):
    asked, spoken = talk.all(c.AskDialogue), talk.all(c.FinishSpeaking)
    match step:
        case ("hear", text):
            talk.utter(text, start_ms=int(talk.now_ms))
        case ("press", text):
            press(talk, text)
        case ("ask", text, (buttons, name), to_its_end):
            press(talk, text)
            if talk.all(c.AskDialogue):
                ask(talk, "Well?", buttons, name)
            if to_its_end and talk.all(c.FinishSpeaking):
                talk.speak_all()
        case ("say", (buttons, name)) if asked:
            message = c.DialogueMessage(asked[-1].turn_id, "Well?", None, read_choices(buttons, name))
            talk.do(talk.conversation.dialogue(message, talk.now_ms))
        case ("end", level) if asked:
            done = c.DialogueDone(asked[-1].turn_id, "share", "en", level > 0, level, "suicide")
            talk.do(talk.conversation.dialogue(done, talk.now_ms))
        case ("fail",) if asked:
            talk.do(talk.conversation.dialogue(c.DialogueFailed(asked[-1].turn_id), talk.now_ms))
        case ("speak",) if spoken:
            talk.speak_all()
        case ("sound",) if spoken:
            talk.sound(spoken[-1].generation)
        case ("break",) if spoken:
            talk.do(talk.conversation.voice_failed(spoken[-1].generation, talk.now_ms))
        case ("cancel",):
            talk.client(type="response.cancel")


@settings(deadline=None)  # a whole talk each
@given(st.lists(steps, min_size=5, max_size=25), st.booleans())
def test_choices_follow_the_uncut_end_of_a_reply_and_danger_has_none_but_its_own(moves, in_crisis):
    talk = ScriptedTalk()
    if in_crisis:
        press(talk, "level two")
        talk.speak_all()
    for move in moves:
        before = len(talk.events())
        play(talk, move)
        new = talk.events()[before:]
        for place, event in enumerate(new):
            in_crisis = in_crisis or (event["type"] == "hamdel.crisis" and event["level"] >= 2)
            if event["type"] != "hamdel.choices":
                continue
            titles = [item["title"] for item in event["items"]]
            assert titles == ["Safe", "Not safe"] or (titles == ["Yes", "No"] and not in_crisis)
            over = [event["response"] for event in new[:place] if event["type"] == "response.done"][-1]
            assert over["status"] in ("completed", "failed")
            assert [item["id"] for item in over["output"]] == [event["item_id"]]


# In danger ------------------------------------------------------------------------------------------


def test_in_danger_only_questions_about_it_offer_answers(talk):
    talk.utter("level two")
    talk.speak_all()
    talk.utter("hm", start_ms=9_000)
    ask(talk)
    talk.speak_all()
    assert offered(talk) == []
    talk.utter("hm", start_ms=19_000)
    ask(talk, "Are you safe?", name="utter_crisis_question")
    talk.speak_all()
    assert [item["title"] for item in offered(talk)[0]["items"]] == ["Yes", "No"]


def test_danger_that_the_dialogue_finds_in_the_turn_itself_takes_other_choices_back(talk):
    talk.utter("hello")
    turn_id = talk.last(c.AskDialogue).turn_id
    message = c.DialogueMessage(turn_id, "Did one help?", None, read_choices(YES_NO, "utter_ask_helped"))
    talk.do(talk.conversation.dialogue(message, talk.now_ms))
    done = c.DialogueDone(turn_id, "crisis", "en", crisis=True, crisis_level=2, crisis_kind="suicide")
    talk.do(talk.conversation.dialogue(done, talk.now_ms))
    talk.speak_all()
    assert talk.events("response.done")
    assert offered(talk) == []


def test_the_answer_of_the_dialogue_to_a_turn_that_the_guard_has_answered_offers_nothing(talk):
    talk.utter("level one")
    ask(talk, "Are you thinking of ending your life?", name="utter_check_safety")
    talk.speak_all()
    assert talk.last(c.Speak).text == "Fixed reply of level 1."
    assert offered(talk) == []
