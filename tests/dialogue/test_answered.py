from __future__ import annotations

from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from dialogue.answered import answer_to
from dialogue.frames import HeardRequest
from dialogue.heard import shorten

SLOT_TYPES = {"language": "text", "crisis": "bool", "crisis_level": "any", "crisis_kind": "text"}
DOMAIN = Domain.from_dict(
    {
        "slots": {
            name: {"type": kind, "influence_conversation": False, "mappings": [{"type": "custom"}]}
            for name, kind in SLOT_TYPES.items()
        }
    }
)


def turn(turn_id: str, *events: Event, intent: str = "share", mood: str = "sadness") -> list[Event]:
    entities = [{"entity": "mood", "value": mood}]
    said = UserUttered(f"words {turn_id}", {"name": intent, "confidence": 0.5}, entities, message_id=turn_id)
    return [said, *events, ActionExecuted("action_listen")]


def says(text: str | None, custom: object = None) -> BotUttered:
    return BotUttered(text, {"custom": custom, "buttons": None}, {"utter_action": f"utter_{text}"})


def tracker(*turns: list[Event]) -> DialogueStateTracker:
    return DialogueStateTracker.from_events("s", [event for each in turns for event in each], DOMAIN.slots)


def test_an_answer_is_its_messages_in_order_and_its_outcome() -> None:
    custom = {"suggestions": ["one"]}
    found = answer_to(tracker(turn("1", SlotSet("language", "fa"), says("a"), says(None, custom))), "1")
    assert found is not None
    told = [(each["text"], each["custom"], each["utter_action"]) for each in found.messages]
    assert told == [("a", None, "utter_a"), (None, custom, "utter_None")]
    assert found.outcome == {
        "intent": {"name": "share", "confidence": 0.5},
        "entities": [{"entity": "mood", "value": "sadness"}],
        "mood": "sadness",
        "language": "fa",
        "crisis": False,
        "crisis_level": None,
        "crisis_kind": None,
    }


def test_an_earlier_turn_has_the_outcome_of_its_own_time() -> None:
    later = turn("2", SlotSet("crisis", True), says("b"), intent="crisis", mood="fear")
    record = tracker(turn("1", says("a")), later)
    first, second = answer_to(record, "1"), answer_to(record, "2")
    assert first is not None
    assert second is not None
    assert [each["text"] for each in first.messages] == ["a"]
    assert (first.outcome["mood"], first.outcome["crisis"]) == ("sadness", False)
    assert (second.outcome["mood"], second.outcome["crisis"]) == ("fear", True)


def test_a_turn_that_is_not_on_record_has_no_answer() -> None:
    assert answer_to(None, "1") is None
    assert answer_to(tracker(), "1") is None
    assert answer_to(tracker(turn("1", says("a"))), "2") is None


def test_what_the_gateway_said_in_a_crisis_is_no_answer() -> None:
    record = tracker(turn("1", intent="crisis"))
    assert shorten(record, HeardRequest("1", "s", "I'm…", "begun"))
    assert any(isinstance(event, BotUttered) for event in record.events)
    found = answer_to(record, "1")
    assert found is not None
    assert found.messages == ()
