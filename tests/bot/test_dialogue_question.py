import pytest
from scripted_talk import ScriptedTalk, typed

from bot import commands as c


@pytest.fixture
def talk():
    return ScriptedTalk()


def test_the_dialogue_learns_how_surely_a_spoken_turn_was_heard_and_as_what_else(talk):
    talk.utter("باله", language="fa", alternatives=("بالی", "باید"))
    recognition = talk.last(c.AskDialogue).metadata["recognition"]
    assert recognition == {"confidence": 0.9, "alternatives": ["بالی", "باید"]}


def test_of_a_typed_turn_there_is_nothing_to_be_unsure_of(talk):
    typed(talk, "hello")
    talk.client(type="response.create")
    assert talk.last(c.AskDialogue).metadata["recognition"] is None


def test_each_turn_names_the_contraindications_of_the_token():
    talk = ScriptedTalk(contraindications=("hearing_loss", "driving"))
    for words in ("hello", "I feel sad"):
        typed(talk, words)
        talk.client(type="response.create")
        assert talk.last(c.AskDialogue).metadata["contraindications"] == ["driving", "hearing_loss"]


def test_without_any_in_the_token_none_are_named(talk):
    typed(talk, "hello")
    talk.client(type="response.create")
    assert talk.last(c.AskDialogue).metadata["contraindications"] == []
