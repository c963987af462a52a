from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk.executor import CollectingDispatcher

from actions.feedback import ActionFeedback


def feedback(tracker: Any, text: str, last: list[str] | None) -> list[Any]:
    dispatcher = CollectingDispatcher()
    turn = (text, "helped", "neutral", None)
    assert ActionFeedback().run(dispatcher, tracker(turn, suggestions_last=last), {}) == []
    return [message["custom"] for message in dispatcher.messages]


def test_the_gateway_hears_which_one_helped(tracker: Any) -> None:
    assert feedback(tracker, "the second one", ["a", "b", "c"]) == [
        {"feedback": {"helpful": True, "suggestion": "b", "suggestions": ["a", "b", "c"]}}
    ]


@pytest.mark.parametrize("text", ["yes", "the third"])
def test_none_is_named_where_it_is_not_known(tracker: Any, text: str) -> None:
    assert feedback(tracker, text, ["a", "b"])[0]["feedback"]["suggestion"] is None


def test_without_suggestions_there_is_nothing_to_report(tracker: Any) -> None:
    assert feedback(tracker, "the first one", None) == []
