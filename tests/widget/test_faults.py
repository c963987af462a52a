"""What a person sees and keeps when something fails: told kindly, nothing said is lost, no reload needed."""

from __future__ import annotations

import os
from typing import Any

import pytest
from playwright.sync_api import expect

LINES = [
    {"name": "Samaritans", "number": "116 123", "kind": "crisis"},
    {"name": "Emergency services", "number": "999", "kind": "emergency"},
    {"name": "Shout: text SHOUT to 85258", "number": "85258", "kind": "text"},
]
FIRST_PAUSE_S = {"busy": 7, "soon": 2, "restarting": 3}
LATER_S = 600
WORDS = {
    "busy": {"en": "All places are taken just now", "fa": "الان همهٔ خط‌ها مشغول است"},
    "expired": {"en": "This talk has ended", "fa": "این گفت‌وگو تمام شد"},
    "offline": {"en": "Your device is offline", "fa": "دستگاه شما به اینترنت وصل نیست"},
    "voiceless": {"en": "you can read the answer", "fa": "می‌توانید پاسخ را بخوانید"},
    "precaution": {"en": "If you need help at once", "fa": "اگر کمک فوری لازم دارید"},
}
in_both_languages = pytest.mark.parametrize("locale", ["en-GB", "fa-IR"])
DISCLOSURE = {"type": "hamdel.disclosure", "text": "I am Hamdel, a computer program.", "version": "1"}


def keep_picture(watched: Any, name: str) -> None:
    folder = os.environ.get("HAMDEL_SCREENSHOTS")
    if folder:
        watched.page.screenshot(path=f"{folder}/{name}.png")


def numbers(watched: Any) -> list[str | None]:
    return [link.get_attribute("href") for link in watched.page.locator("#crisis a").all()]


@in_both_languages
def test_a_full_server_is_told_with_the_numbers_and_asked_again_a_few_times(
    scripted_gateway: Any, open_page: Any, locale: str
) -> None:
    watched = open_page(clock=True, locale=locale)
    scripted_gateway.refuse_talks("session_limit_reached", 1013, LINES)
    watched.begin()
    watched.in_state("waiting")
    expect(watched.status).to_contain_text(WORDS["busy"][locale[:2]])
    expect(watched.notice).to_have_text("")
    expect(watched.page.locator("#crisis")).to_contain_text(WORDS["precaution"][locale[:2]])
    assert numbers(watched) == ["tel:116123", "tel:999", "sms:85258"]
    keep_picture(watched, f"busy-{locale[:2]}")
    asked = 1
    while asked < 10:
        watched.wait(LATER_S)
        watched.page.wait_for_selector("html:is([data-state='waiting'], [data-state='failed'])")
        watched.page.wait_for_timeout(300)
        if len(scripted_gateway.token_requests) == asked:
            break
        asked += 1
    assert 2 <= asked <= 5
    watched.in_state("failed")
    assert numbers(watched) == ["tel:116123", "tel:999", "sms:85258"]
    scripted_gateway.let_talks_in()
    watched.page.click("#talk-button")
    watched.in_state("listening")
    expect(watched.page.locator("#crisis")).to_be_hidden()


def test_whoever_waits_for_a_place_can_try_at_once_or_give_up(scripted_gateway: Any, open_page: Any) -> None:
    watched = open_page()
    scripted_gateway.refuse_talks("session_limit_reached", 1013, LINES)
    watched.begin()
    watched.in_state("waiting")
    expect(watched.page.locator("#talk-button")).to_have_text("Try again")
    scripted_gateway.let_talks_in()
    watched.page.click("#talk-button")
    watched.in_state("listening")
    scripted_gateway.refuse_talks("session_limit_reached", 1013, LINES)
    scripted_gateway.close(1013)
    watched.in_state("waiting")
    watched.page.click("#end")
    watched.in_state("closed")
    requests = len(scripted_gateway.token_requests)
    watched.page.wait_for_timeout(1_000)
    assert len(scripted_gateway.token_requests) == requests


@in_both_languages
def test_a_talk_at_its_limit_ends_calmly_stays_on_the_screen_and_can_be_begun_anew(
    scripted_gateway: Any, open_page: Any, script: Any, locale: str
) -> None:
    watched = open_page(clock=True, locale=locale)
    watched.begin()
    watched.in_state("listening")
    scripted_gateway.send(*script.user_turn("u1", "I feel better"), *script.reply("a1", "I am glad."))
    expect(watched.turns("assistant")).to_contain_text("I am glad.")
    scripted_gateway.send({"type": "error", "error": {"code": "session_expired", "message": "x"}})
    scripted_gateway.close(1000)
    watched.in_state("closed")
    expect(watched.status).to_contain_text(WORDS["expired"][locale[:2]])
    expect(watched.notice).to_have_text("")
    level = watched.page.locator("#talk-button").evaluate("one => one.style.getPropertyValue('--level')")
    assert float(level) == 0
    keep_picture(watched, f"ended-{locale[:2]}")
    watched.wait(LATER_S)
    assert len(scripted_gateway.token_requests) == 1
    watched.page.click("#talk-button")
    watched.in_state("listening")
    expect(watched.turns("user")).to_contain_text("I feel better")
    expect(watched.turns("assistant")).to_contain_text("I am glad.")
    expect(watched.turns("note")).to_have_count(1)


