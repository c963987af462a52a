"""Misheard answers in whole talks with a real agent, and the component alone in danger."""

from __future__ import annotations

from typing import Any

import pytest
from rasa.shared.core.events import BotUttered, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from dialogue.closed_answers import ClosedAnswers
from dialogue.crisis_guard import CrisisGuard
from dialogue.entities import values_of_entities

PERSIAN = {"language": "fa"}


def recognised(*alternatives: str, confidence: float = 0.4) -> dict[str, Any]:
    return {"recognition": {"confidence": confidence, "alternatives": list(alternatives)}}


async def ask_whether_it_helped(say: Any) -> list[str]:
    offered = await say("غمگینم", **PERSIAN)
    assert offered.names[-1] == "utter_ask_helped"
    return [item["id"] for item in offered.customs[0]["suggestions"]]


@pytest.mark.parametrize("heard", ["باله", "آره کومک کارد", "أره"])
async def test_a_misheard_yes_after_the_suggestions_counts(say: Any, heard: str) -> None:
    ids = await ask_whether_it_helped(say)
    replied = await say(heard, **PERSIAN, **recognised())
    assert replied.names[-1] == "utter_glad_it_helped"
    assert replied.customs == [{"feedback": {"helpful": True, "suggestion": None, "suggestions": ids}}]


async def test_a_misheard_no_after_the_suggestions_brings_others(say: Any) -> None:
    await ask_whether_it_helped(say)
    replied = await say("نا کمک نکارد", **PERSIAN, **recognised())
    assert replied.names[0] == "utter_sorry_not_helped"
    assert replied.customs[0]["feedback"]["helpful"] is False


async def test_a_misheard_place_is_the_suggestion_that_helped(say: Any) -> None:
    ids = await ask_whether_it_helped(say)
    replied = await say("دومی کومک کارد", **PERSIAN, **recognised())
    assert replied.customs[0]["feedback"]["suggestion"] == ids[1]


async def test_a_likely_answer_is_asked_about_with_buttons_and_then_counts(say: Any) -> None:
    ids = await ask_whether_it_helped(say)
    asked = await say("Yeah.", language="en", **recognised())
    assert (asked.intent, asked.names) == ("answer_unsure", ["utter_confirm_answer"])
    assert "گفتید بله؟" in asked.texts[0]
    replied = await say("بله", **PERSIAN)
    assert replied.names[-1] == "utter_glad_it_helped"
    assert replied.customs[0]["feedback"] == {"helpful": True, "suggestion": None, "suggestions": ids}


async def test_a_likely_yes_that_was_a_no_brings_other_suggestions(say: Any) -> None:
    await ask_whether_it_helped(say)
    await say("Yeah.", language="en", **recognised())
    replied = await say("نه", **PERSIAN, **recognised())
    assert replied.names[0] == "utter_sorry_not_helped"
    assert replied.customs[0]["feedback"]["helpful"] is False


async def test_something_else_after_the_confirmation_is_heard_as_such(say: Any) -> None:
    await ask_whether_it_helped(say)
    await say("Yeah.", language="en", **recognised())
    assert (await say("خداحافظ", **PERSIAN)).names == ["utter_goodbye"]


async def test_a_misheard_feeling_is_the_persons_own_word(say: Any) -> None:
    assert (await say("امروز با همکارم حرف زدم", **PERSIAN)).names == ["utter_ask_feeling"]
    replied = await say("آسبانی", **PERSIAN, **recognised())
    assert replied.slots["mood"] == "anger"
    assert replied.names[0] == "utter_acknowledge_anger"


async def test_without_a_closed_question_nothing_is_an_answer(say: Any) -> None:
    replied = await say("باله", **PERSIAN, **recognised())
    assert replied.intent != "answer_unsure"
    assert replied.names != ["utter_confirm_answer"]


async def test_danger_in_the_words_is_heard_after_any_question(say: Any) -> None:
    await ask_whether_it_helped(say)
    replied = await say("نه، می‌خوام خودم رو بکشم", **PERSIAN, **recognised("نه می‌خوام"))
    assert replied.names == ["utter_crisis"]


async def test_a_misheard_no_to_are_you_safe_is_danger(say: Any) -> None:
    first = await say("می‌خوام خودم رو بکشم", country="IR", **PERSIAN)
    assert "در امان هستید" in first.texts[0]
    replied = await say("ناخیر", country="IR", in_crisis=True, **PERSIAN, **recognised())
    assert (replied.names, replied.slots["crisis_level"]) == (["utter_crisis"], 3)


