from __future__ import annotations

from typing import Any

from rasa_sdk.executor import CollectingDispatcher

from actions.routing import ActionRoute
from actions.routing_table import RoutingTableError


def route(action: ActionRoute, tracker: Any) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    dispatcher = CollectingDispatcher()
    events = action.run(dispatcher, tracker, {})
    return dispatcher.messages, {event["name"]: event["value"] for event in events}


def test_the_first_query_is_handed_over_with_its_reason(tracker: Any) -> None:
    (message,), slots = route(ActionRoute(), tracker(("my bill is wrong", "query_billing", "neutral", None)))
    assert message["custom"] == {
        "handoff": {"queue": "billing", "reason": "a question about a bill or a payment"}
    }
    assert "a question about a bill" in message["text"]
    assert slots == {"handed_over": True, "queue": "billing"}


def test_a_heavy_mood_is_acknowledged_and_changes_the_queue(tracker: Any) -> None:
    turn = ("صورت‌حسابم اشتباهه", "query_billing", "anger", None)
    (message,), slots = route(ActionRoute(), tracker(turn, language="fa"))
    assert message["text"].startswith("متأسفم")
    assert slots["queue"] == "billing_senior"


def test_a_talk_is_handed_over_once(tracker: Any) -> None:
    turn = ("hello again", "share", "neutral", None)
    (message,), slots = route(ActionRoute(), tracker(turn, queue="billing"))
    assert message["response"] == "utter_service_noted"
    assert not message["custom"]
    assert slots == {"handed_over": True}


def test_without_a_table_it_is_left_to_a_person(tracker: Any) -> None:
    def broken() -> Any:
        raise RoutingTableError("queues.csv: can't be read")

    turn = ("my bill is wrong", "query_billing", "neutral", None)
    assert route(ActionRoute(broken), tracker(turn)) == ([], {"handed_over": False})
