"""Personal memory in a talk: asked for under consent, used while it holds, and given to the dialogue."""

import pytest
from scripted_talk import ScriptedTalk, speech_mood, typed

from bot import commands as c
from bot.personal_memory import PersonalMemory
from emotion import MOODS
from recommender.bandit import PersonalPreferences
from recommender.decisions import Context

MEMORY = PersonalMemory(PersonalPreferences({"breathing": 1.0}, {"breathing": 0.5}), ("s-1", "s-2"))
GRANTS = ("talk", "emotion", "memory")


class Learnt:
    """Corrects one technique, for whoever is remembered more."""

    def __init__(self, known=True):
        self.known = known
        self.asked = []

    def __call__(self, context, personal):
        self.asked.append((context, personal))
        if personal is None and not self.known:
            return {}
        return {"breathing": 0.25 if personal is None else 0.75}


def begin(grants=GRANTS, subject="p-1", known=True, **options):
    learnt = Learnt(known)
    return ScriptedTalk(grants=grants, subject=subject, corrections=learnt, **options), learnt


def recall(talk, memory=MEMORY, number=None):
    number = talk.last(c.RecallMemory).number if number is None else number
    talk.do(talk.conversation.recalled(number, memory, talk.now_ms))


def set_memory(talk, granted):
    talk.client(type="hamdel.consent.set", scope="memory", granted=granted, version="1")


def asked(talk, mood=None):
    """What the dialogue engine is given with a spoken turn."""
    start_ms = int(talk.now_ms)
    talk.utter("it is eleven o'clock", mood=None if mood is None else speech_mood(mood), start_ms=start_ms)
    metadata = talk.last(c.AskDialogue).metadata
    talk.answer("I see.")
    return metadata


def test_with_consent_it_is_read_at_the_start_and_goes_with_every_turn():
    talk, learnt = begin()
    assert talk.all(c.RecallMemory) == [c.RecallMemory("p-1", talk.last(c.RecallMemory).number)]
    recall(talk)
    for _ in range(2):
        metadata = asked(talk, "anger")
        assert metadata["corrections"]["anger"] == {"breathing": 0.75}
        assert metadata["helped_before"] == ["s-1", "s-2"]
    assert (Context("anger", None, None), MEMORY.preferences) in learnt.asked


@pytest.mark.parametrize(
    "options",
    [
        {"grants": ("talk", "emotion")},
        {"subject": None},
        {"refused": ("memory",)},
        {"not_offered": ("memory",)},
    ],
    ids=["no consent", "anonymous", "refused for all talks", "not offered"],
)
def test_otherwise_nothing_is_read_nor_used(options):
    talk, _ = begin(**options, known=False)
    assert talk.all(c.RecallMemory) == []
    recall(talk, number=1)
    assert not {"corrections", "helped_before"} & asked(talk, "anger").keys()


def test_withdrawn_in_the_talk_it_is_not_used_from_then_on():
    talk, learnt = begin()
    recall(talk)
    assert "helped_before" in asked(talk, "anger")
    set_memory(talk, False)
    metadata = asked(talk, "anger")
    assert "helped_before" not in metadata
    assert metadata["corrections"]["anger"] == {"breathing": 0.25}
    assert learnt.asked[-1][1] is None


def test_withdrawn_on_the_persons_page_it_is_not_used_either():
    talk, _ = begin()
    recall(talk)
    talk.do(talk.conversation.set_consent("memory", False, "1", talk.now_ms))
    assert "helped_before" not in asked(talk, "anger")


def test_granted_in_the_talk_it_is_read_then():
    talk, _ = begin(grants=("talk", "emotion"))
    assert "helped_before" not in asked(talk, "anger")
    set_memory(talk, True)
    recall(talk)
    assert asked(talk, "anger")["helped_before"] == ["s-1", "s-2"]


def test_what_comes_after_a_withdrawal_or_for_an_older_question_is_worthless():
    talk, _ = begin()
    first = talk.last(c.RecallMemory).number
    set_memory(talk, False)
    recall(talk, number=first)
    assert "helped_before" not in asked(talk, "anger")
    set_memory(talk, True)
    recall(talk, number=first)
    assert "helped_before" not in asked(talk, "anger")
    recall(talk)
    assert "helped_before" in asked(talk, "anger")


def test_other_consents_change_nothing_of_it():
    talk, _ = begin()
    recall(talk)
    talk.client(type="hamdel.consent.set", scope="research", granted=False, version="1")
    assert len(talk.all(c.RecallMemory)) == 1
    assert "helped_before" in asked(talk, "anger")


def test_where_nothing_helped_before_nothing_is_said_of_it():
    talk, learnt = begin(known=False)
    recall(talk, PersonalMemory(None, ()))
    assert not {"corrections", "helped_before"} & asked(talk, "anger").keys()
    assert learnt.asked[-1][1] is None


# What all taught --------------------------------------------------------------------------------------


def test_corrections_are_given_for_every_mood_at_the_distress_of_the_turn():
    talk, learnt = begin(grants=("talk", "emotion"))
    talk.client(type="hamdel.distress.set", value=8, moment="before")
    assert asked(talk, "sadness")["corrections"] == {mood: {"breathing": 0.25} for mood in MOODS}
    assert learnt.asked == [(Context(mood, 8, None), None) for mood in MOODS]


def test_a_typed_turn_gets_them_too():
    talk, _ = begin()
    recall(talk)
    typed(talk, "it is eleven o'clock")
    talk.client(type="response.create")
    metadata = talk.last(c.AskDialogue).metadata
    assert metadata["corrections"]["fear"] == {"breathing": 0.75}
    assert metadata["helped_before"] == ["s-1", "s-2"]


def test_while_the_rules_alone_decide_there_are_none():
    talk, _ = begin(grants=("talk", "emotion"), known=False)
    assert "corrections" not in asked(talk, "anger")
