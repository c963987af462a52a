"""Wishes said or typed in a talk: they hold in the same turn, and the reply says what changed."""

import pytest
from scripted_talk import ScriptedTalk, records, sent_types, speech_mood, typed

from bot import commands as c
from session_log import events as log
from session_log.consent import ConsentLedger

ALL = ("talk", "emotion", "store_text", "store_audio", "share")


@pytest.fixture
def talk():
    return ScriptedTalk(grants=ALL, subject="p-1")


def said(talk):
    generation = talk.last(c.FinishSpeaking).generation
    return " ".join(command.text for command in talk.all(c.Speak) if command.generation == generation)


def stored(talk):
    """What the session log keeps of the talk's events, by its own rules."""
    ledger, kept = ConsentLedger(), []
    for command in talk.all(c.Record):
        ledger.apply(command.event)
        allowed = ledger.may_store(command.event)
        if allowed is not None:
            kept.append(allowed)
    return kept


def words_stored(talk):
    return [event.text for event in stored(talk) if isinstance(event, log.TurnHeard)]


@pytest.mark.parametrize(
    ("text", "language", "reply"),
    [
        ("Stop storing what I say.", "en", "From now on I keep nothing of what you say."),
        ("حرف‌هایم را ذخیره نکن", "fa", "چیزی از حرف‌هایتان نگه نمی‌دارم"),
    ],
)
def test_a_revocation_holds_for_the_very_turn_in_which_it_is_said(talk, text, language, reply):
    talk.utter("hello there")
    talk.answer("I see.")
    talk.utter(text, language=language, start_ms=9_000)
    assert words_stored(talk) == ["hello there"]
    assert reply in said(talk)
    assert [event.given_by for event in records(talk, log.ConsentSet)][-1] == "voice"
    talk.utter("and now this", start_ms=20_000)
    assert words_stored(talk) == ["hello there"]


def test_the_reply_to_a_wish_is_the_gateways_own(talk):
    talk.utter("Stop storing what I say.")
    assert talk.all(c.AskDialogue) == []
    talk.speak_all()
    assert talk.events("response.done")[-1]["response"]["status"] == "completed"
    assert talk.events("hamdel.intent")[-1]["intent"] == "consent"


def test_a_typed_revocation_holds_likewise_and_is_answered_once(talk):
    commands = typed(talk, "احساسم را تحلیل نکن")
    assert "response.created" in sent_types(commands)
    talk.client(type="response.create")
    assert len(talk.events("response.created")) == 1
    assert records(talk, log.ConsentSet)[-1].given_by == "text"
    talk.speak_all()
    talk.utter("it is eleven o'clock", start_ms=9_000)
    assert talk.last(c.Understand).with_emotion is False


def test_the_feeling_of_the_turn_that_refuses_feelings_is_not_used(talk):
    talk.utter("Don't analyse my feelings", mood=speech_mood("anger"))
    assert records(talk, log.MoodEstimated) == []
    assert talk.events("hamdel.emotion") == []


def test_a_grant_does_not_reach_back_to_the_turn_that_gives_it():
    talk = ScriptedTalk(grants=("talk",), subject="p-1")
    talk.utter("You may keep what I say")
    assert records(talk, log.ConsentSet)[-1].granted
    kinds = [type(command.event) for command in talk.all(c.Record)]
    assert kinds.index(log.TurnHeard) < len(kinds) - 1 - kinds[::-1].index(log.ConsentSet)
    talk.speak_all()
    talk.utter("this one", start_ms=9_000)
    assert words_stored(talk) == ["this one"]


def test_the_page_is_told_what_holds_now(talk):
    talk.utter("Don't share this with my therapist")
    assert "share" not in talk.events("hamdel.consents")[-1]["granted"]


def test_danger_goes_first_and_the_wish_holds_all_the_same(talk):
    talk.utter("Don't keep my words. level three")
    assert "Fixed reply of level 3." in said(talk)
    assert "keep nothing" not in said(talk)
    assert words_stored(talk) == []
    assert any(isinstance(event, log.CrisisFlagged) for event in stored(talk))


def test_in_an_anonymous_talk_a_grant_to_keep_is_answered_with_the_truth():
    talk = ScriptedTalk(grants=("talk",), subject=None)
    talk.utter("You may keep what I say")
    assert "anonymous" in said(talk)


