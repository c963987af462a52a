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
