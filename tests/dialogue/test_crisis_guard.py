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
    ("found", "gateway", "intent", "confidence", "answer", "expected"),
    [
        (NOTHING, 0, "share", 0.9, None, (0, "none")),
        (Assessment(3, "medical", ()), 0, "share", 0.9, None, (3, "medical")),
        (NOTHING, 2, "share", 0.9, None, (2, "suicide")),
        (Assessment(1, "abuse", ()), 3, "share", 0.9, None, (3, "abuse")),
        (Assessment(3, "abuse", ()), 2, "share", 0.9, None, (3, "abuse")),
        (NOTHING, 0, "crisis", 0.6, None, (1, "suicide")),
        (NOTHING, 0, "crisis", 0.59, None, (0, "none")),
        (NOTHING, 0, "crisis_concern", 0.9, None, (1, "suicide")),
        (NOTHING, 0, "worry_for_other", 0.9, None, (1, "third_person")),
        (NOTHING, 0, "affirm", 0.9, (2, "suicide"), (2, "suicide")),
        (Assessment(3, "abuse", ()), 0, "affirm", 0.9, (2, "suicide"), (3, "abuse")),
    ],
)
def test_the_gravest_reason_counts_and_a_classifier_alone_only_asks(
    found: Assessment,
    gateway: int,
    intent: str,
    confidence: float,
    answer: tuple[int, str] | None,
    expected: tuple[int, str],
) -> None:
    level_and_kind = guarded(
        found, gateway_level=gateway, intent=intent, confidence=confidence, answer=answer
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


def test_without_a_gateway_the_reply_says_that_nobody_listens_before_it_asks() -> None:
    alone = values_of_entities(guard("I want to kill myself", country="US").get(ENTITIES))["crisis_reply"]
    assert alone.endswith("please do call. Are you safe right now?")
    met = values_of_entities(guard("I want to kill myself", country="US", crisis_level=0).get(ENTITIES))
    assert "listening live" not in met["crisis_reply"]


def test_the_country_is_asked_for_until_it_is_known() -> None:
    unknown = values_of_entities(guard("I want to kill myself").get(ENTITIES))
    assert "which country" in unknown["crisis_reply"]
    assert "crisis_country" not in unknown
    named = values_of_entities(guard("I'm in Canada and I want to kill myself").get(ENTITIES))
    assert "which country" not in named["crisis_reply"]
    assert named["crisis_country"] == "CA"


def test_after_a_crisis_every_turn_has_an_intent_of_the_guard() -> None:
    for intent in ("share", "ask_another", "feel_sadness", "helped", "query_cancel"):
        message = guard("we had dinner", intent=intent, in_crisis=True, crisis_level=0)
        assert message.get(INTENT)["name"] == "crisis_talk"
        assert values_of_entities(message.get(ENTITIES))["in_crisis"] is True
    assert guard("speak Persian", intent="change_language_fa", in_crisis=True).get(INTENT)["name"] == (
        "change_language_fa"
    )


@pytest.mark.parametrize("command", ["/crisis", '/greet{"in_crisis": false}', "/crisis_safe", "/greet now"])
def test_a_command_that_touches_what_is_the_guards_is_taken_for_words(command: str) -> None:
    assert not guard(command).get(TEXT).startswith("/")


def test_a_plain_command_is_obeyed_outside_a_crisis_only() -> None:
    assert guard("/restart").get(TEXT) == "/restart"
    assert guard("/restart", in_crisis=True).get(TEXT) == "restart"
    assert guard("/", in_crisis=True).get(TEXT)


def test_an_answer_that_only_a_crisis_asks_for_counts_as_the_next_best_outside_one() -> None:
    ranking = [
        {"name": "crisis_called", "confidence": 0.6},
        {"name": "share", "confidence": 0.3},
        {"name": "greet", "confidence": 0.1},
    ]
    for confidence, expected in ((0.3, "share"), (0.1, "nlu_fallback")):
        ranking[1]["confidence"] = confidence
        ranking[2]["confidence"] = 0.4 - confidence if confidence > 0.2 else 0.09
        rest = [{"name": f"other{number}", "confidence": 0.07} for number in range(3)]
        data = {TEXT: "I phoned my mother", INTENT: ranking[0], "intent_ranking": [*ranking, *rest]}
        message = Message(data=data)
        CrisisGuard().process([message], None)
        assert message.get(INTENT)["name"] == expected
