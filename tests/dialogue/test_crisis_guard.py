from __future__ import annotations

from typing import Any

import pytest
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from crisis import Assessment
from dialogue.crisis_guard import CrisisGuard, guarded
from dialogue.entities import values_of_entities

NOTHING = Assessment(0, "none", ())


@pytest.mark.parametrize(
    ("found", "gateway", "intent", "confidence", "affirms", "expected"),
    [
        (NOTHING, 0, "share", 0.9, False, (0, "none")),
        (Assessment(3, "medical", ()), 0, "share", 0.9, False, (3, "medical")),
        (NOTHING, 2, "share", 0.9, False, (2, "suicide")),
        (Assessment(1, "abuse", ()), 3, "share", 0.9, False, (3, "abuse")),
        (Assessment(3, "abuse", ()), 2, "share", 0.9, False, (3, "abuse")),
        (NOTHING, 0, "crisis", 0.6, False, (1, "suicide")),
        (NOTHING, 0, "crisis", 0.59, False, (0, "none")),
        (NOTHING, 0, "crisis_concern", 0.9, False, (1, "suicide")),
        (NOTHING, 0, "worry_for_other", 0.9, False, (0, "third_person")),
        (NOTHING, 0, "affirm", 0.9, True, (2, "suicide")),
    ],
)
def test_the_gravest_reason_counts_and_a_classifier_alone_only_asks(
    found: Assessment,
    gateway: int,
    intent: str,
    confidence: float,
    affirms: bool,
    expected: tuple[int, str],
) -> None:
    level_and_kind = guarded(
        found, gateway_level=gateway, intent=intent, confidence=confidence, affirms=affirms
    )
    assert level_and_kind == expected


def guard(text: str, intent: str = "share", confidence: float = 0.9, **metadata: Any) -> Message:
    message = Message(
        data={TEXT: text, "metadata": metadata, INTENT: {"name": intent, "confidence": confidence}}
    )
    CrisisGuard().process([message], None)
    return message


def test_danger_becomes_the_intent_with_the_fixed_reply_of_the_country() -> None:
    message = guard("I want to kill myself", country="US")
    values = values_of_entities(message.get(ENTITIES))
    assert message.get(INTENT) == {"name": "crisis", "confidence": 1.0}
    assert values["crisis_level"] >= 2
    assert "988" in values["crisis_reply"]
    assert values["crisis_answered"] is False


def test_the_reply_is_in_the_language_of_the_talk() -> None:
    persian = values_of_entities(guard("می‌خوام خودم رو بکشم", country="IR").get(ENTITIES))
    assert "۱۲۳" in persian["crisis_reply"]
    told = values_of_entities(guard("I want to kill myself", language="fa").get(ENTITIES))
    assert "جدی می‌گیرم" in told["crisis_reply"]


def test_a_level_that_the_gateway_answered_is_marked_so_even_if_nothing_is_found_here() -> None:
    message = guard("hello", crisis_level=2)
    assert message.get(INTENT)["name"] == "crisis"
    assert values_of_entities(message.get(ENTITIES))["crisis_answered"] is True


def test_a_lower_level_of_the_gateway_is_asked_about() -> None:
    message = guard("hello", crisis_level=1)
    assert message.get(INTENT)["name"] == "crisis_concern"
    assert values_of_entities(message.get(ENTITIES))["crisis_answered"] is False


def test_the_intents_of_the_guard_are_given_by_nobody_else() -> None:
    assert guard("we had dinner", intent="crisis", confidence=0.5).get(INTENT)["name"] == "nlu_fallback"
    assert (
        guard("we had dinner", intent="worry_for_other", confidence=0.5).get(INTENT)["name"] == "nlu_fallback"
    )


def test_everyday_words_pass_untouched() -> None:
    message = guard("this traffic kills me")
    assert message.get(INTENT) == {"name": "share", "confidence": 0.9}
    assert not message.get(ENTITIES)
