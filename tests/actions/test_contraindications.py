from __future__ import annotations

from typing import Any

import pytest

from actions.contraindications import held_contraindications
from recommender.contraindications import ContraindicationCues
from recommender.suggestions import DEFAULT_DIRECTORY
from recommender.vocabulary import read_vocabulary

CUES = ContraindicationCues(read_vocabulary(DEFAULT_DIRECTORY))


def held(tracker: Any) -> set[str]:
    return set(held_contraindications(tracker, CUES))


def said(*texts: str, **metadata: Any) -> list[tuple[str, str, str, dict[str, Any] | None]]:
    return [(text, "share", "fear", metadata) for text in texts]


def test_what_was_said_in_any_turn_holds_for_the_talk(tracker: Any) -> None:
    assert held(tracker(*said("I have asthma", "it was a long day", "I feel sad"))) == {
        "breathing_difficulty"
    }


def test_what_the_clinic_set_and_what_was_said_count_together(tracker: Any) -> None:
    turns = said("زانوم درد می‌کنه", contraindications=["hearing_loss", "unheard_of", 3, None])
    assert held(tracker(*turns)) == {"hearing_loss", "pain_or_injury"}


def test_the_drive_holds_until_it_is_over(tracker: Any) -> None:
    driving = said("I'm driving", "my boss shouted at me")
    assert held(tracker(*driving)) == {"driving"}
    assert held(tracker(*driving, *said("I've parked now"))) == set()
    assert held(tracker(*driving, *said("پارک کردم"), *said("باز پشت فرمونم"))) == {"driving"}


def test_nobody_takes_back_what_the_clinic_set(tracker: Any) -> None:
    turns = said(
        "I'm not driving any more",
        "I don't have asthma",
        contraindications=["driving", "breathing_difficulty"],
    )
    assert held(tracker(*turns)) == {"driving", "breathing_difficulty"}


def test_what_the_slot_holds_is_kept_and_only_later_turns_change_it(tracker: Any) -> None:
    tracked = tracker(*said("I'm driving", "I've parked"))
    tracked.events.insert(
        1, {"event": "slot", "name": "contraindications", "value": ["driving", "low_vision"]}
    )
    assert held(tracked) == {"low_vision"}
    tracked.events.append({"event": "slot", "name": "contraindications", "value": ["low_vision"]})
    assert held(tracked) == {"low_vision"}


def test_a_slot_that_was_filled_without_an_event_counts(tracker: Any) -> None:
    assert held(tracker(*said("hello"), contraindications=["low_vision"])) == {"low_vision"}


@pytest.mark.parametrize("value", [None, 3, "driving", {"driving": 1}, [None, 3, "no_such"]])
def test_damaged_slots_and_metadata_hold_nothing(tracker: Any, value: Any) -> None:
    tracked = tracker(*said("hello", contraindications=value), contraindications=value)
    tracked.events += [
        None,
        {"event": "slot", "name": "contraindications", "value": value},
        {"event": "user", "text": None, "metadata": "x"},
        {"event": "user"},
    ]
    assert held(tracked) == set()


def test_of_very_many_names_the_first_count(tracker: Any) -> None:
    assert held(tracker(*said("x", contraindications=["driving"] + ["x"] * 100_000))) == {"driving"}
