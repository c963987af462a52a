"""The question where somebody is: asked only where nobody knows, never needed, and the numbers fit at once."""

from __future__ import annotations

import os
from typing import Any

import pytest
from playwright.sync_api import expect

import crisis

ANYWHERE = [
    {"name": "Local emergency number", "number": "112", "kind": "emergency"},
    {"name": "Find A Helpline", "number": "findahelpline.com", "kind": "directory"},
]
CANADA = [{"name": "Suicide Crisis Helpline", "number": "988", "kind": "crisis"}]
IRAN = [
    {"name": "Social emergency service", "number": "123", "kind": "crisis"},
    {"name": "Ambulance", "number": "115", "kind": "emergency"},
]
UNKNOWN = {"type": "hamdel.crisis", "level": 2, "country": None, "lines": ANYWHERE, "text": "Please call."}
ANYWHERE_NUMBERS = ["tel:112", "https://findahelpline.com"]
OUR_OWN_NUMBERS = ["tel:112", "https://findahelpline.com/"]


def numbers(watched: Any) -> list[str | None]:
    return [link.get_attribute("href") for link in watched.page.locator("#crisis a").all()]


def choice(watched: Any) -> Any:
    return watched.page.locator("#crisis-country")


def crisis_in(country: str, lines: Any, text: str = "") -> dict[str, Any]:
    return {**UNKNOWN, "country": country, "lines": lines, "text": text}


def told_countries(scripted_gateway: Any) -> list[str | None]:
    updates = [event["session"] for event in scripted_gateway.of_type("session.update")]
    return [session["hamdel"]["country"] for session in updates if "hamdel" in session]


@pytest.fixture
def asked(scripted_gateway: Any, talking: Any) -> Any:
    """A talk in which there is danger in an unknown country."""
    scripted_gateway.lines = ANYWHERE
    scripted_gateway.lines_of = {"CA": CANADA, "IR": IRAN}
    scripted_gateway.send(UNKNOWN)
    expect(choice(talking)).to_be_visible()
    scripted_gateway.lines_asked.clear()
    return talking


def test_a_known_country_is_not_asked_for(scripted_gateway: Any, talking: Any) -> None:
    for event in (crisis_in("CA", CANADA), {**UNKNOWN, "country": ["CA"]}, {**UNKNOWN, "country": "<b>"}):
        scripted_gateway.send(event)
    scripted_gateway.send(crisis_in("CA", CANADA, "Are you safe?"))
    expect(talking.page.locator("#crisis")).to_contain_text("Are you safe?")
    expect(choice(talking)).to_be_hidden()
    assert numbers(talking) == ["tel:988"]
    assert talking.complaints == []


def test_a_choice_changes_the_numbers_and_is_told_to_the_talk(scripted_gateway: Any, asked: Any) -> None:
    assert numbers(asked) == ANYWHERE_NUMBERS
    choice(asked).focus()
    choice(asked).select_option(label="Canada")
    expect(asked.page.locator("#crisis a")).to_have_count(1)
    assert numbers(asked) == ["tel:988"]
    expect(choice(asked)).to_be_focused()
    assert scripted_gateway.lines_asked == [{"language": "en", "country": "CA"}]
    scripted_gateway.wait_for("session.update", 2)
    assert told_countries(scripted_gateway) == [None, "CA"]
    expect(asked.page.locator(".crisis__text")).to_have_text("Please call.")
    scripted_gateway.send(crisis_in("CA", CANADA))
    scripted_gateway.send(UNKNOWN, {**UNKNOWN, "lines": None, "text": "Are you safe?"})
    expect(asked.page.locator("#crisis")).to_contain_text("Are you safe?")
    assert numbers(asked) == ["tel:988"]  # Numbers of no country don't replace those of the person's own.
    expect(choice(asked)).to_have_value("CA")
    assert asked.complaints == []


def test_the_question_is_labelled_optional_and_not_shouted(asked: Any) -> None:
    where = asked.page.get_by_role("combobox", name="Where are you? (optional)", exact=True)
    expect(where).to_have_value("")
    expect(asked.page.locator(".crisis__where")).to_have_attribute("aria-live", "off")
    expect(where).not_to_be_focused()
    labels = where.locator("option").all_text_contents()
    assert labels[:3] == ["Not said, or another country", "Afghanistan", "Australia"]
    assert {"Canada", "Iran", "United Kingdom", "United States", "Germany"} <= set(labels)


