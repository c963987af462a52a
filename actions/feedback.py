"""Which of the suggestions helped, as the person says it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.turn import read_turn
from language import normalise

__all__ = ["ActionFeedback", "named_position"]

_WORDS = {
    0: r"first|1st|number one|one|اول|اولی|اولین|شماره یک|شمارهٔ یک|1",
    1: r"second|2nd|number two|two|middle|دوم|دومی|دومین|وسطی|شماره دو|شمارهٔ دو|2",
    2: r"third|3rd|number three|three|سوم|سومی|سومین|شماره سه|شمارهٔ سه|3",
    -1: r"last|آخر|آخری",
}
_PATTERNS = {position: re.compile(rf"(?<!\w)({words})(?!\w)") for position, words in _WORDS.items()}
_LOOSE_ONE = re.compile(r"\b(first|second|third|last|middle|that|this|other|another|the) one\b")


def named_position(text: str, language: str) -> int | None:
    """Which suggestion was named: 0, 1 or 2 from the front, -1 for the last, None for none or several."""
    plain = _LOOSE_ONE.sub(r"\1", normalise(text, language).lower())
    named = [position for position, pattern in _PATTERNS.items() if pattern.search(plain)]
    return named[0] if len(named) == 1 else None


def _named(identifiers: Sequence[str], position: int | None) -> str | None:
    if position is None or not -len(identifiers) <= position < len(identifiers):
        return None
    return identifiers[position]


class ActionFeedback(Action):  # type: ignore[misc]
    """Tells the gateway that suggestions helped, and which one where the person named it."""

    def name(self) -> str:
        """The action's name in rules."""
        return "action_feedback"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Sends the feedback as data; says nothing, since the rules go on talking."""
        turn = read_turn(tracker)
        last = list(tracker.get_slot("suggestions_last") or [])
        if last:
            chosen = _named(last, named_position(turn.text, turn.language))
            feedback = {"helpful": True, "suggestion": chosen, "suggestions": last}
            dispatcher.utter_message(json_message={"feedback": feedback})
        return []
