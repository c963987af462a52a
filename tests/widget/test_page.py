"""What a person sees, hears and can do on the page."""

from __future__ import annotations

import base64
import struct
import time
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from session_log.events import SCOPES

SUGGESTIONS = [
    {
        "id": "fear-007",
        "en": "Name five things that you can see.",
        "fa": "پنج چیز را که می‌بینید نام ببرید.",
        "technique": "senses_grounding",
    },
    {
        "id": "fear-008",
        "en": "Breathe in for four counts, and out for six.",
        "fa": "چهار شماره نفس بکشید و شش شماره بیرون بدهید.",
        "technique": "slow_breathing",
    },
]
CRISIS = {
    "type": "hamdel.crisis",
    "level": 2,
    "country": "GB",
    "lines": [
        {"name": "Samaritans", "number": "116 123", "kind": "call"},
        {"name": "Shout", "number": "85258", "kind": "text"},
    ],
    "text": "I am glad that you told me. Please call one of these numbers now.",
}


def in_state(page: Page, state: str) -> None:
    page.wait_for_selector(f'html[data-state="{state}"]', state="attached")


def begin(page: Page) -> None:
    """Agrees to the talk and presses the button."""
    page.check("#consent-talk")
    page.click("#talk-button")
    in_state(page, "listening")


def items(page: Page, role: str) -> Any:
    return page.locator(f".turn--{role} .turn__text")


@pytest.fixture
def talking(open_page: Any) -> Any:
    """A page in a talk by voice."""
    watched = open_page()
    begin(watched.page)
    return watched


def test_talk_opens_with_token_session_consents_and_greeting(scripted_gateway: Any, open_page: Any) -> None:
    page = open_page().page
    page.check("#consent-talk")
    page.check("#consent-emotion")
    page.click("#talk-button")
    in_state(page, "listening")
    scripted_gateway.wait_for("response.create")
    # The greeting comes in the page's language, also where the talk may be in either.
    assert scripted_gateway.token_requests == [{"purpose": "therapy", "language": "en"}]
    # The gateway knows its own page by this header, which a strict referrer policy must not take away.
    assert scripted_gateway.token_origin == scripted_gateway.address
    assert scripted_gateway.subprotocols == ["realtime", "openai-insecure-api-key.ek_scripted"]
    types = scripted_gateway.types()
    assert list(dict.fromkeys(types)) == ["session.update", "hamdel.consent.set", "response.create"]
    assert types.count("session.update") == types.count("response.create") == 1
    granted = {event["scope"]: event["granted"] for event in scripted_gateway.of_type("hamdel.consent.set")}
    assert granted["talk"]
    assert granted["emotion"]
    assert not granted["store_text"]
    assert len(granted) == types.count("hamdel.consent.set") == page.locator('input[role="switch"]').count()


def test_each_switch_is_a_scope_that_the_session_log_knows(open_page: Any) -> None:
    switches = open_page().page.locator('input[role="switch"]')
    scopes = switches.evaluate_all("all => all.map((one) => one.name)")
    assert scopes[0] == "talk"
    assert set(scopes) <= set(SCOPES)


def test_nothing_is_agreed_to_beforehand_and_no_talk_begins_without_agreement(
    scripted_gateway: Any, open_page: Any
) -> None:
    page = open_page().page
    assert page.locator('input[role="switch"]:checked').count() == 0
    page.click("#talk-button")
    expect(page.locator("#consent-missing")).to_be_visible()
    expect(page.locator("#consent-talk")).to_be_focused()
    assert page.evaluate("document.documentElement.dataset.state") == "idle"
    assert scripted_gateway.token_requests == []


