"""Consents of a talk: what a token, the client, the person's page and the deployer's place make of them."""

import pytest
from scripted_talk import ScriptedTalk, records, speech_mood

from bot import commands as c
from session_log import events as log


def consents(talk):
    return [(event.scope, event.granted, event.given_by) for event in records(talk, log.ConsentSet)]


def understands(talk):
    talk.utter("it is eleven o'clock")
    return talk.last(c.Understand)


def test_what_a_person_refused_for_all_talks_beats_the_token():
    talk = ScriptedTalk(grants=("talk", "emotion", "store_text"), refused=("emotion",), subject="p-1")
    assert consents(talk) == [("store_text", True, "token"), ("talk", True, "token")]
    assert understands(talk).with_emotion is False


def test_a_change_on_the_persons_page_holds_at_once_and_is_shown():
    talk = ScriptedTalk(subject="p-1")
    talk.do(talk.conversation.set_consent("emotion", False, "1", talk.now_ms))
    assert consents(talk)[-1] == ("emotion", False, "page")
    assert talk.events("hamdel.consents")[-1]["granted"] == ["talk"]
    assert understands(talk).with_emotion is False


def test_a_feeling_heard_before_the_change_is_neither_kept_nor_used():
    talk = ScriptedTalk(subject="p-1")
    talk.utter("it is eleven o'clock", mood=speech_mood("anger"))
    talk.answer("I see.")
    talk.do(talk.conversation.set_consent("emotion", False, "1", talk.now_ms))
    talk.utter("it is twelve o'clock", mood=speech_mood("anger"), start_ms=9_000)
    assert len(records(talk, log.MoodEstimated)) == 1
    assert talk.last(c.AskDialogue).metadata["mood"] is None


# Places where feelings may not be inferred ------------------------------------------------------------


@pytest.fixture
def strict():
    return ScriptedTalk(not_offered=("emotion", "camera"), subject="p-1", disclosure="speak")


def test_where_feelings_may_not_be_inferred_no_grant_helps(strict):
    assert consents(strict) == [("talk", True, "token")]
    strict.client(type="hamdel.consent.set", scope="emotion", granted=True, version="1", event_id="e1")
    error = strict.events("error")[-1]["error"]
    assert (error["code"], error["event_id"]) == ("consent_not_offered", "e1")
    strict.do(strict.conversation.set_consent("emotion", True, "1", strict.now_ms))
    assert consents(strict) == [("talk", True, "token")]
    assert understands(strict).with_emotion is False


def test_there_the_disclosure_does_not_speak_of_feelings(strict):
    strict.client(type="response.create")
    said = " ".join(command.text for command in strict.all(c.Speak))
    assert "computer program" in said
    assert "feeling in your voice" not in said
    assert "feeling in your voice" not in strict.events("hamdel.disclosure")[0]["text"]


def test_a_whole_talk_goes_on_by_words_and_by_asking(strict):
    strict.client(type="response.create")
    strict.speak_all()
    strict.utter("I am so angry with my boss")
    asked = strict.last(c.AskDialogue)
    assert asked.metadata["mood"] is None
    suggestion = {"id": "s1", "en": "Breathe.", "fa": "نفس بکشید.", "technique": "breathing"}
    items = [{**suggestion, "score": 1.0, "propensity": 0.5}]
    strict.answer("I hear you.", custom={"suggestions": items})
    assert [item["id"] for item in strict.events("hamdel.suggestions")[-1]["items"]] == ["s1"]
    assert records(strict, log.MoodEstimated) == []


def test_there_nobody_is_asked_for_it_either():
    talk = ScriptedTalk(grants=(), own_events=False, not_offered=("emotion",))
    talk.client(type="response.create")
    assert "yes or no" not in " ".join(command.text for command in talk.all(c.Speak))


# Sound ------------------------------------------------------------------------------------------------


def test_the_sound_of_a_turn_is_kept_only_where_that_is_granted():
    talk = ScriptedTalk(grants=("talk", "store_audio"), subject="p-1")
    talk.utter("hello")
    kept = talk.all(c.KeepSound)
    assert [command.turn_id for command in kept] == [talk.last(c.AskDialogue).turn_id]
    assert talk.last(c.Understand).with_sound
    talk.client(type="hamdel.consent.set", scope="store_audio", granted=False, version="1")
    talk.utter("good bye", start_ms=9_000)
    assert talk.all(c.KeepSound) == kept
    assert talk.last(c.Understand).with_sound is False


def test_an_anonymous_talk_keeps_no_sound():
    talk = ScriptedTalk(grants=("talk", "store_audio"), subject=None)
    talk.utter("hello")
    assert talk.all(c.KeepSound) == []