@pytest.mark.parametrize("error", ["server_restarting", None])
def test_a_restarting_server_is_waited_for_and_the_new_talk_is_said_to_be_one(
    scripted_gateway: Any, talking: Any, script: Any, error: str | None
) -> None:
    scripted_gateway.send(*script.user_turn("u1", "hello"), *script.reply("a1", "Hello."))
    expect(talking.turns("assistant")).to_contain_text("Hello.")
    if error is not None:
        scripted_gateway.send({"type": "error", "error": {"code": error}})
    scripted_gateway.close(1012)
    talking.in_state("waiting")
    expect(talking.status).to_contain_text("The server is restarting")
    expect(talking.status).to_contain_text("by myself")
    talking.wait(FIRST_PAUSE_S["restarting"])
    talking.in_state("listening")
    scripted_gateway.send(DISCLOSURE)
    expect(talking.turns("note")).to_have_text(
        ["A new talk begins here. Hamdel does not remember what was said above.", DISCLOSURE["text"]]
    )
    assert len(scripted_gateway.token_requests) == 2
    for kind in ("session.update", "response.create"):
        assert len(scripted_gateway.wait_for(kind, 2)) == 2
    granted = [event["scope"] for event in scripted_gateway.of_type("hamdel.consent.set") if event["granted"]]
    assert granted == ["talk", "talk"]
    scripted_gateway.received.clear()
    scripted_gateway.wait_for(
        "input_audio_buffer.append", 3
    )  # The microphone goes on without being asked for.
    scripted_gateway.send(*script.reply("a2", "Here I am again.", 0.5))
    talking.in_state("speaking")


def test_a_refusal_is_not_tried_again_by_itself_and_the_next_press_brings_a_fresh_token(
    scripted_gateway: Any, talking: Any
) -> None:
    scripted_gateway.close(1008)
    talking.in_state("failed")
    expect(talking.status).to_contain_text("The server ended this talk")
    talking.wait(LATER_S)
    talking.page.wait_for_timeout(300)
    assert len(scripted_gateway.token_requests) == 1
    talking.page.click("#talk-button")
    talking.in_state("listening")
    assert len(scripted_gateway.token_requests) == 2


def test_a_token_that_is_refused_is_explained_and_the_next_press_asks_for_another(
    scripted_gateway: Any, open_page: Any
) -> None:
    watched = open_page(clock=True)
    watched.page.check("#consent-talk")
    for status, state, words in [
        (401, "failed", "did not let this page in"),
        (403, "failed", "may not open a talk"),
        (429, "waiting", "All places are taken"),
        (500, "waiting", "The server has a problem"),
        (503, "waiting", "The server cannot be reached"),
    ]:
        scripted_gateway.token_status = status
        watched.page.click("#talk-button")
        expect(watched.status).to_contain_text(words)
        watched.in_state(state)
        expect(watched.page.locator(".emergency a")).to_be_visible()
    scripted_gateway.token_status = 200
    watched.wait(FIRST_PAUSE_S["soon"])
    watched.in_state("listening")


def test_a_cut_connection_comes_back_by_itself_and_nothing_that_was_said_is_lost(
    scripted_gateway: Any, talking: Any, script: Any
) -> None:
    spoken = script.user_turn("u1", "not yet known")
    scripted_gateway.send(*(event for event in spoken if "transcription" not in event["type"]))
    talking.type("are you there?")
    scripted_gateway.wait_for("conversation.item.create")
    expect(talking.page.locator("#text")).to_have_value("")
    scripted_gateway.send(*script.reply_begins("a1"), script.words("a1", "Yes, I"))
    expect(talking.turns("assistant")).to_contain_text("Yes, I")
    scripted_gateway.cut_connections()
    talking.in_state("waiting")
    expect(talking.status).to_contain_text("The connection broke")
    expect(talking.turns("assistant")).to_contain_text("The connection broke here.")
    expect(talking.page.locator("[data-item-id=u1]")).to_contain_text("before I understood this")
    typed = talking.turns("user").filter(has_text="are you there?")
    expect(typed).to_contain_text("Your words are in the text field again.")
    expect(talking.page.locator("#text")).to_have_value("are you there?")
    assert talking.page.locator('[aria-busy="true"]').count() == 0
    expect(talking.page.locator("#crisis")).to_be_hidden()  # A short gap is no reason for alarm.
    talking.wait(FIRST_PAUSE_S["soon"])
    talking.in_state("listening")
    assert (
        len(scripted_gateway.of_type("conversation.item.create")) == 1
    )  # It is the person who sends it again.
    talking.page.press("#text", "Enter")
    scripted_gateway.wait_for("conversation.item.create", 2)
    scripted_gateway.send(*script.reply("a2", "I am here."))
    expect(talking.turns("assistant").last).to_contain_text("I am here.")
    scripted_gateway.cut_connections()
    talking.in_state("waiting")
    expect(talking.page.locator("#text")).to_have_value("")  # It was answered.


