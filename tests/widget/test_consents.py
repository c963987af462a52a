"""The page's switches: those that the server offers, and as they are in force."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from bot.consents import CONSENT_VERSION
from bot.settings import ROOT


def names(page: Any) -> list[str]:
    found: list[str] = page.locator('input[role="switch"]').evaluate_all("all => all.map((one) => one.name)")
    return found


def test_page_and_server_say_the_same_version_of_the_words() -> None:
    source = (ROOT / "widget" / "consent.js").read_text(encoding="utf-8")
    assert f'export const CONSENT_VERSION = "{CONSENT_VERSION}";' in source


def test_what_may_not_be_done_here_is_not_offered(scripted_gateway: Any, open_page: Any) -> None:
    scripted_gateway.offered = ["talk", "store_text", "share"]
    assert names(open_page().page) == ["talk", "store_text", "share"]


def test_a_server_that_does_not_say_what_it_offers_is_asked_for_a_talk_alone(
    scripted_gateway: Any, open_page: Any
) -> None:
    scripted_gateway.offered = None
    assert names(open_page().page) == ["talk"]


def test_switches_stand_in_their_order_and_off(scripted_gateway: Any, open_page: Any) -> None:
    scripted_gateway.offered = ["share", "store_audio", "emotion", "talk", "store_text", "telepathy"]
    page = open_page().page
    assert names(page) == ["talk", "emotion", "store_text", "store_audio", "share"]
    assert page.locator('input[role="switch"]:checked').count() == 0


def test_a_consent_that_was_taken_back_by_a_word_shows_and_can_be_given_again(
    scripted_gateway: Any, open_page: Any
) -> None:
    page = open_page().page
    page.check("#consent-talk")
    page.check("#consent-emotion")
    page.click("#talk-button")
    page.wait_for_selector('html[data-state="listening"]', state="attached")
    scripted_gateway.wait_for("response.create")
    page.click("#consent summary")
    scripted_gateway.send({"type": "hamdel.consents", "granted": ["talk", "share"], "not_offered": []})
    expect(page.locator("#consent-emotion")).not_to_be_checked()
    expect(page.locator("#consent-share")).to_be_checked()
    before = len(scripted_gateway.of_type("hamdel.consent.set"))
    page.check("#consent-emotion")
    changed = scripted_gateway.wait_for("hamdel.consent.set", before + 1)[-1]
    assert (changed["scope"], changed["granted"]) == ("emotion", True)
    assert len(scripted_gateway.of_type("hamdel.consent.set")) == before + 1
