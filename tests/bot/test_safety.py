import pytest
from scripted_talk import ScriptedTalk, records, speech_mood, typed

from bot import commands as c
from bot.endpointing import SpeechEnded, SpeechPaused, SpeechStarted
from session_log import events as log

REPLY = "Fixed reply of level 3."
NOBODY = "Sentence nobody for US."


@pytest.fixture
def talk():
    return ScriptedTalk()


def said(talk):
    return [command.text for command in talk.all(c.Speak)]


# The fixed reply ------------------------------------------------------------------------------------


def test_danger_is_answered_by_the_fixed_text_before_the_dialogue_says_anything(talk):
    commands = talk.utter("level three", mood=speech_mood("anger"))
    assert [command.text for command in commands if isinstance(command, c.Speak)] == [REPLY, NOBODY]
    crisis = talk.events("hamdel.crisis")[0]
    assert crisis["lines"] == [{"name": "Helpline", "number": "123", "kind": "crisis"}]
    assert talk.last(c.AskDialogue).metadata["crisis_level"] == 3
    flag = records(talk, log.CrisisFlagged)[0]
    assert (flag.level, flag.country, flag.lines_shown) == (3, "US", ("Helpline 123",))


def test_a_dialogue_engine_that_is_down_does_not_disturb_the_crisis_reply(talk):
    talk.utter("level three")
    turn_id = talk.last(c.AskDialogue).turn_id
    talk.do(talk.conversation.dialogue(c.DialogueFailed(turn_id), talk.now_ms))
    assert said(talk) == [REPLY, NOBODY]
    talk.speak_all()
    assert talk.events("response.done")[0]["response"]["status"] == "completed"


def test_a_typed_crisis_is_answered_without_waiting_for_a_request(talk):
    typed(talk, "level three")
    assert said(talk)[0] == REPLY


def test_level_one_is_asked_about_without_alarm_and_the_dialogue_knows(talk):
    talk.utter("level one")
    assert said(talk) == ["Fixed reply of level 1."]
    assert talk.events("hamdel.crisis") == []
    assert talk.all(c.CallPeople) == []
    assert talk.last(c.AskDialogue).metadata["crisis_level"] == 1
    talk.answer("The dialogue's own question.")
    assert len(talk.all(c.Speak)) == 1


def test_a_turn_that_did_not_interrupt_it_leaves_a_crisis_reply_alone(talk):
    talk.hear(SpeechStarted(1_000))
    talk.hear(SpeechPaused(1_000, 2_500))
    asked = talk.last(c.Understand)
    typed(talk, "level three")
    talk.hear(SpeechEnded(1_000, 2_500, 600, 1_500))
    result = c.Understood(asked.item_id, asked.attempt, "and now the weather", "en", 0.9, 1_500, None)
    talk.do(talk.conversation.understood(result, talk.now_ms))
    assert talk.events("response.done") == []
    assert talk.last(c.AskDialogue).text == "and now the weather"
    talk.answer("An answer that is dropped.")
    assert said(talk) == [REPLY, NOBODY]


def test_asking_for_a_reply_to_a_typed_crisis_changes_nothing(talk):
    typed(talk, "level three")
    talk.client(type="response.create")
    assert talk.events("error") == []
    assert said(talk) == [REPLY, NOBODY]


# What a turn is read with ---------------------------------------------------------------------------


def test_what_the_dialogue_asked_is_context_for_the_guard(talk):
    talk.utter("hello")
    talk.answer("level one")
    talk.speak_all()
    talk.utter("yes", start_ms=9_000)
    assert talk.events("hamdel.crisis")[0]["level"] == 3


def test_a_yes_to_the_question_is_judged_with_the_question_in_mind(talk):
    talk.utter("level one")
    talk.speak_all()
    talk.utter("yes", start_ms=9_000)
    assert talk.events("hamdel.crisis")[0]["level"] == 3


def test_what_else_may_have_been_heard_is_read_for_danger(talk):
    talk.utter("a level tree", alternatives=("level one",))
    assert said(talk) == ["Fixed reply of level 1."]
    assert talk.last(c.AskDialogue).text == "a level tree"


