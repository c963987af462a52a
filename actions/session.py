"""Rasa's own commands /restart and /back, kept from undoing a crisis."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActionExecuted, Restarted, SlotSet, UserUtteranceReverted
from rasa_sdk.executor import CollectingDispatcher

__all__ = ["ActionBack", "ActionRestart"]


class ActionRestart(Action):  # type: ignore[misc]
    """Starts the talk anew, but takes the crisis along."""

    def name(self) -> str:
        """The name of Rasa's action that it replaces."""
        return "action_restart"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Restarts, with the slot `crisis` as it was."""
        if not tracker.get_slot("crisis"):
            return [Restarted()]
        kept = [SlotSet(name, tracker.get_slot(name)) for name in ("crisis", "crisis_reply", "language")]
        return [Restarted(), *kept, ActionExecuted("action_listen")]


class ActionBack(Action):  # type: ignore[misc]
    """Takes the last turn back, unless a crisis is under way."""

    def name(self) -> str:
        """The name of Rasa's action that it replaces."""
        return "action_back"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Reverts the command and the turn before it; during a crisis it does nothing."""
        if tracker.get_slot("crisis"):
            return []
        return [UserUtteranceReverted(), UserUtteranceReverted()]