def test_a_server_that_is_gone_is_waited_for_and_typed_words_stay_until_they_are_sent(
    scripted_gateway: Any, open_page: Any, script: Any
) -> None:
    watched = open_page(clock=True)
    scripted_gateway.serves_files = False
    watched.page.route("**/v1/*", lambda route: route.abort())
    watched.begin()
    watched.in_state("waiting")
    expect(watched.status).to_contain_text("The server cannot be reached just now")
    watched.type("can you hear me?")
    expect(watched.page.locator("#crisis a")).to_have_count(2)
    assert numbers(watched) == ["tel:112", "https://findahelpline.com/"]
    expect(watched.page.locator("#text")).to_have_value("can you hear me?")
    scripted_gateway.serves_files = True
    watched.page.unroute("**/v1/*")
    watched.wait(2 * FIRST_PAUSE_S["soon"])
    watched.in_state("listening")
    [typed] = scripted_gateway.wait_for("conversation.item.create")
    assert typed["item"]["content"][0]["text"] == "can you hear me?"
    expect(watched.page.locator("#text")).to_have_value("")
    # Voice and microphone, whose code could not be loaded at first, are there as well.
    scripted_gateway.wait_for("input_audio_buffer.append", 3)
    scripted_gateway.send(*script.reply("a1", "Yes.", 0.5))
    watched.in_state("speaking")


@in_both_languages
def test_a_device_without_network_is_told_with_the_numbers_and_comes_back_with_it(
    scripted_gateway: Any, open_page: Any, script: Any, locale: str
) -> None:
    watched = open_page(clock=True, locale=locale)
    watched.begin()
    watched.in_state("listening")
    scripted_gateway.send(*script.user_turn("u1", "I am on a train"), *script.reply("a1", "Tell me more."))
    expect(watched.turns("assistant")).to_contain_text("Tell me more.")
    scripted_gateway.silent = True
    watched.page.context.set_offline(True)
    expect(watched.page.locator("#notice, #status", has_text=WORDS["offline"][locale[:2]])).to_be_visible()
    watched.wait(6)
    watched.in_state("waiting")
    expect(watched.status).to_contain_text(WORDS["offline"][locale[:2]])
    assert numbers(watched)[0] == "tel:112"
    expect(watched.page.locator("#crisis a").first).to_be_in_viewport()
    keep_picture(watched, f"offline-{locale[:2]}")
    for pause_s in (2, 3, 6, 11):
        watched.wait(pause_s)
        watched.page.wait_for_timeout(200)
    # By now the next try would take longer than this test waits: it is the network's return that brings it.
    watched.page.context.set_offline(False)
    watched.in_state("listening")
    expect(watched.page.locator("#crisis")).to_be_hidden()
    expect(watched.turns("user")).to_contain_text("I am on a train")


def test_a_server_on_the_same_machine_is_kept_when_the_device_goes_offline(
    scripted_gateway: Any, talking: Any, script: Any
) -> None:
    scripted_gateway.silent = True
    talking.page.evaluate("window.dispatchEvent(new Event('offline'))")
    expect(talking.notice).to_contain_text("Your device is offline")
    scripted_gateway.send(*script.reply("a1", "I am still here."))
    expect(talking.notice).to_have_text("")
    talking.wait(10)
    expect(talking.turns("assistant")).to_contain_text("I am still here.")
    talking.in_state("listening")
    assert len(scripted_gateway.token_requests) == 1


def test_going_offline_before_a_talk_shows_the_numbers(open_page: Any) -> None:
    watched = open_page()
    watched.page.context.set_offline(True)
    expect(watched.notice).to_contain_text("Your device is offline")
    assert numbers(watched)[0] == "tel:112"
    watched.page.context.set_offline(False)
    expect(watched.notice).to_have_text("")
    expect(watched.page.locator("#crisis")).to_be_hidden()


def test_numbers_learnt_when_the_page_opened_are_there_when_it_is_offline(
    scripted_gateway: Any, open_page: Any
) -> None:
    scripted_gateway.lines = [{"name": "Line of this country", "number": "988", "kind": "crisis"}]
    watched = open_page()
    expect(watched.page.locator("#crisis")).to_be_hidden()
    watched.page.wait_for_load_state("networkidle")
    watched.page.context.set_offline(True)
    expect(watched.page.locator("#crisis")).to_contain_text("Line of this country")
    assert numbers(watched)[0] == "tel:988"
    watched.page.context.set_offline(False)


