"""Links by which somebody takes their first steps: set a password, and pair an authenticator app.

A link is good once and for a limited time. The database holds its digest under the log's key alone. The first
administrator's link is made by `python -m review admin` and stands in a file (`review.setup_file`).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from session_log.data_keys import DataKey, SealError
from session_log.reader import LogReader
from session_log.transaction import Transaction

__all__ = ["Invitation", "find_invitation", "invite", "open_secret", "seal_secret", "use_invitation"]


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation that is still good.

    Attributes:
        login: whose.
        account: their id; None for the first administrator's, who has none yet.
    """

    login: str
    account: str | None


def invite(transaction: Transaction, account: str, now: datetime, hours: int) -> str:
    """Makes the only good invitation of an account, and returns its secret."""
    database = transaction.database
    database.execute("DELETE FROM review_invitations WHERE account = ?", (account,))
    token = f"{account}.{secrets.token_urlsafe(32)}"
    digest = _digest(transaction.keys.log_key(database).secret, token)
    expires = (now + timedelta(hours=hours)).isoformat(timespec="microseconds")
    query = "INSERT INTO review_invitations (invitation, account, expires_at) VALUES (?, ?, ?)"
    database.execute(query, (digest, account, expires))
    return token


def find_invitation(reader: LogReader, token: str, now: datetime) -> Invitation | None:
    """The invitation of a secret, if it is still good."""
    digest = _digest(reader.keys.log_key(reader.database).secret, token)
    row = reader.database.execute(
        """SELECT account.account, login, expires_at FROM review_invitations AS invitation
        JOIN review_accounts AS account ON account.account = invitation.account
        WHERE invitation = ? AND state = 'invited'""",
        (digest,),
    ).fetchone()
    # The account stands in the token, so that a row can't be turned into another account's.
    if row is None or not token.startswith(f"{row[0]}.") or now >= datetime.fromisoformat(row[2]):
        return None
    return Invitation(login=row[1], account=row[0])


def use_invitation(transaction: Transaction, token: str, account: str) -> bool:
    """Uses an invitation up; False where somebody else has done so."""
    digest = _digest(transaction.keys.log_key(transaction.database).secret, token)
    query = "DELETE FROM review_invitations WHERE invitation = ? AND account = ?"
    return bool(transaction.database.execute(query, (digest, account)).rowcount)


def _digest(key: bytes, token: str) -> str:
    return hmac.new(key, b"hamdel review invitation 1\n" + token.encode(), hashlib.sha256).hexdigest()


def seal_secret(reader: LogReader, token: str, secret: str) -> str:
    """An app's secret for a field of the form that pairs it, so that nothing is stored until it is paired."""
    return _form_key(reader).seal(secret.encode(), token).hex()


def open_secret(reader: LogReader, token: str, sealed: str) -> str | None:
    """The secret from the form of the same invitation; None where it was tampered with."""
    try:
        return _form_key(reader).open(bytes.fromhex(sealed), token).decode()
    except (SealError, ValueError):
        return None


def _form_key(reader: LogReader) -> DataKey:
    own = reader.keys.log_key(reader.database).secret
    return DataKey(hmac.new(own, b"hamdel review enrolment 1", hashlib.sha256).digest())
