"""What a turn means after a question about danger that was not heard whole: pure decisions, no Rasa.

Who did not hear the question has not answered it. So a bare yes or no after it says nothing, and the question
is asked again; where some of it may have been heard, an answer counts that means danger, and one that would
reassure does not. Words that speak for themselves ("I'm safe", "I took pills") count as ever.
"""

from __future__ import annotations

from dialogue.crisis_paths import KEPT_INTENTS, SAFE, concern_answer

__all__ = ["concern_answered", "is_to_be_repeated"]

_ASKED_AGAIN = 1
"""Level of a turn that is answered with our question."""

_CONCERN_RESPONSES = ("utter_check_safety", "utter_worry_for_other")
_CRISIS_RESPONSE = "utter_crisis"
_ANSWERS = ("affirm", "deny")


def concern_answered(
    intent: str | None, kind: str | None, last_response: str | None, question: str
) -> tuple[int, str] | None:
    """Level and kind that a turn after our asking step means; None where it gives no more reason.

    Args:
        intent: the classifier's intent.
        kind: of the concern.
        last_response: the name of what was said last.
        question: what was heard of it: "heard", "begun" or "unheard".
    """
    if question == "heard" or last_response not in _CONCERN_RESPONSES:
        return concern_answer(intent, kind, last_response)
    again = None if kind is None else (_ASKED_AGAIN, kind)
    if question == "unheard":
        return None if intent in KEPT_INTENTS else again
    return concern_answer(intent, kind, last_response) or (again if intent in (*_ANSWERS, SAFE) else None)


def is_to_be_repeated(intent: str | None, last_response: str | None, question: str) -> bool:
    """Whether the reply in a crisis is said again, since its question got a bare yes or no unheard."""
    if last_response != _CRISIS_RESPONSE or question == "heard":
        return False
    return intent in _ANSWERS if question == "unheard" else intent == "affirm"