@in_both_languages
def test_a_voice_that_fails_leaves_the_text_and_says_so_until_the_next_reply(
    scripted_gateway: Any, open_page: Any, script: Any, locale: str
) -> None:
    watched = open_page(locale=locale)
    watched.begin()
    watched.in_state("listening")
    *ending, done = script.reply_ends("a1", "I hear you.")
    done["response"].update(
        status="failed", status_details={"type": "failed", "error": {"code": "voice_unavailable"}}
    )
    scripted_gateway.send(*script.reply_begins("a1"), script.words("a1", "I hear you."), *ending, done)
    expect(watched.notice).to_contain_text(WORDS["voiceless"][locale[:2]])
    expect(watched.turns("assistant")).to_contain_text("I hear you.")
    watched.in_state("listening")
    scripted_gateway.send(*script.reply("a2", "Better now."))
    expect(watched.turns("assistant").last).to_contain_text("Better now.")
    expect(watched.notice).to_have_text("")


def test_a_reply_that_fails_altogether_is_told(scripted_gateway: Any, talking: Any) -> None:
    scripted_gateway.send(
        {"type": "response.done", "response": {"id": "r", "status": "failed", "output": []}}
    )
    expect(talking.notice).to_contain_text("Please try once more")


@in_both_languages
def test_lines_shown_as_a_precaution_are_calm_and_never_calm_an_alarm(
    scripted_gateway: Any, open_page: Any, script: Any, locale: str
) -> None:
    watched = open_page(locale=locale)
    watched.begin()
    watched.in_state("listening")
    crisis = watched.page.locator("#crisis")
    precaution = {"type": "hamdel.crisis", "level": 0, "lines": LINES, "text": "I can't make out speech."}
    scripted_gateway.send(*script.user_turn("u1", "hello"), precaution)
    expect(crisis).to_contain_text(WORDS["precaution"][locale[:2]])
    expect(crisis).to_have_attribute("aria-live", "polite")
    assert numbers(watched) == ["tel:116123", "tel:999", "sms:85258"]
    look = "one => [getComputedStyle(one).backgroundColor, getComputedStyle(one).borderTopColor]"
    calm = crisis.evaluate(look)
    keep_picture(watched, f"precaution-{locale[:2]}")
    scripted_gateway.send({**precaution, "level": 2, "text": "I am glad that you told me."})
    expect(crisis).to_contain_text("I am glad that you told me.")
    expect(crisis).not_to_contain_text(WORDS["precaution"][locale[:2]])
    expect(crisis).to_have_attribute("aria-live", "assertive")
    alarm = crisis.evaluate(look)
    assert alarm[0] != calm[0]
    assert alarm[1] != calm[1]
    keep_picture(watched, f"alarm-{locale[:2]}")
    scripted_gateway.send(precaution, *script.reply("a1", "Go on."))
    expect(watched.turns("assistant")).to_contain_text("Go on.")
    expect(crisis).to_contain_text("I am glad that you told me.")
    assert crisis.evaluate(look) == alarm


def test_numbers_that_were_offered_go_with_the_fault_and_those_of_a_crisis_stay(
    scripted_gateway: Any, talking: Any
) -> None:
    scripted_gateway.send({"type": "hamdel.crisis", "level": 2, "lines": LINES, "text": "Please call."})
    expect(talking.page.locator("#crisis a")).to_have_count(len(LINES))
    scripted_gateway.refuse_talks("session_limit_reached", 1013, LINES[:1])
    scripted_gateway.close(1013)
    talking.in_state("waiting")
    expect(talking.page.locator("#crisis a")).to_have_count(len(LINES))
    scripted_gateway.let_talks_in()
    talking.wait(FIRST_PAUSE_S["busy"])
    talking.in_state("listening")
    expect(talking.page.locator("#crisis")).to_contain_text("Please call.")


def test_words_that_could_not_be_recognised_are_asked_for_again(
    scripted_gateway: Any, talking: Any, script: Any
) -> None:
    kind = "conversation.item.input_audio_transcription"
    heard = [event for event in script.user_turn("u1", "") if event["type"] != f"{kind}.completed"]
    failure = {"type": "server_error", "code": "recognition_failed", "message": "x"}
    scripted_gateway.send(
        *heard, {"type": f"{kind}.failed", "item_id": "u1", "content_index": 0, "error": failure}
    )
    expect(talking.turns("user")).to_contain_text("Please say it again, or type it.")
    expect(talking.page.locator("#activity")).to_have_text("")
    talking.in_state("listening")
