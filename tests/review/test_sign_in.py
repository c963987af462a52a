"""Signing in in two steps, waiting after failures, and being signed off."""

from __future__ import annotations

import pytest

from review import passwords, sign_in
from review.pages import form_token
from session_log.reader import reading

from .conftest import PASSWORD


def cookies(answer) -> dict[str, str]:
    return {line.split("=", 1)[0]: line for line in answer.headers.get_list("set-cookie")}


def session(browser) -> str | None:
    return browser.client.cookies.get("__Host-hamdel_review")


def try_password(browser, login: str, password: str):
    return browser.post("/sign-in", {"login": login, "password": password})


def test_name_password_and_code_lead_to_the_own_pages(site):
    browser = site.sign_in(site.account("anna"))
    assert browser.get("/").headers["location"] == "/review/caseload"
    assert [event.allowed for event in site.noted("signed_in")] == [True]


def test_the_name_may_be_typed_in_capitals(site):
    anna, browser = site.account("anna"), site.browser()
    assert try_password(browser, "  ANNA ", PASSWORD).headers["location"] == "/review/second-factor"
    assert anna.account


def test_the_password_alone_opens_nothing(site):
    site.account("anna", "supervisor")
    browser = site.browser()
    try_password(browser, "anna", PASSWORD)
    for path in ("/", "/audit", "/assignments", "/own-account"):
        assert browser.get(path).headers["location"] == "/review/sign-in"


def test_the_second_step_is_not_open_without_the_first(site):
    assert site.browser().get("/second-factor").headers["location"] == "/review/sign-in"


def test_the_second_step_is_open_for_five_minutes(site):
    anna, browser = site.account("anna"), site.browser()
    try_password(browser, "anna", PASSWORD)
    token = browser.token("/second-factor")
    site.clock.move(minutes=5)
    code = {"csrf": token, "code": site.code(anna)}
    assert browser.client.post("/review/second-factor", data=code).headers["location"] == "/review/sign-in"


def test_a_code_is_good_once(site):
    anna = site.account("anna")
    site.sign_in(anna)
    other = site.browser()
    try_password(other, "anna", PASSWORD)
    assert other.post("/second-factor", {"code": site.code(anna)}).status_code == 401
    site.clock.move(seconds=30)
    assert other.post("/second-factor", {"code": site.code(anna)}).status_code == 303
    assert [event.allowed for event in site.noted("second_factor_failed")] == [False]


def test_a_code_from_before_is_not_good_when_the_clock_goes_back(site):
    anna = site.account("anna")
    site.sign_in(anna)
    site.clock.move(minutes=-10)
    other = site.browser()
    try_password(other, "anna", PASSWORD)
    assert other.post("/second-factor", {"code": site.code(anna)}).status_code == 401


def test_a_recovery_code_is_good_once(site):
    anna = site.account("anna")
    for status in (303, 401):
        browser = site.browser()
        try_password(browser, "anna", PASSWORD)
        typed = anna.codes[0].lower().replace("-", " ")
        assert browser.post("/second-factor", {"code": typed}).status_code == status


def test_a_code_may_be_typed_in_persian_digits(site):
    anna, browser = site.account("anna"), site.browser()
    try_password(browser, "anna", PASSWORD)
    persian = site.code(anna).translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))
    assert browser.post("/second-factor", {"code": persian}).status_code == 303


def test_the_session_is_another_after_each_step(site):
    anna, browser = site.account("anna"), site.browser()
    planted = "planted-by-somebody"
    browser.client.cookies.set("__Host-hamdel_review", planted, domain="clinic.example", path="/")
    page = browser.client.post(
        "/review/sign-in", data={"csrf": form_token(planted), "login": "anna", "password": PASSWORD}
    )
    assert page.status_code == 303
    after_password = session(browser)
    browser.post("/second-factor", {"code": site.code(anna)})
    signed_in = session(browser)
    assert len({planted, after_password, signed_in}) == 3
    for old in (planted, after_password):
        thief = site.browser()
        thief.client.cookies.set("__Host-hamdel_review", old, domain="clinic.example", path="/")
        assert thief.get("/caseload").headers["location"] == "/review/sign-in"
        assert thief.get("/second-factor").headers["location"] == "/review/sign-in"


