"""Accounts as rows, and the chain that vouches for them."""

import json
from functools import partial

import pytest

from review.accounts import (
    AccountError,
    By,
    create_account,
    disable_account,
    find_account,
    list_accounts,
    make_administrator,
    plain_clinic,
    plain_login,
    reset_account,
    use_code,
)
from session_log.account_rows import account_digest
from session_log.reader import reading
from session_log.verify import verify

from .conftest import NOW

BY = By("operator", "operator", NOW)


def changes(site, account):
    with reading(site.places) as reader:
        rows = reader.database.execute(
            """SELECT json_extract(facts, '$.change'), json_extract(facts, '$.digest') FROM events
            WHERE event_kind = 'account_changed' AND json_extract(facts, '$.account') = ?
            ORDER BY sequence""",
            (account,),
        ).fetchall()
        return rows, account_digest(reader.database, account)


def test_each_change_is_in_the_chain_with_the_digest_of_the_row(site):
    site.account("root", "administrator", None)
    anna = site.account("anna").account
    steps = ["account_made", "account_enrolled"]
    for job, name in ((disable_account, "account_disabled"), (reset_account, "account_reset")):
        site.perform(partial(job, account=anna, by=BY))
        steps.append(name)
        rows, digest = changes(site, anna)
        assert [change for change, _ in rows] == steps
        assert rows[-1][1] == digest


def test_signing_in_with_the_app_does_not_change_the_digest_and_a_recovery_code_does(site):
    anna = site.account("anna")
    _, before = changes(site, anna.account)
    site.sign_in(anna)
    assert changes(site, anna.account)[1] == before
    code = anna.codes[0].replace("-", "")
    assert site.perform(partial(use_code, account=anna.account, code=code, by=BY))
    rows, after = changes(site, anna.account)
    assert after != before
    assert rows[-1] == ("recovery_code_used", after)


@pytest.mark.parametrize(
    "change",
    [
        "login = 'other'",
        "role = 'administrator'",
        "clinic = 'clinic-2'",
        "clinic = NULL",
        "state = 'disabled'",
        "password = 'x'",
        "code_secret = x'00'",
        "recovery = '[1]'",
        "made_at = '2020'",
    ],
)
def test_a_changed_row_no_longer_fits_its_digest(site, change):
    anna = site.account("anna").account
    _, before = changes(site, anna)

    def tamper(transaction):
        transaction.database.execute(f"UPDATE review_accounts SET {change}")

    site.perform(tamper)
    assert changes(site, anna)[1] != before


def test_there_is_no_digest_of_nobody(site):
    with reading(site.places) as reader:
        assert account_digest(reader.database, "u-nobody") is None


def test_a_login_is_taken_once_however_it_is_typed(site):
    site.account("anna")
    with pytest.raises(AccountError, match="login_taken"):
        site.perform(partial(create_account, login=plain_login("ANNA"), role="therapist", clinic=None, by=BY))


@pytest.mark.parametrize("typed", ["an", "a b c", "<b>", "a" * 65, "", "anna\n1", "an\u202ena", "a'b;--"])
def test_what_cannot_be_a_login(typed):
    with pytest.raises(AccountError, match="login_wrong"):
        plain_login(typed)


@pytest.mark.parametrize(
    ("typed", "plain"), [(" Anna ", "anna"), ("anna@clinic", "anna@clinic"), ("مریم_۱", "مریم_۱")]
)
def test_what_can_be_a_login(typed, plain):
    assert plain_login(typed) == plain


def test_a_clinic_is_one_line_or_none():
    assert plain_clinic("  ") is None
    assert plain_clinic(" Clinic 1 ") == "Clinic 1"
    with pytest.raises(AccountError, match="clinic_wrong"):
        plain_clinic("a\nb")


def test_an_unknown_role_is_refused(site):
    with pytest.raises(AccountError, match="role_wrong"):
        site.perform(partial(create_account, login="anna", role="person", clinic=None, by=BY))


def test_an_administrator_has_no_clinic(site):
    account = site.perform(
        partial(create_account, login="root", role="administrator", clinic="clinic-1", by=BY)
    )
    with reading(site.places) as reader:
        assert find_account(reader.database, account).clinic is None


def test_nobody_closes_their_own_account_or_the_last_administrator_s(site):
    root = site.account("root", "administrator", None).account
    with pytest.raises(AccountError, match="oneself"):
        site.perform(partial(disable_account, account=root, by=By(root, "administrator", NOW)))
    other = site.account("sara", "supervisor").account
    for job in (disable_account, reset_account):
        with pytest.raises(AccountError, match="last_administrator"):
            site.perform(partial(job, account=root, by=By(other, "supervisor", NOW)))
        with pytest.raises(AccountError, match="unknown"):
            site.perform(partial(job, account="u-nobody", by=BY))


def test_a_refused_change_leaves_nothing_behind(site):
    site.account("anna")
    before = changes(site, "anything")
    with pytest.raises(AccountError):
        site.perform(partial(make_administrator, login="anna", by=BY, reset=False))
    assert changes(site, "anything") == before


def test_a_reset_makes_an_administrator_of_any_login(site):
    anna = site.account("anna").account
    assert site.perform(partial(make_administrator, login="anna", by=BY, reset=True)) == anna
    with reading(site.places) as reader:
        account = find_account(reader.database, anna)
    assert (account.role, account.clinic, account.state, account.password) == (
        "administrator",
        None,
        "invited",
        None,
    )


def test_no_secret_is_in_what_is_printed(site):
    site.account("anna")
    with reading(site.places) as reader:
        [account] = list_accounts(reader.database)
    assert "argon2" not in repr(account)


def test_codes_of_a_closed_account_are_worth_nothing(site):
    site.account("root", "administrator", None)
    anna = site.account("anna")
    site.perform(partial(disable_account, account=anna.account, by=BY))
    for code in (site.code(anna), anna.codes[0].replace("-", "")):
        assert not site.perform(partial(use_code, account=anna.account, code=code, by=BY))


def test_recovery_codes_are_kept_as_digests(site):
    anna = site.account("anna")
    with reading(site.places) as reader:
        kept = reader.database.execute("SELECT recovery FROM review_accounts").fetchone()[0]
    assert len(json.loads(kept)) == len(anna.codes)
    assert all(code not in kept and code.replace("-", "") not in kept for code in anna.codes)


def test_the_log_is_found_sound_until_an_account_is_changed_by_hand(site):
    root = site.signed_in("root", "administrator", None)
    anna = site.account("anna")
    site.talk("t-1")
    site.assign(anna, "person-1")
    root.post("/accounts", {"login": "bert", "role": "supervisor", "clinic": "clinic-1"})
    site.sign_in(anna)
    assert site.log.flush(20)
    assert verify(site.places) == []

    def promote(transaction):
        transaction.database.execute("UPDATE review_accounts SET role = 'administrator' WHERE login = 'anna'")

    site.perform(promote)
    assert len(verify(site.places)) == 1
