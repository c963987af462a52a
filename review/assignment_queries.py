"""Which therapist sees which person: asked by pseudonym, and changed by jobs. Nothing of a talk is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from review.accounts import DISABLED, AccountError, find_account, log_key
from review.roles import ADMINISTRATOR, SUPERVISOR, THERAPIST, User
from session_log.account_rows import assignment_mac
from session_log.transaction import Transaction

__all__ = ["PAGE_ROWS", "AssignedPerson", "Therapist", "assign", "list_persons", "therapists", "unassign"]

PAGE_ROWS = 25


@dataclass(frozen=True, slots=True)
class Therapist:
    """To whom persons can be assigned."""

    account: str
    login: str
    clinic: str | None


@dataclass(frozen=True, slots=True)
class AssignedPerson:
    """A person and the therapists who see them; `clinic` is that of the latest talk."""

    person: str
    clinic: str | None
    talks: int
    last_at: datetime
    therapists: tuple[Therapist, ...]


def therapists(database: Database, user: User) -> list[Therapist]:
    """The therapists of whom somebody decides: of their clinic, an administrator of all."""
    query = """SELECT account, login, clinic FROM review_accounts
        WHERE role = ? AND state <> ? AND (? OR clinic IS ?) ORDER BY login"""
    values = (THERAPIST, DISABLED, user.role == ADMINISTRATOR, user.clinic)
    return [Therapist(*row) for row in database.execute(query, values)]


def list_persons(
    database: Database, user: User, search: str = "", page: int = 1
) -> tuple[list[AssignedPerson], int]:
    """One page of the persons of whom somebody decides, the latest first, and how many there are in all.

    Args:
        database: to read.
        user: a supervisor sees their clinic's, an administrator all.
        search: a part of the pseudonym.
        page: from 1.
    """
    condition = "(? OR clinic IS ?) AND instr(lower(person), ?) > 0"
    values = (user.role == ADMINISTRATOR, user.clinic, search.casefold())
    # S608: the condition is a constant, here and below.
    counted = f"SELECT count(*) FROM persons WHERE {condition}"  # noqa: S608
    count: int = database.execute(counted, values).fetchone()[0]
    query = f"""SELECT person, clinic, talks, last_at FROM persons WHERE {condition}
        ORDER BY last_at DESC, person LIMIT ? OFFSET ?"""  # noqa: S608
    rows = database.execute(query, (*values, PAGE_ROWS, (page - 1) * PAGE_ROWS)).fetchall()
    return [
        AssignedPerson(person, clinic, talks, datetime.fromisoformat(last_at), _of(database, person))
        for person, clinic, talks, last_at in rows
    ], count


def assign(transaction: Transaction, user: User, person: str, therapist: str, now: datetime) -> None:
    """Lets a therapist see a person.

    Raises:
        AccountError: where one of them is unknown or not the user's to decide of, or they are of two clinics.
    """
    _check(transaction.database, user, person, therapist)
    at = now.isoformat(timespec="microseconds")
    query = """INSERT INTO review_assignments (therapist, person, at, mac) VALUES (?, ?, ?, ?)
        ON CONFLICT (therapist, person) DO NOTHING"""
    mac = assignment_mac(log_key(transaction), therapist, person, at)
    transaction.database.execute(query, (therapist, person, at, mac))


def unassign(transaction: Transaction, user: User, person: str, therapist: str) -> None:
    """Takes a person from a therapist.

    Raises:
        AccountError: as `assign`.
    """
    _check(transaction.database, user, person, therapist)
    query = "DELETE FROM review_assignments WHERE therapist = ? AND person = ?"
    transaction.database.execute(query, (therapist, person))


def _check(database: Database, user: User, person: str, therapist: str) -> None:
    account = find_account(database, therapist)
    if account is None or account.role != THERAPIST or user.role not in (SUPERVISOR, ADMINISTRATOR):
        raise AccountError("unknown")
    if user.role == SUPERVISOR and account.clinic != user.clinic:
        raise AccountError("unknown")
    query = "SELECT 1 FROM talks WHERE person = ? AND clinic IS ? LIMIT 1"
    if database.execute(query, (person, account.clinic)).fetchone() is None:
        raise AccountError("unknown")


def _of(database: Database, person: str) -> tuple[Therapist, ...]:
    query = """SELECT account, login, clinic FROM review_assignments
        JOIN review_accounts ON account = therapist WHERE person = ? ORDER BY login"""
    return tuple(Therapist(*row) for row in database.execute(query, (person,)))
