"""The audit as rows: who did what to whose data, from the chain of the log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from review.roles import ADMINISTRATOR, User

__all__ = ["PAGE_ROWS", "AuditFilter", "AuditRow", "known_actions", "known_actors", "read_audit"]

PAGE_ROWS = 50

# As in the index `audit` of the table, word for word: so SQLite uses it.
_KINDS = """event_kind IN
        ('access_noted', 'account_changed', 'audio_deleted', 'erased', 'chain_broken')"""


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What is asked for; empty means everything.

    Attributes:
        actor: an account id, or `unknown`, `operator`, `server`.
        person: a whole pseudonym.
        action: as `known_actions` names it.
        since, until: moments in UTC, the second not included.
    """

    actor: str = ""
    person: str = ""
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One thing that happened.

    Attributes:
        sequence: its place in the chain.
        actor: an account id or one of the other actors; `login` is the account's.
        action: of what was noted, else how the account changed, else the kind of event.
        about: the login of the account, or the reason or detail, that it was about.
    """

    sequence: int
    at: datetime
    actor: str
    login: str | None
    role: str
    action: str
    allowed: bool
    person: str | None
    talk: str | None
    about: str | None


def read_audit(
    database: Database,
    user: User,
    wanted: AuditFilter,
    *,
    before: int | None = None,
    limit: int | None = None,
) -> Iterator[AuditRow]:
    """The rows that somebody may see, the newest first.

    A supervisor sees what the people of their clinic did, and what was done with the persons of their clinic.

    Args:
        database: to read.
        user: an administrator or a supervisor.
        wanted: the filter.
        before: only rows of a lower sequence.
        limit: most rows.
    """
    conditions = [_KINDS]
    values: list[object] = []
    for condition, value in _conditions(user, wanted, before):
        conditions.append(condition)
        values.extend(value)
    # S608: the conditions are this module's own constants.
    query = f"""SELECT sequence, event_kind, at, talk_id, facts,
            (SELECT login FROM review_accounts WHERE account = json_extract(facts, '$.actor')),
            (SELECT login FROM review_accounts
                WHERE account = coalesce(json_extract(facts, '$.detail'), json_extract(facts, '$.account')))
        FROM events INDEXED BY audit WHERE {" AND ".join(conditions)}
        ORDER BY sequence DESC LIMIT ?"""  # noqa: S608
    for row in database.execute(query, (*values, -1 if limit is None else limit)):
        yield _row(*row)


def known_actors(database: Database, user: User) -> list[tuple[str, str]]:
    """Accounts to ask for, as id and login."""
    query = "SELECT account, login FROM review_accounts WHERE ? OR clinic IS ? ORDER BY login"
    values = (user.role == ADMINISTRATOR, user.clinic)
    return [(row[0], row[1]) for row in database.execute(query, values)]


def known_actions(database: Database) -> list[str]:
    """The actions that stand in the log."""
    query = f"""SELECT DISTINCT coalesce(json_extract(facts, '$.action'), json_extract(facts, '$.change'),
        event_kind) FROM events INDEXED BY audit WHERE {_KINDS} ORDER BY 1"""  # noqa: S608
    return [row[0] for row in database.execute(query)]


def _conditions(
    user: User, wanted: AuditFilter, before: int | None
) -> Iterator[tuple[str, tuple[object, ...]]]:
    if user.role != ADMINISTRATOR:
        yield (
            """(json_extract(facts, '$.actor') IN (SELECT account FROM review_accounts WHERE clinic IS ?)
            OR EXISTS (SELECT 1 FROM talks WHERE clinic IS ? AND person = json_extract(facts, '$.person'))
            OR EXISTS (SELECT 1 FROM talks WHERE clinic IS ?
                AND talk_id = coalesce(events.talk_id, json_extract(facts, '$.about_talk'))))""",
            (user.clinic,) * 3,
        )
    if before is not None:
        yield "sequence < ?", (before,)
    if wanted.actor:
        yield "json_extract(facts, '$.actor') = ?", (wanted.actor,)
    if wanted.person:
        yield "json_extract(facts, '$.person') = ?", (wanted.person,)
    if wanted.action:
        yield (
            """coalesce(json_extract(facts, '$.action'), json_extract(facts, '$.change'), event_kind) = ?""",
            (wanted.action,),
        )
    if wanted.since is not None:
        yield "at >= ?", (wanted.since.isoformat(timespec="microseconds"),)
    if wanted.until is not None:
        yield "at < ?", (wanted.until.isoformat(timespec="microseconds"),)


def _row(
    sequence: int,
    kind: str,
    at: str,
    talk: str | None,
    facts: str,
    login: str | None,
    about: str | None,
) -> AuditRow:
    values = json.loads(facts)
    return AuditRow(
        sequence=sequence,
        at=datetime.fromisoformat(at),
        actor=values.get("actor", "server"),
        login=login,
        role=values.get("role", "server"),
        action=values.get("action") or values.get("change") or kind,
        allowed=values.get("allowed", True),
        person=values.get("person"),
        talk=talk or values.get("about_talk"),
        about=about
        or values.get("detail")
        or values.get("account")
        or values.get("reason")
        or values.get("problem"),
    )