def test_a_choice_works_while_the_talk_has_no_connection_and_is_told_once_there_is_one(
    scripted_gateway: Any, asked: Any
) -> None:
    scripted_gateway.takes_sockets = False
    scripted_gateway.cut_connections()
    asked.in_state("waiting")
    choice(asked).select_option("IR")
    expect(asked.page.locator("#crisis a").first).to_have_attribute("href", "tel:123")
    assert numbers(asked) == ["tel:123", "tel:115"]
    scripted_gateway.let_talks_in()
    asked.page.click("#talk-button")
    asked.in_state("listening")
    scripted_gateway.wait_for("session.update", 2)
    assert told_countries(scripted_gateway)[-1] == "IR"
    assert numbers(asked) == ["tel:123", "tel:115"]


def test_a_country_that_the_talk_learnt_is_known_to_the_next_connection(
    scripted_gateway: Any, asked: Any
) -> None:
    scripted_gateway.send(crisis_in("CA", CANADA))  # The person has said where they are.
    expect(choice(asked)).to_have_value("CA")
    assert numbers(asked) == ["tel:988"]
    scripted_gateway.cut_connections()
    asked.in_state("waiting")
    asked.wait(2)
    asked.in_state("listening")
    scripted_gateway.wait_for("session.update", 2)
    assert told_countries(scripted_gateway)[-1] == "CA"


def test_numbers_that_cannot_be_had_are_never_those_of_another_country(
    scripted_gateway: Any, asked: Any
) -> None:
    choice(asked).select_option("CA")
    expect(asked.page.locator("#crisis a")).to_have_count(1)
    choice(asked).select_option("AU")  # The server is out of order for this one.
    complaint = asked.page.locator(".crisis__where [role=status]")
    expect(complaint).to_contain_text("could not be loaded")
    assert numbers(asked) == OUR_OWN_NUMBERS
    scripted_gateway.send(crisis_in("GB", []))  # The server's own word without numbers is no better.
    expect(choice(asked)).to_have_value("GB")
    assert numbers(asked) == OUR_OWN_NUMBERS
    choice(asked).select_option("AU")
    scripted_gateway.lines_of["AU"] = [{"name": "Lifeline", "number": "13 11 14", "kind": "crisis"}]
    asked.page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(complaint).to_have_text("")
    assert numbers(asked) == ["tel:131114"]
    expect(choice(asked)).to_have_value("AU")


def test_late_answers_to_an_earlier_choice_change_nothing(scripted_gateway: Any, asked: Any) -> None:
    choice(asked).select_option("CA")
    choice(asked).select_option("IR")
    expect(asked.page.locator("#crisis a").first).to_have_attribute("href", "tel:123")
    scripted_gateway.send(crisis_in("CA", CANADA), crisis_in("CA", CANADA, "Are you safe?"))
    expect(asked.page.locator("#crisis")).to_contain_text("Are you safe?")
    expect(choice(asked)).to_have_value("IR")
    assert numbers(asked) == ["tel:123", "tel:115"]


def test_a_slip_can_be_taken_back(scripted_gateway: Any, asked: Any) -> None:
    choice(asked).select_option("CA")
    expect(asked.page.locator("#crisis a")).to_have_count(1)
    choice(asked).select_option("")
    expect(asked.page.locator("#crisis a")).to_have_count(2)
    assert numbers(asked) == ANYWHERE_NUMBERS
    scripted_gateway.wait_for("session.update", 3)
    assert told_countries(scripted_gateway) == [None, "CA", None]


def test_the_choice_is_kept_for_the_next_talk_and_nowhere_else(scripted_gateway: Any, asked: Any) -> None:
    choice(asked).select_option("CA")
    expect(asked.page.locator("#crisis a")).to_have_count(1)
    asked.page.click("#talk-button")
    asked.in_state("closed")
    assert numbers(asked) == ["tel:988"]
    asked.page.click("#talk-button")
    asked.in_state("listening")
    scripted_gateway.wait_for("session.update", 3)
    assert told_countries(scripted_gateway)[-1] == "CA"
    stored = "[document.cookie, localStorage.length, sessionStorage.length, location.search]"
    assert asked.page.evaluate(stored) == ["", 0, 0, ""]
    assert asked.page.context.cookies() == []
    assert asked.page.evaluate("indexedDB.databases()") == []
    asked.page.reload()
    asked.page.wait_for_selector("html[data-ready]", state="attached")
    expect(asked.page.locator("#crisis")).to_be_hidden()
    expect(choice(asked)).to_have_value("")


