"""What the rows of the log's chain say of themselves: gaps, links, tombstones, and what follows from facts.

The walk needs the log's own key and opens no content. It derives the tables for lists and searches anew
beside it, in memory, so that they can be compared with the stored ones.
"""

from __future__ import annotations

import dataclasses
import hmac
import json
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from session_log import store
from session_log.audit_events import AccessNoted, AccountChanged, ChainBroken, Erased
from session_log.care_events import FlagMoved
from session_log.chain import FIRST_LINK, Head, link
from session_log.derived import UnfittingEventError, derive
from session_log.erasure import sequences_digest
from session_log.kinds import ALL_EVENTS, KINDS
from session_log.schema import MIGRATIONS

__all__ = [
    "ACKNOWLEDGED",
    "ChainWalk",
    "Finding",
    "acknowledged_row",
    "broken",
    "empty_copy",
    "has_its_types",
]

ACKNOWLEDGED = "break_acknowledged"
"""The action of an AccessNoted with which an operator says that a recorded break is known."""

_WITH_SUBJECT = frozenset(
    name
    for name, kind in ALL_EVENTS.items()
    if "subject" in {field.name for field in dataclasses.fields(kind)}
)
_MOVED = KINDS[FlagMoved]
_TYPES: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("event_id", "event_kind", "at"), (str,)),
    **dict.fromkeys(("talk_id", "person", "facts"), (str, type(None))),
    **dict.fromkeys(("content", "facts_digest", "content_digest"), (bytes, type(None))),
    "erased_by": (int, type(None)),
    "sequence": (int,),
    "link": (bytes,),
}


