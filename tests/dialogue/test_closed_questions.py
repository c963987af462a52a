from __future__ import annotations

import pytest

from dialogue.closed_questions import (
    ANSWER_DENIED,
    Heard,
    confirmed_intent,
    dangerous_answer,
    is_asked_about,
    is_disbelieved,
    is_false_comfort,
    is_taken,
    question_of,
    spoken_answer,
)
from language import ClosedAnswer

SURE, LIKELY, FAINT = (ClosedAnswer("yes", confidence) for confidence in (0.95, 0.7, 0.3))
UNCLEAR = Heard("nlu_fallback", 0.3)


def test_only_closed_questions_wait_for_a_closed_answer() -> None:
    assert question_of("utter_ask_helped") == "helped"
    assert question_of("utter_ask_feeling") == "feeling"
    assert question_of("utter_open_question") is None
    assert question_of(None) is None


def test_a_sure_match_counts_a_likely_one_is_asked_about_and_a_faint_one_is_left() -> None:
    assert is_taken(SURE, UNCLEAR)
    assert not is_taken(LIKELY, UNCLEAR)
    assert is_asked_about(LIKELY, UNCLEAR, "utter_ask_helped")
    assert not is_asked_about(FAINT, UNCLEAR, "utter_ask_helped")
    assert not is_asked_about(None, UNCLEAR, "utter_ask_helped")


@pytest.mark.parametrize(
    "heard",
    [
        Heard("goodbye", 0.9),
        Heard("crisis", 0.5),
        Heard("crisis_concern", 0.7),
        Heard("worry_for_other", 0.7),
        Heard("change_language_en", 0.5),
    ],
)
def test_words_understood_and_words_of_danger_are_not_overruled(heard: Heard) -> None:
    assert not is_taken(SURE, heard)
    assert not is_asked_about(LIKELY, heard, "utter_ask_helped")


def test_typed_words_count_by_their_sound_only_where_they_mean_nothing() -> None:
    assert is_taken(SURE, Heard("nlu_fallback", 0.3, spoken=False))
    assert not is_taken(SURE, Heard("share", 0.5, spoken=False))
    assert not is_asked_about(LIKELY, Heard("nlu_fallback", 0.3, spoken=False), "utter_ask_helped")


def test_a_word_in_another_language_than_the_question_is_asked_about() -> None:
    assert is_asked_about(LIKELY, Heard("affirm", 0.99, foreign=True), "utter_ask_helped")
    assert not is_asked_about(LIKELY, Heard("affirm", 0.99), "utter_ask_helped")


def test_a_no_in_another_language_that_does_not_sound_like_one_is_not_believed() -> None:
    assert is_disbelieved(None, Heard("deny", 0.87, foreign=True))
    assert is_disbelieved(LIKELY, Heard("deny", 0.87, foreign=True))
    assert not is_disbelieved(LIKELY, Heard("affirm", 0.87, foreign=True))
    assert not is_disbelieved(None, Heard("deny", 0.87))
    assert not is_disbelieved(None, Heard("deny", 0.87, spoken=False, foreign=True))


def test_no_comfort_is_taken_from_a_word_of_another_language() -> None:
    assert is_false_comfort("no", Heard("affirm", 0.95, foreign=True))
    assert is_false_comfort("yes", Heard("deny", 0.95, foreign=True))
    assert not is_false_comfort("no", Heard("deny", 0.95, foreign=True))
    assert not is_false_comfort("no", Heard("affirm", 0.95))
    assert not is_false_comfort("no", Heard("affirm", 0.95, spoken=False, foreign=True))


def test_nothing_is_asked_about_twice() -> None:
    assert not is_asked_about(LIKELY, UNCLEAR, "utter_confirm_answer")


@pytest.mark.parametrize(
    ("pending", "intent", "expected"),
    [
        ("yes", "affirm", "helped"),
        ("yes", "deny", "not_helped"),
        ("no", "affirm", "not_helped"),
        ("no", "deny", "not_helped"),
        ("second", "affirm", "helped"),
        ("second", "deny", ANSWER_DENIED),
        ("sadness", "affirm", "feel_sadness"),
        ("sadness", "deny", ANSWER_DENIED),
        ("yes", "share", None),
        (None, "affirm", None),
    ],
)
def test_what_a_confirmation_means(pending: str | None, intent: str, expected: str | None) -> None:
    assert confirmed_intent(pending, intent) == expected


@pytest.mark.parametrize(
    ("response", "kind", "level", "in_crisis", "expected"),
    [
        ("utter_check_safety", "suicide", 1, False, "yes"),
        ("utter_check_safety", "abuse", 1, False, "no"),
        ("utter_worry_for_other", "third_person", 1, False, "yes"),
        ("utter_crisis", "suicide", 2, True, "no"),
        ("utter_stay_safe", "suicide", 2, True, "no"),
        ("utter_crisis_safe", "suicide", 2, True, None),
        ("utter_ask_helped", None, None, False, None),
        (None, None, None, True, None),
    ],
)
def test_sound_speaks_for_danger_alone(
    response: str | None, kind: str | None, level: int | None, in_crisis: bool, expected: str | None
) -> None:
    found = dangerous_answer(response, kind=kind, level=level, in_crisis=in_crisis)
    assert (found[0] if found else None) == expected


@pytest.mark.parametrize("answer", ["yes", "no", "first", "another", "sadness"])
def test_an_answer_is_said_in_the_persons_language(answer: str) -> None:
    assert spoken_answer(answer, "en").isascii()
    assert not spoken_answer(answer, "fa").isascii()
