"""What the banner of a crisis says about people: the truth, calmly, and nothing that takes the numbers away."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

NUMBERS = ["tel:116123", "sms:85258"]
CRISIS = {
    "type": "hamdel.crisis",
    "level": 2,
    "country": "GB",
    "lines": [
        {"name": "Samaritans", "number": "116 123", "kind": "crisis"},
        {"name": "Shout", "number": "85258", "kind": "text"},
    ],
    "text": "I am glad that you told me. Please call one of these numbers now.",
}
WORDS = {
    "nobody_on_call": {"en": "No person is listening live", "fa": "هیچ آدمی این گفت‌وگو را همزمان نمی‌شنود"},
    "calling": {"en": "Please don't wait for them", "fa": "منتظر آن‌ها نمانید"},
    "delivered": {"en": "Please don't wait for them", "fa": "منتظر آن‌ها نمانید"},
    "acknowledged": {
        "en": "Somebody on call has read the message",
        "fa": "یکی از کسانی که در دسترس‌اند پیام را خوانده",
    },
    "unreached": {"en": "Nobody on call could be reached", "fa": "کسی پاسخ نداد"},
    "unseen": {"en": "I can't see any more whether", "fa": "نمی‌توانم ببینم"},
}
SETTLED = ("acknowledged", "unreached")


def handoff(status: Any, **others: Any) -> dict[str, Any]:
    event = {"type": "hamdel.handoff", "queue": "on_call", "reason": "suicide", "status": status}
    return {**event, "reached": status == "acknowledged", **others}


def numbers(watched: Any) -> list[str | None]:
    return [link.get_attribute("href") for link in watched.page.locator("#crisis a").all()]


def progress(watched: Any) -> Any:
    return watched.page.locator("#crisis > [role=status]")


def outcome(watched: Any) -> Any:
    return watched.page.locator("#crisis > [role=alert]")


@pytest.mark.parametrize("locale", ["en-GB", "fa-IR"])
def test_how_far_a_call_for_people_has_come_is_said_as_it_is(
    scripted_gateway: Any, open_page: Any, locale: str
) -> None:
    watched = open_page(locale=locale)
    watched.begin()
    watched.in_state("listening")
    scripted_gateway.send(CRISIS)
    expect(watched.page.locator("#crisis a")).to_have_count(2)
    expect(progress(watched)).to_have_text("")
    expect(outcome(watched)).to_have_text("")
    # An acknowledgement still counts after nobody was reached, and a graver call begins anew.
    for status in ("nobody_on_call", "calling", "delivered", "unreached", "acknowledged", "calling"):
        scripted_gateway.send(handoff(status))
        said, silent = (outcome, progress) if status in SETTLED else (progress, outcome)
        expect(said(watched)).to_contain_text(WORDS[status][locale[:2]])
        expect(silent(watched)).to_have_text("")
        assert numbers(watched) == NUMBERS
    assert watched.turns("note").count() == 0
    assert watched.complaints == []


def test_progress_waits_for_a_pause_of_the_screen_reader_and_what_settles_it_does_not(
    scripted_gateway: Any, talking: Any
) -> None:
    scripted_gateway.send(CRISIS, handoff("calling"))
    expect(progress(talking)).to_contain_text("Please don't wait")
    expect(progress(talking)).to_have_attribute("aria-live", "polite")
    expect(outcome(talking)).to_have_attribute("aria-live", "assertive")
    tree = talking.page.locator("#crisis").aria_snapshot()
    assert '- status: "The people on call are being told.' in tree
    assert '- link "Call 116 123 Samaritans"' in tree


def test_the_banner_is_not_read_again_and_its_links_stay_under_the_finger_while_people_are_called(
    scripted_gateway: Any, talking: Any
) -> None:
    scripted_gateway.send(CRISIS)
    link = talking.page.locator("#crisis a").first
    link.focus()
    talking.page.evaluate(
        """() => {
            window.changed = [];
            new MutationObserver((all) => window.changed.push(...all.map(({ target }) => target.role ?? "-")))
                .observe(document.getElementById("crisis"), { childList: true, characterData: true, subtree: true });
        }"""
    )
    top = link.bounding_box()
    scripted_gateway.send(
        handoff("calling"), handoff("delivered"), {**CRISIS, "text": ""}, handoff("unreached")
    )
    expect(outcome(talking)).to_contain_text("could be reached")
    expect(link).to_be_focused()
    assert link.bounding_box() == top
    # Said once: "delivered" has no other words than "calling".
    assert talking.page.evaluate("window.changed") == ["status", "status", "alert"]


def test_words_about_people_do_not_rest_on_colour(scripted_gateway: Any, open_page: Any) -> None:
    watched = open_page(forced_colors="active")
    watched.begin()
    watched.in_state("listening")
    scripted_gateway.send(CRISIS, handoff("unreached"))
    expect(outcome(watched)).to_be_visible()
    expect(outcome(watched)).to_have_text("Nobody on call could be reached. Please call yourself.")


def test_a_call_for_people_alone_brings_the_numbers_that_hold_anywhere(
    scripted_gateway: Any, talking: Any
) -> None:
    scripted_gateway.send(handoff("calling"))
    expect(talking.page.locator("#crisis")).to_be_visible()
    expect(progress(talking)).to_contain_text("Please don't wait")
    assert numbers(talking) == ["tel:112", "https://findahelpline.com/"]


def test_a_hand_over_to_another_queue_stays_out_of_the_banner(scripted_gateway: Any, talking: Any) -> None:
    scripted_gateway.send({"type": "hamdel.handoff", "queue": "billing", "reason": "x", "reached": False})
    expect(talking.turns("note")).to_contain_text("Nobody is listening live")
    expect(talking.page.locator("#crisis")).to_be_hidden()


def test_hostile_hand_overs_promise_nobody_and_leave_the_numbers(
    scripted_gateway: Any, talking: Any, script: Any
) -> None:
    attack = '<img src="x" onerror="document.title=1">'
    nothing = {"toString": 1, "valueOf": None}
    scripted_gateway.send(CRISIS, handoff("calling"))
    for status in (attack, "constructor", "__proto__", nothing, [], 7, None, "ACKNOWLEDGED"):
        scripted_gateway.send(handoff(status, reached=True, reason=attack, queue="on_call"))
        scripted_gateway.send(handoff(status, reached=nothing, reason=nothing, queue="on_call"))
    scripted_gateway.send(handoff("acknowledged", reached=False), handoff("unreached", reached=True))
    scripted_gateway.send(
        {"type": "hamdel.handoff", "queue": "on_call"}, *script.user_turn("u1", "still here")
    )
    expect(talking.turns("user")).to_contain_text("still here")
    expect(progress(talking)).to_have_text("No person is listening live right now. Please call.")
    expect(outcome(talking)).to_have_text("")
    scripted_gateway.send({"type": "hamdel.handoff", "queue": attack, "reason": attack, "reached": attack})
    expect(talking.turns("note")).to_contain_text("Nobody is listening live")
    assert numbers(talking) == NUMBERS
    assert talking.page.locator("img").count() == 0
    assert talking.complaints == []


def test_without_a_connection_nothing_is_said_that_cannot_be_seen_any_more(
    scripted_gateway: Any, talking: Any
) -> None:
    scripted_gateway.send(CRISIS, handoff("calling"))
    expect(progress(talking)).to_contain_text("Please don't wait for them")
    scripted_gateway.cut_connections()
    talking.in_state("waiting")
    expect(progress(talking)).to_contain_text(WORDS["unseen"]["en"])
    assert numbers(talking) == NUMBERS
    talking.wait(2)
    talking.in_state("listening")
    expect(progress(talking)).to_contain_text(WORDS["unseen"]["en"])  # The new talk does not know either.
    scripted_gateway.send(handoff("acknowledged"))
    expect(outcome(talking)).to_contain_text(WORDS["acknowledged"]["en"])
    talking.page.click("#talk-button")
    talking.in_state("closed")
    expect(outcome(talking)).to_contain_text(WORDS["acknowledged"]["en"])


def test_words_about_people_follow_the_language_of_the_page(scripted_gateway: Any, talking: Any) -> None:
    scripted_gateway.send(CRISIS, handoff("acknowledged"))
    expect(outcome(talking)).to_contain_text(WORDS["acknowledged"]["en"])
    talking.page.get_by_label("فارسی").check()
    expect(outcome(talking)).to_contain_text(WORDS["acknowledged"]["fa"])
    assert numbers(talking) == NUMBERS


def test_a_crisis_without_words_leaves_those_that_were_shown(scripted_gateway: Any, talking: Any) -> None:
    canada = [{"name": "988", "number": "988", "kind": "crisis"}]
    scripted_gateway.send(CRISIS, {**CRISIS, "country": "CA", "lines": canada, "text": ""})
    expect(talking.page.locator("#crisis a")).to_have_count(1)
    assert numbers(talking) == ["tel:988"]
    expect(talking.page.locator(".crisis__text")).to_have_text(CRISIS["text"])
    for text in (None, {"toString": 1}, []):
        scripted_gateway.send({**CRISIS, "level": 3, "country": "CA", "lines": None, "text": text})
    scripted_gateway.send(handoff("unreached"))
    expect(outcome(talking)).to_contain_text("could be reached")
    expect(talking.page.locator(".crisis__text")).to_have_text(CRISIS["text"])
    assert numbers(talking) == ["tel:988"]


def test_the_banner_stays_when_the_person_speaks_over_the_reply(
    scripted_gateway: Any, talking: Any, script: Any
) -> None:
    words = CRISIS["text"]
    scripted_gateway.send(
        *script.reply_begins("a1"),
        script.words("a1", words),
        CRISIS,
        handoff("calling"),
        script.sound("a1", 8.0),
    )
    talking.in_state("speaking")
    scripted_gateway.send(
        {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 900}
    )
    scripted_gateway.wait_for("conversation.item.truncate")
    scripted_gateway.send(*script.reply_ends("a1", words, "cancelled"), *script.user_turn("u1", "no, wait"))
    expect(talking.turns("user")).to_contain_text("no, wait")
    expect(talking.page.locator(".crisis__text")).to_have_text(words)
    expect(progress(talking)).to_contain_text("Please don't wait")
    assert numbers(talking) == NUMBERS
    expect(talking.page.locator("#crisis a").first).to_be_in_viewport()
