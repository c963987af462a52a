"""Who may see what of whom. Content is a therapist's or a supervisor's alone, and only where it is shared.

The clinic is the boundary of privacy: a talk held at another one is not visible, whoever the person is.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from session_log.reader import LogReader, TalkSummary

__all__ = [
    "ADMINISTRATOR",
    "CARE_ROLES",
    "REVIEW_ROLES",
    "SUPERVISOR",
    "THERAPIST",
    "User",
    "may_see_content",
    "may_see_person",
    "may_see_talk",
    "visible_talks",
]

THERAPIST, SUPERVISOR, ADMINISTRATOR = "therapist", "supervisor", "administrator"
REVIEW_ROLES = (THERAPIST, SUPERVISOR, ADMINISTRATOR)
CARE_ROLES = (THERAPIST, SUPERVISOR)
"""The roles that see persons."""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who is signed in.

    Attributes:
        account: their id, which the log names as actor and author.
        login: the name by which they sign in.
        role: one of `REVIEW_ROLES`.
        clinic: whose; None for talks that name no clinic, and for administrators.
        session: id of this session.
        persons: the pseudonyms assigned to a therapist.
    """

    account: str
    login: str
    role: str
    clinic: str | None
    session: str
    persons: frozenset[str] = frozenset()


def may_see_person(reader: LogReader, user: User, person: str) -> bool:
    """Whether somebody may see that a person is there: one of their own with a talk at their clinic."""
    if user.role not in CARE_ROLES or (user.role == THERAPIST and person not in user.persons):
        return False
    query = "SELECT 1 FROM talks WHERE person = ? AND clinic IS ? LIMIT 1"
    return reader.database.execute(query, (person, user.clinic)).fetchone() is not None


def may_see_talk(user: User, talk: TalkSummary) -> bool:
    """Whether somebody may see that a talk took place, when, and its crisis flag."""
    if user.role not in CARE_ROLES or talk.clinic != user.clinic:
        return False
    return user.role == SUPERVISOR or (talk.subject is not None and talk.subject in user.persons)


def may_see_content(user: User, talk: TalkSummary) -> bool:
    """Whether somebody may see what was said in a talk, and what follows from that."""
    return may_see_talk(user, talk) and talk.shared and talk.erased_at is None


def visible_talks(user: User) -> tuple[str, tuple[object, ...]]:
    """The same as `may_see_talk` as a condition on the table `talks`, with its values."""
    if user.role == SUPERVISOR:
        return "talks.clinic IS ?", (user.clinic,)
    if user.role == THERAPIST:
        condition = "talks.clinic IS ? AND talks.person IN (SELECT value FROM json_each(?))"
        return condition, (user.clinic, json.dumps(sorted(user.persons)))
    return "0", ()