def test_what_is_kept_is_told_as_it_is(talk):
    talk.utter("What do you keep about me?")
    assert "I keep the text of this talk." in said(talk)
    assert "Your therapist may see" in said(talk)
    talk.speak_all()
    talk.utter("Stop recording me", start_ms=9_000)
    talk.speak_all()
    talk.utter("What do you keep about me?", start_ms=20_000)
    assert "I don't keep what you say" in said(talk)
    assert "My data" in said(talk)


def test_where_it_is_not_offered_a_grant_changes_nothing():
    talk = ScriptedTalk(grants=("talk",), not_offered=("emotion",), subject="p-1")
    talk.utter("You may listen to the feeling in my voice")
    assert records(talk, log.ConsentSet)[-1].scope == "talk"
    assert "not able to do that here" in said(talk)


# A client that can't send our events ------------------------------------------------------------------


@pytest.fixture
def stock():
    return ScriptedTalk(grants=(), own_events=False, subject="p-1")


def greet(talk):
    talk.client(type="response.create")
    asked = said(talk)
    talk.speak_all()
    return asked


def test_a_stock_client_is_asked_for_feelings_once_after_the_disclosure(stock):
    asked = greet(stock)
    assert asked.index("computer program") < asked.index("yes or no")
    stock.utter("yes please", start_ms=9_000)
    assert stock.last(c.Understand).with_emotion is False
    given = records(stock, log.ConsentSet)[-1]
    assert (given.scope, given.granted, given.given_by) == ("emotion", True, "voice")
    assert "How are you feeling" in said(stock)
    stock.speak_all()
    stock.utter("it is eleven o'clock", start_ms=20_000)
    assert stock.last(c.Understand).with_emotion is True
    stock.answer("Good.")
    assert "yes or no" not in said(stock)


@pytest.mark.parametrize(
    ("text", "language"),
    [("no thank you", "en"), ("نه", "fa"), ("yes you can", "en")],
    ids=["no", "no in Persian", "a yes that was heard with doubt"],
)
def test_a_no_is_kept_to(stock, text, language):
    greet(stock)
    stock.utter(text, language=language, start_ms=9_000)
    assert records(stock, log.ConsentSet)[-1].granted is False
    stock.speak_all()
    stock.utter("it is eleven o'clock", start_ms=20_000)
    assert stock.last(c.Understand).with_emotion is False
    stock.answer("Good.")
    assert "yes or no" not in said(stock)


def test_whoever_speaks_of_something_else_is_not_asked_again(stock):
    greet(stock)
    stock.utter("I had a hard day", start_ms=9_000)
    assert stock.last(c.AskDialogue).text == "I had a hard day"
    stock.answer("That sounds hard.")
    assert "yes or no" not in said(stock)
    assert records(stock, log.ConsentSet) == []
    stock.speak_all()
    stock.utter("yes", start_ms=20_000)
    assert records(stock, log.ConsentSet) == []


def test_a_question_that_was_cut_before_it_was_heard_is_not_answered_but_asked_again(stock):
    stock.client(type="response.create")
    stock.sound(stock.last(c.FinishSpeaking).generation)
    stock.utter("yes", start_ms=9_000)
    assert records(stock, log.ConsentSet) == []
    stock.answer("I see.")
    assert "yes or no" in said(stock)


def test_after_a_question_of_the_dialogue_nothing_else_is_asked(stock):
    stock.utter("hello")
    stock.answer("What happened?")
    assert "yes or no" not in said(stock)
    stock.speak_all()
    stock.utter("I had a hard day", start_ms=9_000)
    stock.answer("That sounds hard.")
    assert "yes or no" in said(stock)


def test_a_token_that_grants_feelings_makes_the_question_needless():
    talk = ScriptedTalk(grants=("talk", "emotion"), own_events=False)
    assert "yes or no" not in greet(talk)


def test_a_page_that_shows_its_own_switches_is_not_asked():
    talk = ScriptedTalk(grants=("talk",))
    assert "yes or no" not in greet(talk)


def test_in_danger_nobody_is_asked():
    talk = ScriptedTalk(grants=(), own_events=False)
    talk.utter("level three")
    talk.speak_all()
    talk.utter("hello", start_ms=9_000)
    talk.answer("I am here.")
    assert "yes or no" not in said(talk)
