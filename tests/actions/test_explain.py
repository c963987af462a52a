from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk.executor import CollectingDispatcher

from actions.explain import ActionExplainSuggestions
from actions.explanations import GENERAL_EXPLANATION, ExplanationsError, read_explanations
from actions.last_exercise import FIXED_TECHNIQUE
from recommender import load_suggestions

WHY = read_explanations()
OFFERED = [
    next(pair for pair in load_suggestions() if pair.technique == technique)
    for technique in ("slow_breathing", "small_task", "gratitude")
]
IDS = [pair.id for pair in OFFERED]


@pytest.fixture(scope="module")
def action() -> ActionExplainSuggestions:
    return ActionExplainSuggestions()


def run(action: ActionExplainSuggestions, tracker: Any) -> tuple[list[dict[str, Any]], Any]:
    dispatcher = CollectingDispatcher()
    (event,) = action.run(dispatcher, tracker, {})
    assert event["name"] == "explained"
    return dispatcher.messages, event["value"]


@pytest.mark.parametrize(
    ("words", "language", "text"),
    [
        ("why this?", "en", f"First: {WHY['slow_breathing'].en}"),
        ("how does that one help", "en", f"First: {WHY['slow_breathing'].en}"),
        ("why the second one?", "en", f"Second: {WHY['small_task'].en}"),
        ("how does the last one help", "en", f"Third: {WHY['gratitude'].en}"),
        ("why the ninth one", "en", f"First: {WHY['slow_breathing'].en}"),
        ("چرا این؟", "fa", f"اول: {WHY['slow_breathing'].fa}"),
        ("این چه کمکی می‌کنه", "fa", f"اول: {WHY['slow_breathing'].fa}"),
        ("چرا سومی؟", "fa", f"سوم: {WHY['gratitude'].fa}"),
    ],
)
def test_the_named_one_or_the_first_is_explained(
    action: ActionExplainSuggestions, tracker: Any, words: str, language: str, text: str
) -> None:
    turn = (words, "ask_why", "neutral", None)
    messages, explained = run(action, tracker(turn, suggestions_last=IDS, language=language))
    assert [message["text"] for message in messages] == [text]
    assert explained is True


def test_the_one_named_since_the_offer_is_meant(action: ActionExplainSuggestions, tracker: Any) -> None:
    turns = [
        ("the third one sounds odd", "share", "neutral", None),
        ("hm", "affirm", "neutral", None),
        ("why should it help", "ask_why", "neutral", None),
    ]
    tracked = tracker(*turns, suggestions_last=IDS)
    assert run(action, tracked)[0][0]["text"].startswith("Third: ")
    tracked.events.insert(1, {"event": "slot", "name": "suggestions_last", "value": IDS})
    assert run(action, tracked)[0][0]["text"].startswith("First: ")


def test_a_single_one_needs_no_number(action: ActionExplainSuggestions, tracker: Any) -> None:
    turn = ("why", "ask_why", "neutral", None)
    assert run(action, tracker(turn, suggestions_last=IDS[1:2]))[0][0]["text"] == WHY["small_task"].en


def test_the_fixed_exercise_is_explained(action: ActionExplainSuggestions, tracker: Any) -> None:
    turn = ("why", "ask_why", "neutral", None)
    messages, explained = run(action, tracker(turn, suggestions_last=[], suggestions="exhausted"))
    assert (messages[0]["text"], explained) == (WHY[FIXED_TECHNIQUE].en, True)


@pytest.mark.parametrize("last", [None, [], "fear-001", 7, {"a": 1}, [None, 3]])
def test_before_anything_was_suggested_that_is_said(
    action: ActionExplainSuggestions, tracker: Any, last: Any
) -> None:
    messages, explained = run(action, tracker(("why", "ask_why", "neutral", None), suggestions_last=last))
    assert ([message["response"] for message in messages], explained) == (["utter_nothing_suggested"], False)


def test_during_a_crisis_it_refuses_by_itself(action: ActionExplainSuggestions, tracker: Any) -> None:
    tracked = tracker(("why", "ask_why", "neutral", None), suggestions_last=IDS, crisis=True)
    messages, explained = run(action, tracked)
    assert ([message["response"] for message in messages], explained) == (["utter_stay_safe"], False)


def test_what_nobody_knows_is_explained_in_general(action: ActionExplainSuggestions, tracker: Any) -> None:
    tracked = tracker(("why", "ask_why", "neutral", None), suggestions_last=["gone-999"])
    assert run(action, tracked)[0][0]["text"] == GENERAL_EXPLANATION.en


def test_a_damaged_table_leaves_the_general_explanation(tracker: Any, caplog: Any) -> None:
    def damaged() -> Any:
        raise ExplanationsError("explanations.csv:2: needs a value")

    action = ActionExplainSuggestions(explanations=damaged)
    tracked = tracker(("why", "ask_why", "neutral", None), suggestions_last=IDS[:1], language="fa")
    assert run(action, tracked)[0][0]["text"] == GENERAL_EXPLANATION.fa
    assert "needs a value" in caplog.text
