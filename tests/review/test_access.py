"""Forms that are not ours, or not shown to this browser, do nothing."""

import pytest

from review.pages import form_token

from .conftest import PASSWORD


@pytest.fixture
def root(site):
    return site.signed_in("root", "administrator", None)


FORM = {"login": "bert", "role": "therapist", "clinic": "clinic-1"}


def logins(browser) -> bool:
    return "bert" in browser.get("/accounts").text


def test_a_form_as_it_was_shown_is_taken(root):
    assert root.post("/accounts", FORM).status_code == 200
    assert logins(root)


@pytest.mark.parametrize("token", [None, "", "0" * 64, "ü" * 64])
def test_a_form_without_its_token_is_refused(root, token):
    data = FORM if token is None else {**FORM, "csrf": token}
    assert root.client.post("/review/accounts", data=data).status_code == 403
    assert not logins(root)


def test_the_token_of_another_session_is_refused(site, root):
    other = site.signed_in("boss", "administrator", None)
    data = {**FORM, "csrf": other.token("/accounts")}
    assert root.client.post("/review/accounts", data=data).status_code == 403
    assert not logins(root)


def test_a_token_of_before_the_sign_in_is_refused_after_it(site):
    person, browser = site.account("root", "administrator", None), site.browser()
    before = browser.token("/sign-in")
    site.sign_in(person, browser)
    assert browser.client.post("/review/accounts", data={**FORM, "csrf": before}).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://clinic.example"},
        {"origin": "https://clinic.example:444"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"origin": "null", "sec-fetch-site": "cross-site"},
        {"origin": "https://evil.example", "sec-fetch-site": "same-origin"},
    ],
)
def test_a_form_from_another_site_is_refused_even_with_its_token(root, headers):
    assert root.post("/accounts", FORM, headers=headers).status_code == 403
    assert not logins(root)


@pytest.mark.parametrize("origin", ["https://clinic.example", "null"])
def test_a_form_from_our_own_site_is_taken(root, origin):
    headers = {"origin": origin, "sec-fetch-site": "same-origin"}
    assert root.post("/accounts", FORM, headers=headers).status_code == 200


def test_signing_in_is_guarded_too(site):
    site.account("anna")
    browser = site.browser()
    browser.get("/sign-in")
    form = {"login": "anna", "password": PASSWORD}
    assert browser.client.post("/review/sign-in", data=form).status_code == 403
    assert browser.client.post("/review/sign-in", data={**form, "csrf": form_token("")}).status_code == 403


def test_what_is_refused_changes_nothing_and_a_reload_does_not_either(root):
    for path in ("/accounts/u-1/disable", "/sign-off", "/stay"):
        assert root.get(path).status_code == 405
    assert root.get("/accounts").status_code == 200


def test_another_role_is_refused_before_its_form_is_read(site):
    anna = site.signed_in("anna")
    assert anna.client.post("/review/accounts", data=FORM).status_code == 403
    assert [(event.actor, event.action) for event in site.noted() if not event.allowed] == [
        (anna.user.account, "invitation_made")
    ]
