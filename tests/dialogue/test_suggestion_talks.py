"""Talks about suggestions: what speaks against them, why they help, the next ones, and when none is left."""

from __future__ import annotations

import re
from typing import Any

import pytest

from actions.explanations import read_explanations
from recommender import SUGGESTIONS_SHOWN, load_suggestions

PAIRS = {pair.id: pair for pair in load_suggestions()}
WHY = read_explanations()


def voice(label: str) -> dict[str, Any]:
    return {"label": label, "probabilities": {label: 1.0}, "model": "test", "threshold": 0.5}


def offered(replied: Any) -> list[dict[str, Any]]:
    return [item for custom in replied.customs for item in custom.get("suggestions", [])]


@pytest.mark.parametrize(
    ("told", "words", "more", "name"),
    [
        ("I have asthma", "I'm scared", "another one please", "breathing_difficulty"),
        ("آسم دارم", "می‌ترسم", "یکی دیگه بگو", "breathing_difficulty"),
        ("I'm in a wheelchair", "I feel sad", "something else", "limited_mobility"),
        ("پشت فرمونم", "خیلی عصبانی‌ام", "یه چیز دیگه", "driving"),
    ],
)
async def test_what_was_told_in_an_earlier_turn_holds_for_all_offers(
    say: Any, told: str, words: str, more: str, name: str
) -> None:
    await say(told)
    for said in (words, more, more, more):
        replied = await say(said)
        assert len(offered(replied)) == SUGGESTIONS_SHOWN
        assert not [item for item in offered(replied) if name in PAIRS[item["id"]].contraindications]
        assert replied.slots["contraindications"] == [name]


async def test_the_drive_ends_with_the_persons_word(say: Any) -> None:
    await say("I'm driving")
    assert (await say("I'm angry")).slots["contraindications"] == ["driving"]
    await say("OK I pulled over")
    assert (await say("another one please")).slots["contraindications"] == []


async def test_what_was_denied_holds_nothing_back(say: Any) -> None:
    await say("I don't have asthma")
    assert (await say("I'm scared")).slots["contraindications"] == []


async def test_what_the_clinic_set_counts(say: Any) -> None:
    replied = await say("می‌ترسم", contraindications=["hearing_loss", "low_vision", "unheard_of"])
    assert replied.slots["contraindications"] == ["hearing_loss", "low_vision"]


async def test_an_offer_tells_how_it_was_chosen(say: Any) -> None:
    replied = await say("I feel sad", distress=4, corrections={"sadness": {"gratitude": -1, "unheard_of": 3}})
    (message,) = replied.customs
    assert message["context"] == {"mood": "sadness", "distress": 4, "night": None}
    for item in message["suggestions"]:
        assert 0 < item["propensity"] <= item["technique_propensity"] <= 1
        assert sum(item["alternatives"].values()) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(
    ("words", "said"),
    [("I feel sad", "Last time this helped you: "), ("غمگینم", "دفعهٔ قبل این به شما کمک کرد: ")],
)
async def test_what_helped_before_is_offered_first(say: Any, words: str, said: str) -> None:
    helped = next(
        pair
        for pair in PAIRS.values()
        if pair.mood == "sadness"
        and pair.situation == ("general",)
        and pair.distress_min <= 5 <= pair.distress_max
    )
    replied = await say(words, helped_before=[helped.id])
    assert offered(replied)[0]["id"] == helped.id
    assert said in replied.texts[1]
    again = await say("another one please", helped_before=[helped.id])
    assert helped.id not in [item["id"] for item in offered(again)]


