"""First steps, signing in and off in a real browser: both directions, with and without JavaScript."""

from __future__ import annotations

import os
import re
import socket
import threading
import time
from pathlib import Path

import pyotp
import pytest
import uvicorn
from accessibility import accessibility_problems
from playwright.sync_api import expect

from review.setup_file import Setup, write_setup

from .conftest import PASSWORD

PICTURES = os.environ.get("HAMDEL_REVIEW_PICTURES")


@pytest.fixture
def address(site):
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(site.app, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/review"
    server.should_exit = True
    thread.join(timeout=10)


@pytest.fixture
def visit(browser):
    """Opens browsers whose every complaint fails the test."""
    contexts, complaints = [], []

    def on_console(message):
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    def begin(**options):
        context = browser.new_context(viewport={"width": 1100, "height": 800}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", on_console)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield begin
    for context in contexts:
        context.close()
    assert complaints == []


def picture(page, name: str) -> None:
    """Looks at a page as it is now: no rule of accessibility may be broken."""
    if page.evaluate("matchMedia('(scripting: enabled)').matches"):
        assert accessibility_problems(page) == [], name
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{PICTURES}/frame-{name}.png", full_page=True)


def take_first_steps(site, page, link: str, name: str) -> str:
    """Fills in the form of an invitation; gives the app's secret."""
    page.goto(link)
    page.locator("summary").click()
    secret = page.locator("details code").inner_text().replace(" ", "")
    picture(page, f"first-steps-{name}")
    page.locator("#password").fill(PASSWORD)
    page.locator("#again").fill(PASSWORD)
    page.locator("#code").fill(pyotp.TOTP(secret).at(site.clock.now))
    page.locator("main button").click()
    expect(page.locator(".codes li")).to_have_count(10)
    picture(page, f"codes-{name}")
    return secret


def sign_in(site, page, login: str, secret: str, name: str = "x") -> None:
    site.clock.move(seconds=30)
    page.locator("#login").fill(login)
    page.locator("#password").fill(PASSWORD)
    picture(page, f"sign-in-{name}")
    page.locator("main button").click()
    page.locator("#code").fill(pyotp.TOTP(secret).at(site.clock.now))
    picture(page, f"second-{name}")
    page.locator("main button").click()
    expect(page.locator(".navigation")).to_be_visible()
    page.wait_for_load_state("load")  # its scripts have run


@pytest.mark.parametrize(("language", "scripts"), [("en", False), ("fa", True)])
def test_from_the_first_administrator_to_a_therapist_who_signs_off(site, address, visit, language, scripts):
    site.talk("talk-1", "person-1")
    token = write_setup(site.places.database, Setup("root", False), site.clock.now)
    root = visit(java_script_enabled=scripts, locale=language)
    secret = take_first_steps(site, root, f"{address}/invitation/{token}", f"root-{language}")
    root.locator("main a.button").click()
    sign_in(site, root, "root", secret, language)
    expect(root).to_have_url(f"{address}/accounts")

    root.locator("#login").fill("anna")
    root.locator("#clinic").fill("clinic-1")
    picture(root, f"accounts-{language}")
    root.locator("main .form button").click()
    link = root.locator("#link").input_value()
    picture(root, f"invitation-{language}")
    anna = visit(java_script_enabled=scripts, locale=language)
    secret = take_first_steps(site, anna, link, f"anna-{language}")
    anna.goto(f"{address}/sign-in")
    sign_in(site, anna, "anna", secret)
    expect(anna).to_have_url(f"{address}/caseload")

    root.goto(f"{address}/assignments")
    root.locator("select[name=therapist]").select_option(label="anna")
    picture(root, f"assignments-{language}")
    root.locator("select[name=therapist] + button").click()
    anna.reload()
    expect(anna.get_by_role("link", name="person-1")).to_be_visible()

    root.goto(f"{address}/audit")
    picture(root, f"audit-{language}")
    expect(root.locator("html")).to_have_attribute("dir", "rtl" if language == "fa" else "ltr")
    anna.goto(f"{address}/own-account")
    picture(anna, f"own-{language}")
    anna.locator(".header__sign-off button").click()
    expect(anna).to_have_url(f"{address}/sign-in")
    anna.go_back()
    anna.reload()
    expect(anna).to_have_url(f"{address}/sign-in")


def signed_in(site, address, page):
    person = site.account("root", "administrator", None)
    page.goto(f"{address}/sign-in")
    sign_in(site, page, "root", person.secret)


def test_whoever_does_nothing_is_warned_and_then_taken_away(site, address, visit):
    page = visit()
    page.clock.install()
    signed_in(site, address, page)
    expect(page.locator(".idle")).to_be_hidden()
    page.clock.run_for(13 * 60_000 + 2_000)
    expect(page.locator(".idle")).to_be_visible()
    expect(page.locator(".idle button")).to_be_focused()
    picture(page, "idle")
    with page.expect_response(re.compile("/stay$")) as answer:
        page.locator(".idle button").click()
    assert answer.value.status == 204
    expect(page.locator(".idle")).to_be_hidden()
    page.clock.run_for(15 * 60_000 + 2_000)
    expect(page).to_have_url(f"{address}/signed-off")
    picture(page, "signed-off")
    page.goto(f"{address}/accounts")
    expect(page).to_have_url(f"{address}/sign-in")


def test_whoever_is_writing_stays(site, address, visit):
    page = visit()
    page.clock.install()
    signed_in(site, address, page)
    with page.expect_response(re.compile("/stay$")) as answer:
        page.locator("#login").press_sequentially("still here")
        page.clock.run_for(62_000)
    assert answer.value.status == 204
    page.clock.run_for(12 * 60_000)
    expect(page.locator(".idle")).to_be_hidden()


def test_without_javascript_the_page_goes_away_by_itself(site, address, visit):
    page = visit(java_script_enabled=False)
    signed_in(site, address, page)
    refresh = page.locator("meta[http-equiv=refresh]")
    expect(refresh).to_have_attribute("content", "900;url=/review/signed-off")


def test_everything_can_be_done_with_the_keyboard(site, address, visit):
    page = visit()
    signed_in(site, address, page)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    picture(page, "skip")
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_pages_fit_a_telephone(site, address, visit):
    page = visit()
    page.set_viewport_size({"width": 360, "height": 740})
    signed_in(site, address, page)
    for path in ("accounts", "assignments", "audit", "own-account"):
        page.goto(f"{address}/{path}")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, path
        picture(page, f"narrow-{path}")
