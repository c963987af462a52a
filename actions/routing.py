"""Customer service: the first query's intent and mood pick a queue, and the talk is handed over."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.failure import discreet_failure
from actions.routing_table import Route, RoutingTableError, find_route, read_routes
from actions.turn import read_turn

__all__ = ["ActionRoute", "handover_text"]

logger = logging.getLogger(__name__)

_SYMPATHY = {
    "en": {
        "anger": "I'm sorry, I can tell that this has been upsetting.",
        "fear": "I understand that this worries you.",
        "sadness": "I'm sorry that this has been so disappointing.",
    },
    "fa": {
        "anger": "متأسفم، متوجهم که این موضوع ناراحت‌کننده بوده است.",
        "fear": "می‌فهمم که نگران این موضوع هستید.",
        "sadness": "متأسفم که این موضوع ناامیدتان کرده است.",
    },
}
_HANDOVER = {
    "en": "As I understand it, this is {reason}. I've noted it for the right team. Nobody has joined us yet.",
    "fa": (
        "این‌طور که متوجه شدم، موضوع شما این است: {reason}. آن را برای بخش مربوط ثبت کردم. "
        "هنوز کسی به گفت‌وگو نپیوسته است."
    ),
}


def handover_text(route: Route, *, language: str, mood: str) -> str:
    """What is said at the hand-over: a word on the feeling, where there is one, and the reason."""
    sympathy = _SYMPATHY[language].get(mood)
    handover = _HANDOVER[language].format(reason=route.reason(language))
    return f"{sympathy} {handover}" if sympathy else handover


class ActionRoute(Action):  # type: ignore[misc]
    """Hands the talk over to a queue of the table, or, without a table, leaves it to the rules.

    Args:
        read: reads the table, at registration.
    """

    def __init__(self, read: Callable[[], Mapping[tuple[str, str], Route]] = read_routes) -> None:
        self._routes: Mapping[tuple[str, str], Route] | None = None
        try:
            self._routes = read()
        except RoutingTableError as error:
            logger.error("Queries can't be routed, a person gets them all: %s", error)

    def name(self) -> str:
        """The action's name in rules."""
        return "action_route"

    @discreet_failure
    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Utters the hand-over once; later turns are told where the query is."""
        turn = read_turn(tracker)
        if tracker.get_slot("queue"):
            dispatcher.utter_message(response="utter_service_noted")
            return [SlotSet("handed_over", True)]
        if self._routes is None:
            return [SlotSet("handed_over", False)]
        route = find_route(self._routes, intent=turn.intent, mood=turn.mood)
        dispatcher.utter_message(
            text=handover_text(route, language=turn.language, mood=turn.mood),
            json_message={"handoff": {"queue": route.queue, "reason": route.reason(turn.language)}},
        )
        return [SlotSet("handed_over", True), SlotSet("queue", route.queue)]
