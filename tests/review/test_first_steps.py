"""From a link to an account: password, app, recovery codes."""

import re
from functools import partial
from html import unescape

import pyotp
import pytest

from review.accounts import By, reset_account
from review.invitations import use_invitation
from review.setup_file import Setup, write_setup
from session_log.reader import reading

from .conftest import PASSWORD


@pytest.fixture
def root(site):
    return site.signed_in("root", "administrator", None)


def link(answer) -> str:
    assert answer.status_code == 200, answer.text
    found = re.search(r'value="(https://[^"]+)"', answer.text)[1]
    assert found.startswith("https://clinic.example/review/invitation/")
    return found.removeprefix("https://clinic.example/review")


def invited(root, login="anna", role="therapist") -> str:
    return link(root.post("/accounts", {"login": login, "role": role, "clinic": "clinic-1"}))


def shown_secret(page: str) -> str:
    return re.search(r'<code dir="ltr">([A-Z2-7 ]+)</code>', page)[1].replace(" ", "")


def fill_in(site, browser, path, password=PASSWORD, again=None, code=None, **more):
    page = browser.get(path).text
    form = dict(re.findall(r'<input type="hidden" name="(csrf|secret)" value="([^"]+)"', page))
    code = code or pyotp.TOTP(shown_secret(page)).at(site.clock.now)
    data = {**form, "password": password, "again": again or password, "code": code, **more}
    return browser.client.post(f"/review{path}", data=data), shown_secret(page)


def test_an_invitation_leads_to_an_account_that_can_sign_in(site, root):
    path, browser = invited(root), site.browser()
    done, secret = fill_in(site, browser, path)
    assert done.status_code == 200
    codes = re.findall(r"<li><code>([^<]+)</code></li>", done.text)
    assert len(codes) == 10
    site.clock.move(seconds=30)
    browser.post("/sign-in", {"login": "anna", "password": PASSWORD})
    assert browser.post("/second-factor", {"code": codes[3]}).status_code == 303
    assert browser.get("/caseload").status_code == 200
    assert secret not in done.text


def test_an_invitation_is_good_once(site, root):
    path = invited(root)
    fill_in(site, site.browser(), path)
    assert site.browser().get(path).status_code == 404


def test_two_who_hold_the_same_link_cannot_both_use_it(site, root):
    path, first, second = invited(root), site.browser(), site.browser()
    page = second.get(path).text
    form = dict(re.findall(r'<input type="hidden" name="(csrf|secret)" value="([^"]+)"', page))
    code = pyotp.TOTP(shown_secret(page)).at(site.clock.now)
    assert fill_in(site, first, path)[0].status_code == 200
    late = {**form, "password": "another long one", "again": "another long one", "code": code}
    assert second.client.post(f"/review{path}", data=late).status_code == 404
    first.post("/sign-in", {"login": "anna", "password": PASSWORD})
    assert first.get("/second-factor").status_code == 200


def test_of_two_uses_at_once_one_is_too_late(site, root):
    token = invited(root).removeprefix("/invitation/")
    account = token.split(".")[0]
    uses = [site.log.perform(partial(use_invitation, token=token, account=account)) for _ in range(2)]
    assert [use.result(10) for use in uses] == [True, False]


def test_an_invitation_expires(site, root):
    path = invited(root)
    site.clock.move(hours=71, minutes=59)
    assert site.browser().get(path).status_code == 200
    site.clock.move(minutes=1)
    assert site.browser().get(path).status_code == 404


def test_a_new_invitation_ends_the_older_one(site, root):
    path = invited(root)
    account = re.search(r"/accounts/(u-[0-9a-f]+)/reset", root.get("/accounts").text)[1]
    newer = link(root.post(f"/accounts/{account}/reset", shown_at="/accounts"))
    assert site.browser().get(path).status_code == 404
    assert site.browser().get(newer).status_code == 200


def test_an_invitation_of_one_account_is_none_of_another(site, root):
    path = invited(root)
    with reading(site.places) as reader:
        other = reader.database.execute("SELECT account FROM review_accounts WHERE login = 'root'").fetchone()

    def turn(transaction):
        transaction.database.execute("UPDATE review_accounts SET state = 'invited'")
        transaction.database.execute("UPDATE review_invitations SET account = ?", other)

    site.perform(turn)
    assert site.browser().get(path).status_code == 404


