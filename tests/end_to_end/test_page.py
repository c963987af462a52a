"""A person at the page: real Chromium with a microphone that plays a recording, and the real server."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from playwright.sync_api import expect, sync_playwright

SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
]


@pytest.fixture
def microphone(spoken, tmp_path):
    """A recording as Chromium's fake microphone wants it: a sentence after six seconds, then a long silence."""

    def make(text, language):
        samples, rate_hz = soundfile.read(spoken(text, language), dtype="float32")
        sentence = soxr.resample(samples, rate_hz, 48_000)
        quiet = [np.zeros(48_000 * seconds, dtype=np.float32) for seconds in (14, 60)]
        path = tmp_path / "microphone.wav"
        soundfile.write(path, np.concatenate((quiet[0], sentence, quiet[1])), 48_000, subtype="PCM_16")
        return path

    return make


@pytest.fixture
def open_page(server):
    with sync_playwright() as playwright:
        browsers = []

        def start(recording: Path):
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"),
                args=[*SWITCHES, f"--use-file-for-fake-audio-capture={recording}%noloop"],
            )
            browsers.append(browser)
            page = browser.new_context(permissions=["microphone"]).new_page()
            page.foreign, page.complaints = [], []
            page.on(
                "request",
                lambda request: (
                    None
                    if f"localhost:{server.port}" in request.url or request.url.startswith(("data:", "blob:"))
                    else page.foreign.append(request.url)
                ),
            )
            page.on(
                "console", lambda line: page.complaints.append(line.text) if line.type == "error" else None
            )
            page.on("pageerror", lambda error: page.complaints.append(str(error)))
            page.goto(server.page)
            return page

        yield start
        for browser in browsers:
            browser.close()


def keep_picture(page, name):
    folder = os.environ.get("HAMDEL_SCREENSHOTS")
    if folder:
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_pressing_the_button_and_talking_brings_captions_a_spoken_reply_and_cards(microphone, open_page):
    page = open_page(microphone("I feel very sad today.", "en"))
    page.locator("input[name=language][value=en]").check(force=True)
    page.locator("#consent-talk").check()
    page.locator("#consent-emotion").check()
    page.locator("#talk-button").click()
    conversation = page.locator("#conversation")
    expect(conversation).to_contain_text("computer program", timeout=20_000)
    expect(conversation).to_contain_text("sad today", ignore_case=True, timeout=40_000)
    expect(page.locator("[data-suggestion-id]")).to_have_count(3, timeout=20_000)
    expect(page.locator("html")).to_have_attribute("data-state", "speaking", timeout=20_000)
    keep_picture(page, "page-en")
    assert page.foreign == []
    assert page.complaints == []


def test_typing_in_persian_is_answered_in_persian_from_right_to_left(microphone, open_page):
    page = open_page(microphone("hello", "en"))
    page.locator("input[name=language][value=fa]").check(force=True)
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    page.locator("#consent-talk").check()
    page.locator("#text").fill("امروز خیلی غمگینم")
    page.locator("#text").press("Enter")
    expect(page.locator("[data-suggestion-id]")).to_have_count(3, timeout=30_000)
    keep_picture(page, "page-fa")
    assert page.foreign == []
    assert page.complaints == []


def test_words_of_danger_bring_the_numbers_and_they_stay(microphone, open_page):
    page = open_page(microphone("hello", "en"))
    page.locator("input[name=language][value=en]").check(force=True)
    page.locator("#consent-talk").check()
    page.locator("#text").fill("I want to kill myself")
    page.locator("#text").press("Enter")
    crisis = page.locator("#crisis")
    expect(crisis).to_be_visible(timeout=20_000)
    page.locator("#text").fill("what is the weather")
    page.locator("#text").press("Enter")
    page.wait_for_timeout(3_000)
    expect(crisis).to_be_visible()
    keep_picture(page, "page-crisis")
    assert page.locator("[data-suggestion-id]").count() == 0
