from __future__ import annotations

import pytest

from dialogue.crisis_paths import (
    GUARD_INTENTS,
    concern_answer,
    concern_denial,
    follow_up,
    is_negated,
    path_of,
)


def after(
    intent: str | None,
    last_response: str | None = "utter_crisis",
    *,
    level: int = 2,
    kind: str = "suicide",
    negated: bool = False,
    confidence: float = 0.9,
) -> str:
    return follow_up(intent, confidence, negated=negated, last_response=last_response, level=level, kind=kind)


@pytest.mark.parametrize(
    ("level", "kind", "yes", "no"),
    [
        (2, "suicide", "crisis_safe", "crisis"),
        (2, "abuse", "crisis_safe", "crisis"),
        (3, "child_danger", "crisis_safe", "crisis"),
        (3, "suicide", "crisis_willing", "crisis"),
        (3, "third_person", "crisis_willing", "crisis"),
        (3, "psychosis", "crisis_willing", "crisis"),
        (3, "medical", "crisis_willing", "crisis_unable"),
        (3, "abuse", "crisis_willing", "crisis_unable"),
    ],
)
def test_yes_and_no_answer_the_question_of_the_fixed_reply(level: int, kind: str, yes: str, no: str) -> None:
    assert after("affirm", level=level, kind=kind) == yes
    assert after("deny", level=level, kind=kind) == no


@pytest.mark.parametrize(
    ("last_response", "yes", "no"),
    [
        ("utter_crisis_safe", "crisis_numbers", "crisis_talk"),
        ("utter_crisis_safe_for_other", "crisis_numbers", "crisis_talk"),
        ("utter_stay_safe", "crisis_willing", "crisis_unable"),
        ("utter_stay_medical", "crisis_called", "crisis_unable"),
        ("utter_crisis_unable", "crisis_willing", "crisis_numbers"),
        ("utter_crisis_numbers", "crisis_talk", "crisis_talk"),
        (None, "crisis_talk", "crisis_talk"),
    ],
)
def test_yes_and_no_answer_what_was_said_last(last_response: str | None, yes: str, no: str) -> None:
    assert after("affirm", last_response) == yes
    assert after("deny", last_response) == no


def test_a_word_of_safety_that_is_denied_is_danger() -> None:
    assert after("crisis_safe", None) == "crisis_safe"
    assert after("crisis_safe", None, negated=True) == "crisis"


def test_a_call_that_was_not_made_is_no_call() -> None:
    assert after("crisis_called") == "crisis_called"
    assert after("crisis_called", negated=True) == "crisis_unable"


@pytest.mark.parametrize("intent", ["crisis_safe", "crisis_called", "affirm", "goodbye", "thank"])
def test_what_the_classifier_is_not_sure_of_only_keeps_the_talk_with_safety(intent: str) -> None:
    assert after(intent, confidence=0.49) == "crisis_talk"


@pytest.mark.parametrize(
    "intent", [None, "share", "ask_another", "helped", "feel_sadness", "an_intent_to_come"]
)
def test_every_other_intent_stays_with_safety(intent: str | None) -> None:
    assert after(intent) == "crisis_talk"


@pytest.mark.parametrize(
    ("kind", "yes", "no"),
    [
        ("suicide", (2, "suicide"), None),
        ("past", (2, "suicide"), None),
        ("third_person", (2, "suicide"), None),
        ("self_harm", (2, "self_harm"), None),
        ("psychosis", (3, "psychosis"), None),
        ("medical", (3, "medical"), None),
        ("abuse", None, (3, "abuse")),
    ],
)
def test_an_answer_to_the_asking_step_may_be_danger(
    kind: str, yes: tuple[int, str] | None, no: tuple[int, str] | None
) -> None:
    assert concern_answer("affirm", kind, "utter_check_safety") == yes
    assert concern_answer("deny", kind, "utter_check_safety") == no
    assert concern_answer("affirm", kind, "utter_greet") is None
    assert concern_answer("share", kind, "utter_check_safety") is None


@pytest.mark.parametrize(
    ("intent", "kind", "expected"),
    [
        ("deny", "suicide", "concern_denied"),
        ("crisis_safe", "past", "concern_denied"),
        ("deny", "third_person", "other_denied"),
        ("affirm", "abuse", "concern_safe"),
        ("crisis_safe", "abuse", "concern_safe"),
        ("affirm", "harm_to_others", "concern_denied"),
        ("deny", "abuse", None),
        ("affirm", "suicide", None),
        ("share", "suicide", None),
    ],
)
def test_an_answer_to_the_asking_step_may_be_a_relief(intent: str, kind: str, expected: str | None) -> None:
    assert concern_denial(intent, kind, "utter_check_safety") == expected
    assert concern_denial(intent, kind, "utter_greet") is None


@pytest.mark.parametrize(
    "text",
    [
        "I'm not safe",
        "no I am not",
        "I haven’t called",
        "I cant",
        "nobody answers",
        "نه، نیستم",
        "هنوز زنگ نزدم",
        "نمی‌تونم",
        "نمي‌تونم",
        "هیچکس نیست",
    ],
)
def test_a_denial_is_seen(text: str) -> None:
    assert is_negated(text)


@pytest.mark.parametrize(
    "text",
    ["I'm safe now", "I want to rest, we went home", "بله، در امانم", "نزدیک خواهرم هستم", "ناهار خوردم"],
)
def test_what_only_looks_like_a_denial_is_none(text: str) -> None:
    assert not is_negated(text)


def test_each_kind_has_its_path_and_an_unknown_one_is_about_oneself() -> None:
    kinds = ("suicide", "abuse", "medical", "third_person", "psychosis", "harm_to_others", "self_harm", None)
    paths = ["own", "violence", "medical", "other", "voices", "harm", "own", "own"]
    assert [path_of(kind) for kind in kinds] == paths


def test_the_guards_intents_are_its_own() -> None:
    assert not GUARD_INTENTS & {"affirm", "deny", "share", "greet", "change_language_en", "talk_to_human"}
