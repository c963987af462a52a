import pytest
from scripted_talk import ScriptedTalk, records, speech_mood

from bot import commands as c
from session_log import events as log


@pytest.fixture
def talk():
    return ScriptedTalk()


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