@pytest.mark.parametrize(
    ("words", "asked", "place"),
    [
        ("I feel sad", "why this?", 0),
        ("I'm scared", "how does that help?", 0),
        ("I feel sad", "why the second one?", 1),
        ("غمگینم", "چرا این؟", 0),
        ("می‌ترسم", "این چه کمکی می‌کنه؟", 0),
        ("غمگینم", "سومی چه کمکی می‌کنه", 2),
    ],
)
async def test_why_is_answered_and_the_question_comes_again(
    say: Any, words: str, asked: str, place: int
) -> None:
    item = offered(await say(words))[place]
    replied = await say(asked)
    language = "en" if asked.isascii() else "fa"
    assert (replied.intent, replied.names) == ("ask_why", [None, "utter_ask_helped"])
    assert WHY[item["technique"]].text(language) in replied.texts[0]
    helped = await say("yes" if language == "en" else "بله")
    assert helped.customs[0]["feedback"]["helpful"] is True


async def test_why_in_a_heavy_voice_names_the_feeling_first(say: Any) -> None:
    await say("I feel sad")
    replied = await say("why this?", mood=voice("sadness"))
    assert replied.names == ["utter_notice_mood", None, "utter_ask_helped"]


async def test_before_a_suggestion_why_is_about_ones_own_life(say: Any) -> None:
    assert (await say("but why", person="calm")).names == ["utter_ask_feeling"]
    heavy = await say("but why", person="sad", mood=voice("sadness"))
    assert heavy.names[0] == "utter_acknowledge_sadness"
    assert len(offered(heavy)) == SUGGESTIONS_SHOWN


@pytest.mark.parametrize("words", ["why does she always leave me", "چرا همیشه من"])
async def test_a_why_that_is_told_is_met_with_the_feeling(say: Any, words: str) -> None:
    replied = await say(words, mood=voice("sadness"))
    assert replied.names[0] == "utter_acknowledge_sadness"


async def test_another_one_goes_on_and_repeats_nothing(say: Any) -> None:
    shown = [item["id"] for item in offered(await say("I'm angry"))]
    for _ in range(6):
        replied = await say("another one please")
        feedback = next(custom["feedback"] for custom in replied.customs if "feedback" in custom)
        assert feedback == {"helpful": False, "suggestion": None, "suggestions": shown[-SUGGESTIONS_SHOWN:]}
        shown += [item["id"] for item in offered(replied)]
    assert len(set(shown)) == len(shown) == 7 * SUGGESTIONS_SHOWN


@pytest.mark.parametrize(
    ("words", "more"), [("I'm angry", "another one please"), ("عصبانی‌ام", "یکی دیگه بگو")]
)
async def test_where_none_is_left_that_is_said_and_nothing_asked(say: Any, words: str, more: str) -> None:
    await say(words)
    replied = await say(more, exclude=[pair.id for pair in PAIRS.values() if pair.mood == "anger"])
    assert replied.names == ["utter_another", None, None]
    assert [item["family"] for item in offered(replied)] == ["grounding"]
    assert re.search("isn't your fault|تقصیر شما نیست", replied.texts[1])
    why = await say("why this?" if words.isascii() else "چرا این؟")
    assert WHY[offered(replied)[0]["technique"]].text("en" if words.isascii() else "fa") in why.texts[0]


@pytest.mark.parametrize(
    "metadata",
    [
        {"contraindications": {"driving": True}, "corrections": [1], "helped_before": "x"},
        {"contraindications": [None, ["driving"], "x" * 5_000], "corrections": {"small_task": "much"}},
        {"contraindications": "driving", "corrections": {"small_task": 1e308}, "helped_before": [{}, None]},
    ],
)
async def test_damaged_metadata_breaks_no_talk(say: Any, metadata: dict[str, Any]) -> None:
    replied = await say("I feel sad", **metadata)
    assert len(offered(replied)) == SUGGESTIONS_SHOWN
    assert replied.slots["contraindications"] == []


async def test_after_a_crisis_nothing_is_explained(say: Any) -> None:
    await say("I feel sad")
    await say("I want to kill myself", country="US")
    replied = await say("why this?", country="US")
    assert all((name or "").startswith("utter_") for name in replied.names)
    assert not any(text.en in said for text in WHY.values() for said in replied.texts)