def test_words_that_were_not_believed_are_read_for_danger_before_they_are_asked_for_again(talk):
    talk.utter("", alternatives=("level one",))
    assert said(talk) == ["Fixed reply of level 1."]
    assert talk.all(c.AskDialogue) == []


def test_a_short_answer_that_was_not_believed_is_read_too(talk):
    talk.utter("", voiced_ms=300, alternatives=("level one",))
    assert said(talk) == ["Fixed reply of level 1."]


def test_a_frightened_voice_lowers_the_threshold_for_asking_and_a_typed_turn_has_no_voice(talk):
    talk.utter("I am alone", mood=speech_mood("fear"))
    assert talk.guard.distressed == [True]
    typed(talk, "I am alone")
    assert talk.guard.distressed == [True, False]


def test_without_consent_no_voice_lowers_anything():
    talk = ScriptedTalk(grants=("talk",))
    talk.utter("I am alone", mood=speech_mood("fear"))
    assert talk.guard.distressed == [False]


# Silenced, and offered again ------------------------------------------------------------------------


# Country --------------------------------------------------------------------------------------------


def test_where_no_country_is_known_it_is_asked_for_and_its_numbers_are_given():
    talk = ScriptedTalk(country=None)
    talk.utter("level three")
    assert "Sentence ask_country for None." in said(talk)
    assert talk.events("hamdel.crisis")[0]["country"] is None
    talk.speak_all()
    talk.utter("I am in Canada", start_ms=9_000)
    assert said(talk)[-1] == "Sentence numbers for CA."
    assert talk.events("hamdel.crisis")[-1]["country"] == "CA"
    talk.speak_all()
    talk.utter("level three", start_ms=19_000)
    assert "Sentence ask_country" not in " ".join(said(talk)[4:])


def test_the_latest_country_that_the_user_names_counts():
    talk = ScriptedTalk(country=None)
    talk.utter("level three, in Canada")
    talk.speak_all()
    talk.utter("Canada again", start_ms=9_000)
    talk.answer("I am here.")
    assert "Sentence numbers for CA." not in said(talk), "it is known"
    talk.guard.countries["Germany"] = "DE"
    talk.speak_all()
    talk.utter("no, I am in Germany", start_ms=19_000)
    assert said(talk)[-1] == "Sentence numbers for DE."


def test_a_country_that_is_named_along_with_the_danger_needs_no_question():
    talk = ScriptedTalk(country=None)
    talk.utter("level three, in Canada")
    assert "ask_country" not in " ".join(said(talk))
    assert talk.events("hamdel.crisis")[0]["country"] == "CA"


def test_nobody_s_country_is_noted_without_danger():
    talk = ScriptedTalk(country=None)
    talk.utter("I am in Canada")
    talk.answer("Nice.")
    talk.speak_all()
    talk.utter("level three", start_ms=9_000)
    assert talk.events("hamdel.crisis")[0]["country"] is None


def test_the_client_may_say_where_the_user_is_unless_the_token_does():
    talk = ScriptedTalk(country=None, default_country="FR")
    talk.utter("level three")
    assert talk.events("hamdel.crisis")[0]["country"] == "FR"
    talk.client(type="session.update", session={"type": "realtime", "hamdel": {"country": "IR"}})
    assert talk.events("hamdel.crisis")[-1]["country"] == "IR"
    of_token = ScriptedTalk(country="US")
    of_token.client(type="session.update", session={"type": "realtime", "hamdel": {"country": "IR"}})
    of_token.utter("level three")
    assert of_token.events("hamdel.crisis")[0]["country"] == "US"


@pytest.mark.parametrize("country", ["ca", "CAN", "", 5, ["CA"]])
def test_no_country_of_another_form_is_taken(talk, country):
    talk.client(type="session.update", session={"type": "realtime", "hamdel": {"country": country}})
    assert talk.events("error")[0]["error"]["code"] == "invalid_value"