def test_the_session_cookie_is_for_this_host_https_and_no_script(site):
    anna, browser = site.account("anna"), site.browser()
    line = cookies(try_password(browser, "anna", PASSWORD))["__Host-hamdel_review"].lower()
    parts = {part.strip() for part in line.split(";")[1:]}
    assert {"httponly", "secure", "samesite=strict", "path=/"} <= parts
    assert not any(part.startswith(("domain", "expires", "max-age")) for part in parts)
    assert anna.account


def test_the_database_holds_no_secret_of_a_session(site):
    browser = site.sign_in(site.account("anna"))
    secret = session(browser).encode()
    site.log.flush()
    for file in site.places.database.parent.rglob("*"):
        assert not file.is_file() or secret not in file.read_bytes()


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(site):
    site.account("anna")
    known = try_password(site.browser(), "anna", "not the password at all")
    unknown = try_password(site.browser(), "bert", "not the password at all")
    assert known.status_code == unknown.status_code == 401

    def without_token(page):
        return page.text.replace(page.text.split('name="csrf" value="')[1][:64], "")

    assert without_token(known) == without_token(unknown)


def test_the_password_is_checked_for_an_unknown_name_too(site, monkeypatch):
    checked = []

    def fits(hashed: str, password: str) -> bool:
        checked.append(hashed)
        return passwords.password_fits(hashed, password)

    monkeypatch.setattr(sign_in, "password_fits", fits)
    try_password(site.browser(), "bert", PASSWORD)
    assert checked == [passwords.NOBODYS_HASH]


@pytest.mark.parametrize("login", ["anna", "nobody-of-this-name"])
def test_after_five_failures_there_is_a_wait_that_grows(site, login):
    site.account("anna")
    for _ in range(5):
        assert try_password(site.browser(), login, "wrong wrong wrong").status_code == 401
    assert try_password(site.browser(), login, PASSWORD).status_code == 429
    site.clock.move(seconds=16)
    assert try_password(site.browser(), login, "wrong wrong wrong").status_code == 401
    site.clock.move(seconds=16)
    assert try_password(site.browser(), login, PASSWORD).status_code == 429


def test_one_address_that_tries_many_names_has_to_wait(site):
    for number in range(5):
        assert try_password(site.browser(), f"name-{number}", "wrong wrong wrong").status_code == 401
    site.account("anna")
    assert try_password(site.browser(), "anna", PASSWORD).status_code == 429
    elsewhere = site.browser(client="198.51.100.9")
    assert try_password(elsewhere, "anna", PASSWORD).status_code == 303


def test_guessing_codes_has_to_wait_too(site):
    anna, browser = site.account("anna"), site.browser()
    try_password(browser, "anna", PASSWORD)
    for _ in range(5):
        assert browser.post("/second-factor", {"code": "000000"}).status_code == 401
    assert browser.post("/second-factor", {"code": site.code(anna)}).status_code == 429


def test_what_was_typed_as_a_name_stands_nowhere(site):
    typed = "my secret password by mistake"
    try_password(site.browser(), typed, PASSWORD)
    assert [(event.actor, event.allowed) for event in site.noted("sign_in_failed")] == [("unknown", False)]
    for file in site.places.database.parent.rglob("*"):
        assert not file.is_file() or typed.encode() not in file.read_bytes()


def test_hostile_names_are_shown_to_nobody_and_do_nothing(site):
    for typed in ("<script>alert(1)</script>", "' OR 1=1 --", "=cmd|'/c calc'!A1", "\x00", "a" * 5000):
        answer = try_password(site.browser(client=f"203.0.113.{len(typed) % 200}"), typed, PASSWORD)
        assert answer.status_code == 401
        assert "alert(1)" not in answer.text


