"""A closed question answered by a press: real page, real server, real dialogue."""

import shutil

import pytest
from playwright.sync_api import expect, sync_playwright


@pytest.fixture
def page(server):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        page.goto(server.page)
        yield page
        browser.close()


def test_a_feeling_that_is_pressed_is_answered_like_one_that_is_typed(page):
    page.locator("input[name=language][value=fa]").check(force=True)
    page.locator("#consent-talk").check()
    page.locator("#text").fill("امروز با همکارم حرف زدم")
    page.locator("#text").press("Enter")
    choices = page.locator(".choices button")
    # They come with the end of the spoken question.
    expect(choices).to_have_text(["عصبانی", "ترسیده", "غمگین", "خوشحال", "معمولی"], timeout=40_000)
    choices.nth(2).click()
    expect(page.locator(".turn--user .turn__text").last).to_have_text("غمگین هستم")
    expect(choices).to_have_count(0)
    expect(page.locator("[data-suggestion-id]").nth(1)).to_be_visible(timeout=30_000)
