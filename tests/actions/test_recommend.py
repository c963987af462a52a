from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk.executor import CollectingDispatcher

from actions.ordinals import ordinal
from actions.recommend import ActionRecommend, suggestions_text
from recommender import SUGGESTIONS_SHOWN, ModelFileError, Recommender


@pytest.fixture(scope="module")
def action() -> ActionRecommend:
    return ActionRecommend()


def run(action: ActionRecommend, tracker: Any) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    dispatcher = CollectingDispatcher()
    events = action.run(dispatcher, tracker, {})
    return dispatcher.messages, {event["name"]: event["value"] for event in events}


@pytest.mark.parametrize("language", ["en", "fa"])
@pytest.mark.parametrize("mood", ["anger", "fear", "sadness", "happiness"])
def test_suggestions_are_spoken_and_shown(
    action: ActionRecommend, tracker: Any, mood: str, language: str
) -> None:
    messages, slots = run(action, tracker(("it happened again", "share", mood, None), language=language))
    (message,) = messages
    shown = message["custom"]["suggestions"]
    positions = [message["text"].index(f"{ordinal(place, language)}: ") for place in range(SUGGESTIONS_SHOWN)]
    assert positions == sorted(positions)
    assert [item[language] in message["text"] for item in shown] == [True] * SUGGESTIONS_SHOWN
    assert set(shown[0]) == {"id", "en", "fa", "technique", "family", "score", "propensity"}
    assert all(0 < item["propensity"] <= 1 for item in shown)
    assert slots["suggestions"] == "offered"
    assert slots["suggestions_last"] == [item["id"] for item in shown]


def test_what_was_shown_before_is_left_out(action: ActionRecommend, tracker: Any) -> None:
    shown: list[str] = []
    for _ in range(5):
        turn = ("x", "share", "sadness", None)
        messages, slots = run(action, tracker(turn, suggestions_shown=shown))
        fresh = {item["id"] for item in messages[0]["custom"]["suggestions"]}
        assert not fresh & set(shown)
        shown = slots["suggestions_shown"]
    assert len(shown) == 5 * SUGGESTIONS_SHOWN


def test_when_all_have_been_shown_older_ones_come_again(action: ActionRecommend, tracker: Any) -> None:
    everything = [pair.id for pair in Recommender.load().suggestions]
    last = [pair for pair in everything if pair.startswith("anger")][:SUGGESTIONS_SHOWN]
    turn = ("no", "share", "anger", {"exclude": everything})
    messages, slots = run(action, tracker(turn, suggestions_shown=everything, suggestions_last=last))
    again = {item["id"] for item in messages[0]["custom"]["suggestions"]}
    assert len(again) == SUGGESTIONS_SHOWN
    assert not again & set(last)
    assert slots["suggestions"] == "offered"


def test_during_a_crisis_it_refuses_by_itself(action: ActionRecommend, tracker: Any) -> None:
    messages, slots = run(action, tracker(("I feel sad", "feel_sadness", "sadness", None), crisis=True))
    assert [message["response"] for message in messages] == ["utter_stay_safe"]
    assert all(not message["custom"] for message in messages)
    assert slots == {"suggestions": "unavailable"}


def test_without_any_mood_so_far_it_asks_for_one(action: ActionRecommend, tracker: Any) -> None:
    messages, slots = run(action, tracker(("what would you suggest", "ask_another", "unclear", None)))
    assert messages == []
    assert slots == {"suggestions": "mood_needed"}


def test_a_no_is_reported_with_what_was_refused(action: ActionRecommend, tracker: Any) -> None:
    turns = [("x", "share", "fear", None), ("no", "deny", "unclear", None)]
    messages, _ = run(action, tracker(*turns, suggestions_last=["fear-001"]))
    feedback = {"helpful": False, "suggestion": None, "suggestions": ["fear-001"]}
    assert messages[0]["custom"] == {"feedback": feedback}
    assert len(messages[1]["custom"]["suggestions"]) == SUGGESTIONS_SHOWN


def test_a_model_that_cannot_be_loaded_ends_in_no_error_and_is_tried_again(tracker: Any) -> None:
    tries = []

    def load() -> Recommender:
        tries.append(1)
        if len(tries) < 3:
            raise ModelFileError("card.json is missing; train the recommender")
        return Recommender.load()

    action = ActionRecommend(load)
    turn = ("x", "share", "fear", None)
    assert run(action, tracker(turn)) == ([], {"suggestions": "unavailable"})
    assert run(action, tracker(turn))[1]["suggestions"] == "offered"


def test_a_failing_recommender_is_not_heard_of_by_the_person(tracker: Any, caplog: Any) -> None:
    class Broken:
        suggestions = ()

        def suggest(self, mood: str, **request: Any) -> list[Any]:
            raise RuntimeError(request["text"])

    action = ActionRecommend(Broken)  # type: ignore[arg-type]
    messages, slots = run(action, tracker(("marmalade", "share", "fear", None)))
    assert (messages, slots) == ([], {"suggestions": "unavailable"})
    assert "RuntimeError" in caplog.text
    assert "marmalade" not in caplog.text


def test_lead_ins_change_from_one_offer_to_the_next() -> None:
    texts = {
        suggestions_text(["a.", "b.", "c."], language="en", mood="fear", times_offered=times)
        for times in range(3)
    }
    assert len(texts) == 3
    assert all(text.endswith("First: a. Second: b. Third: c.") for text in texts)


def test_each_offer_begins_with_the_next_lead_in(action: ActionRecommend, tracker: Any) -> None:
    shown: list[str] = []
    lead_ins = set()
    for _ in range(3):
        messages, slots = run(action, tracker(("x", "share", "fear", None), suggestions_shown=shown))
        lead_ins.add(messages[0]["text"].split(":")[0])
        shown = slots["suggestions_shown"]
    assert len(lead_ins) == 3


@pytest.mark.parametrize(("language", "end"), [("en", "Number nine: i."), ("fa", "شمارهٔ نُه: i.")])
def test_more_suggestions_than_there_are_ordinals_can_be_spoken(language: str, end: str) -> None:
    sentences = [f"{letter}." for letter in "abcdefghi"]
    assert suggestions_text(sentences, language=language, mood="fear", times_offered=0).endswith(end)
