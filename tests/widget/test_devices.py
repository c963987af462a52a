"""Microphones and sound that fail: told kindly, typing goes on, no reload needed."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

FIRST_PAUSE_S = 2


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("NotAllowedError", "The microphone is blocked"),
        ("NotFoundError", "No microphone was found"),
        ("NotReadableError", "Another program is using the microphone"),
    ],
)
def test_a_missing_microphone_is_explained_and_a_later_press_finds_it(
    scripted_gateway: Any, open_page: Any, error: str, words: str
) -> None:
    watched = open_page()
    watched.page.evaluate(
        """(error) => {
            const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
            window.mend = () => { navigator.mediaDevices.getUserMedia = ask; };
            navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("x", error));
        }""",
        error,
    )
    watched.begin()
    watched.in_state("failed")
    expect(watched.status).to_contain_text(words)
    expect(watched.status).to_contain_text("type below")
    assert scripted_gateway.token_requests == []
    watched.page.evaluate("window.mend()")
    watched.page.click("#talk-button")
    watched.in_state("listening")
    scripted_gateway.wait_for("input_audio_buffer.append", 3)


def keep_devices(watched: Any) -> None:
    """Keeps hold of what the page opens, so that a test can unplug, mute or pause it."""
    watched.page.evaluate(
        """() => {
            const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
            navigator.mediaDevices.getUserMedia = async (wish) => (window.stream = await ask(wish));
            const Context = window.AudioContext;
            window.AudioContext = class extends Context {
                constructor(options) { super(options); window.context = this; }
            };
        }"""
    )


def test_a_microphone_unplugged_in_mid_talk_leaves_typing_and_can_be_replaced(
    scripted_gateway: Any, open_page: Any
) -> None:
    watched = open_page()
    keep_devices(watched)
    watched.begin()
    scripted_gateway.wait_for("input_audio_buffer.append", 3)
    watched.page.evaluate(
        "window.stream.getTracks().forEach((t) => { t.stop(); t.dispatchEvent(new Event('ended')); })"
    )
    expect(watched.notice).to_contain_text("The microphone was disconnected")
    expect(watched.page.locator("html")).to_have_attribute("data-microphone", "off")
    watched.type("I can type")
    scripted_gateway.wait_for("conversation.item.create")
    scripted_gateway.received.clear()
    watched.page.click("#talk-button")
    scripted_gateway.wait_for("input_audio_buffer.append", 3)
    expect(watched.page.locator("html")).to_have_attribute("data-microphone", "on")
    expect(watched.notice).to_have_text("")
    assert len(scripted_gateway.token_requests) == 1


def test_a_microphone_that_the_device_mutes_is_told_until_it_hears_again(open_page: Any) -> None:
    watched = open_page()
    keep_devices(watched)
    watched.begin()
    watched.in_state("listening")
    watched.page.evaluate("window.stream.getTracks()[0].dispatchEvent(new Event('mute'))")
    expect(watched.notice).to_contain_text("has muted the microphone")
    watched.page.evaluate("window.stream.getTracks()[0].dispatchEvent(new Event('unmute'))")
    expect(watched.notice).to_have_text("")


def test_sound_that_the_system_has_paused_is_told_and_goes_on_at_a_touch(
    scripted_gateway: Any, open_page: Any
) -> None:
    watched = open_page()
    keep_devices(watched)
    watched.begin()
    scripted_gateway.wait_for("input_audio_buffer.append", 3)
    watched.page.evaluate("window.context.suspend()")
    expect(watched.notice).to_contain_text("The sound is paused")
    watched.page.click("main", position={"x": 5, "y": 5})
    expect(watched.notice).to_have_text("")
    scripted_gateway.received.clear()
    scripted_gateway.wait_for("input_audio_buffer.append", 3)


def test_a_page_that_comes_back_into_view_finds_out_whether_its_talk_still_stands(
    scripted_gateway: Any, talking: Any
) -> None:
    scripted_gateway.wait_for("response.create")
    come_back = "document.dispatchEvent(new Event('visibilitychange'))"
    talking.page.evaluate(come_back)
    scripted_gateway.wait_for("session.update", 2)
    talking.page.wait_for_timeout(300)
    talking.wait(10)
    talking.in_state("listening")
    assert len(scripted_gateway.token_requests) == 1
    scripted_gateway.silent = True  # As a network that went away while the device slept.
    talking.page.evaluate(come_back)
    scripted_gateway.wait_for("session.update", 3)
    talking.wait(6)
    talking.in_state("waiting")
    expect(talking.status).to_contain_text("The connection broke")
    talking.wait(FIRST_PAUSE_S)
    talking.in_state("listening")
