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