def test_whoever_does_nothing_is_signed_off(site):
    browser = site.signed_in("anna")
    for _ in range(3):
        site.clock.move(minutes=14)
        assert browser.get("/own-account").status_code == 200
    site.clock.move(minutes=15)
    assert browser.get("/own-account").headers["location"] == "/review/sign-in"


def test_everybody_is_signed_off_after_half_a_day(site):
    browser = site.signed_in("anna")
    for _ in range(12 * 6 - 1):
        site.clock.move(minutes=10)
        assert browser.post("/stay", shown_at="/own-account").status_code == 204
    site.clock.move(minutes=10)
    assert browser.get("/own-account").headers["location"] == "/review/sign-in"


def test_a_clock_that_goes_back_ends_sessions(site):
    browser = site.signed_in("anna")
    site.clock.move(minutes=-30)
    assert browser.get("/own-account").headers["location"] == "/review/sign-in"


def test_signing_off_ends_the_session_in_the_server(site):
    browser = site.signed_in("anna")
    secret = session(browser)
    assert browser.post("/sign-off", shown_at="/own-account").status_code == 303
    thief = site.browser()
    thief.client.cookies.set("__Host-hamdel_review", secret, domain="clinic.example", path="/")
    assert thief.get("/own-account").headers["location"] == "/review/sign-in"
    assert [event.allowed for event in site.noted("signed_off")] == [True]


def test_signing_off_everywhere_ends_the_other_browsers_too(site):
    anna = site.account("anna")
    here, there, else_ = site.sign_in(anna), site.sign_in(anna), site.signed_in("bert")
    here.post("/sign-off-everywhere", shown_at="/own-account")
    assert there.get("/own-account").status_code == here.get("/own-account").status_code == 303
    assert else_.get("/own-account").status_code == 200


def test_the_page_for_the_idle_signs_off(site):
    browser = site.signed_in("anna")
    secret = session(browser)
    assert browser.get("/signed-off").status_code == 200
    browser.client.cookies.set("__Host-hamdel_review", secret, domain="clinic.example", path="/")
    assert browser.get("/own-account").status_code == 303


def test_another_site_cannot_sign_somebody_off(site):
    browser = site.signed_in("anna")
    secret = session(browser)
    browser.get("/signed-off", headers={"sec-fetch-site": "cross-site"})
    browser.client.cookies.set("__Host-hamdel_review", secret, domain="clinic.example", path="/")
    assert browser.get("/own-account").status_code == 200


def test_a_session_that_was_written_into_the_database_is_none(site):
    anna, root = site.account("anna"), site.account("root", "administrator", None)
    browser = site.sign_in(anna)

    def steal(transaction):
        transaction.database.execute("UPDATE review_sessions SET account = ?", (root.account,))

    site.perform(steal)
    assert browser.get("/accounts").headers["location"] == "/review/sign-in"


def test_sessions_outlive_a_restart_of_the_server(make_site):
    site = make_site()
    anna = site.account("anna")
    secret = session(site.sign_in(anna))
    again = make_site()
    again.clock.now = site.clock.now
    browser = again.browser()
    browser.client.cookies.set("__Host-hamdel_review", secret, domain="clinic.example", path="/")
    assert browser.get("/own-account").status_code == 200


def test_a_closed_account_cannot_sign_in(site):
    site.account("root", "administrator", None)
    anna = site.account("anna")
    browser = site.sign_in(anna)
    root = site.signed_in("boss", "administrator", None)
    root.post(f"/accounts/{anna.account}/disable", shown_at="/accounts")
    assert browser.get("/own-account").status_code == 303
    assert try_password(site.browser(), "anna", PASSWORD).status_code == 401


def test_the_code_secret_stands_nowhere_in_the_open(site):
    anna = site.account("anna")
    site.log.flush()
    for file in site.places.database.parent.rglob("*"):
        assert not file.is_file() or anna.secret.encode() not in file.read_bytes()
    with reading(site.places) as reader:
        row = reader.database.execute("SELECT password FROM review_accounts").fetchone()
    assert row[0].startswith("$argon2id$")
