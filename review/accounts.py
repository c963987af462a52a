"""Accounts of those who sign in to the review, kept in the log's database and vouched for by its chain."""

from __future__ import annotations

import json
import re
import secrets
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime

from sqlite_utils import Database

from review.roles import ADMINISTRATOR, REVIEW_ROLES
from review.second_factor import matching_step, recovery_digest
from review.sign_in_sessions import end_sessions
from session_log.account_rows import account_digest
from session_log.audit_events import AccountChanged
from session_log.transaction import Transaction

__all__ = [
    "ACTIVE",
    "DISABLED",
    "INVITED",
    "Account",
    "AccountError",
    "By",
    "create_account",
    "disable_account",
    "enrol",
    "find_account",
    "find_by_login",
    "has_administrator",
    "list_accounts",
    "log_key",
    "make_administrator",
    "plain_clinic",
    "plain_login",
    "reset_account",
    "use_code",
]

INVITED, ACTIVE, DISABLED = "invited", "active", "disabled"
"""States of an account: without password yet, in use, closed."""

_KEY_OWNER = "accounts"
_LOGIN = re.compile(r"[\w@.+-]{3,64}")
_CLINIC = re.compile(r"[^\x00-\x1f\x7f]{1,200}")
_COLUMNS = "account, login, role, clinic, state, made_at, password"


class AccountError(Exception):
    """An account can't be made or changed so; `code` says why, in `strings/accounts.*.json`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Account:
    """An account; `password` is its Argon2id hash, None before the first steps."""

    account: str
    login: str
    role: str
    clinic: str | None
    state: str
    made_at: datetime
    password: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class By:
    """Who changes an account, and when: an account id, or `operator` for whoever has the commands."""

    actor: str
    role: str
    at: datetime


def plain_login(typed: str) -> str:
    """A login in the one form in which it is kept: NFKC, without case.

    Raises:
        AccountError: where it is none.
    """
    login = unicodedata.normalize("NFKC", typed).strip().casefold()
    if not _LOGIN.fullmatch(login):
        raise AccountError("login_wrong")
    return login


def plain_clinic(typed: str) -> str | None:
    """A clinic as tokens name it; None for an empty field.

    Raises:
        AccountError: where it is none.
    """
    clinic = typed.strip()
    if clinic and not _CLINIC.fullmatch(clinic):
        raise AccountError("clinic_wrong")
    return clinic or None


def find_account(database: Database, account: str) -> Account | None:
    """The account of an id."""
    return _find(database, "account = ?", account)


def find_by_login(database: Database, login: str) -> Account | None:
    """The account of a login in its plain form."""
    return _find(database, "login = ?", login)


def list_accounts(database: Database) -> list[Account]:
    """All accounts by login."""
    # S608: the columns are this module's own constant, here and below.
    query = f"SELECT {_COLUMNS} FROM review_accounts ORDER BY login"  # noqa: S608
    return [_account(row) for row in database.execute(query)]


def create_account(transaction: Transaction, login: str, role: str, clinic: str | None, by: By) -> str:
    """Makes an account that has no password yet, and returns its id.

    Raises:
        AccountError: where the login is taken, or there is no such role.
    """
    if role not in REVIEW_ROLES:
        raise AccountError("role_wrong")
    if find_by_login(transaction.database, login) is not None:
        raise AccountError("login_taken")
    account = f"u-{secrets.token_hex(8)}"
    if role == ADMINISTRATOR:
        clinic = None
    query = """INSERT INTO review_accounts (account, login, role, clinic, state, made_at)
        VALUES (?, ?, ?, ?, ?, ?)"""
    at = by.at.isoformat(timespec="microseconds")
    transaction.database.execute(query, (account, login, role, clinic, INVITED, at))
    _note(transaction, account, "account_made", by)
    return account


def make_administrator(transaction: Transaction, login: str, by: By, *, reset: bool) -> str:
    """Makes the first administrator's account, or with `reset` any login's into one; returns its id.

    Raises:
        AccountError: without `reset`, where there is an administrator or the login is taken.
    """
    database = transaction.database
    found = find_by_login(database, login)
    if not reset and has_administrator(database):
        raise AccountError("administrator_exists")
    if found is None:
        return create_account(transaction, login, ADMINISTRATOR, None, by)
    if not reset:
        raise AccountError("login_taken")
    _take_away(transaction, found.account, INVITED)
    query = "UPDATE review_accounts SET role = ?, clinic = NULL WHERE account = ?"
    database.execute(query, (ADMINISTRATOR, found.account))
    _note(transaction, found.account, "account_reset", by)
    return found.account


def has_administrator(database: Database) -> bool:
    """Whether anybody can sign in as administrator."""
    query = "SELECT 1 FROM review_accounts WHERE role = ? AND state = ? LIMIT 1"
    return database.execute(query, (ADMINISTRATOR, ACTIVE)).fetchone() is not None


def enrol(
    transaction: Transaction, account: str, password: str, secret: str, codes: list[str], by: By
) -> None:
    """Makes an account ready for signing in.

    Args:
        transaction: to do it in.
        account: whose.
        password: its hash.
        secret: of the authenticator app; is sealed here.
        codes: recovery codes; their digests are kept.
        by: who.
    """
    key = log_key(transaction)
    digests = [recovery_digest(key, account, code.replace("-", "")) for code in codes]
    sealed = transaction.key_of(_KEY_OWNER).seal(secret.encode(), _about(account))
    transaction.database.execute(
        """UPDATE review_accounts SET state = ?, password = ?, code_secret = ?, recovery = ?, code_step = 0
        WHERE account = ?""",
        (ACTIVE, password, sealed, json.dumps(digests), account),
    )
    _note(transaction, account, "account_enrolled", by)


def disable_account(transaction: Transaction, account: str, by: By) -> None:
    """Closes an account for good until it is reset; signs it off everywhere.

    Raises:
        AccountError: where it is the last administrator's or whoever does it, or there is none.
    """
    _check_dispensable(transaction, account, by)
    _take_away(transaction, account, DISABLED)
    _note(transaction, account, "account_disabled", by)


def reset_account(transaction: Transaction, account: str, by: By) -> None:
    """Takes password and second factor away, so that an invitation is needed; signs it off everywhere.

    Raises:
        AccountError: as `disable_account`.
    """
    _check_dispensable(transaction, account, by)
    _take_away(transaction, account, INVITED)
    _note(transaction, account, "account_reset", by)


def use_code(transaction: Transaction, account: str, code: str, by: By) -> bool:
    """Whether a code of the second factor is right; it is used up then.

    Args:
        transaction: to do it in.
        account: whose.
        code: as `second_factor.plain_code` returns it.
        by: the account itself, now.
    """
    database = transaction.database
    row = database.execute(
        "SELECT code_secret, recovery, code_step FROM review_accounts WHERE account = ? AND state = ?",
        (account, ACTIVE),
    ).fetchone()
    if row is None or row[0] is None:
        return False
    secret = transaction.key_of(_KEY_OWNER).open(bytes(row[0]), _about(account)).decode()
    step = matching_step(secret, code, by.at, row[2])
    if step is not None:
        database.execute("UPDATE review_accounts SET code_step = ? WHERE account = ?", (step, account))
        return True
    left = json.loads(row[1])
    digest = recovery_digest(log_key(transaction), account, code)
    if digest not in left:
        return False
    left.remove(digest)
    query = "UPDATE review_accounts SET recovery = ? WHERE account = ?"
    database.execute(query, (json.dumps(left), account))
    _note(transaction, account, "recovery_code_used", by)
    return True


def log_key(transaction: Transaction) -> bytes:
    """The log's own key."""
    return transaction.keys.log_key(transaction.database).secret


