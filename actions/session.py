"""Rasa's own commands /restart and /back, kept from undoing a crisis."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import Restarted, UserUtteranceReverted
from rasa_sdk.executor import CollectingDispatcher

from actions.failure import discreet_failure
from actions.turn import has_had_crisis

__all__ = ["ActionBack", "ActionRestart"]


class ActionRestart(Action):  # type: ignore[misc]
    """Starts the talk anew, unless a crisis is under way."""

    def name(self) -> str:
        """The name of Rasa's action that it replaces."""
        return "action_restart"

    @discreet_failure
    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Restarts; during a crisis it does nothing."""
        return [] if has_had_crisis(tracker) else [Restarted()]


class ActionBack(Action):  # type: ignore[misc]
    """Takes the last turn back, unless a crisis is under way."""

    def name(self) -> str:
        """The name of Rasa's action that it replaces."""
        return "action_back"

    @discreet_failure
    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Reverts the command and the turn before it; during a crisis it does nothing."""
        return [] if has_had_crisis(tracker) else [UserUtteranceReverted(), UserUtteranceReverted()]
