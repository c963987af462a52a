"""Breaks of the chain that were recorded when the log was opened, and the operators who know of them.

A break stays in the log for ever. Somebody who has looked into it says so with a command, and that stands in
the chain as well, with name and time: so nobody without the keys can acknowledge a break, nobody unseen, and
none before it happened.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from session_log.audit_events import AccessNoted, ChainBroken
from session_log.chain_walk import ACKNOWLEDGED, acknowledged_row, broken
from session_log.kinds import KINDS
from session_log.operator_access import note_access
from session_log.writer import SessionLog

__all__ = ["Break", "acknowledge", "unacknowledged_breaks"]


@dataclass(frozen=True, slots=True)
class Break:
    """A recorded break: its row, when the log was opened (ISO 8601, UTC), and what did not fit."""

    sequence: int
    at: str
    problem: str


def unacknowledged_breaks(database: Database) -> list[Break]:
    """The breaks of which nobody has said yet that they are known, the oldest first."""
    query = """SELECT sequence, event_kind, at, facts FROM events
        WHERE event_kind IN (?, ?) AND facts IS NOT NULL ORDER BY sequence"""
    found: dict[int, Break] = {}
    for sequence, kind, at, facts in database.execute(query, (KINDS[ChainBroken], KINDS[AccessNoted])):
        values = json.loads(facts)
        if kind == KINDS[ChainBroken]:
            found[sequence] = Break(sequence, at, broken(values))
        else:
            found.pop(acknowledged_row(values) or 0, None)
    return list(found.values())


def acknowledge(log: SessionLog, breaks: Sequence[Break]) -> None:
    """Notes that the operator knows of these breaks.

    Raises:
        SessionLogError: where it cannot be written.
    """
    for each in breaks:
        note_access(log, ACKNOWLEDGED, detail=f"row {each.sequence}")
