"""The person's own page in a real browser, against the gateway's real routes and a real session log."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from gateway_parts import RunningGateway, running_gateway
from playwright.sync_api import Browser, Page, expect

from session_log.events import ConsentSet, TalkStarted, TurnHeard
from session_log.reader import reading

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[RunningGateway]:
    """A gateway in a thread of its own."""
    started, over = threading.Event(), threading.Event()
    running: list[RunningGateway] = []

    async def serve() -> None:
        async with running_gateway(tmp_path, sections={"session_log": {"audio_days": 7}}) as served:
            running.append(served)
            started.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert started.wait(60)
    yield running[0]
    over.set()
    thread.join(60)


@pytest.fixture
def talked(gateway: RunningGateway) -> RunningGateway:
    """A gateway whose log holds a talk of p-1."""
    log, now = gateway.parts.session_log, datetime.now(UTC)
    log.record(
        TalkStarted(talk_id="t1", at=now, subject="p-1", purpose="therapy", language="en", client="test")
    )
    log.record(
        ConsentSet(talk_id="t1", at=now, scope="store_text", granted=True, version="1", given_by="widget")
    )
    log.record(TurnHeard(talk_id="t1", turn_id="u1", at=now, language="en", text=HOSTILE, source="typed"))
    assert log.flush()
    return gateway


@pytest.fixture
def open_record(browser: Browser) -> Iterator[Any]:
    contexts = []

    def open_it(gateway: RunningGateway, fragment: str, locale: str = "en-US") -> Page:
        context = browser.new_context(locale=locale, accept_downloads=True)
        contexts.append(context)
        page = context.new_page()
        page.complaints = []  # type: ignore[attr-defined]
        page.on("pageerror", lambda error: page.complaints.append(str(error)))  # type: ignore[attr-defined]
        page.on(
            "console",
            lambda line: page.complaints.append(line.text) if "Content Security" in line.text else None,  # type: ignore[attr-defined]
        )
        page.goto(f"{gateway.origin}/me{fragment}")
        page.wait_for_selector("html[data-ready]", state="attached")
        return page

    yield open_it
    for context in contexts:
        context.close()


def keep_picture(page: Page, name: str) -> None:
    folder = os.environ.get("HAMDEL_SCREENSHOTS")
    if folder:
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_the_record_is_shown_in_plain_words_and_the_token_leaves_the_address(
    talked: RunningGateway, open_record: Any
) -> None:
    page = open_record(talked, f"#token={talked.token(subject='p-1')}")
    assert page.url == f"{talked.origin}/me"
    expect(page.locator("#count")).to_have_text("Talks: 1. Talks of which the text is kept: 1.")
    expect(page.locator("#talks tbody tr")).to_have_count(1)
    switches = page.locator('#consents input[role="switch"]')
    assert switches.evaluate_all("all => all.map((one) => [one.name, one.checked])") == [
        [scope, True]
        for scope in ("emotion", "camera", "store_text", "store_audio", "share", "research", "memory")
    ]
    keep_picture(page, "me-en")
    assert page.complaints == []


def test_in_persian_it_reads_from_right_to_left(talked: RunningGateway, open_record: Any) -> None:
    page = open_record(talked, f"#token={talked.token(subject='p-1')}", locale="fa-IR")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.locator("#count")).to_contain_text("گفت‌وگوها: ۱")
    keep_picture(page, "me-fa")
    page.locator("input[name=language][value=en]").check(force=True)
    expect(page.locator("html")).to_have_attribute("dir", "ltr")
    expect(page.locator("#count")).to_contain_text("Talks: 1")
    assert page.complaints == []


def test_a_switch_is_a_decision_for_all_talks(talked: RunningGateway, open_record: Any) -> None:
    page = open_record(talked, f"#token={talked.token(subject='p-1')}")
    page.locator("#consent-emotion").uncheck()
    expect(page.locator("#message")).to_contain_text("Saved")
    assert talked.parts.session_log.refusals("p-1") == {"emotion"}
    again = open_record(talked, f"#token={talked.token(subject='p-1')}")
    assert not again.locator("#consent-emotion").is_checked()
    again.locator("#consent-emotion").check()
    expect(again.locator("#message")).to_contain_text("Saved")
    assert talked.parts.session_log.refusals("p-1") == frozenset()


def test_the_record_is_taken_along_as_a_file(talked: RunningGateway, open_record: Any) -> None:
    page = open_record(talked, f"#token={talked.token(subject='p-1')}")
    with page.expect_download() as downloading:
        page.locator("#download").click()
    document = json.loads(Path(downloading.value.path()).read_text(encoding="utf-8"))
    assert [event["text"] for event in document["talks"][0]["events"] if event["event"] == "turn_heard"] == [
        HOSTILE
    ]
    assert page.complaints == []


def test_erasing_asks_first_and_a_no_changes_nothing(talked: RunningGateway, open_record: Any) -> None:
    page = open_record(talked, f"#token={talked.token(subject='p-1')}")
    page.locator("#erase").click()
    expect(page.locator("#ask")).to_be_visible()
    keep_picture(page, "me-erase")
    page.locator("#ask button[value=no]").click()
    expect(page.locator("#count")).to_contain_text("Talks: 1")
    page.locator("#erase").click()
    page.keyboard.press("Escape")
    expect(page.locator("#count")).to_contain_text("Talks: 1")
    page.locator("#erase").click()
    page.locator("#ask button[value=yes]").click()
    expect(page.locator("#message")).to_contain_text("is erased")
    expect(page.locator("#count")).to_have_text("Nothing is kept of you.")
    with reading(talked.parts.session_log.places) as reader:
        assert reader.events("t1", (TurnHeard,)) == []


@pytest.mark.parametrize(
    ("fragment", "said"),
    [
        ("", "doesn't know whose data"),
        ("#token=ek_forged", "doesn't know whose data"),
        ("anonymous", "without a name"),
    ],
)
def test_without_a_person_nothing_is_shown_but_why(
    gateway: RunningGateway, open_record: Any, fragment: str, said: str
) -> None:
    page = open_record(gateway, f"#token={gateway.token()}" if fragment == "anonymous" else fragment)
    expect(page.locator("#message")).to_contain_text(said)
    expect(page.locator("#record")).to_be_hidden()
