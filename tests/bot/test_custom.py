"""What an action may hand over: all that passes here, the session log takes too."""

from types import MappingProxyType

import pytest
from pydantic import TypeAdapter, ValidationError
from scripted_talk import ScriptedTalk, records, typed

from bot import commands as c
from bot.custom import Custom
from session_log import events as log

ADAPTER = TypeAdapter(Custom)
SUGGESTION = MappingProxyType(
    {
        "id": "fear-001",
        "en": "Sit.",
        "fa": "بنشینید.",
        "technique": "grounding",
        "score": 0.4,
        "propensity": 0.25,
    }
)


def suggestions(count=1, **changes):
    items = [{**SUGGESTION, "id": f"fear-{number}", **changes} for number in range(count)]
    return {"suggestions": items}


@pytest.mark.parametrize(
    "custom",
    [
        suggestions(1, propensity=0.0, score=-1e300),
        suggestions(20, propensity=1.0, score=1e300),
        suggestions(1, id="x" * 64, technique="t" * 200, en="e" * 2_000, fa="f" * 2_000),
        suggestions(1, id="two\nlines\0", technique="\u202ereversed\r", en="\0", fa="\u2028"),
        {"feedback": {"helpful": False, "suggestion": None, "suggestions": ["x" * 64] * 20}},
        {"feedback": {"helpful": True, "suggestion": "x" * 64, "suggestions": []}},
        {"handoff": {"queue": "q" * 200, "reason": "r\n" * 100}},
        {"handoff": {"queue": "clinic", "reason": "asked", "type": "response.done", "reached": True}},
        {"suggestions": None, "feedback": None, "handoff": None},
        suggestions(1, technique_propensity=None, alternatives=None),
        suggestions(3, technique_propensity=1.0, alternatives={"grounding": 1.0}),
        suggestions(1, technique_propensity=5e-324, alternatives={f"t-{n}": 1 / 64 for n in range(64)}),
        suggestions(1, alternatives={"grounding": 0.9991, "t" * 200: 0.0}),
        {**suggestions(1), "context": {"mood": "anger", "distress": 7, "night": None}},
        {**suggestions(1), "context": {"mood": "unclear", "distress": None, "night": True}},
        {**suggestions(1), "context": {"mood": None}},
        {**suggestions(1), "context": {}},
        {**suggestions(1), "context": None},
        {},
    ],
)
def test_what_passes_is_shown_and_recorded(custom):
    talk = ScriptedTalk()
    typed(talk, "I am afraid.")
    talk.client(type="response.create")
    talk.answer("Here.", custom=ADAPTER.validate_python(custom))
    shown = [item["id"] for event in talk.events("hamdel.suggestions") for item in event["items"]]
    assert shown == [item["id"] for item in custom.get("suggestions") or []]
    assert len(records(talk, log.SuggestionsShown)) == bool(shown)
    assert len(records(talk, log.HandedOff)) == bool(custom.get("handoff"))
    assert all(event["reached"] is False for event in talk.events("hamdel.handoff"))
    assert talk.events("error") == []
    assert talk.last(c.Speak).text == "Here."


@pytest.mark.parametrize(
    "custom",
    [
        suggestions(0),
        suggestions(21),
        suggestions(1, id=""),
        suggestions(1, id="x" * 65),
        suggestions(1, id=4),
        suggestions(1, en=""),
        suggestions(1, en=None),
        suggestions(1, technique="t" * 201),
        suggestions(1, score="high"),
        suggestions(1, score=float("nan")),
        suggestions(1, score=float("inf")),
        suggestions(1, propensity=float("nan")),
        suggestions(1, propensity=1.01),
        suggestions(1, propensity=-0.01),
        suggestions(1, technique_propensity=0.0),
        suggestions(1, technique_propensity=-0.1),
        suggestions(1, technique_propensity=1.01),
        suggestions(1, technique_propensity=float("nan")),
        suggestions(1, technique_propensity=float("inf")),
        suggestions(1, technique_propensity="all"),
        suggestions(1, alternatives={}),
        suggestions(1, alternatives={"a": 0.5}),
        suggestions(1, alternatives={"a": 0.5, "b": 0.502}),
        suggestions(1, alternatives={"a": 2.0, "b": -1.0}),
        suggestions(1, alternatives={"a": float("nan"), "b": 1.0}),
        suggestions(1, alternatives={"a": float("inf")}),
        suggestions(1, alternatives={"": 1.0}),
        suggestions(1, alternatives={"t" * 201: 1.0}),
        suggestions(1, alternatives={f"t-{n}": 1 / 65 for n in range(65)}),
        suggestions(1, alternatives=[["a", 1.0]]),
        {**suggestions(1), "context": {"mood": "fury"}},
        {**suggestions(1), "context": {"mood": 3}},
        {**suggestions(1), "context": {"distress": 11}},
        {**suggestions(1), "context": {"distress": -1}},
        {**suggestions(1), "context": {"distress": 6.5}},
        {**suggestions(1), "context": {"distress": float("nan")}},
        {**suggestions(1), "context": {"distress": 1e400}},
        {**suggestions(1), "context": {"night": "yes"}},
        {**suggestions(1), "context": "anger"},
        {"suggestions": [{"id": "x"}]},
        {"suggestions": {"id": "x"}},
        {"feedback": {"helpful": "yes", "suggestion": None, "suggestions": []}},
        {"feedback": {"helpful": 1, "suggestion": None, "suggestions": []}},
        {"feedback": {"helpful": True, "suggestions": []}},
        {"feedback": {"helpful": True, "suggestion": None, "suggestions": ["x"] * 21}},
        {"handoff": {"queue": "", "reason": "asked"}},
        {"handoff": {"queue": "clinic"}},
        {"handoff": "clinic"},
        [],
        "suggestions",
    ],
)
def test_what_the_session_log_would_refuse_does_not_pass(custom):
    with pytest.raises(ValidationError):
        ADAPTER.validate_python(custom)


def test_what_an_action_adds_beside_is_left_out():
    taken = ADAPTER.validate_python({**suggestions(1, note="x"), "picture": "y"})
    assert set(taken) == {"suggestions"}
    assert set(taken["suggestions"][0]) == set(SUGGESTION)


def test_what_can_be_learnt_from_is_recorded_as_it_came():
    talk = ScriptedTalk()
    typed(talk, "I am afraid.")
    talk.client(type="response.create")
    learnable = {"technique_propensity": 0.4, "alternatives": {"grounding": 0.5, "rest": 0.5}}
    context = {"mood": "fear", "distress": 7, "night": False}
    custom = {**suggestions(2, **learnable), "context": context}
    talk.answer("Here.", custom=ADAPTER.validate_python(custom))
    (shown,) = records(talk, log.SuggestionsShown)
    assert [(item.technique_propensity, dict(item.alternatives)) for item in shown.suggestions] == [
        (0.4, {"grounding": 0.5, "rest": 0.5})
    ] * 2
    assert (shown.mood, shown.distress, shown.night) == ("fear", 7, False)
    assert all("alternatives" not in str(event) for event in talk.events("hamdel.suggestions"))


def test_a_message_of_before_is_recorded_without_it():
    talk = ScriptedTalk()
    typed(talk, "I am afraid.")
    talk.client(type="response.create")
    talk.answer("Here.", custom=ADAPTER.validate_python(suggestions(1)))
    (shown,) = records(talk, log.SuggestionsShown)
    assert (shown.mood, shown.suggestions[0].technique_propensity) == (None, None)
