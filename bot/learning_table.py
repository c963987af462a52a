"""The decisions of a log as one table of bounded size, read such that talks beside it go on."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import islice

import numpy as np

from emotion import MOODS
from recommender.decisions import Decision, DecisionTable

__all__ = ["MOST_DECISIONS", "read_table"]

MOST_DECISIONS = 50_000
"""Decisions that count; of more the oldest teach nothing. Some hundred megabytes while it is learnt."""

_AT_ONCE = 200
_BREATH_S = 0.002  # of what a talk waits for while Python is busy here


def read_table(
    decisions: Iterable[Decision],
    families: Mapping[str, str],
    stopping: threading.Event,
    most: int = MOST_DECISIONS,
) -> DecisionTable | None:
    """Puts decisions of which something came into one table.

    Args:
        decisions: the newest first.
        families: technique → family, the order of the table's columns.
        stopping: ends the reading.
        most: rows of the table.

    Returns:
        At most `most` usable decisions; None where it was stopped.
    """
    rows, numbers = iter(decisions), dict[str, int]()
    tables = [DecisionTable.of((), tuple(families))]
    count = 0
    while count < most and (some := list(islice(rows, _AT_ONCE))):
        if stopping.wait(_BREATH_S):
            return None
        table = _table(some, families, numbers)
        tables.append(table.where(np.arange(len(table)) < most - count))
        count += len(tables[-1])
    return None if stopping.is_set() else DecisionTable.joined(tables)


def _table(some: list[Decision], families: Mapping[str, str], numbers: dict[str, int]) -> DecisionTable:
    known = [row for row in some if row.technique in families and row.context.mood in MOODS]
    # A table numbers its own persons; in all of them together each must have one number.
    persons = [numbers.setdefault(row.person, len(numbers)) for row in known]
    table = DecisionTable.of(known, tuple(families))
    return replace(table, person=np.array(persons, dtype=np.int64)).usable()
