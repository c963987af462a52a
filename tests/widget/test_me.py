"""The person's own page in a real browser, against the gateway's real routes and a real session log."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from gateway_parts import RunningGateway
from playwright.sync_api import Browser, Page, expect
from record_pages import RecordPages, keep_talk, served_gateway

from session_log.events import TurnHeard
from session_log.reader import reading

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[RunningGateway]:
    with served_gateway(tmp_path, session_log={"audio_days": 7}) as running:
        yield running


@pytest.fixture
def talked(gateway: RunningGateway) -> RunningGateway:
    """A gateway whose log holds a talk of p-1."""
    keep_talk(gateway, HOSTILE, "store_text")
    return gateway


@pytest.fixture
def pages(browser: Browser) -> Iterator[RecordPages]:
    """Pages that may not complain."""
    with RecordPages(browser) as opened:
        yield opened
    assert opened.complaints == []


def keep_picture(page: Page, name: str) -> None:
    folder = os.environ.get("HAMDEL_SCREENSHOTS")
    if folder:
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_the_record_is_shown_in_plain_words_and_the_token_leaves_the_address(
    talked: RunningGateway, pages: RecordPages
) -> None:
    page = pages.of(talked)
    assert page.url == f"{talked.origin}/me"
    expect(page.locator("#count")).to_have_text("Talks: 1. Talks of which the text is kept: 1.")
    expect(page.locator("#talks tbody tr")).to_have_count(1)
    keep_picture(page, "me-en")


SCOPES = ("emotion", "store_text", "store_audio", "share", "research", "memory")


def switches(page: Page) -> list[list[object]]:
    found: list[list[object]] = page.locator('#never input[role="switch"]').evaluate_all(
        "all => all.map((one) => [one.name, one.checked])"
    )
    return found


def test_nothing_is_switched_on_for_somebody_who_was_never_asked(
    talked: RunningGateway, pages: RecordPages
) -> None:
    page = pages.of(talked)
    assert switches(page) == [[scope, False] for scope in SCOPES]
    labels = page.locator("#never label")
    assert all(text.startswith("Never ") for text in labels.all_inner_texts())
    assert set(page.locator("#never .switch p").all_inner_texts()) == {
        "Done only in talks for which it was agreed to."
    }


def test_what_is_not_offered_here_has_no_switch(tmp_path: Path, pages: RecordPages) -> None:
    with served_gateway(tmp_path, jurisdiction={"preset": "us-il"}) as gateway:
        # no feelings by law, no sound by the settings
        offered = ("store_text", "share", "research", "memory")
        assert switches(pages.of(gateway)) == [[scope, False] for scope in offered]


def test_in_persian_it_reads_from_right_to_left(talked: RunningGateway, pages: RecordPages) -> None:
    page = pages.of(talked, locale="fa-IR")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.locator("#count")).to_contain_text("گفت‌وگوها: ۱")
    page.locator("#never-share").check()
    expect(page.locator("#never-share-detail")).to_have_text("در هیچ گفت‌وگویی انجام نمی‌شود.")
    keep_picture(page, "me-fa")
    page.locator("input[name=language][value=en]").check(force=True)
    expect(page.locator("html")).to_have_attribute("dir", "ltr")
    expect(page.locator("#count")).to_contain_text("Talks: 1")
    expect(page.locator("#never-share-detail")).to_have_text("Not done in any talk.")


def test_what_is_ruled_out_is_ruled_out_in_all_talks(talked: RunningGateway, pages: RecordPages) -> None:
    page = pages.of(talked)
    page.locator("#never-emotion").check()
    expect(page.locator("#message")).to_contain_text("Saved")
    expect(page.locator("#never-emotion-detail")).to_have_text("Not done in any talk.")
    keep_picture(page, "me-ruled-out")
    assert talked.parts.session_log.refusals("p-1") == {"emotion"}
    again = pages.of(talked)
    assert again.locator("#never-emotion").is_checked()
    with again.expect_request("**/v1/me/consents") as sent:
        again.locator("#never-emotion").uncheck()
    assert sent.value.post_data_json["consents"] == {"emotion": None}  # takes it back, and agrees to nothing
    expect(again.locator("#message")).to_contain_text("Saved")
    assert talked.parts.session_log.refusals("p-1") == frozenset()


def test_the_record_is_taken_along_as_a_file(talked: RunningGateway, pages: RecordPages) -> None:
    page = pages.of(talked)
    with page.expect_download() as downloading:
        page.locator("#download").click()
    document = json.loads(Path(downloading.value.path()).read_text(encoding="utf-8"))
    assert [event["text"] for event in document["talks"][0]["events"] if event["event"] == "turn_heard"] == [
        HOSTILE
    ]


def test_erasing_asks_first_and_a_no_changes_nothing(talked: RunningGateway, pages: RecordPages) -> None:
    page = pages.of(talked)
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
    gateway: RunningGateway, pages: RecordPages, fragment: str, said: str
) -> None:
    page = pages.open(gateway, f"#token={gateway.token()}" if fragment == "anonymous" else fragment)
    expect(page.locator("#message")).to_contain_text(said)
    expect(page.locator("#record")).to_be_hidden()
