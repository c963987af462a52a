"""What was heard of a reply is the same in the item, the session log, the dialogue and the guard's context."""

import pytest
from scripted_talk import ScriptedTalk, records, typed

from bot import commands as c
from session_log import events as log

FIRST, SECOND = "This is the first sentence of it.", "And how are you feeling right now?"


@pytest.fixture
def talk():
    return ScriptedTalk()


def play(talk, index=0, milliseconds=2_000):
    """Sounds a sentence as it is due, in real time."""
    generation = talk.last(c.Speak).generation
    for _ in range(milliseconds // 100):
        talk.sound(generation, index)
        talk.now_ms += 90


def answer(talk, *texts, done=True):
    talk.utter("hello")
    talk.answer(*(texts or (FIRST, SECOND)), done=done)


def item_id(talk):
    return talk.events("response.output_item.added")[-1]["item"]["id"]


def item_text(talk, item):
    talk.client(type="conversation.item.retrieve", item_id=item)
    return talk.events("conversation.item.retrieved")[-1]["item"]["content"][0]["transcript"]


def logged(talk):
    corrected = records(talk, log.ReplyHeard)
    return (corrected or records(talk, log.ReplyGiven))[-1].heard_text


def told(talk):
    command = talk.last(c.TellDialogue)
    return command.turn_text, command.heard_text, command.question


def recent(talk):
    return list(talk.conversation._state.recent)


def truncate(talk, item, milliseconds):
    talk.client(type="conversation.item.truncate", item_id=item, content_index=0, audio_end_ms=milliseconds)


def playback(talk, item, milliseconds):
    talk.client(type="hamdel.playback", item_id=item, played_ms=milliseconds)


def cut_at(talk, milliseconds):
    answer(talk)
    play(talk, milliseconds=milliseconds)
    item = item_id(talk)
    talk.client(type="response.cancel")
    return item


def test_a_cut_reply_is_remembered_as_it_was_heard_everywhere(talk):
    item = cut_at(talk, 1_500)
    heard = "This is the first…"
    assert item_text(talk, item) == logged(talk) == heard
    assert told(talk) == ("hello", heard, "unheard")
    assert recent(talk) == ["hello", heard]
    assert records(talk, log.ReplyGiven)[0].text == f"{FIRST} {SECOND}"


def test_sound_that_was_sent_ahead_was_not_heard(talk):
    answer(talk)
    for index in (0, 1):
        talk.sound(talk.last(c.Speak).generation, index, milliseconds=2_000)
    talk.now_ms += 1_000
    item = item_id(talk)
    talk.client(type="response.cancel")
    assert item_text(talk, item) == "This is the…"


def test_a_truncation_corrects_all_of_them_and_the_log_keeps_both(talk):
    item = cut_at(talk, 1_500)
    truncate(talk, item, 700)
    assert item_text(talk, item) == logged(talk) == "This is…"
    assert told(talk) == ("hello", "This is…", "unheard")
    assert recent(talk) == ["hello", "This is…"]
    assert len(records(talk, log.ReplyGiven)) == 1
    given, corrected = records(talk, log.ReplyGiven)[0], records(talk, log.ReplyHeard)[0]
    assert (corrected.turn_id, corrected.at) == (given.turn_id, given.at)


def test_the_same_truncation_twice_and_a_later_end_change_nothing(talk):
    item = cut_at(talk, 1_500)
    truncate(talk, item, 700)
    so_far = len(talk.all(c.TellDialogue)), len(talk.all(c.Record))
    truncate(talk, item, 700)
    truncate(talk, item, 5_000)
    assert (len(talk.all(c.TellDialogue)), len(talk.all(c.Record))) == so_far


def test_a_report_of_the_client_bounds_what_was_heard(talk):
    answer(talk)
    play(talk, milliseconds=1_500)
    item = item_id(talk)
    playback(talk, item, 700)
    talk.client(type="response.cancel")
    assert item_text(talk, item) == "This is…"


def test_a_report_after_the_cut_corrects_all_of_them(talk):
    item = cut_at(talk, 1_500)
    playback(talk, item, 700)
    assert item_text(talk, item) == logged(talk) == told(talk)[1] == "This is…"


def test_a_report_while_the_reply_goes_on_changes_nothing(talk):
    answer(talk)
    play(talk)
    item = item_id(talk)
    before = len(talk.commands)
    playback(talk, item, 100)
    playback(talk, "nobody", 100)
    assert talk.commands[before:] == []


def test_a_reply_that_was_heard_whole_is_not_told_about(talk):
    answer(talk)
    play(talk, 0)
    play(talk, 1)
    talk.do(talk.conversation.spoken(talk.last(c.Speak).generation, talk.now_ms))
    assert logged(talk) == f"{FIRST} {SECOND}"
    assert talk.all(c.TellDialogue) == []
    assert recent(talk) == ["hello", f"{FIRST} {SECOND}"]


def test_a_reply_that_still_sounds_at_the_client_when_the_user_speaks_was_heard_so_far(talk):
    answer(talk)
    play(talk, 0)
    play(talk, 1)
    talk.do(talk.conversation.spoken(talk.last(c.Speak).generation, talk.now_ms))
    item = item_id(talk)
    playback(talk, item, 1_500)
    assert item_text(talk, item) == f"{FIRST} {SECOND}"
    talk.utter("wait a moment please")
    assert item_text(talk, item) == logged(talk) == "This is the first…"
    asked = [
        type(command) for command in talk.commands if isinstance(command, c.TellDialogue | c.AskDialogue)
    ]
    assert asked == [c.AskDialogue, c.TellDialogue, c.AskDialogue]


def test_a_turn_whose_answer_is_cut_before_it_came_was_not_answered(talk):
    talk.utter("hello")
    talk.client(type="response.cancel")
    assert told(talk) == ("hello", "", "unheard")


def test_what_was_heard_of_an_answer_that_had_not_come_whole_is_in_the_guards_context(talk):
    answer(talk, SECOND, done=False)
    play(talk)
    talk.client(type="response.cancel")
    assert recent(talk)[0] == "hello"
    assert SECOND in recent(talk)[1]


def test_a_question_that_may_have_been_heard_stays_in_the_guards_context(talk):
    answer(talk)
    play(talk, 0)
    play(talk, 1, milliseconds=300)
    talk.client(type="response.cancel")
    assert recent(talk) == ["hello", f"{FIRST} {SECOND}"]
    assert told(talk)[2] == "begun"


def test_a_written_reply_is_heard_whole(talk):
    typed(talk, "hello")
    talk.client(type="response.create", response={"output_modalities": ["text"]})
    talk.answer(FIRST)
    assert logged(talk) == FIRST
    assert talk.all(c.TellDialogue) == []


def test_a_deleted_reply_does_not_come_back_with_a_correction(talk):
    item = cut_at(talk, 1_500)
    talk.client(type="conversation.item.delete", item_id=item)
    playback(talk, item, 400)
    talk.client(type="conversation.item.retrieve", item_id=item)
    assert talk.events("error")[-1]["error"]["code"] == "item_not_found"
    assert logged(talk) == "This…"


def test_of_a_cut_crisis_reply_the_dialogue_and_the_log_know_what_was_heard():
    talk = ScriptedTalk(own_events=False)
    talk.utter("level two")
    play(talk, milliseconds=500)
    talk.client(type="response.cancel")
    assert told(talk) == ("level two", "Fixed…", "unheard")
    assert logged(talk) == "Fixed…"
    assert recent(talk) == ["level two", "Fixed…"]


def test_a_crisis_reply_that_is_said_again_is_told_to_have_been_heard(talk):
    talk.utter("level two")
    play(talk, milliseconds=500)
    talk.utter("")
    assert told(talk)[1:] == ("Fixed…", "unheard")
    play(talk, milliseconds=2_000)
    talk.do(talk.conversation.spoken(talk.last(c.Speak).generation, talk.now_ms))
    turn_text, heard, question = told(talk)
    assert turn_text == "level two"
    assert heard.startswith("Fixed reply of level 2.")
    assert question == "heard"


def test_the_answer_to_a_turn_during_a_crisis_reply_is_told_to_be_unheard(talk):
    talk.utter("level two")
    play(talk, milliseconds=500)
    detection = {"type": "server_vad", "interrupt_response": False}
    talk.client(type="session.update", session={"audio": {"input": {"turn_detection": detection}}})
    talk.utter("who are you?")
    assert talk.last(c.AskDialogue).text == "who are you?"
    assert told(talk) == ("who are you?", "", "unheard")


def test_the_end_of_a_talk_logs_what_was_heard(talk):
    answer(talk)
    play(talk, milliseconds=1_500)
    talk.do(talk.conversation.end("client_left", talk.now_ms))
    assert logged(talk) == "This is the first…"
