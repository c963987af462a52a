"""What vouches for the review's rows: events for its accounts, the log's own key for its assignments."""

from __future__ import annotations

import hashlib
import hmac
import json

from sqlite_utils import Database

__all__ = ["account_digest", "assignment_mac"]

_DIGESTED = "account, login, role, clinic, state, password, hex(code_secret), recovery, made_at"
# `code_step` moves with each sign-in and is worth nothing to whoever changes it.


def account_digest(database: Database, account: str) -> str | None:
    """The SHA-256 of an account's row as it is now, in hexadecimal; None where there is no such account.

    It is right where it equals the digest of the newest `account_changed` event of the account.
    """
    # S608: the columns are this module's own constant.
    query = f"SELECT {_DIGESTED} FROM review_accounts WHERE account = ?"  # noqa: S608
    row = database.execute(query, (account,)).fetchone()
    if row is None:
        return None
    return hashlib.sha256(json.dumps(list(row), ensure_ascii=True).encode()).hexdigest()


def assignment_mac(log_key: bytes, therapist: str, person: str, at: str) -> bytes:
    """What makes a row of `review_assignments` count; it can't be made without the key."""
    message = json.dumps(["hamdel review assignment 1", therapist, person, at])
    return hmac.new(log_key, message.encode(), hashlib.sha256).digest()