@dataclasses.dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it must be.

    Attributes:
        part: what it is about: events, head, keys, talks, persons, refusals, audio, backups, file,
            accounts, assignments.
        sequence: the row of `events`, None where it is about none.
        problem: what is wrong, without any content.
        acknowledged: who knows of it since when; None where nobody has said so.
    """

    part: str
    sequence: int | None
    problem: str
    acknowledged: str | None = None


class ChainWalk:
    """Takes the rows of `events` in their order and gathers what is wrong with them.

    Args:
        key: the log's own key, 32 bytes.

    Attributes:
        findings: so far.
        last: the newest row taken.
        links: of the rows, by their sequence numbers, that `wanted` names.
        derived: the derived tables as they follow from the rows taken.
        account_digests: by account, of the latest AccountChanged.
        acknowledged: recorded breaks that somebody knows of: when (UTC) → who and since when.
    """

    def __init__(self, key: bytes, wanted: Iterable[int] = ()) -> None:
        self.findings: list[Finding] = []
        self.last = Head(0, FIRST_LINK)
        self.links: dict[int, bytes] = {}
        self.derived = empty_copy()
        self.account_digests: dict[str, str] = {}
        self.acknowledged: dict[datetime, str] = {}
        self._breaks: dict[int, tuple[int, datetime]] = {}
        self._key = key
        self._wanted = frozenset(wanted)
        self._blanked: defaultdict[int, list[tuple[int, str | None]]] = defaultdict(list)
        self._moved: defaultdict[str | None, list[int]] = defaultdict(list)
        self._tombstones: dict[int, tuple[str | None, int, str]] = {}
        self.derived.execute("BEGIN")

    def take(self, row: dict[str, Any]) -> None:
        """Takes the next row, all columns of it."""
        sequence = row["sequence"]
        if sequence != self.last.sequence + 1:
            missing = f"{self.last.sequence + 1} to {sequence - 1}"
            self._find(sequence, f"rows are missing before it ({missing})")
        if not has_its_types(row):
            self.last = Head(sequence, b"")
            self._find(sequence, "the row is damaged")
            return
        stored = row["link"]
        try:
            expected = link(self._key, self.last.link, store.linked_row(row))
        except (OverflowError, UnicodeEncodeError):
            expected = b""
        if not hmac.compare_digest(stored, expected):
            self._find(sequence, "the row or the link to the one before was changed")
        self.last = Head(sequence, stored)
        if sequence in self._wanted:
            self.links[sequence] = stored
        try:
            self._look_at(row)
        except (ValueError, TypeError, KeyError, AttributeError, sqlite3.Error) as error:
            self._find(sequence, f"the row holds no facts of this version ({type(error).__name__})")

    def finish(self) -> None:
        """Compares the tombstones with the rows that were erased, when all rows were taken."""
        for sequence, (talk_id, count, digest) in self._tombstones.items():
            blanked = self._blanked.pop(sequence, [])
            rows = {number for number, _ in blanked} | self._first_erased_by(sequence, talk_id)
            fits = len(rows) == count and sequences_digest(sorted(rows)) == digest
            if not fits or any(number > sequence or of != talk_id for number, of in blanked):
                self._find(sequence, "the erased rows are not those that this tombstone names")
        for sequence, blanked in self._blanked.items():
            for number, _ in blanked:
                self._find(number, f"the row is erased, but row {sequence} is no tombstone")

    def _look_at(self, row: dict[str, Any]) -> None:
        sequence, kind, facts = row["sequence"], row["event_kind"], row["facts"]
        if not self._has_its_shape(row):
            self._find(sequence, "its columns do not fit each other")
        values: dict[str, Any] = {} if facts is None else json.loads(facts)
        if row["person"] != (values.get("subject") if kind in _WITH_SUBJECT else None):
            self._find(sequence, "it is filed under another person than it names")
        if row["erased_by"] is not None:
            self._blanked[row["erased_by"]].append((sequence, row["talk_id"]))
            if kind == _MOVED and facts is None and row["content_digest"]:
                self._moved[row["talk_id"]].append(sequence)
        elif kind == KINDS[Erased]:
            self._tombstones[sequence] = (row["talk_id"], values["rows"], values["digest"])
        elif kind == KINDS[AccountChanged]:
            self.account_digests[values["account"]] = values["digest"]
        elif kind == KINDS[ChainBroken]:
            self._breaks[sequence] = (len(self.findings), datetime.fromisoformat(row["at"]))
            self._find(sequence, broken(values))
        elif kind == KINDS[AccessNoted]:
            self._acknowledge(acknowledged_row(values), f"by {values['actor']} at {row['at']}")
        try:
            derive(self.derived, kind, row["at"], row["talk_id"], facts)
        except UnfittingEventError:
            self._find(sequence, "it belongs to a talk that did not begin, or began already")

    @staticmethod
    def _has_its_shape(row: dict[str, Any]) -> bool:
        bare = row["facts"] is None
        if row["erased_by"] is None:
            return not bare and row["facts_digest"] is None and row["content_digest"] is None
        return (
            row["content"] is None
            and row["content_digest"] is not None
            and bare == (row["facts_digest"] is not None)
        )

    def _first_erased_by(self, tombstone: int, talk_id: str | None) -> set[int]:
        # A moved flag with a remark is erased in part with its talk, and wholly by a later tombstone with its
        # person: it names the later one, and belongs to the first of its talk after it all the same.
        if talk_id is None or not self._moved[talk_id]:
            return set()
        earlier = [n for n, (of, _, _) in self._tombstones.items() if of == talk_id and n < tombstone]
        since = max(earlier, default=0)
        return {number for number in self._moved[talk_id] if since < number < tombstone}

    def _acknowledge(self, sequence: int | None, by: str) -> None:
        if sequence not in self._breaks:  # a later row is none that could be known
            return
        place, at = self._breaks[sequence]
        self.findings[place] = dataclasses.replace(self.findings[place], acknowledged=by)
        self.acknowledged[at] = by

    def _find(self, sequence: int, problem: str) -> None:
        self.findings.append(Finding("events", sequence, problem))


def broken(values: Mapping[str, Any]) -> str:
    """What a ChainBroken with these facts says."""
    return (
        f"when the log was opened then, it did not fit its head ({values['problem']}; head at row "
        f"{values['head_sequence']}, last row {values['last_sequence']})"
    )


def acknowledged_row(values: Mapping[str, Any]) -> int | None:
    """The row of the break that an AccessNoted with these facts acknowledges, if it does that."""
    if values["action"] != ACKNOWLEDGED or values["role"] != "operator":
        return None
    named = re.fullmatch(r"row (\d{1,16})", values.get("detail") or "")
    return int(named[1]) if named else None


def has_its_types(row: Mapping[str, Any]) -> bool:
    """Whether the columns of a row have the types of the schema, which SQLite asks only when it writes."""
    return all(isinstance(value, _TYPES[name]) for name, value in row.items())


def empty_copy() -> Database:
    """An empty log of this version in memory."""
    database = Database(sqlite3.connect(":memory:", isolation_level=None), execute_plugins=False)
    for statements in MIGRATIONS:
        for statement in statements:
            database.execute(statement)
    return database
