"""A person at the page: real Chromium with a microphone that plays a recording, and the real server."""

import os
import shutil
from contextlib import ExitStack
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile
import soxr
from playwright.sync_api import expect, sync_playwright
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

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
    expect(page.locator("[data-suggestion-id]").nth(1)).to_be_visible(timeout=20_000)
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
    expect(page.locator("[data-suggestion-id]").nth(1)).to_be_visible(timeout=30_000)
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


def token(server):
    answer = httpx.post(f"{server.page}v1/tokens", headers={"origin": server.page.rstrip("/")}, timeout=10)
    return answer.raise_for_status().json()["value"]


def take_all_places(server, places):
    """Opens talks until the server lets nobody in."""
    for _ in range(100):
        bearer = {"authorization": f"Bearer {token(server)}"}
        try:
            places.enter_context(
                connect(f"ws://localhost:{server.port}/v1/realtime", additional_headers=bearer, proxy=None)
            )
        except InvalidStatus as refused:
            assert refused.response.status_code == 429
            return
    pytest.fail("the server let everybody in")


def begin_by_typing(page, text):
    page.locator("input[name=language][value=en]").check(force=True)
    page.locator("#consent-talk").check()
    page.locator("#text").fill(text)
    page.locator("#text").press("Enter")


def test_whoever_finds_all_places_taken_sees_the_numbers_and_gets_in_later(microphone, open_page, server):
    page = open_page(microphone("hello", "en"))
    with ExitStack() as places:
        take_all_places(server, places)
        begin_by_typing(page, "I feel sad")
        expect(page.locator("html")).to_have_attribute("data-state", "waiting", timeout=10_000)
        expect(page.locator("#status")).to_contain_text("All places are taken")
        links = page.locator("#crisis a")
        expect(links.first).to_be_visible()
        assert any((link.get_attribute("href") or "").startswith("tel:") for link in links.all())
        expect(page.locator("#text")).to_have_value("I feel sad")
        keep_picture(page, "page-busy")
    page.locator("#talk-button").click()
    expect(page.locator("[data-suggestion-id]").first).to_be_visible(timeout=30_000)
    expect(page.locator("#crisis")).to_be_hidden()
    expect(page.locator("#text")).to_have_value("")
    assert page.complaints == []


def test_a_talk_that_is_looked_at_again_still_stands(microphone, open_page):
    page = open_page(microphone("hello", "en"))
    begin_by_typing(page, "hello")
    expect(page.locator("html")).to_have_attribute("data-state", "listening", timeout=30_000)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_timeout(6_000)
    expect(page.locator("#notice")).to_have_text("")
    expect(page.locator(".turn--note")).to_have_count(1)  # the disclosure; no second talk was begun
    assert page.complaints == []
