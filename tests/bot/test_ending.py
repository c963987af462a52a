"""When a talk ends by itself."""

import pytest
from scripted_talk import ScriptedTalk, records, sent_types, speech_mood, typed

from bot import commands as c
from bot.endpointing import SpeechConfirmed, SpeechEnded, SpeechPaused, SpeechStarted
from bot.phrases import Phrases
from bot.settings import ROOT
from session_log import events as log

MINUTE_MS = 60_000
PHRASES = Phrases.load(ROOT / "data" / "phrases.json")


def wait(talk, milliseconds):
    talk.now_ms += milliseconds
    return talk.do(talk.conversation.tick(talk.now_ms))


def said(talk):
    """Everything that was given to the voice so far."""
    return " ".join(speak.text for speak in talk.all(c.Speak))


def say_goodbye(talk):
    """Lets the goodbye that is under way be spoken, and the next tick come."""
    talk.speak_all()
    return wait(talk, 1_000)


def test_a_silent_talk_is_closed_after_a_goodbye():
    talk = ScriptedTalk()
    assert wait(talk, 4 * MINUTE_MS) == []
    wait(talk, 2 * MINUTE_MS)
    assert PHRASES.say("goodbye_idle", "en") in said(talk)
    assert not talk.all(c.CloseTalk)
    assert sent_types(say_goodbye(talk)) == ["error"]
    assert talk.events("error")[-1]["error"]["code"] == "session_expired"
    assert talk.last(c.CloseTalk) == c.CloseTalk(1000, "session_expired")
    assert wait(talk, 1_000) == []


def test_the_goodbye_does_not_wake_the_talk():
    talk = ScriptedTalk()
    wait(talk, 6 * MINUTE_MS)
    for _ in range(8):
        wait(talk, 1_000)
    say_goodbye(talk)
    assert len({speak.generation for speak in talk.all(c.Speak)}) == 1
    assert talk.last(c.CloseTalk).code == 1000


def test_whoever_speaks_during_the_goodbye_keeps_the_talk():
    talk = ScriptedTalk()
    wait(talk, 6 * MINUTE_MS)
    talk.sound(talk.last(c.FinishSpeaking).generation)
    talk.hear(SpeechStarted(500_000))
    talk.hear(SpeechConfirmed(500_000))
    wait(talk, 1_000)
    assert not talk.all(c.CloseTalk)


@pytest.mark.parametrize("kept_alive_by", ["hamdel.ping", "hamdel.playback"])
def test_a_client_that_only_breathes_is_idle(kept_alive_by):
    talk = ScriptedTalk()
    for _ in range(6):
        wait(talk, MINUTE_MS)
        talk.client(type=kept_alive_by, item_id="item_1", played_ms=1)
    assert PHRASES.say("goodbye_idle", "en") in said(talk)


def test_typing_keeps_a_talk_awake():
    talk = ScriptedTalk()
    for _ in range(12):
        wait(talk, MINUTE_MS)
        typed(talk, "still here")
    assert not talk.all(c.Speak)


def test_a_talk_of_an_hour_is_closed_in_a_gap():
    talk = ScriptedTalk()
    for _ in range(59):
        wait(talk, MINUTE_MS)
        typed(talk, "still here")
    talk.hear(SpeechStarted(1_000))
    wait(talk, 2 * MINUTE_MS)
    assert not talk.all(c.Speak)  # the user is speaking
    talk.client(type="input_audio_buffer.clear")
    wait(talk, 1_000)
    assert PHRASES.say("goodbye_long", "en") in said(talk)
    say_goodbye(talk)
    assert talk.last(c.CloseTalk).code == 1000


def test_a_talk_that_never_pauses_is_closed_two_minutes_later():
    talk = ScriptedTalk()
    talk.hear(SpeechStarted(1_000))
    for _ in range(61):
        wait(talk, MINUTE_MS)
    assert not talk.all(c.CloseTalk)
    wait(talk, 2 * MINUTE_MS)
    assert talk.last(c.CloseTalk).code == 1000


