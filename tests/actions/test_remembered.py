from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from actions.remembered import as_offered, remembered_suggestion, with_remembered
from recommender import Suggestion, load_suggestions

PAIR = next(pair for pair in load_suggestions() if pair.mood == "fear" and pair.situation == ("general",))
HOLDS: dict[str, Any] = {
    "mood": "fear",
    "distress": PAIR.distress_min,
    "contraindications": frozenset(),
    "situations": frozenset({"general"}),
}


def chosen(*pairs: Suggestion, **changed: Any) -> str | None:
    found = remembered_suggestion(
        [pair.id for pair in pairs], {pair.id: pair for pair in pairs}, **{**HOLDS, **changed}
    )
    return None if found is None else found.id


def test_the_newest_that_fits_is_taken() -> None:
    older = replace(PAIR, id="older")
    assert chosen(PAIR, older) == PAIR.id
    assert chosen(replace(PAIR, mood="anger", id="other"), older) == "older"


@pytest.mark.parametrize(
    "changed",
    [
        {"mood": "anger"},
        {"distress": PAIR.distress_max + 1},
        {"situations": frozenset({"work"})},
    ],
)
def test_what_does_not_fit_this_moment_is_left(changed: dict[str, Any]) -> None:
    assert chosen(PAIR, **changed) is None


def test_what_speaks_against_it_counts() -> None:
    barred = replace(PAIR, contraindications=frozenset({"driving"}))
    assert chosen(barred) == PAIR.id
    assert chosen(barred, contraindications=frozenset({"driving"})) is None


def test_what_is_for_one_time_of_the_day_is_left() -> None:
    assert chosen(replace(PAIR, time="night")) is None


def test_an_id_that_nobody_knows_is_passed_over() -> None:
    assert remembered_suggestion(["gone"], {}, **HOLDS) is None


def test_of_a_full_choice_one_of_the_same_family_gives_way() -> None:
    first = as_offered(replace(PAIR, family="breathing"), "en")
    others = [replace(first, id=name, family=name) for name in ("action", "breathing", "pause")]
    assert [item.id for item in with_remembered(first, others)] == [PAIR.id, "action", "pause"]
    others[1] = replace(first, id="kindness", family="kindness")
    assert [item.id for item in with_remembered(first, others)] == [PAIR.id, "action", "kindness"]
    assert [item.id for item in with_remembered(first, others[:1])] == [PAIR.id, "action"]
    assert with_remembered(first, []) == [first]