async def test_a_misheard_yes_to_are_you_safe_reassures_nobody(say: Any) -> None:
    await say("می‌خوام خودم رو بکشم", country="IR", **PERSIAN)
    replied = await say("باله لتفن", country="IR", in_crisis=True, **PERSIAN, **recognised("بالی"))
    assert replied.names != ["utter_crisis_safe"]
    assert replied.slots["crisis"] is True


async def test_an_english_yes_for_a_persian_no_is_no_comfort_and_not_asked_about(say: Any) -> None:
    await say("می‌خوام خودم رو بکشم", country="IR", **PERSIAN)
    replied = await say("Yeah.", country="IR", in_crisis=True, language="en", **recognised())
    assert replied.names == ["utter_stay_safe"]
    assert replied.slots["language"] == "fa"


# The component alone --------------------------------------------------------------------------------


def tracker_after(response: str, *, language: str = "fa", **slots: Any) -> DialogueStateTracker:
    from rasa.shared.core.slots import AnySlot

    names = ["language", "crisis", "pending_answer", *slots]
    tracker = DialogueStateTracker(
        "somebody", [AnySlot(name, mappings=[{}], influence_conversation=False) for name in set(names)]
    )
    tracker.update(UserUttered("سلام", {"name": "share"}))
    for name, value in {"language": language, **slots}.items():
        tracker.update(SlotSet(name, value))
    tracker.update(BotUttered("…", metadata={"utter_action": response}))
    return tracker


def read(
    text: str, tracker: DialogueStateTracker | None, intent: str = "nlu_fallback", confidence: float = 0.3
) -> Message:
    message = Message(
        data={
            TEXT: text,
            "metadata": recognised() | PERSIAN,
            INTENT: {"name": intent, "confidence": confidence},
        }
    )
    ClosedAnswers().process([message], tracker)
    return message


def test_a_misheard_yes_to_the_question_about_suicide_is_danger_for_the_guard() -> None:
    tracker = tracker_after("utter_check_safety", crisis_level=1, crisis_kind="suicide")
    message = read("باله", tracker)
    assert message.get(INTENT)["name"] == "affirm"
    CrisisGuard().process([message], tracker)
    assert message.get(INTENT)["name"] == "crisis"
    assert values_of_entities(message.get(ENTITIES))["crisis_level"] == 2


def test_a_misheard_no_to_the_question_about_suicide_stays_unclear() -> None:
    tracker = tracker_after("utter_check_safety", crisis_level=1, crisis_kind="suicide")
    assert read("ناخیر", tracker).get(INTENT)["name"] == "nlu_fallback"


def test_a_misheard_no_of_somebody_beaten_is_danger() -> None:
    tracker = tracker_after("utter_check_safety", crisis_level=1, crisis_kind="abuse")
    message = read("ناخیر", tracker)
    CrisisGuard().process([message], tracker)
    assert values_of_entities(message.get(ENTITIES))["crisis_level"] == 3


def test_an_understood_word_of_safety_is_left_alone() -> None:
    tracker = tracker_after("utter_crisis", crisis=True, crisis_level=2, crisis_kind="suicide")
    assert read("در امانم", tracker, "crisis_safe", 0.9).get(INTENT)["name"] == "crisis_safe"


def test_a_hardly_believed_word_of_safety_that_sounds_like_no_is_a_no() -> None:
    tracker = tracker_after("utter_crisis", crisis=True, crisis_level=2, crisis_kind="suicide")
    assert read("ناخیر", tracker, "crisis_safe", 0.45).get(INTENT)["name"] == "deny"


def test_outside_a_talk_nothing_is_changed() -> None:
    message = read("باله", None)
    assert message.get(INTENT)["name"] == "nlu_fallback"
    assert not message.get(ENTITIES)


def test_customer_service_has_no_closed_answers() -> None:
    tracker = tracker_after("utter_ask_helped")
    message = Message(
        data={
            TEXT: "باله",
            "metadata": recognised() | {"purpose": "service"},
            INTENT: {"name": "nlu_fallback", "confidence": 0.3},
        }
    )
    ClosedAnswers().process([message], tracker)
    assert message.get(INTENT)["name"] == "nlu_fallback"