@pytest.mark.parametrize("words", ["level one", "level three"])
def test_no_limit_ends_a_talk_in_which_danger_was_heard(words):
    talk = ScriptedTalk()
    talk.utter(words)
    talk.speak_all()
    for _ in range(180):
        assert set(sent_types(wait(talk, MINUTE_MS))) <= {"hamdel.resume_token"}
    assert not talk.all(c.CloseTalk)


def test_a_restart_waits_for_the_reply_under_way():
    talk = ScriptedTalk()
    talk.utter("hello")
    talk.answer("Hello.")
    assert talk.do(talk.conversation.restart(talk.now_ms)) == []
    talk.speak_all()
    wait(talk, 100)
    assert talk.events("error")[-1]["error"]["code"] == "server_restarting"
    assert talk.last(c.CloseTalk) == c.CloseTalk(1012, "server_restarting")


def test_a_restart_closes_a_quiet_talk_at_once():
    talk = ScriptedTalk()
    assert c.CloseTalk(1012, "server_restarting") in talk.do(talk.conversation.restart(talk.now_ms))


def test_a_slow_answer_is_announced_once():
    talk = ScriptedTalk()
    talk.utter("سلام", language="fa")
    wait(talk, 2_000)
    assert not talk.all(c.Speak)
    for _ in range(3):
        wait(talk, 1_000)
    assert said(talk) == PHRASES.say("one_moment", "fa")
    talk.answer("سلام.", language="fa")
    assert talk.last(c.Speak).text == "سلام."


def test_an_answer_that_is_being_spoken_is_not_announced():
    talk = ScriptedTalk()
    talk.utter("hello")
    talk.answer("Hello.", done=False)
    spoken = talk.all(c.Speak)
    wait(talk, 10_000)
    assert talk.all(c.Speak) == spoken


def test_a_failed_answer_can_be_asked_for_again_under_the_same_id():
    talk = ScriptedTalk()
    talk.utter("hello")
    first = talk.last(c.AskDialogue)
    talk.do(talk.conversation.dialogue(c.DialogueFailed(first.turn_id), talk.now_ms))
    assert PHRASES.say("dialogue_down", "en") in said(talk)
    talk.speak_all()
    talk.client(type="response.create")
    again = talk.last(c.AskDialogue)
    assert again is not first
    assert (again.turn_id, again.text) == (first.turn_id, "hello")
    talk.answer("Hello to you.")
    assert talk.last(c.Speak).text == "Hello to you."
    assert [turn.text for turn in records(talk, log.TurnHeard)] == ["hello"]


def test_a_new_turn_takes_the_place_of_the_failed_one():
    talk = ScriptedTalk()
    talk.utter("one")
    talk.do(talk.conversation.dialogue(c.DialogueFailed(talk.last(c.AskDialogue).turn_id), talk.now_ms))
    talk.speak_all()
    talk.utter("two", start_ms=9_000)
    talk.answer("Two it is.")
    talk.speak_all()
    talk.client(type="response.create")
    assert talk.events("error")[-1]["error"]["code"] == "no_turn_to_answer"


@pytest.mark.parametrize(("busy", "phrase"), [(True, "recogniser_busy"), (False, "recogniser_down")])
def test_a_recogniser_that_fails_is_excused_with_the_numbers(busy, phrase):
    talk = ScriptedTalk()
    talk.fail_to_hear(busy=busy)
    assert PHRASES.say(phrase, "en") in said(talk)
    shown = talk.events("hamdel.crisis")[-1]
    assert (shown["level"], shown["lines"][0]["number"]) == (0, "123")
    assert not records(talk, log.CrisisFlagged)


def test_suggestions_are_not_spoken_in_a_crisis_whatever_the_dialogue_says():
    talk = ScriptedTalk()
    talk.utter("level three")
    talk.speak_all()
    talk.utter("and then", start_ms=9_000)
    suggestion = {"id": "a", "en": "x", "fa": "y", "technique": "t", "score": 1.0, "propensity": 1.0}
    talk.answer("Three things.", custom={"suggestions": [suggestion]})
    assert not talk.events("hamdel.suggestions")
    assert talk.last(c.Speak).text != "Three things."