def test_hostile_lines_are_text_or_passed_over(scripted_gateway: Any, asked: Any) -> None:
    attack = '<img src="x" onerror="document.title=1">'
    scripted_gateway.lines_of["CA"] = [
        None,
        7,
        "988",
        {"name": attack, "number": "javascript:alert()", "kind": "crisis"},
        {"name": {"toString": 1}, "number": {"toString": 1}, "kind": ["text"]},
        {"name": "Helpline", "number": "\u202e988", "kind": attack},
    ]
    choice(asked).select_option("CA")
    expect(asked.page.locator("#crisis a")).to_have_count(1)
    assert numbers(asked) == ["tel:988"]
    assert asked.page.locator("img").count() == 0
    for lines in ("988", {"length": 1}, None, 7, [None], []):
        scripted_gateway.lines_of["IR"] = lines
        choice(asked).select_option("IR")
        expect(asked.page.locator("#crisis a")).to_have_count(2)
        assert numbers(asked) == OUR_OWN_NUMBERS
        choice(asked).select_option("CA")
        expect(asked.page.locator("#crisis a")).to_have_count(1)
    assert asked.complaints == []


def test_countries_and_numbers_follow_the_language_of_the_page(scripted_gateway: Any, asked: Any) -> None:
    choice(asked).select_option("IR")
    expect(asked.page.locator("#crisis a")).to_have_count(2)
    scripted_gateway.lines_of["IR"] = [{"name": "اورژانس اجتماعی", "number": "123", "kind": "crisis"}]
    asked.page.get_by_label("فارسی").check()
    expect(asked.page.locator(".crisis__name")).to_have_text("اورژانس اجتماعی")
    where = asked.page.get_by_role("combobox", name="کجا هستید؟")
    expect(where).to_have_value("IR")
    assert where.locator("option:checked").inner_text() == "ایران"
    assert scripted_gateway.lines_asked[-1] == {"language": "fa", "country": "IR"}
    expect(asked.page.locator(".crisis__number")).to_have_text("۱۲۳")


@pytest.mark.parametrize("locale", ["en-GB", "fa-IR"])
@pytest.mark.parametrize("width", [320, 1280])
def test_the_whole_banner_fits_and_can_be_hit_with_the_numbers_in_sight(
    scripted_gateway: Any, open_page: Any, locale: str, width: int
) -> None:
    watched = open_page(locale=locale, viewport={"width": width, "height": 844})
    watched.begin()
    watched.in_state("listening")
    lines = crisis.lines(None, locale[:2])
    anywhere = [{"name": line.name, "number": line.number, "kind": line.kind} for line in lines]
    scripted_gateway.send(
        {**UNKNOWN, "lines": anywhere, "text": "W" * 600},
        {
            "type": "hamdel.handoff",
            "queue": "on_call",
            "reason": "x",
            "status": "acknowledged",
            "reached": True,
        },
    )
    page = watched.page
    expect(page.locator("#crisis > [role=alert]")).to_be_in_viewport(ratio=1)
    expect(page.locator("#crisis a")).to_have_count(3)
    for link in page.locator("#crisis a").all():
        expect(link).to_be_in_viewport(ratio=1)
    folder = os.environ.get("HAMDEL_SCREENSHOTS")
    if folder:
        page.screenshot(path=f"{folder}/people-{locale[:2]}-{width}.png")
    choice(watched).scroll_into_view_if_needed()
    expect(choice(watched)).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    banner = page.locator("#crisis")
    assert banner.evaluate("one => one.scrollWidth - one.clientWidth") <= 0
    boxes = page.locator("#crisis :is(a, select, label)").evaluate_all(
        "all => all.map((one) => one.getBoundingClientRect()).map(({ width, height, left, right }) =>"
        " [width >= 44, height >= 43.5, left >= 0, right <= innerWidth])"
    )
    assert boxes
    assert all(all(fits) for fits in boxes)
    assert banner.evaluate("one => getComputedStyle(one).direction") == (
        "rtl" if locale == "fa-IR" else "ltr"
    )


def test_the_question_can_be_answered_by_keyboard(scripted_gateway: Any, asked: Any) -> None:
    page = asked.page
    page.locator("#crisis a").last.focus()
    page.keyboard.press("Tab")
    expect(choice(asked)).to_be_focused()
    page.keyboard.type("Cana")
    expect(choice(asked)).to_have_value("CA")
    expect(page.locator("#crisis a")).to_have_count(1)
    expect(choice(asked)).to_be_focused()