def _check_dispensable(transaction: Transaction, account: str, by: By) -> None:
    found = find_account(transaction.database, account)
    if found is None:
        raise AccountError("unknown")
    if account == by.actor:
        raise AccountError("oneself")
    query = "SELECT count(*) FROM review_accounts WHERE role = ? AND state = ? AND account <> ?"
    others = transaction.database.execute(query, (ADMINISTRATOR, ACTIVE, account)).fetchone()[0]
    if found.role == ADMINISTRATOR and not others and by.actor != "operator":
        raise AccountError("last_administrator")


def _take_away(transaction: Transaction, account: str, state: str) -> None:
    database = transaction.database
    database.execute(
        """UPDATE review_accounts SET state = ?, password = NULL, code_secret = NULL, recovery = '[]'
        WHERE account = ?""",
        (state, account),
    )
    database.execute("DELETE FROM review_invitations WHERE account = ?", (account,))
    end_sessions(transaction, account)


def _note(transaction: Transaction, account: str, change: str, by: By) -> None:
    digest = account_digest(transaction.database, account)
    if digest is None:
        raise AccountError("unknown")
    event = AccountChanged(
        at=by.at, actor=by.actor, role=by.role, account=account, change=change, digest=digest
    )
    transaction.append(event)


def _about(account: str) -> str:
    return f"code secret of {account}"


def _find(database: Database, condition: str, value: str) -> Account | None:
    query = f"SELECT {_COLUMNS} FROM review_accounts WHERE {condition}"  # noqa: S608
    row = database.execute(query, (value,)).fetchone()
    return None if row is None else _account(row)


def _account(row: tuple[str, str, str, str | None, str, str, str | None]) -> Account:
    account, login, role, clinic, state, made_at, password = row
    return Account(account, login, role, clinic, state, datetime.fromisoformat(made_at), password)
