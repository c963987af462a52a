"""Why a suggestion can help, where the person asks."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.explanations import (
    GENERAL_EXPLANATION,
    Explanation,
    ExplanationsError,
    read_explanations,
)
from actions.failure import discreet_failure
from actions.last_exercise import FIXED_TECHNIQUE
from actions.recommend import EXHAUSTED
from actions.turn import Turn, read_turn
from language.ordinals import named_place, ordinal
from recommender import SuggestionDataError, load_suggestions
from recommender.suggestions import suggestions_folder

__all__ = ["ActionExplainSuggestions", "asked_place"]

logger = logging.getLogger(__name__)


def _techniques() -> dict[str, str]:
    return {pair.id: pair.technique for pair in load_suggestions(suggestions_folder(os.environ))}


class ActionExplainSuggestions(Action):  # type: ignore[misc]
    """Says why the suggestion that was named last can help, or the first of the last offer.

    Args:
        techniques: reads the technique of each suggestion by id.
        explanations: reads the explanation of each technique.
    """

    def __init__(
        self,
        techniques: Callable[[], Mapping[str, str]] = _techniques,
        explanations: Callable[[], Mapping[str, Explanation]] = read_explanations,
    ) -> None:
        self._techniques: Mapping[str, str] = {}
        self._explanations: Mapping[str, Explanation] = {}
        try:
            self._techniques, self._explanations = techniques(), explanations()
        except (SuggestionDataError, ExplanationsError, OSError) as error:
            logger.error("Suggestions are explained in general alone: %s", error)

    def name(self) -> str:
        """The action's name in rules."""
        return "action_explain_suggestions"

    @discreet_failure
    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Utters the explanation; during a crisis, and before anything was suggested, none."""
        turn = read_turn(tracker)
        if turn.in_crisis:
            dispatcher.utter_message(response="utter_stay_safe")
            return [SlotSet("explained", False)]
        last = _offered(tracker.get_slot("suggestions_last"))
        if not last and tracker.get_slot("suggestions") == EXHAUSTED:
            dispatcher.utter_message(text=self._why(FIXED_TECHNIQUE, turn.language))
            return [SlotSet("explained", True)]
        if not last:
            dispatcher.utter_message(response="utter_nothing_suggested")
            return [SlotSet("explained", False)]
        place = asked_place(tracker.events, turn, len(last))
        why = self._why(self._techniques.get(last[place], ""), turn.language)
        text = f"{ordinal(place, turn.language)}: {why}" if len(last) > 1 else why
        dispatcher.utter_message(text=text)
        return [SlotSet("explained", True)]

    def _why(self, technique: str, language: str) -> str:
        return self._explanations.get(technique, GENERAL_EXPLANATION).text(language)


def asked_place(events: Iterable[Mapping[str, Any]], turn: Turn, count: int) -> int:
    """Which of the last offer is meant, from 0: the one named now, else the last named since, else the first.

    Args:
        events: of the tracker, the oldest first.
        turn: in which it is asked.
        count: how many were offered, at least 1.
    """
    named = named_place(turn.named_suggestion or turn.text, turn.language, count)
    if named is not None:
        return named
    for event in reversed(list(events)):
        if event.get("event") == "slot" and event.get("name") == "suggestions_last":
            break
        text = event.get("text") if event.get("event") == "user" else None
        named = named_place(text, turn.language, count) if isinstance(text, str) else None
        if named is not None:
            return named
    return 0


def _offered(raw: Any) -> Sequence[str]:
    return [item for item in raw if isinstance(item, str)] if isinstance(raw, list) else []
