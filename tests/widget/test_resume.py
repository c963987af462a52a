"""A talk in the page outlives its connection: nothing is lost, said twice, or begun anew."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

SOON_S = 2


def numbered(first: int, *events: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**event, "event_id": f"event_t1_{first + place}"} for place, event in enumerate(events)]


def token(number: int, value: str = "to-come-back") -> dict[str, Any]:
    return {"type": "hamdel.resume_token", "token": value, "expires_at": 0, "event_id": f"event_t1_{number}"}


def added(item_id: str, text: str) -> dict[str, Any]:
    item = {"id": item_id, "type": "message", "role": "user", "status": "completed"}
    content = [{"type": "input_text", "text": text}]
    return {"type": "conversation.item.added", "previous_item_id": None, "item": {**item, "content": content}}


def comes_back(watched: Any, gateway: Any, count: int = 1) -> dict[str, Any]:
    """Lets the page connect again, and gives what it asks for."""
    watched.wait(SOON_S)
    asked: list[dict[str, Any]] = gateway.wait_for("hamdel.resume", count)
    return asked[-1]


@pytest.fixture
def standing(scripted_gateway: Any, talking: Any) -> Any:
    """A page in a talk that can be resumed."""
    scripted_gateway.send(token(2))
    scripted_gateway.wait_for("response.create")
    talking.page.wait_for_timeout(100)
    return talking


def test_a_reply_goes_on_where_the_connection_broke(
    scripted_gateway: Any, standing: Any, script: Any
) -> None:
    begins = [*script.reply_begins("a1"), script.words("a1", "First words,"), script.sound("a1", 0.5)]
    scripted_gateway.send(*numbered(3, *begins))
    expect(standing.turns("assistant")).to_contain_text("First words,")
    scripted_gateway.cut_connections()
    standing.in_state("waiting")
    expect(standing.turns("assistant")).not_to_contain_text("The connection broke here.")
    asked = comes_back(standing, scripted_gateway)
    assert (asked["token"], asked["last_event_seq"]) == ("to-come-back", 6)
    ends = [script.words("a1", " last words."), script.sound("a1", 0.2)]
    ends += script.reply_ends("a1", "First words, last words.")
    # The words that the page has seen come once more: they are not shown again.
    scripted_gateway.send(*numbered(5, begins[2]), *numbered(7, *ends), token(7 + len(ends), "newer"))
    expect(standing.turns("assistant")).to_have_text(["HamdelFirst words, last words."])
    standing.in_state("listening")
    expect(standing.turns("note")).to_have_count(0)  # No new talk has begun.
    assert len(scripted_gateway.of_type("session.update")) == 1
    assert len(scripted_gateway.of_type("response.create")) == 1
    scripted_gateway.received.clear()
    scripted_gateway.wait_for("input_audio_buffer.append", 3)
    scripted_gateway.cut_connections()
    standing.in_state("waiting")
    again = comes_back(standing, scripted_gateway)
    assert (again["token"], again["last_event_seq"]) == ("newer", 7 + len(ends))


def test_answers_to_press_are_away_with_the_connection_and_come_back_with_the_talk(
    scripted_gateway: Any, standing: Any, script: Any
) -> None:
    asked = script.reply("a1", "Did one help?")
    items = [{"title": title, "text": title, "language": "en"} for title in ("Yes", "No")]
    offer = {"type": "hamdel.choices", "item_id": "a1", "items": items}
    scripted_gateway.send(*numbered(3, *asked, offer))
    buttons = standing.page.locator(".choices button")
    expect(buttons).to_have_text(["Yes", "No"])
    scripted_gateway.cut_connections()
    standing.in_state("waiting")
    expect(standing.page.locator(".choices")).to_be_hidden()
    comes_back(standing, scripted_gateway)
    scripted_gateway.send(token(4 + len(asked), "newer"))
    expect(standing.page.locator(".choices")).to_be_visible()
    buttons.first.click()
    [turn] = scripted_gateway.wait_for("conversation.item.create")
    assert turn["item"]["content"][0]["text"] == "Yes"
    expect(buttons).to_have_count(0)


def test_a_new_talk_has_not_asked_what_the_lost_one_did(
    scripted_gateway: Any, standing: Any, script: Any
) -> None:
    asked = script.reply("a1", "Did one help?")
    items = [{"title": "Yes", "text": "Yes", "language": "en"}]
    scripted_gateway.send(*numbered(3, *asked, {"type": "hamdel.choices", "item_id": "a1", "items": items}))
    expect(standing.page.locator(".choices button")).to_have_count(1)
    scripted_gateway.cut_connections()
    standing.in_state("waiting")
    comes_back(standing, scripted_gateway)
    scripted_gateway.send({"type": "error", "error": {"code": "resume_expired", "message": "x"}})
    standing.in_state("listening")
    expect(standing.page.locator(".choices")).to_have_count(0)


def test_typed_words_that_did_not_arrive_are_sent_again_under_their_id(
    scripted_gateway: Any, standing: Any, script: Any
) -> None:
    standing.type("are you there?")
    [first] = scripted_gateway.wait_for("conversation.item.create")
    scripted_gateway.cut_connections()
    standing.in_state("waiting")
    expect(standing.page.locator("#text")).to_have_value("")
    expect(standing.turns("user")).to_have_text(["Youare you there?"])
    comes_back(standing, scripted_gateway)
    scripted_gateway.send(token(3))
    second = scripted_gateway.wait_for("conversation.item.create", 2)[1]
    assert second["item"] == first["item"]
    scripted_gateway.wait_for("response.create", 3)
    scripted_gateway.send(
        *numbered(4, added(first["item"]["id"], "are you there?"), *script.reply("a1", "Yes."))
    )
    expect(standing.turns("assistant")).to_have_text(["HamdelYes."])
    expect(standing.turns("user")).to_have_text(["Youare you there?"])


def test_typed_words_that_arrived_are_not_sent_again_and_their_answer_is_asked_for_once(
    scripted_gateway: Any, standing: Any, script: Any
) -> None:
    standing.type("are you there?")
    [first] = scripted_gateway.wait_for("conversation.item.create")
    scripted_gateway.wait_for("response.create", 2)
    scripted_gateway.cut_connections()
    standing.in_state("waiting")
    comes_back(standing, scripted_gateway)
    arrived = added(first["item"]["id"], "are you there?")
    scripted_gateway.send(
        *numbered(3, arrived, *script.reply_begins("a1"), script.words("a1", "Yes.")), token(7)
    )
    expect(standing.turns("assistant")).to_have_text(["HamdelYes."])
    standing.in_state("listening")
    standing.page.wait_for_timeout(200)
    assert len(scripted_gateway.of_type("conversation.item.create")) == 1
    assert len(scripted_gateway.of_type("response.create")) == 2


def test_what_was_typed_and_changed_meanwhile_is_sent_when_the_talk_stands_again(
    scripted_gateway: Any, standing: Any
) -> None:
    scripted_gateway.cut_connections()
    standing.in_state("waiting")
    standing.page.locator("#speed").evaluate(
        "one => { one.value = one.options ? one.options[0].value : one.min; one.dispatchEvent(new Event('change')); }"
    )
    standing.page.fill("#text", "I am back")
    standing.page.press("#text", "Enter")  # This tries at once.
    scripted_gateway.wait_for("hamdel.resume")
    assert not scripted_gateway.of_type("conversation.item.create")
    scripted_gateway.send(token(3))
    [typed] = scripted_gateway.wait_for("conversation.item.create")
    assert typed["item"]["content"][0]["text"] == "I am back"
    assert len(scripted_gateway.wait_for("session.update", 2)) == 2
    expect(standing.page.locator("#text")).to_have_value("")


def test_a_talk_that_the_server_has_no_more_is_begun_anew_and_nothing_said_is_lost(
    scripted_gateway: Any, standing: Any, script: Any
) -> None:
    scripted_gateway.send(
        *numbered(3, {"type": "hamdel.crisis", "level": 2, "lines": [], "text": "Please call."})
    )
    standing.type("are you there?")
    scripted_gateway.wait_for("conversation.item.create")
    scripted_gateway.send(*numbered(4, *script.reply_begins("a1"), script.words("a1", "Yes, I")))
    expect(standing.turns("assistant")).to_contain_text("Yes, I")
    scripted_gateway.cut_connections()
    standing.in_state("waiting")
    comes_back(standing, scripted_gateway)
    scripted_gateway.send({"type": "error", "error": {"code": "resume_expired", "message": "x"}})
    standing.in_state("listening")
    expect(standing.notice).to_have_text("")
    expect(standing.turns("assistant")).to_contain_text("The connection broke here.")
    expect(standing.turns("note")).to_have_text(
        ["A new talk begins here. Hamdel does not remember what was said above."]
    )
    expect(standing.page.locator("#text")).to_have_value("are you there?")
    updates = scripted_gateway.wait_for("session.update", 2)
    assert updates[1]["session"]["hamdel"]["crisis_level"] == 2


def test_a_talk_that_goes_on_in_another_tab_ends_here(scripted_gateway: Any, standing: Any) -> None:
    scripted_gateway.send({"type": "error", "error": {"code": "session_taken_over", "message": "x"}})
    scripted_gateway.close(1008)
    standing.in_state("closed")
    standing.wait(600)
    standing.page.wait_for_timeout(300)
    assert len(scripted_gateway.token_requests) == 1


def test_whoever_ends_a_talk_that_waits_has_the_unanswered_words_again(
    scripted_gateway: Any, standing: Any
) -> None:
    standing.type("are you there?")
    scripted_gateway.wait_for("conversation.item.create")
    scripted_gateway.cut_connections()
    standing.in_state("waiting")
    standing.page.click("#end")
    standing.in_state("closed")
    expect(standing.page.locator("#text")).to_have_value("are you there?")


def test_no_trace_of_the_talk_stays_in_the_browser(scripted_gateway: Any, standing: Any) -> None:
    stored = "() => [localStorage.length, sessionStorage.length, document.cookie]"
    kept = "() => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
    assert "to-come-back" not in standing.page.evaluate(kept)
    assert standing.page.evaluate(stored)[1] == 0