def test_microphone_comes_in_frames_of_the_wire_with_the_tone_in_them(
    scripted_gateway: Any, talking: Any, audio_format: tuple[int, int]
) -> None:
    rate_hz, frame_ms = audio_format
    assert scripted_gateway.wait_for("session.update")[0]["session"]["audio"]["input"]["format"] == {
        "type": "audio/pcm",
        "rate": rate_hz,
    }
    frames = scripted_gateway.wait_for("input_audio_buffer.append", 25)
    sound = [base64.b64decode(frame["audio"]) for frame in frames]
    assert {len(frame) for frame in sound} == {2 * rate_hz * frame_ms // 1000}
    samples = struct.unpack(f"<{len(sound[15]) // 2}h", sound[15])
    crossings = sum(1 for a, b in zip(samples, samples[1:], strict=False) if a < 0 <= b)
    assert abs(crossings - 330 * frame_ms / 1000) <= 1  # of the tone of 330 Hz


def test_no_other_machine_is_asked_and_the_policy_is_kept(
    scripted_gateway: Any, talking: Any, script: Any
) -> None:
    scripted_gateway.send(
        *script.user_turn("u1", "I am afraid", "fear"),
        *script.reply("a1", "I hear you."),
        {"type": "hamdel.suggestions", "items": SUGGESTIONS},
        CRISIS,
    )
    expect(talking.page.locator(".crisis__link").first).to_be_visible()
    talking.page.click("#talk-button")
    in_state(talking.page, "closed")
    assert talking.complaints == []


def test_captions_of_both_sides_appear_each_in_its_own_direction(
    scripted_gateway: Any, talking: Any, script: Any
) -> None:
    page = talking.page
    scripted_gateway.send(
        *script.user_turn("u1", "دلم گرفته است.", "sadness"),
        *script.reply_begins("a1"),
        script.words("a1", "I am "),
        script.words("a1", "here."),
    )
    expect(items(page, "user")).to_have_text("دلم گرفته است.")
    expect(items(page, "assistant")).to_have_text("I am here.")
    expect(page.locator(".turn--assistant")).to_have_attribute("aria-busy", "true")
    directions = page.locator(".turn__text").evaluate_all(
        "all => all.map((e) => getComputedStyle(e).direction)"
    )
    assert directions == ["rtl", "ltr"]
    expect(items(page, "user")).to_have_attribute("lang", "fa")
    expect(page.locator(".turn__mood").first).to_have_text("From your voice: sad")
    scripted_gateway.send(*script.reply_ends("a1", "I am here."))
    expect(page.locator(".turn--assistant")).to_have_attribute("aria-busy", "false")


def test_a_mood_that_is_not_known_is_called_not_clear(
    scripted_gateway: Any, talking: Any, script: Any
) -> None:
    scripted_gateway.send(
        *script.user_turn("u1", "well", "unclear"), *script.user_turn("u2", "hm", "unheard_of")
    )
    chips = talking.page.locator(".turn--user .turn__mood")
    expect(chips).to_have_text(["From your voice: not clear", "From your voice: not clear"])


def test_feedback_on_a_suggestion_is_sent_and_shown(scripted_gateway: Any, talking: Any) -> None:
    page = talking.page
    scripted_gateway.send({"type": "hamdel.suggestions", "items": SUGGESTIONS})
    card = page.locator('[data-suggestion-id="fear-007"]')
    expect(card.locator(".card__technique")).to_have_text("Grounding through the senses")
    expect(card.locator(".card__text").first).to_have_text(SUGGESTIONS[0]["en"])
    card.get_by_role("button", name="Yes").click()
    sent = scripted_gateway.wait_for("hamdel.suggestion.feedback")
    assert sent == [{"type": "hamdel.suggestion.feedback", "suggestion_id": "fear-007", "helped": True}]
    expect(card.get_by_role("button", name="Yes")).to_have_attribute("aria-pressed", "true")
    expect(card.locator(".card__thanks")).to_contain_text("Thank you")
    card.locator("summary").click()
    expect(card.locator(".card__other .card__text")).to_have_text(SUGGESTIONS[0]["fa"])


def test_any_number_of_suggestions_is_shown_each_in_the_languages_that_it_has(
    scripted_gateway: Any, talking: Any
) -> None:
    page = talking.page
    one_language = {"id": "x", "fa": "کمی راه بروید.", "technique": "no_name_of_ours"}
    named = {**SUGGESTIONS[0], "id": "y", "technique_name": {"en": "The five senses", "fa": "پنج حس"}}
    several = [
        *SUGGESTIONS,
        one_language,
        named,
        {**named, "id": "z", "technique": 7, "technique_name": None},
    ]
    scripted_gateway.send({"type": "hamdel.suggestions", "items": several})
    cards = page.locator(".card")
    expect(cards).to_have_count(len(several))
    assert cards.nth(2).locator(".card__text").evaluate("one => [one.lang, one.dir]") == ["fa", "rtl"]
    assert cards.nth(2).locator(".card__other").count() == 0
    expect(cards.locator(".card__technique")).to_have_text(
        ["Grounding through the senses", "Slow breathing", "No name of ours", "The five senses"]
    )


def test_crisis_numbers_can_be_tapped_and_stay(scripted_gateway: Any, talking: Any, script: Any) -> None:
    page = talking.page
    scripted_gateway.send(CRISIS)
    links = page.locator("#crisis a")
    expect(links).to_have_count(2)
    assert [link.get_attribute("href") for link in links.all()] == ["tel:116123", "sms:85258"]
    expect(page.locator("#crisis")).to_contain_text("I am glad that you told me.")
    scripted_gateway.send({**CRISIS, "lines": [], "text": "Are you safe?"}, *script.reply("a1", "Tell me."))
    expect(items(page, "assistant")).to_have_text("Tell me.")
    expect(page.locator("#crisis")).to_contain_text("Are you safe?")
    page.click("#talk-button")
    in_state(page, "closed")
    assert [link.get_attribute("href") for link in links.all()] == ["tel:116123", "sms:85258"]
    expect(links.first).to_be_in_viewport()


def test_a_crisis_without_a_country_shows_the_number_of_many_and_a_directory(
    scripted_gateway: Any, talking: Any
) -> None:
    scripted_gateway.send({"type": "hamdel.crisis", "level": 2, "country": None, "lines": [], "text": ""})
    links = talking.page.locator("#crisis a")
    expect(links).to_have_count(2)
    assert [link.get_attribute("href") for link in links.all()] == ["tel:112", "https://findahelpline.com/"]


def test_voice_is_cut_at_once_when_the_person_speaks(
    scripted_gateway: Any, talking: Any, script: Any
) -> None:
    page = talking.page
    scripted_gateway.send(
        *script.reply_begins("a1"), script.words("a1", "A long answer"), script.sound("a1", 8.0)
    )
    in_state(page, "speaking")
    time.sleep(0.6)
    scripted_gateway.send(
        {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 1_000}
    )
    [cut] = scripted_gateway.wait_for("conversation.item.truncate")
    assert cut["item_id"] == "a1"
    assert 300 <= cut["audio_end_ms"] <= 3_000
    in_state(page, "listening")
    expect(page.locator(".turn--assistant .turn__note")).to_have_text(
        "You interrupted, so Hamdel stopped here."
    )
    # What was already on its way from the server is not played any more.
    scripted_gateway.send(script.sound("a1", 1.0), *script.reply_ends("a1", "A long answer", "cancelled"))
    scripted_gateway.send(*script.reply("a2", "Yes?", 0.2))
    reports = scripted_gateway.wait_for("hamdel.playback")
    deadline = time.monotonic() + 5
    while reports[-1]["item_id"] != "a2" and time.monotonic() < deadline:
        time.sleep(0.05)
        reports = scripted_gateway.of_type("hamdel.playback")
    heard_ms = [report["played_ms"] for report in reports if report["item_id"] == "a1"]
    assert heard_ms[-1] <= cut["audio_end_ms"] + 100
    assert len(scripted_gateway.of_type("conversation.item.truncate")) == 1


def test_what_was_heard_of_a_whole_reply_is_reported_in_full(
    scripted_gateway: Any, talking: Any, script: Any
) -> None:
    scripted_gateway.send(*script.reply("a1", "Hello", 0.5))
    in_state(talking.page, "speaking")
    in_state(talking.page, "listening")
    assert 495 <= scripted_gateway.of_type("hamdel.playback")[-1]["played_ms"] <= 505
    assert scripted_gateway.of_type("conversation.item.truncate") == []


def test_refused_microphone_is_explained_and_typing_still_works(
    scripted_gateway: Any, open_page: Any, script: Any
) -> None:
    page = open_page(microphone=False).page
    page.check("#consent-talk")
    page.click("#talk-button")
    in_state(page, "failed")
    expect(page.locator("#status")).to_contain_text("The microphone is blocked")
    assert scripted_gateway.token_requests == []
    page.fill("#text", "I can only type")
    page.click("#composer button")
    in_state(page, "listening")
    scripted_gateway.wait_for("response.create")
    [typed] = scripted_gateway.of_type("conversation.item.create")
    assert typed["item"]["content"] == [{"type": "input_text", "text": "I can only type"}]
    assert scripted_gateway.types()[-2:] == ["conversation.item.create", "response.create"]
    expect(items(page, "user")).to_have_text("I can only type")
    scripted_gateway.send({"type": "conversation.item.added", "item": typed["item"]})
    scripted_gateway.send({"type": "response.output_text.delta", "item_id": "a1", "delta": "I read you."})
    expect(items(page, "assistant")).to_have_text("I read you.")
    expect(items(page, "user")).to_have_count(1)
    page.click("#end")
    in_state(page, "closed")


def test_typing_over_the_voice_stops_it_first(scripted_gateway: Any, talking: Any, script: Any) -> None:
    scripted_gateway.send(*script.reply_begins("a1"), script.sound("a1", 5.0))
    in_state(talking.page, "speaking")
    talking.page.fill("#text", "wait")
    talking.page.press("#text", "Enter")
    scripted_gateway.wait_for("response.create", 2)
    in_order = ["conversation.item.truncate", "response.cancel", "conversation.item.create"]
    kinds = [kind for kind in scripted_gateway.types() if kind in in_order]
    assert kinds == in_order
    assert scripted_gateway.types().index("response.cancel") > scripted_gateway.types().index(
        "response.create"
    )


def test_persian_turns_the_page_around(scripted_gateway: Any, open_page: Any) -> None:
    page = open_page().page
    page.get_by_label("فارسی").check()
    root = page.locator("html")
    expect(root).to_have_attribute("dir", "rtl")
    expect(root).to_have_attribute("lang", "fa")
    expect(page.locator("#talk-button")).to_have_text("گفت‌وگو")
    begin(page)
    scripted_gateway.send({"type": "hamdel.suggestions", "items": SUGGESTIONS[:1]}, CRISIS)
    expect(page.locator(".card__text").first).to_have_text(SUGGESTIONS[0]["fa"])
    expect(page.locator(".crisis__number").first).to_have_text("۱۱۶ ۱۲۳")
    expect(page.locator("#crisis a").first).to_have_attribute("href", "tel:116123")
    session = scripted_gateway.wait_for("session.update")[0]["session"]
    assert session["hamdel"]["language"] == "fa"
    page.get_by_label("English").check()
    expect(root).to_have_attribute("dir", "ltr")
    assert scripted_gateway.wait_for("session.update", 2)[1]["session"]["hamdel"]["language"] == "en"


def test_either_language_begins_in_that_of_the_browser(open_page: Any) -> None:
    expect(open_page(locale="fa-IR").page.locator("html")).to_have_attribute("dir", "rtl")


def test_consent_taken_back_is_told_and_ends_the_talk_where_it_is_needed(
    scripted_gateway: Any, open_page: Any
) -> None:
    page = open_page().page
    page.check("#consent-emotion")
    begin(page)
    scripted_gateway.wait_for("response.create")
    page.click("#consent summary")
    before = len(scripted_gateway.of_type("hamdel.consent.set"))
    page.uncheck("#consent-emotion")
    changed = scripted_gateway.wait_for("hamdel.consent.set", before + 1)[-1]
    assert (changed["scope"], changed["granted"]) == ("emotion", False)
    page.uncheck("#consent-talk")
    in_state(page, "closed")
    changed = scripted_gateway.wait_for("hamdel.consent.set", before + 2)[-1]
    assert (changed["scope"], changed["granted"]) == ("talk", False)


def test_an_error_of_the_server_is_told_and_the_talk_goes_on(scripted_gateway: Any, talking: Any) -> None:
    scripted_gateway.send({"type": "error", "error": {"code": "server_error", "message": "x"}})
    expect(talking.page.locator("#notice")).to_contain_text("The talk goes on")
    assert talking.page.evaluate("document.documentElement.dataset.state") == "listening"


def test_stopping_releases_the_microphone(scripted_gateway: Any, open_page: Any) -> None:
    page = open_page().page
    page.evaluate(
        """() => {
            const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
            navigator.mediaDevices.getUserMedia = async (wish) => (window.stream = await ask(wish));
        }"""
    )
    begin(page)
    scripted_gateway.wait_for("input_audio_buffer.append", 3)
    track_state = "window.stream.getTracks().map((track) => track.readyState)"
    assert page.evaluate(track_state) == ["live"]
    page.click("#talk-button")
    in_state(page, "closed")
    assert page.evaluate(track_state) == ["ended"]
    assert page.evaluate("document.documentElement.dataset.microphone") == "off"


def test_handing_over_does_not_promise_a_person_who_was_not_reached(
    scripted_gateway: Any, talking: Any
) -> None:
    scripted_gateway.send({"type": "hamdel.handoff", "queue": "billing", "reason": "x", "reached": False})
    expect(talking.page.locator(".turn--note")).to_contain_text("Nobody is listening live")


def test_the_whole_talk_can_be_held_by_keyboard(scripted_gateway: Any, open_page: Any, script: Any) -> None:
    page = open_page().page

    def tab_to(selector: str) -> None:
        for _ in range(25):
            page.keyboard.press("Tab")
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(f"{selector} cannot be reached")

    tab_to("#language input")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("html")).to_have_attribute("dir", "ltr")
    tab_to("#consent-talk")
    page.keyboard.press("Space")
    tab_to("#talk-button")
    page.keyboard.press("Enter")
    in_state(page, "listening")
    scripted_gateway.send({"type": "hamdel.suggestions", "items": SUGGESTIONS}, CRISIS)
    expect(page.locator(".card").first).to_be_visible()
    tab_to("#text")
    page.keyboard.type("hello")
    page.keyboard.press("Enter")
    scripted_gateway.wait_for("conversation.item.create")
    tab_to(".emergency a")
    tab_to(".skip")
    page.keyboard.press("Enter")
    expect(page.locator("#talk-button")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    scripted_gateway.wait_for("hamdel.suggestion.feedback")
    page.focus("#talk-button")
    page.keyboard.press("Space")
    in_state(page, "closed")


@pytest.mark.parametrize(("locale", "width"), [("en-GB", 320), ("fa-IR", 390), ("en-GB", 1280)])
def test_everything_fits_and_can_be_hit(
    scripted_gateway: Any, open_page: Any, script: Any, width: int, locale: str
) -> None:
    page = open_page(locale=locale, viewport={"width": width, "height": 844}).page
    begin(page)
    scripted_gateway.send(
        *script.user_turn("u1", "W" * 10_000, "fear"),
        {"type": "hamdel.disclosure", "text": "گ" * 1_000},
        {"type": "hamdel.suggestions", "items": [{**SUGGESTIONS[0], "fa": "ن" * 2_000}, SUGGESTIONS[1]]},
        {**CRISIS, "text": "W" * 1_000, "lines": [*CRISIS["lines"], {"name": "W" * 300, "number": "112"}]},
    )
    expect(page.locator("#crisis a").first).to_be_visible()
    expect(page.locator(".card").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, a, label, summary, select, textarea")]
            .filter((one) => one.checkVisibility() && !one.matches(".skip, .unseen"))
            .map((one) => [one.outerHTML.slice(0, 60), one.getBoundingClientRect()])
            .filter(([, box]) => box.width < 44 || box.height < 43.5)
            .map(([html, box]) => `${html} ${box.width}x${box.height}`)"""
    )
    assert small == []
