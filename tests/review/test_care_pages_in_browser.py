"""The therapists' pages in a real browser: both directions, with and without JavaScript."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from accessibility import accessibility_problems
from playwright.sync_api import Browser, BrowserContext, Page, expect
from review_caseload import NOW, Staff, fill, staff
from starlette.applications import Starlette

from review.app import Review, review_routes
from review.pages import Pages
from session_log import SessionLog

LANGUAGES = (("en", "ltr"), ("fa", "rtl"))
PAGES = ("/caseload", "/sessions/flagged", "/sessions/hidden", "/patients/p-sharing", "/ratings", "/models")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Staff, Staff]]:
    """A running server, a therapist and a supervisor."""
    folder = tmp_path_factory.mktemp("review")
    with SessionLog.open(folder / "log.sqlite") as log:
        fill(log)
        therapist = staff(log, "tara", "therapist", "clinic-1", ("p-sharing", "p-hiding"))
        supervisor = staff(log, "sam", "supervisor", "clinic-1")
        review = Review(log=log, pages=Pages.load(), now=lambda: NOW)
        listener = socket.create_server(("127.0.0.1", 0))
        app = Starlette(routes=review_routes(review))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/review", therapist, supervisor
        server.should_exit = True
        thread.join(timeout=5)


class Visit:
    """A signed-in browser that keeps every complaint of its pages."""

    def __init__(self, context: BrowserContext, base: str) -> None:
        self.context, self.base = context, base
        self.page: Page = context.new_page()
        self.page.set_default_timeout(15_000)
        self.complaints: list[str] = []
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("request", self._on_request)

    def open(self, path: str, language: str) -> Page:
        answer = self.page.goto(f"{self.base}{path}?lang={language}")
        assert answer is not None
        assert answer.status == 200
        return self.page

    def _on_console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    def _on_request(self, request: Any) -> None:
        if not request.url.startswith((self.base, "data:")):
            self.complaints.append(f"request to {request.url}")


Visits = Callable[..., Visit]


@pytest.fixture
def visit(browser: Browser, served: tuple[str, Staff, Staff]) -> Iterator[Visits]:
    base, therapist, supervisor = served
    contexts = []

    def begin(*, supervising: bool = False, **options: Any) -> Visit:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        secret = (supervisor if supervising else therapist).secret
        context.add_cookies([{"name": "hamdel_review", "value": secret, "url": base}])
        return Visit(context, base)

    yield begin
    for context in contexts:
        context.close()


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize(("language", "direction"), LANGUAGES)
def test_pages_stand_in_both_directions_with_and_without_javascript(
    visit: Visits, language: str, direction: str, scripts: bool
) -> None:
    visiting = visit(java_script_enabled=scripts)
    for path in PAGES:
        page = visiting.open(path, language)
        assert page.locator("html").get_attribute("dir") == direction
        expect(page.locator("h1")).to_be_visible()
        assert page.locator("table").count() > 0 or path == "/ratings"
        wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        if scripts:
            assert not page.evaluate(wide), f"{path} is wider than the window"
    assert visiting.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "fa"])
def test_pages_break_no_rule_of_accessibility(visit: Visits, language: str, scheme: str) -> None:
    visiting = visit(color_scheme=scheme)
    for path in PAGES:
        page = visiting.open(path, language)
        assert accessibility_problems(page) == [], path


@pytest.mark.parametrize(("language", "direction"), LANGUAGES)
def test_pictures_are_drawn_from_their_tables(visit: Visits, language: str, direction: str) -> None:
    visiting = visit()
    for path, count in (("/sessions/flagged", 1), ("/patients/p-sharing", 2)):
        page = visiting.open(path, language)
        page.wait_for_selector('html[data-charts="drawn"]', state="attached")
        assert page.locator("figure.chart canvas[role=img]").count() == count
        assert page.locator("figure.chart table").count() == count
    assert visiting.complaints == []


def test_the_time_in_the_picture_is_that_of_the_talk(visit: Visits) -> None:
    page = visit().open("/sessions/shared-0", "en")
    page.wait_for_selector('html[data-charts="drawn"]', state="attached")
    canvas = 'document.querySelector("figure.chart canvas")'
    assert page.evaluate(f"Chart.getChart({canvas}).scales.x.max") == 260


def test_a_click_on_a_point_leads_to_its_turn(visit: Visits) -> None:
    page = visit().open("/sessions/shared-0", "en")
    page.wait_for_selector('html[data-charts="drawn"]', state="attached")
    place = page.evaluate(
        """() => {
            const chart = Chart.getChart(document.querySelector("figure.chart canvas"));
            const set = chart.data.datasets.findIndex((each) => each.data.some((point) => point.row === 1));
            const index = chart.data.datasets[set].data.findIndex((point) => point.row === 1);
            const point = chart.getDatasetMeta(set).data[index];
            return [point.x, point.y];
        }"""
    )
    page.locator("figure.chart canvas").click(position={"x": place[0], "y": place[1]})
    expect(page.locator("#turn-1")).to_be_focused()


def test_without_javascript_a_note_is_written_and_a_mood_corrected(visit: Visits) -> None:
    page = visit(java_script_enabled=False).open("/sessions/shared-1", "en")
    turn = page.locator("#turn-2")
    turn.locator("summary").click()
    turn.get_by_label("Right mood in place of").select_option("fear")
    turn.get_by_role("button", name="Save the mood").click()
    expect(page.locator("#turn-2 .moods")).to_contain_text("Corrected")
    page.get_by_label("Note on this talk").fill("Ask about <b>sleep</b>")
    page.get_by_role("button", name="Save the note").last.click()
    expect(page.locator("section .notes").last).to_contain_text("Ask about <b>sleep</b>")


def test_a_talk_is_taken_along_and_then_erased_by_a_supervisor(visit: Visits) -> None:
    page = visit(supervising=True).open("/sessions/shared-2", "en")
    for name, sign in (("JSON", "{"), ("CSV", "\ufeff")):
        with page.expect_download() as download:
            page.get_by_role("link", name=name).click()
        assert download.value.path().read_text(encoding="utf-8").startswith(sign)
    page.locator("details.danger summary").click()
    page.get_by_role("button", name="Erase").click()  # without the tick nothing is sent
    expect(page.locator("#confirmed")).to_be_focused()
    page.locator("#confirmed").check()
    page.get_by_role("button", name="Erase").click()
    expect(page.locator(".notice")).to_contain_text("erased")
    expect(page.locator("#transcript")).to_have_count(0)


def test_a_flag_is_closed_with_a_remark(visit: Visits) -> None:
    page = visit().open("/sessions/flagged", "fa")
    page.locator("#state").select_option("acted")
    page.locator("#remark").fill("با او تماس گرفتم")
    page.locator("#flag button").click()
    expect(page.locator("#flag ol")).to_contain_text("با او تماس گرفتم")
    expect(page.locator("#state")).to_have_value("acted")


def test_the_sound_of_a_turn_plays_to_its_end(visit: Visits) -> None:
    page = visit().open("/sessions/shared-0", "fa")
    played_s = page.locator("#turn-1 audio").evaluate(
        """(audio) => new Promise((resolve, reject) => {
            audio.addEventListener("ended", () => resolve(audio.currentTime));
            audio.addEventListener("error", () => reject(new Error("the sound cannot be played")));
            audio.muted = true;
            audio.play();
        })"""
    )
    assert played_s == pytest.approx(0.5, abs=0.1)


def test_the_pages_fit_on_a_narrow_screen(visit: Visits) -> None:
    visiting = visit(viewport={"width": 390, "height": 844})
    for path in ("/caseload", "/sessions/flagged", "/patients/p-sharing"):
        page = visiting.open(path, "fa")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
    assert visiting.complaints == []


def save_screenshots(visit: Visits, folder: Path) -> None:  # pragma: no cover - for looking at
    folder.mkdir(exist_ok=True)
    for scheme in ("light", "dark"):
        for width in (1280, 820):
            visiting = visit(viewport={"width": width, "height": 900}, color_scheme=scheme)
            for language, _ in LANGUAGES:
                for path in (
                    "/caseload",
                    "/sessions/shared-0",
                    "/sessions/hidden",
                    "/patients/p-sharing",
                    "/ratings",
                    "/models",
                ):
                    page = visiting.open(path, language)
                    with suppress(Exception):
                        page.wait_for_selector('html[data-charts="drawn"]', state="attached", timeout=1500)
                    name = f"{path.strip('/').replace('/', '-')}-{language}-{width}-{scheme}.png"
                    page.screenshot(path=folder / name, full_page=True)
