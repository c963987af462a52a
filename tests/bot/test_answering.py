import pytest
from scripted_talk import ScriptedTalk, records, speech_mood, typed

from bot import commands as c
from bot.endpointing import SpeechEnded, SpeechPaused, SpeechStarted
from session_log import events as log


@pytest.fixture
def talk():
    return ScriptedTalk()


# Crisis ---------------------------------------------------------------------------------------------


def test_danger_is_answered_by_the_fixed_text_before_the_dialogue_says_anything(talk):
    commands = talk.utter("level three", mood=speech_mood("anger"))
    assert [command.text for command in commands if isinstance(command, c.Speak)] == [
        "Fixed reply of level 3."
    ]
    crisis = talk.events("hamdel.crisis")[0]
    assert crisis["lines"] == [{"name": "Helpline", "number": "123", "kind": "crisis"}]
    assert talk.last(c.AskDialogue).metadata["crisis_level"] == 3
    flag = records(talk, log.CrisisFlagged)[0]
    assert (flag.level, flag.country, flag.lines_shown) == (3, "US", ("Helpline 123",))


def test_a_dialogue_engine_that_is_down_does_not_disturb_the_crisis_reply(talk):
    talk.utter("level three")
    turn_id = talk.last(c.AskDialogue).turn_id
    talk.do(talk.conversation.dialogue(c.DialogueFailed(turn_id), talk.now_ms))
    assert [command.text for command in talk.all(c.Speak)] == ["Fixed reply of level 3."]
    talk.speak_all()
    assert talk.events("response.done")[0]["response"]["status"] == "completed"


def test_a_typed_crisis_is_answered_without_waiting_for_a_request(talk):
    typed(talk, "level three")
    assert talk.all(c.Speak)[0].text == "Fixed reply of level 3."


def test_level_one_is_asked_about_without_alarm_and_the_dialogue_knows(talk):
    talk.utter("level one")
    assert talk.all(c.Speak)[0].text == "Fixed reply of level 1."
    assert talk.events("hamdel.crisis") == []
    assert talk.last(c.AskDialogue).metadata["crisis_level"] == 1
    talk.answer("The dialogue's own question.")
    assert len(talk.all(c.Speak)) == 1


def test_noise_that_cuts_a_crisis_reply_brings_it_again(talk):
    talk.utter("level three")
    talk.sound(talk.last(c.Speak).generation)
    talk.utter("", start_ms=9_000, voiced_ms=400)
    assert [command.text for command in talk.all(c.Speak)] == ["Fixed reply of level 3."] * 2


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
    assert [command.text for command in talk.all(c.Speak)] == ["Fixed reply of level 3."]


def test_a_crisis_that_only_the_dialogue_sees_brings_the_numbers(talk):
    talk.utter("yes")
    talk.answer("I take this seriously.", done=False)
    done = c.DialogueDone(talk.last(c.AskDialogue).turn_id, "crisis", "en", crisis=True)
    talk.do(talk.conversation.dialogue(done, talk.now_ms))
    assert talk.events("hamdel.crisis")[0]["lines"]
    assert records(talk, log.CrisisFlagged)[0].level == 2
    talk.speak_all()
    talk.utter("hello", start_ms=9_000)
    assert talk.last(c.AskDialogue).metadata["in_crisis"] is True


def test_what_the_dialogue_asked_is_context_for_the_guard(talk):
    talk.utter("hello")
    talk.answer("level one")
    talk.speak_all()
    talk.utter("yes", start_ms=9_000)
    assert talk.events("hamdel.crisis")[0]["level"] == 3


def test_asking_for_a_reply_to_a_typed_crisis_changes_nothing(talk):
    typed(talk, "level three")
    talk.client(type="response.create")
    assert talk.events("error") == []
    assert [command.text for command in talk.all(c.Speak)] == ["Fixed reply of level 3."]


def test_a_yes_to_the_question_is_judged_with_the_question_in_mind(talk):
    talk.utter("level one")
    talk.speak_all()
    talk.utter("yes", start_ms=9_000)
    assert talk.events("hamdel.crisis")[0]["level"] == 3


# Suggestions and the log ----------------------------------------------------------------------------


def test_suggestions_are_shown_recorded_and_not_offered_again(talk):
    items = [
        {"id": f"anger-{n}", "en": "e", "fa": "f", "technique": "breathing", "score": 0.5, "propensity": 0.3}
        for n in range(3)
    ]
    talk.utter("hello", mood=speech_mood("anger"))
    talk.answer("Three things.", custom={"suggestions": items})
    assert [item["id"] for item in talk.events("hamdel.suggestions")[0]["items"]] == [
        "anger-0",
        "anger-1",
        "anger-2",
    ]
    assert [s.position for s in records(talk, log.SuggestionsShown)[0].suggestions] == [0, 1, 2]
    talk.utter("another", start_ms=9_000)
    assert talk.last(c.AskDialogue).metadata["exclude"] == ["anger-0", "anger-1", "anger-2"]


@pytest.mark.parametrize(
    ("feedback", "recorded"),
    [
        ({"helpful": True, "suggestion": "b", "suggestions": ["a", "b", "c"]}, [("b", True)]),
        ({"helpful": True, "suggestion": None, "suggestions": ["a", "b", "c"]}, []),
        ({"helpful": False, "suggestion": None, "suggestions": ["a", "b"]}, [("a", False), ("b", False)]),
    ],
)
def test_spoken_feedback_is_recorded_for_what_it_names(talk, feedback, recorded):
    talk.utter("the second one helped")
    talk.answer("I'm glad.", custom={"feedback": feedback})
    assert [(f.suggestion_id, f.helped) for f in records(talk, log.SuggestionFeedback)] == recorded


def test_a_hand_over_says_that_nobody_was_reached(talk):
    talk.utter("hello")
    talk.answer("I pass you on.", custom={"handoff": {"queue": "billing", "reason": "complaint"}})
    assert talk.events("hamdel.handoff")[0]["reached"] is False
    assert records(talk, log.HandedOff)[0].reached is False


def test_a_wish_for_another_language_lasts(talk):
    talk.utter("please speak Persian")
    talk.answer("چشم، از این به بعد فارسی حرف می‌زنم.", intent="change_language_fa", language="fa")
    assert talk.last(c.Speak).language == "fa"
    talk.speak_all()
    talk.utter("thank you", start_ms=9_000)
    assert talk.last(c.AskDialogue).metadata["language"] == "fa"


def test_the_log_gets_the_talk_from_beginning_to_end(talk):
    talk.utter("hello")
    talk.answer("Hi.")
    talk.speak_all()
    talk.client(type="hamdel.suggestion.feedback", suggestion_id="anger-1", helped=True)
    talk.client(type="hamdel.distress.set", value=7, moment="before")
    talk.do(talk.conversation.end("client_left", talk.now_ms))
    assert [type(command.event).__name__ for command in talk.all(c.Record)] == [
        "TalkStarted",
        "ConsentSet",
        "ConsentSet",
        "DisclosureGiven",
        "TurnHeard",
        "ReplyGiven",
        "SuggestionFeedback",
        "DistressRated",
        "TalkEnded",
    ]
