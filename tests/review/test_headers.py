"""What browsers are told, and what is refused before anything is read."""

import logging

import pytest

from review import account_pages


def test_every_answer_keeps_browsers_from_running_or_keeping_anything(site):
    root = site.signed_in("root", "administrator", None)
    answers = [
        root.get("/accounts"),
        root.get("/audit.csv"),
        root.get("/nothing"),
        root.get("/static/review.css"),
        root.get("/"),
        site.browser().get("/sign-in"),
        root.client.post("/review/accounts"),
        root.client.post("/review/accounts", data={"csrf": "x" * 300_000}),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 404, 200, 303, 200, 403, 413]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"


def test_no_page_has_script_or_style_inside(site):
    root = site.signed_in("root", "administrator", None)
    for path in ("/accounts", "/assignments", "/audit", "/own-account"):
        page = root.get(path).text
        assert "<style" not in page
        assert " style=" not in page
        assert page.count("<script") == page.count('<script type="module" src=')
        assert " onclick" not in page


@pytest.mark.parametrize(
    ("address", "client", "status"),
    [
        ("http://clinic.example", "203.0.113.7", 403),
        ("http://clinic.example", "not-an-address", 403),
        ("https://clinic.example", "203.0.113.7", 200),
        ("http://127.0.0.1:8300", "127.0.0.1", 200),
        ("http://localhost:8300", "::1", 200),
    ],
)
def test_plain_http_is_for_this_machine_alone(site, address, client, status):
    answer = site.browser(address, client).get("/sign-in")
    assert answer.status_code == status
    assert ("https alone" in answer.text) == (status == 403)
    assert answer.headers["cache-control"] == "no-store"


def test_on_this_machine_cookies_work_without_https(site):
    person, browser = site.account("anna"), site.browser("http://127.0.0.1:8300", "127.0.0.1")
    site.sign_in(person, browser)
    assert browser.get("/own-account").status_code == 200


def test_a_body_without_end_is_not_read_to_its_end(site):
    root = site.signed_in("root", "administrator", None)
    sent = 0

    def pieces():
        nonlocal sent
        for _ in range(1_000):
            sent += 10_000
            yield b"a=" + b"x" * 9_998

    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = root.client.post("/review/accounts", content=pieces(), headers=headers)
    assert answer.status_code == 413


def test_what_fails_is_told_without_what_was_in_it(site, monkeypatch, caplog):
    root = site.signed_in("root", "administrator", None)

    def fail(database):
        raise RuntimeError("words that somebody said")

    monkeypatch.setattr(account_pages, "list_accounts", fail)
    with caplog.at_level(logging.DEBUG):
        answer = root.get("/accounts")
    assert answer.status_code == 500
    assert "<main" in answer.text
    assert "words that somebody said" not in answer.text + caplog.text
    assert "RuntimeError" in caplog.text


def test_a_log_that_cannot_be_read_is_told_as_such(site):
    root = site.signed_in("root", "administrator", None)
    site.log.flush()
    site.places.key_file.rename(site.places.key_file.with_name("away"))
    answer = root.get("/accounts")
    assert answer.status_code == 503
    assert "<main" in answer.text
