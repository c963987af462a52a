"""Crisis replies get through: cut ones are said again, and what was not heard of them counts for nothing."""

import pytest
from scripted_talk import ScriptedGuard, ScriptedTalk

from bot import commands as c
from bot.endpointing import SpeechPaused, SpeechStarted
from crisis import Assessment, Reply

REPLY = "Fixed reply of level 3."
QUESTION = "Do you think of dying?"
NOBODY = "Sentence nobody for US."


class AskingGuard(ScriptedGuard):
    """Asks in its reply of level 1; a "mm-hm" to that question is danger."""

    def assess(self, text, *, context=(), **others):
        agreed = text == "mm-hm" and QUESTION in context
        return Assessment(3, "suicide", ()) if agreed else super().assess(text, context=context, **others)

    def reply(self, level, *others, **further):
        return Reply(QUESTION, ()) if level == 1 else super().reply(level, *others, **further)


@pytest.fixture
def talk():
    return ScriptedTalk()


def said(talk):
    return [command.text for command in talk.all(c.Speak)]


def murmur(talk, start_ms):
    """A "mm-hm" that is too short to interrupt; gives what it brings."""
    talk.hear(SpeechStarted(start_ms))
    talk.hear(SpeechPaused(start_ms, start_ms + 128))
    asked = talk.last(c.Understand)
    words = c.Understood(asked.item_id, asked.attempt, "mm-hm", "en", 0.9, 128, None)
    return talk.do(talk.conversation.understood(words, talk.now_ms))


def test_noise_that_cuts_a_crisis_reply_brings_it_again(talk):
    talk.utter("level three")
    talk.sound(talk.last(c.Speak).generation)
    talk.utter("", start_ms=9_000, voiced_ms=400)
    again = [command.text for command in talk.all(c.Speak)][2:]
    assert again == [REPLY, NOBODY]


def test_the_numbers_are_said_again_after_a_crisis_reply_that_the_user_cut(talk):
    talk.utter("level three")
    talk.sound(talk.last(c.Speak).generation)
    talk.utter("leave me alone", start_ms=9_000)
    talk.answer("I stay with you.")
    assert said(talk)[2:] == ["I stay with you.", "Sentence numbers for US."]
    talk.speak_all()
    talk.utter("and now", start_ms=19_000)
    talk.answer("I am here.")
    assert said(talk)[-1] == "I am here."


def test_the_numbers_are_said_again_though_the_dialogue_is_down(talk):
    talk.utter("level three")
    talk.sound(talk.last(c.Speak).generation)
    talk.utter("leave me alone", start_ms=9_000)
    failed = c.DialogueFailed(talk.last(c.AskDialogue).turn_id)
    talk.do(talk.conversation.dialogue(failed, talk.now_ms))
    assert said(talk)[-1] == "Sentence numbers for US."


def test_the_user_learns_that_nobody_could_be_reached():
    talk = ScriptedTalk(on_duty=True)
    talk.utter("level three")
    talk.speak_all()
    talk.do(talk.conversation.people("suicide", "unreached", talk.now_ms))
    talk.do(talk.conversation.tick(talk.now_ms))
    assert said(talk)[-1] == "Sentence unreached for US."
    assert talk.events("hamdel.crisis")[-1]["text"] == "Sentence unreached for US."


def test_news_of_people_that_were_cut_off_are_told_again():
    talk = ScriptedTalk(on_duty=True)
    talk.utter("level three")
    talk.speak_all()
    talk.do(talk.conversation.people("suicide", "unreached", talk.now_ms))
    talk.do(talk.conversation.tick(talk.now_ms))
    talk.utter("hello?", start_ms=20_000)
    talk.answer("I am here.")
    talk.speak_all()
    talk.do(talk.conversation.tick(talk.now_ms))
    talk.speak_all()
    talk.do(talk.conversation.tick(talk.now_ms))
    assert said(talk).count("Sentence unreached for US.") == 2


def test_a_murmur_before_the_question_of_a_crisis_reply_was_heard_does_not_answer_it():
    talk = ScriptedTalk(own_events=False, guard=AskingGuard())
    talk.utter("level one")
    assert murmur(talk, 4_000) == []
    assert talk.all(c.StopSpeaking) == []


def test_a_murmur_after_it_does_and_is_answered_at_once():
    talk = ScriptedTalk(own_events=False, guard=AskingGuard())
    talk.utter("level one")
    talk.sound(talk.last(c.Speak).generation, milliseconds=3_000)
    talk.now_ms += 3_000
    murmur(talk, 8_000)
    assert REPLY in said(talk)
    assert len(talk.all(c.CallPeople)) == 1