# People ---------------------------------------------------------------------------------------------


def test_people_are_called_once_and_again_where_it_gets_graver(talk):
    talk.utter("level two")
    talk.utter("level two", start_ms=9_000)
    assert [call.level for call in talk.all(c.CallPeople)] == [2]
    talk.utter("level three", start_ms=19_000)
    assert [call.level for call in talk.all(c.CallPeople)] == [2, 3]
    assert said(talk).count(NOBODY) == 1


def test_a_call_for_people_has_no_words_in_it(talk):
    talk.utter("level three, my name is Zorblax")
    assert "Zorblax" not in repr(talk.last(c.CallPeople))


def test_where_somebody_is_on_call_the_user_is_told_and_told_what_became_of_it():
    talk = ScriptedTalk(on_duty=True)
    talk.utter("level three")
    assert said(talk) == [REPLY, "Sentence calling for US."]
    for status in ("calling", "delivered", "acknowledged"):
        talk.do(talk.conversation.people("suicide", status, talk.now_ms))
    events = talk.events("hamdel.handoff")
    assert [(event["status"], event["reached"]) for event in events] == [
        ("calling", False),
        ("delivered", False),
        ("acknowledged", True),
    ]
    assert [event.reached for event in records(talk, log.HandedOff)] == [False, False, True]
    talk.do(talk.conversation.tick(talk.now_ms))
    assert said(talk)[-1] == "Sentence calling for US.", "nothing talks over the crisis reply"
    talk.speak_all()
    talk.do(talk.conversation.tick(talk.now_ms))
    assert said(talk)[-1] == "Sentence reached for US."


def test_after_nobody_was_reached_the_next_danger_calls_people_anew():
    talk = ScriptedTalk(on_duty=True)
    talk.utter("level three")
    talk.do(talk.conversation.people("suicide", "unreached", talk.now_ms))
    talk.utter("level three", start_ms=9_000)
    assert len(talk.all(c.CallPeople)) == 2
    assert said(talk).count("Sentence calling for US.") == 2


def test_nobody_is_told_anything_while_they_speak():
    talk = ScriptedTalk(on_duty=True)
    talk.utter("level three")
    talk.speak_all()
    talk.do(talk.conversation.people("suicide", "acknowledged", talk.now_ms))
    talk.hear(SpeechStarted(9_000))
    talk.do(talk.conversation.tick(talk.now_ms))
    assert said(talk)[-1] == "Sentence calling for US."


def test_another_kind_of_danger_calls_people_too():
    talk = ScriptedTalk(on_duty=True)
    talk.utter("level three")
    talk.utter("level two, violence", start_ms=9_000)
    assert [(call.level, call.kind) for call in talk.all(c.CallPeople)] == [(3, "suicide"), (2, "abuse")]


# The rest of a talk in danger -----------------------------------------------------------------------


def test_a_crisis_that_only_the_dialogue_sees_brings_the_numbers_and_the_people(talk):
    talk.utter("yes")
    talk.answer("I take this seriously.", done=False)
    done = c.DialogueDone(talk.last(c.AskDialogue).turn_id, "crisis", "en", True, 3, "abuse")
    talk.do(talk.conversation.dialogue(done, talk.now_ms))
    assert talk.events("hamdel.crisis")[0]["lines"]
    assert (talk.last(c.CallPeople).level, talk.last(c.CallPeople).kind) == (3, "abuse")
    flagged = records(talk, log.CrisisFlagged)[0]
    assert (flagged.level, flagged.kind) == (3, "abuse")
    talk.speak_all()
    talk.do(talk.conversation.tick(talk.now_ms))
    assert said(talk)[-1] == "Sentence nobody for US."
    talk.speak_all()
    talk.utter("hello", start_ms=9_000)
    assert talk.last(c.AskDialogue).metadata["in_crisis"] is True


def test_somebody_under_age_is_told_of_grown_ups_from_then_on(talk):
    talk.utter("level two, minor")
    talk.utter("level three", start_ms=9_000)
    assert talk.guard.minors == [True, True]
