"""Answers that can be pressed on the page: how they are shown, what a press does, and when they go."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

FEELINGS = [
    {"title": "Angry", "text": "I feel angry", "language": "en"},
    {"title": "Sad", "text": "I feel sad", "language": "en"},
]
PERSIAN = [
    {"title": "بله", "text": "بله", "language": "fa"},
    {"title": "نه", "text": "نه", "language": "fa"},
]
SUGGESTION = {"id": "fear-007", "en": "Rest.", "fa": "استراحت کنید.", "technique": "slow_breathing"}
SPEAKS = {"type": "input_audio_buffer.speech_started", "item_id": "u9", "audio_start_ms": 0}


def offer(item_id: str, items: list[dict[str, str]]) -> dict[str, Any]:
    return {"type": "hamdel.choices", "item_id": item_id, "items": items}


def words(transcript: str) -> dict[str, Any]:
    kind = "conversation.item.input_audio_transcription.completed"
    return {"type": kind, "item_id": "u9", "content_index": 0, "transcript": transcript}


@pytest.fixture
def talking(open_page: Any) -> Any:
    """A page in a talk by voice."""
    watched = open_page()
    watched.begin()
    watched.in_state("listening")
    return watched


@pytest.fixture
def asked(scripted_gateway: Any, talking: Any, script: Any) -> Any:
    """A page on which the bot has asked how the person feels."""
    scripted_gateway.wait_for("response.create")
    scripted_gateway.send(*script.reply("a1", "How do you feel?"), offer("a1", FEELINGS))
    expect(talking.page.locator(".choices button")).to_have_text(["Angry", "Sad"])
    return talking


def test_a_press_is_a_typed_turn_and_takes_the_answers_off(scripted_gateway: Any, asked: Any) -> None:
    asked.page.get_by_role("button", name="Sad").click()
    [turn] = scripted_gateway.wait_for("conversation.item.create")
    assert turn["item"]["content"] == [{"type": "input_text", "text": "I feel sad"}]
    assert turn["item"]["role"] == "user"
    scripted_gateway.wait_for("response.create", 2)
    assert scripted_gateway.types()[-2:] == ["conversation.item.create", "response.create"]
    expect(asked.turns("user").locator(".turn__text")).to_have_text("I feel sad")
    expect(asked.page.locator(".choices")).to_have_count(0)
    assert asked.complaints == []


def test_a_press_leaves_what_was_being_typed_where_it_is(scripted_gateway: Any, asked: Any) -> None:
    asked.page.fill("#text", "I am not sure")
    asked.page.get_by_role("button", name="Sad").click()
    scripted_gateway.wait_for("conversation.item.create")
    expect(asked.page.locator("#text")).to_have_value("I am not sure")


def test_two_presses_in_a_row_are_one_answer(scripted_gateway: Any, asked: Any) -> None:
    asked.page.evaluate("[...document.querySelectorAll('.choices button')].forEach((one) => one.click())")
    scripted_gateway.wait_for("response.create", 2)
    asked.page.wait_for_timeout(200)
    assert len(scripted_gateway.of_type("conversation.item.create")) == 1


def test_the_answers_stand_right_under_the_question_before_the_cards(
    scripted_gateway: Any, talking: Any, script: Any
) -> None:
    cards = {"type": "hamdel.suggestions", "items": [SUGGESTION]}
    scripted_gateway.send(
        *script.reply_begins("a1"), cards, script.words("a1", "Did one help?"), *script.reply_ends("a1", "x")
    )
    scripted_gateway.send(offer("a1", FEELINGS))
    expect(talking.page.locator('[data-item-id="a1"] + .turn--choices + .turn--suggestions')).to_be_visible()
    # The next turn comes behind all of that.
    committed = {"type": "input_audio_buffer.committed", "item_id": "u9", "previous_item_id": "a1"}
    scripted_gateway.send(SPEAKS, committed, words("Yes"))
    expect(talking.page.locator(".turn--suggestions + .turn--user")).to_be_visible()


def test_keyboard_reaches_each_answer_and_stays_at_the_question(scripted_gateway: Any, asked: Any) -> None:
    page = asked.page
    group = page.get_by_role("group", name="Answers to choose from")
    expect(group.get_by_role("button")).to_have_count(2)
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('.choices') !== null"):
            break
    expect(page.get_by_role("button", name="Angry")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Sad")).to_be_focused()
    page.keyboard.press("Space")
    assert (
        scripted_gateway.wait_for("conversation.item.create")[0]["item"]["content"][0]["text"] == "I feel sad"
    )
    expect(page.locator('[data-item-id="a1"]')).to_be_focused()


def test_persian_answers_go_from_right_to_left_whatever_the_page_is_in(
    scripted_gateway: Any, talking: Any, script: Any
) -> None:
    page = talking.page
    scripted_gateway.send(*script.reply("a1", "درست نشنیدم. گفتید بله؟"), offer("a1", PERSIAN))
    expect(page.locator(".choices button")).to_have_count(2)
    yes, no = page.locator(".choices button").all()
    expect(yes).to_have_attribute("lang", "fa")
    expect(yes).to_have_attribute("dir", "rtl")
    assert yes.bounding_box()["x"] > no.bounding_box()["x"]
    expect(page.locator(".choices")).to_have_attribute("aria-label", "Answers to choose from")
    page.get_by_label("فارسی").check()
    expect(page.locator(".choices")).to_have_attribute("aria-label", "پاسخ‌هایی که می‌توانید انتخاب کنید")
    assert yes.bounding_box()["x"] > no.bounding_box()["x"]
    yes.click()
    assert scripted_gateway.wait_for("conversation.item.create")[0]["item"]["content"][0]["text"] == "بله"


def test_a_spoken_answer_takes_them_off_and_a_noise_brings_them_back(
    scripted_gateway: Any, asked: Any
) -> None:
    choices = asked.page.locator(".choices")
    scripted_gateway.send(SPEAKS)
    expect(choices).to_be_hidden()
    scripted_gateway.send(words(""))
    expect(choices).to_be_visible()
    scripted_gateway.send(SPEAKS, words("I feel fine"))
    expect(choices).to_have_count(0)


def test_a_typed_answer_takes_them_off(scripted_gateway: Any, asked: Any) -> None:
    asked.type("none of these")
    scripted_gateway.wait_for("conversation.item.create")
    expect(asked.page.locator(".choices")).to_have_count(0)


def test_the_next_question_takes_the_place_of_the_last(
    scripted_gateway: Any, asked: Any, script: Any
) -> None:
    scripted_gateway.send(*script.reply("a2", "Did one help?"), offer("a2", PERSIAN))
    expect(asked.page.locator(".choices button")).to_have_text(["بله", "نه"])
    expect(asked.page.locator('[data-item-id="a2"] + .turn--choices')).to_be_visible()


def test_the_end_of_the_talk_takes_them_off(asked: Any) -> None:
    asked.page.click("#talk-button")
    asked.in_state("closed")
    expect(asked.page.locator(".choices")).to_have_count(0)


def test_a_broken_connection_takes_them_off_where_the_talk_is_lost(scripted_gateway: Any, asked: Any) -> None:
    scripted_gateway.takes_sockets = False
    scripted_gateway.cut_connections()
    asked.page.wait_for_selector('html:not([data-state="listening"])', state="attached")
    expect(asked.page.locator(".choices:visible")).to_have_count(0)


@pytest.mark.parametrize("width", [320, 1280])
def test_answers_of_the_greatest_length_fit_and_can_be_hit(
    scripted_gateway: Any, open_page: Any, script: Any, width: int
) -> None:
    watched = open_page(viewport={"width": width, "height": 844})
    watched.begin()
    watched.in_state("listening")
    many = [{"title": letter * 80, "text": letter, "language": "en"} for letter in "WABCDEFGHI"]
    short = [{"title": "۱", "text": "یک", "language": "fa"}]
    scripted_gateway.send(*script.reply("a1", "Well?"), offer("a1", [*many[:9], *short]))
    buttons = watched.page.locator(".choices button")
    expect(buttons).to_have_count(10)
    assert watched.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    for box in (one.bounding_box() for one in buttons.all()):
        assert box["width"] >= 44
        assert box["height"] >= 43.5


def test_hostile_answers_are_text_and_broken_ones_nothing(
    scripted_gateway: Any, talking: Any, script: Any
) -> None:
    page = talking.page
    attack = '<img src="x" onerror="document.title=1">'
    hostile = {"title": attack, "text": attack, "language": "constructor"}
    scripted_gateway.send(
        offer("a1", [{"title": "Yes", "text": {}, "language": "en"}]),
        {"type": "hamdel.choices"},
        {"type": "hamdel.choices", "item_id": {"toString": 1}, "items": [None, 7]},
        {"type": "hamdel.choices", "items": "Yes"},
        *script.reply("a1", "Well?"),
    )
    expect(talking.turns("assistant").locator(".turn__text")).to_have_text("Well?")
    assert page.locator(".choices").count() == 0
    scripted_gateway.send(offer("nobody", [hostile]))
    expect(page.locator(".choices button")).to_have_text(attack)
    expect(page.locator(".choices button")).to_have_attribute("lang", "en")
    assert page.locator("main img").count() == 0
    assert talking.complaints == []
