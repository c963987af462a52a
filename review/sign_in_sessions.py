"""Who is signed in: sessions, kept in the log's database by the digest of their secret.

The secret is 256 random bits, new at each step of signing in, so that one that somebody planted beforehand
is worth nothing. What the database holds is authenticated with the log's key: whoever can write the database
alone can't make a session, nor turn one into another's.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from sqlite_utils import Database

from review.parts import Review
from review.roles import THERAPIST, User
from session_log.account_rows import assignment_mac
from session_log.data_keys import DataKey
from session_log.reader import LogReader
from session_log.transaction import Transaction

__all__ = ["PASSWORD_GIVEN", "SIGNED_IN", "begin_session", "end_session", "end_sessions", "find_user"]

SIGNED_IN, PASSWORD_GIVEN = "signed_in", "password_given"  # noqa: S105 - stages
"""How far a session has come: a second factor is still wanted after the password."""

_SECOND_FACTOR_WITHIN = timedelta(minutes=5)
_TOUCH_AFTER = timedelta(seconds=30)
_CLOCK_TOLERANCE = timedelta(minutes=1)


async def find_user(review: Review, secret: str, stage: str) -> User | None:
    """Who holds the session of a secret, if it is still good; and notes that they are active."""
    if not secret:
        return None
    found = await review.read(functools.partial(_find, review, secret, stage))
    if found is None:
        return None
    user, seen_at = found
    now = review.now()
    if stage == SIGNED_IN and abs(now - seen_at) > _TOUCH_AFTER:
        await review.write(functools.partial(_touch, session=user.session, now=now))
    return user


def begin_session(transaction: Transaction, account: str, stage: str, now: datetime) -> str:
    """Begins a session, drops those that are over, and returns the secret."""
    database = transaction.database
    database.execute("DELETE FROM review_sessions WHERE begun_at < ?", (_text(now - timedelta(days=2)),))
    secret, key = secrets.token_urlsafe(32), transaction.keys.log_key(database)
    session, at = _session_of(key, secret), _text(now)
    mac = _mac(key, session, account, stage, at)
    query = """INSERT INTO review_sessions (session, account, stage, begun_at, seen_at, mac)
        VALUES (?, ?, ?, ?, ?, ?)"""
    database.execute(query, (session, account, stage, at, at, mac))
    return secret


def end_session(transaction: Transaction, session: str) -> None:
    """Ends one session."""
    transaction.database.execute("DELETE FROM review_sessions WHERE session = ?", (session,))


def end_sessions(transaction: Transaction, account: str) -> None:
    """Ends all sessions of an account."""
    transaction.database.execute("DELETE FROM review_sessions WHERE account = ?", (account,))


def _touch(transaction: Transaction, session: str, now: datetime) -> None:
    query = "UPDATE review_sessions SET seen_at = ? WHERE session = ?"
    transaction.database.execute(query, (_text(now), session))


def _find(review: Review, secret: str, stage: str, reader: LogReader) -> tuple[User, datetime] | None:
    key = reader.keys.log_key(reader.database)
    session = _session_of(key, secret)
    row = reader.database.execute(
        """SELECT session.account, session.begun_at, session.seen_at, session.mac, login, role, clinic
        FROM review_sessions AS session JOIN review_accounts AS account ON account.account = session.account
        WHERE session = ? AND stage = ? AND state = 'active'""",
        (session, stage),
    ).fetchone()
    if row is None:
        return None
    account, begun, seen, mac, login, role, clinic = row
    if not hmac.compare_digest(bytes(mac), _mac(key, session, account, stage, begun)):
        return None
    begun_at, seen_at = datetime.fromisoformat(begun), datetime.fromisoformat(seen)
    if _is_over(review, stage, begun_at, seen_at):
        return None
    persons = _persons(reader.database, key, account) if role == THERAPIST else frozenset()
    return User(account, login, role, clinic, session, persons), seen_at


def _is_over(review: Review, stage: str, begun_at: datetime, seen_at: datetime) -> bool:
    now = review.now()
    # A clock that was set back must not make sessions longer: they end.
    if now < max(begun_at, seen_at) - _CLOCK_TOLERANCE:
        return True
    if stage == PASSWORD_GIVEN:
        return now - begun_at >= _SECOND_FACTOR_WITHIN
    settings = review.settings
    return now - seen_at >= timedelta(minutes=settings.idle_minutes) or now - begun_at >= timedelta(
        hours=settings.longest_hours
    )


def _persons(database: Database, key: DataKey, account: str) -> frozenset[str]:
    query = "SELECT person, at, mac FROM review_assignments WHERE therapist = ?"
    return frozenset(
        person
        for person, at, mac in database.execute(query, (account,))
        if hmac.compare_digest(bytes(mac), assignment_mac(key.secret, account, person, at))
    )


def _session_of(key: DataKey, secret: str) -> str:
    return hmac.new(key.secret, b"hamdel review session 1" + secret.encode(), hashlib.sha256).hexdigest()


def _mac(key: DataKey, *parts: str) -> bytes:
    message = "\n".join(("hamdel review session row 1", *parts))
    return hmac.new(key.secret, message.encode(), hashlib.sha256).digest()


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")
