from __future__ import annotations

import pytest

from dialogue.unheard_question import concern_answered, is_to_be_repeated

CHECK = "utter_check_safety"


@pytest.mark.parametrize(
    ("question", "intent", "kind", "means"),
    [
        ("heard", "affirm", "suicide", (2, "suicide")),
        ("heard", "deny", "suicide", None),
        ("heard", "share", "suicide", None),
        # Some of it may have been heard: danger counts, reassurance does not.
        ("begun", "affirm", "suicide", (2, "suicide")),
        ("begun", "deny", "suicide", (1, "suicide")),
        ("begun", "deny", "abuse", (3, "abuse")),
        ("begun", "affirm", "abuse", (1, "abuse")),
        ("begun", "crisis_safe", "suicide", (1, "suicide")),
        ("begun", "share", "suicide", None),
        # Nobody has answered what they have not heard.
        ("unheard", "affirm", "suicide", (1, "suicide")),
        ("unheard", "deny", "suicide", (1, "suicide")),
        ("unheard", "deny", "abuse", (1, "abuse")),
        ("unheard", "share", "medical", (1, "medical")),
        ("unheard", "change_language_fa", "suicide", None),
        ("unheard", "deny", None, None),
    ],
)
def test_an_answer_to_the_asking_step_counts_by_what_was_heard_of_it(
    question: str, intent: str, kind: str | None, means: tuple[int, str] | None
) -> None:
    assert concern_answered(intent, kind, CHECK, question) == means


def test_other_responses_ask_nothing_about_danger() -> None:
    assert concern_answered("affirm", "suicide", "utter_greet", "unheard") is None
    assert not is_to_be_repeated("affirm", "utter_stay_safe", "unheard")


@pytest.mark.parametrize(
    ("question", "intent", "repeated"),
    [
        ("heard", "affirm", False),
        ("heard", "deny", False),
        ("begun", "affirm", True),
        ("begun", "deny", False),
        ("unheard", "affirm", True),
        ("unheard", "deny", True),
        ("unheard", "crisis_safe", False),
        ("unheard", None, False),
    ],
)
def test_the_reply_in_a_crisis_is_said_again_after_a_yes_or_no_to_what_was_not_heard(
    question: str, intent: str | None, repeated: bool
) -> None:
    assert is_to_be_repeated(intent, "utter_crisis", question) is repeated
