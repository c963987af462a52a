"""The notice that says what one talks to: always on the page, and there once."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

TEXT = "I am Hamdel, a computer program, not a person."
DISCLOSURE = {"type": "hamdel.disclosure", "text": TEXT, "version": "1"}


def test_a_reply_that_says_it_too_takes_the_place_of_the_notice(
    scripted_gateway: Any, talking: Any, script: Any
) -> None:
    scripted_gateway.send(DISCLOSURE)
    expect(talking.turns("note")).to_be_visible()
    scripted_gateway.send(*script.reply("a1", f"{TEXT} How are you?"))
    expect(talking.turns("assistant")).to_be_visible()
    expect(talking.turns("note")).to_be_hidden()
    expect(talking.page.get_by_text(TEXT).filter(visible=True)).to_have_count(1)


def test_the_notice_stays_where_the_reply_does_not_say_it_whole(
    scripted_gateway: Any, talking: Any, script: Any
) -> None:
    scripted_gateway.send(DISCLOSURE, *script.reply("a1", "I am Hamdel, a computer"))
    expect(talking.turns("assistant")).to_be_visible()
    expect(talking.turns("note")).to_be_visible()


def test_the_notice_comes_back_when_the_reply_is_taken_off(
    scripted_gateway: Any, talking: Any, script: Any
) -> None:
    scripted_gateway.send(DISCLOSURE, *script.reply("a1", f"{TEXT} How are you?"))
    expect(talking.turns("note")).to_be_hidden()
    scripted_gateway.send({"type": "conversation.item.deleted", "item_id": "a1"})
    expect(talking.turns("note")).to_be_visible()


def test_what_an_earlier_talk_said_does_not_hide_the_notice_of_the_next(
    scripted_gateway: Any, talking: Any, script: Any
) -> None:
    scripted_gateway.send(DISCLOSURE, *script.reply("a1", f"{TEXT} How are you?"))
    expect(talking.turns("note")).to_be_hidden()
    scripted_gateway.send(DISCLOSURE, *script.reply("a2", "Go on."))
    expect(talking.turns("assistant")).to_have_count(2)
    expect(talking.turns("note").last).to_be_visible()
    expect(talking.turns("note").first).to_be_hidden()