def test_what_a_talk_remembers_is_bounded():
    talk = ScriptedTalk()
    for number in range(500):
        typed(talk, f"line {number}")
        talk.client(type="response.create")
        talk.answer("Yes.")
        talk.speak_all()
    state = talk.conversation._state
    assert len(state.turns) <= 64
    assert len(talk.conversation._delivery._replying._finished) <= 32


def test_a_talk_that_continues_one_in_danger_says_whom_to_call_instead_of_greeting():
    talk = ScriptedTalk()
    talk.client(type="session.update", session={"hamdel": {"crisis_level": 3}})
    talk.client(type="response.create")
    assert talk.last(c.Speak).text == "Sentence continued for US."
    assert talk.events("hamdel.crisis")[-1]["lines"]
    talk.client(type="session.update", session={"hamdel": {"crisis_level": 0}})
    talk.speak_all()
    talk.utter("hello", start_ms=9_000)
    assert talk.last(c.AskDialogue).metadata["in_crisis"]


def test_a_short_cry_that_could_not_be_recognised_is_answered_with_the_numbers():
    talk = ScriptedTalk()
    talk.fail_to_hear(voiced_ms=600)
    assert PHRASES.say("recogniser_down", "en") in said(talk)
    assert talk.events("hamdel.crisis")


def test_the_dialogue_raises_the_alarm_for_an_interrupted_turn_too():
    talk = ScriptedTalk()
    talk.utter("something")
    asked = talk.last(c.AskDialogue)
    talk.client(type="response.cancel")
    talk.do(talk.conversation.dialogue(c.DialogueDone(asked.turn_id, "crisis", "en", True), talk.now_ms))
    assert talk.events("hamdel.crisis")[-1]["level"] == 2
    assert records(talk, log.CrisisFlagged)


def test_many_items_do_not_push_a_turn_under_recognition_out():
    talk = ScriptedTalk()
    talk.hear(SpeechStarted(1_000))
    talk.hear(SpeechPaused(1_000, 2_500))
    asked = talk.last(c.Understand)
    for number in range(100):
        typed(talk, f"line {number}")
    talk.hear(SpeechEnded(1_000, 2_500, 600, 1_500))
    words = c.Understood(asked.item_id, asked.attempt, "level three", "en", 0.9, 1_500, None)
    talk.do(talk.conversation.understood(words, talk.now_ms))
    assert "Fixed reply of level 3." in said(talk)


def test_a_slow_first_answer_is_announced_after_the_disclosure():
    talk = ScriptedTalk(disclosure="speak")
    talk.utter("hello")
    wait(talk, 4_000)
    assert said(talk).index(PHRASES.disclosure("en")) < said(talk).index(PHRASES.say("one_moment", "en"))
    talk.answer("Hello.")
    assert said(talk).count(PHRASES.disclosure("en")) == 1


def test_two_spoken_turns_that_wait_are_answered_together():
    talk = ScriptedTalk()
    talk.client(
        type="session.update", session={"audio": {"input": {"turn_detection": {"create_response": False}}}}
    )
    talk.utter("first")
    talk.utter("second", start_ms=9_000)
    talk.client(type="response.create")
    assert talk.last(c.AskDialogue).text == "first\nsecond"
    assert [turn.text for turn in records(talk, log.TurnHeard)] == ["first", "second"]


def test_typed_turns_that_wait_are_recorded_each_once():
    talk = ScriptedTalk()
    typed(talk, "first")
    typed(talk, "second")
    assert [turn.text for turn in records(talk, log.TurnHeard)] == ["first", "second"]


@pytest.mark.parametrize("text", [" ", "///", "\t/\n "])
def test_a_typed_turn_without_anything_to_say_is_refused(text):
    talk = ScriptedTalk()
    typed(talk, text)
    assert talk.events("error")[-1]["error"]["code"] == "invalid_value"


def test_sadness_never_shortens_the_patience():
    talk = ScriptedTalk(patience_ms=1_500)
    talk.utter("hello", mood=speech_mood("sadness"))
    assert talk.last(c.ConfigureListening).patience_ms == 1_500
