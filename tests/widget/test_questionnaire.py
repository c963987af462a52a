"""The System Usability Scale on the person's own page, answered in a real browser and read by the review."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from accessibility import accessibility_problems
from gateway_parts import RunningGateway
from playwright.sync_api import Browser, Locator, Page, expect
from record_pages import RecordPages, keep_talk, served_gateway
from review_caseload import staff

from review.rating_figures import Answer, read_answers
from review.roles import ADMINISTRATOR, User
from session_log.care_events import PersonConsentSet
from session_log.reader import reading

ANSWERS = (5, 1, 4, 2, 3, 3, 5, 1, 4, 2)
SCORE = 80.0
LANGUAGES = (("en", "ltr", "Thank you"), ("fa", "rtl", "سپاسگزاریم"))
WIDTHS = (360, 1280)


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[RunningGateway]:
    """A gateway whose log holds a talk of p-1, who shares it."""
    with served_gateway(tmp_path) as running:
        keep_talk(running, "I could not sleep again.", "store_text", "share")
        yield running


@pytest.fixture
def pages(browser: Browser) -> Iterator[RecordPages]:
    """Pages that may not complain."""
    with RecordPages(browser) as opened:
        yield opened
    assert opened.complaints == []


def unfold(page: Page) -> Locator:
    folded = page.locator("#questionnaire")
    folded.locator("summary").click()
    expect(folded.locator("form")).to_be_visible()
    return folded


def choose(page: Page, place: int, answer: int) -> None:
    page.locator(f"label:has(input[name=sus_{place}][value='{answer}'])").click()


def choose_all(page: Page, answers: tuple[int, ...] = ANSWERS) -> None:
    for place, answer in enumerate(answers, start=1):
        choose(page, place, answer)


def chosen(page: Page) -> list[int]:
    radios = page.locator("#questionnaire input:checked")
    return radios.evaluate_all("all => all.map((one) => Number(one.value))")


def answers_in(gateway: RunningGateway) -> list[Answer]:
    assert gateway.parts.session_log.flush()
    administrator = User("a-1", "ada", ADMINISTRATOR, None, "s-1")
    with reading(gateway.parts.session_log.places) as reader:
        return read_answers(reader, administrator)


def keep_picture(page: Page, name: str) -> None:
    folder = os.environ.get("HAMDEL_SCREENSHOTS")
    if folder:
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def settled(page: Page) -> None:
    """Waits till colours have stopped changing, so that their contrast is that of the end."""
    page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished))")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(("language", "direction", "thanks"), LANGUAGES)
def test_what_is_answered_with_the_keyboard_is_a_score_in_the_review(
    gateway: RunningGateway, pages: RecordPages, language: str, direction: str, thanks: str, width: int
) -> None:
    page = pages.of(gateway, locale=language, viewport={"width": width, "height": 800})
    expect(page.locator("html")).to_have_attribute("dir", direction)
    keep_picture(page, f"sus-{language}-{width}-folded")
    folded = page.locator("#questionnaire")
    expect(folded.locator("form")).to_be_hidden()
    folded.locator("summary").focus()
    page.keyboard.press("Enter")
    for answer in ANSWERS:
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        for _ in range(1, answer):
            page.keyboard.press("ArrowDown")
    assert chosen(page) == list(ANSWERS)
    keep_picture(page, f"sus-{language}-{width}-answered")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(folded.locator("[data-part=done]")).to_be_focused()
    expect(folded.locator("[data-part=done]")).to_contain_text(thanks)
    expect(folded.locator("form")).to_be_hidden()
    keep_picture(page, f"sus-{language}-{width}-thanks")
    now = datetime.now(UTC)
    (answer,) = answers_in(gateway)
    assert (answer.person, answer.score) == ("p-1", SCORE)
    tara = staff(gateway.parts.session_log, "tara", "therapist", "clinic-1", ["p-1"], now)
    cookies = {"hamdel_review": tara.secret}
    review = httpx.get(f"{gateway.origin}/review/ratings?lang=en", cookies=cookies, trust_env=False)
    assert "p-1" in review.text
    assert f"{SCORE}" in review.text


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("language", "direction", "thanks"), LANGUAGES)
def test_it_breaks_no_rule_of_accessibility(
    gateway: RunningGateway, pages: RecordPages, language: str, direction: str, thanks: str, scheme: str
) -> None:
    page = pages.of(gateway, locale=language, color_scheme=scheme)
    assert accessibility_problems(page) == [], "folded"
    folded = unfold(page)
    choose(page, 1, 2)
    folded.locator("[data-part=send]").click()
    expect(page.locator("input[name=sus_2]").first).to_be_focused()
    settled(page)
    assert accessibility_problems(page) == [], "incomplete"
    keep_picture(page, f"sus-{language}-{scheme}-incomplete")
    choose_all(page)
    folded.locator("[data-part=send]").click()
    expect(folded.locator("[data-part=done]")).to_be_visible()
    settled(page)
    assert accessibility_problems(page) == [], "thanks"


@pytest.mark.parametrize("language", ["en", "fa"])
@pytest.mark.parametrize("width", [320, 360, 480, 481, 1280])
def test_every_label_fits_its_place(
    gateway: RunningGateway, pages: RecordPages, language: str, width: int
) -> None:
    page = pages.of(gateway, locale=language, viewport={"width": width, "height": 800})
    unfold(page)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    places = page.locator(".degree")
    assert places.evaluate_all("all => all.every((one) => one.scrollWidth <= one.clientWidth)")
    assert places.evaluate_all("all => all.every((one) => one.getBoundingClientRect().height >= 44)")
    ends = page.locator(".ends").first
    assert ends.is_visible() == (width <= 480)
    first, last = (ends.locator("span").nth(at).bounding_box() for at in (0, 1))
    if first and last:
        assert (first["x"] < last["x"]) == (language == "en")
    keep_picture(page, f"sus-{language}-{width}-open")


def test_what_lacks_an_answer_is_shown_and_nothing_is_sent(
    gateway: RunningGateway, pages: RecordPages
) -> None:
    page = pages.of(gateway)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    folded = unfold(page)
    for place, answer in enumerate(ANSWERS, start=1):
        if place not in (3, 7):
            choose(page, place, answer)
    folded.locator("[data-part=send]").click()
    expect(page.locator("input[name=sus_3]").first).to_be_focused()
    expect(folded.locator("[data-part=complaint]")).to_have_text("Not every statement has an answer yet.")
    expect(folded.locator(".statement .complaint:visible")).to_have_count(2)
    missing = folded.locator("fieldset").nth(2)
    expect(missing).to_have_attribute("aria-describedby", "sus-3-missing")
    choose(page, 3, 4)
    expect(folded.locator(".statement .complaint:visible")).to_have_count(1)
    expect(missing).not_to_have_attribute("aria-describedby", "sus-3-missing")
    expect(folded.locator("[data-part=complaint]")).to_contain_text("Not every statement")
    folded.locator("[data-part=send]").click()
    expect(page.locator("input[name=sus_7]").first).to_be_focused()
    choose(page, 7, 5)
    expect(folded.locator("[data-part=complaint]")).to_have_text("")
    assert "POST" not in sent
    folded.locator("[data-part=send]").click()
    expect(folded.locator("[data-part=done]")).to_be_visible()
    assert [answer.score for answer in answers_in(gateway)] == [SCORE]


def test_it_can_be_answered_again_and_says_when_it_was(gateway: RunningGateway, pages: RecordPages) -> None:
    page = pages.of(gateway)
    folded = unfold(page)
    expect(folded.locator("[data-part=when]")).to_have_text("")
    choose_all(page)
    folded.locator("[data-part=send]").click()
    expect(folded.locator("[data-part=when]")).to_contain_text("Last answered: ")
    folded.locator("[data-part=again]").click()
    expect(page.locator("input[name=sus_1]").first).to_be_focused()
    assert chosen(page) == []
    choose_all(page, (3,) * 10)
    folded.locator("[data-part=send]").click()
    expect(folded.locator("[data-part=done]")).to_be_visible()
    assert [answer.score for answer in answers_in(gateway)] == [SCORE, 50.0]
    later = pages.of(gateway)
    expect(unfold(later).locator("[data-part=when]")).to_contain_text("Last answered: ")
    expect(later.locator("[data-part=form]")).to_be_visible()


def test_a_switch_of_the_language_keeps_what_was_chosen(gateway: RunningGateway, pages: RecordPages) -> None:
    page = pages.of(gateway)
    folded = unfold(page)
    choose(page, 2, 4)
    expect(folded.locator("legend").nth(1)).to_have_text("2. I found Hamdel unnecessarily complex.")
    page.locator("input[name=language][value=fa]").check(force=True)
    expect(folded.locator("legend").nth(1)).to_have_text("۲. به نظرم همدل بی‌دلیل پیچیده است.")
    expect(folded.locator(".degree").nth(4)).to_have_text("۵ کاملاً موافقم")
    assert chosen(page) == [4]


def test_whoever_keeps_no_words_is_told_what_to_switch_off(
    gateway: RunningGateway, pages: RecordPages
) -> None:
    page = pages.of(gateway)
    page.locator("#never-store_text").check()
    expect(page.locator("#message")).to_contain_text("Saved")
    folded = page.locator("#questionnaire")
    folded.locator("summary").click()
    expect(folded.locator("[data-part=refused]")).to_contain_text("Never keep the text of my talks")
    expect(folded.locator("form")).to_be_hidden()
    page.locator("#never-store_text").uncheck()
    expect(folded.locator("form")).to_be_visible()
    expect(folded.locator("[data-part=refused]")).to_be_hidden()


def test_a_refusal_elsewhere_is_told_and_the_choices_stay(
    gateway: RunningGateway, pages: RecordPages
) -> None:
    page = pages.of(gateway)
    folded = unfold(page)
    choose_all(page)
    log, now = gateway.parts.session_log, datetime.now(UTC)
    refusal = {"scope": "store_text", "granted": False, "version": "1", "given_by": "page"}
    assert log.record(PersonConsentSet(subject="p-1", at=now, **refusal))
    folded.locator("[data-part=send]").click()
    expect(folded.locator("[data-part=complaint]")).to_contain_text("Never keep the text of my talks")
    assert chosen(page) == list(ANSWERS)
    assert answers_in(gateway) == []


def test_where_it_cannot_be_kept_nobody_is_thanked(gateway: RunningGateway, pages: RecordPages) -> None:
    page = pages.of(gateway)
    folded = unfold(page)
    choose_all(page)
    gateway.parts.session_log.close()
    folded.locator("[data-part=send]").click()
    expect(folded.locator("[data-part=complaint]")).to_contain_text("did not work just now")
    expect(folded.locator("[data-part=done]")).to_be_hidden()
    assert chosen(page) == list(ANSWERS)


def test_an_impatient_person_answers_once(gateway: RunningGateway, pages: RecordPages) -> None:
    page = pages.of(gateway)
    folded = unfold(page)
    choose_all(page)
    folded.locator("[data-part=send]").evaluate("(button) => { button.click(); button.click(); }")
    expect(folded.locator("[data-part=done]")).to_be_visible()
    assert len(answers_in(gateway)) == 1


def test_who_never_talked_is_not_told_that_nothing_is_kept(
    gateway: RunningGateway, pages: RecordPages
) -> None:
    page = pages.of(gateway, "p-2")
    expect(page.locator("#count")).to_have_text("Nothing is kept of you.")
    folded = unfold(page)
    choose_all(page)
    folded.locator("[data-part=send]").click()
    expect(page.locator("#count")).to_contain_text("Talks: 0.")
    page.locator("#erase").click()
    page.locator("#ask button[value=yes]").click()
    expect(page.locator("#count")).to_have_text("Nothing is kept of you.")
    expect(folded.locator("[data-part=done]")).to_be_hidden()
