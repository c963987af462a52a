from __future__ import annotations

from typing import Any

import pytest

from actions.turn import read_turn


def test_words_mood_and_wishes_of_the_gateway_are_read(tracker: Any) -> None:
    metadata = {"distress": 7.4, "exclude": ["a", "b", 3]}
    turn = read_turn(tracker(("hello", "share", "fear", metadata), language="fa"))
    assert (turn.text, turn.intent, turn.mood, turn.language) == ("hello", "share", "fear", "fa")
    assert (turn.distress, turn.exclude, turn.in_crisis) == (7, frozenset({"a", "b"}), False)


def test_the_last_felt_mood_outlives_turns_without_one(tracker: Any) -> None:
    turns = [("x", "share", "anger", None), ("y", "share", "sadness", None), ("no", "deny", "unclear", None)]
    assert read_turn(tracker(*turns)).felt_mood == "sadness"
    assert read_turn(tracker(("x", "share", "neutral", None))).felt_mood is None


@pytest.mark.parametrize("distress", [None, "7", True, -1, 11, float("nan")])
def test_a_distress_that_is_no_rating_counts_as_unknown(tracker: Any, distress: object) -> None:
    assert read_turn(tracker(("x", "share", "fear", {"distress": distress}))).distress is None


def test_a_tracker_without_turns_is_neutral(tracker: Any) -> None:
    turn = read_turn(tracker(language=None, crisis=True))
    assert (turn.text, turn.intent, turn.mood, turn.language) == ("", None, "unclear", "en")
    assert turn.in_crisis


def test_a_crisis_outlives_the_slot(tracker: Any) -> None:
    calm = tracker(("x", "share", "fear", None))
    assert not read_turn(calm).in_crisis
    calm.events.append({"event": "slot", "name": "crisis", "value": True})
    calm.events.append({"event": "slot", "name": "crisis", "value": False})
    assert read_turn(calm).in_crisis


def test_what_feedback_taught_and_what_helped_are_read(tracker: Any) -> None:
    corrections = {"fear": {"gratitude": -2, "small_task": 0.5}, "boredom": {"gratitude": 1}, "anger": 3}
    metadata = {"corrections": corrections, "helped_before": ["a", 3, "b", "x" * 65]}
    turn = read_turn(tracker(("x", "share", "fear", metadata)))
    assert turn.corrections == {"fear": {"gratitude": -1.5, "small_task": 0.5}}
    assert turn.helped_before == ("a", "b")


def test_of_very_much_only_a_little_is_read(tracker: Any) -> None:
    metadata = {
        "corrections": {"fear": {f"technique{number}": 1.0 for number in range(100_000)}},
        "helped_before": [f"id{number}" for number in range(100_000)],
    }
    turn = read_turn(tracker(("x", "share", "fear", metadata)))
    assert (len(turn.corrections["fear"]), len(turn.helped_before)) == (256, 10)


@pytest.mark.parametrize("raw", [None, 3, "x", [1.0], {"a": "1"}, {"a": True}, {"a": float("inf")}, {3: 1.0}])
def test_corrections_that_are_none_count_as_none(tracker: Any, raw: object) -> None:
    assert read_turn(tracker(("x", "share", "fear", {"corrections": raw}))).corrections == {}
    read = read_turn(tracker(("x", "share", "fear", {"corrections": {"fear": raw}}))).corrections
    assert not read.get("fear")