@pytest.mark.parametrize("token", ["nothing", "u-1.abc", "%2e%2e", "%00", "x" * 3000])
def test_a_link_of_nobody_is_not_there(site, token):
    assert site.browser().get(f"/invitation/{token}").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"password": "too short"}, "at least 12"),
        ({"password": "password1234"}, "easy to guess"),
        ({"again": "something else entirely"}, "not the same"),
        ({"code": "000000"}, "code is wrong"),
        ({"secret": "00"}, "code is wrong"),
    ],
)
def test_what_is_wrong_is_said_and_the_link_stays_good(site, root, wrong, words):
    path, browser = invited(root), site.browser()
    answer, _ = fill_in(site, browser, path, **wrong)
    assert answer.status_code == 422
    assert words in answer.text
    assert PASSWORD not in answer.text
    assert fill_in(site, browser, path)[0].status_code == 200


def test_the_app_keeps_its_key_when_something_else_was_wrong(site, root):
    path, browser = invited(root), site.browser()
    answer, secret = fill_in(site, browser, path, again="something else entirely")
    assert shown_secret(answer.text) == secret
    assert shown_secret(browser.get(path).text) != secret


def test_the_key_of_another_invitation_is_not_taken(site, root):
    first, second, browser = invited(root, "anna"), invited(root, "bert"), site.browser()
    page = browser.get(second).text
    foreign = re.search(r'name="secret" value="([^"]+)"', page)[1]
    code = pyotp.TOTP(shown_secret(page)).at(site.clock.now)
    assert fill_in(site, browser, first, code=code, secret=foreign)[0].status_code == 422


def test_hostile_names_cannot_be_invited(root):
    for login in ("<script>alert(1)</script>", "a'b--", "=1+1", "an na", "ab", "a" * 65, "a\u202eb", ""):
        answer = root.post("/accounts", {"login": login, "role": "therapist", "clinic": ""})
        assert answer.status_code == 422
        assert "<script>alert" not in answer.text


def test_a_hostile_clinic_stays_text(site, root):
    answer = root.post("/accounts", {"login": "anna", "role": "therapist", "clinic": '"><img src=x>'})
    assert answer.status_code == 200
    assert '"><img' not in root.get("/accounts").text
    assert '"><img src=x>' in unescape(root.get("/accounts").text)


def test_the_first_administrator_comes_by_the_setup_file(site):
    token = write_setup(site.places.database, Setup("root", False), site.clock.now)
    browser = site.browser()
    assert fill_in(site, browser, f"/invitation/{token}")[0].status_code == 200
    assert browser.get(f"/invitation/{token}").status_code == 404
    browser.post("/sign-in", {"login": "root", "password": PASSWORD})
    assert browser.get("/second-factor").status_code == 200


def test_opening_the_setup_link_alone_changes_nothing(site):
    token = write_setup(site.places.database, Setup("root", False), site.clock.now)
    for _ in range(3):
        assert site.browser().get(f"/invitation/{token}").status_code == 200


def test_where_there_is_an_administrator_the_setup_file_needs_reset(site, root):
    token = write_setup(site.places.database, Setup("intruder", False), site.clock.now)
    assert site.browser().get(f"/invitation/{token}").status_code == 404
    token = write_setup(site.places.database, Setup("root", True), site.clock.now)
    done, _ = fill_in(site, site.browser(), f"/invitation/{token}", password="an altogether new one")
    assert done.status_code == 200
    assert site.browser().get(f"/invitation/{token}").status_code == 404
    assert root.get("/accounts").status_code == 303
    browser = site.browser()
    browser.post("/sign-in", {"login": "root", "password": "an altogether new one"})
    assert browser.get("/second-factor").status_code == 200


def test_a_reset_takes_password_and_sessions_away(site, root):
    anna = site.account("anna")
    browser = site.sign_in(anna)
    by = By(root.user.account, "administrator", site.clock.now)
    site.perform(partial(reset_account, account=anna.account, by=by))
    assert browser.get("/own-account").status_code == 303
    assert site.browser().post("/sign-in", {"login": "anna", "password": PASSWORD}).status_code == 401
