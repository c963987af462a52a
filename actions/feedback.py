"""Which of the suggestions helped, as the person says it."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.failure import discreet_failure
from actions.turn import read_turn
from language.ordinals import named_place

__all__ = ["ActionFeedback"]


class ActionFeedback(Action):  # type: ignore[misc]
    """Tells the gateway that suggestions helped, and which one where the person named it."""

    def name(self) -> str:
        """The action's name in rules."""
        return "action_feedback"

    @discreet_failure
    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Sends the feedback as data; says nothing, since the rules go on talking."""
        turn = read_turn(tracker)
        last = list(tracker.get_slot("suggestions_last") or [])
        if last:
            place = named_place(turn.named_suggestion or turn.text, turn.language, len(last))
            chosen = None if place is None else last[place]
            feedback = {"helpful": True, "suggestion": chosen, "suggestions": last}
            dispatcher.utter_message(json_message={"feedback": feedback})
        return []
