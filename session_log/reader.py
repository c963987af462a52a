"""Reading a session log: the latest talks, and all that is stored of one.

Readers open the file read-only beside the running writer and see what is committed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from session_log.events import Event
from session_log.schema import SessionLogError, open_for_reading
from session_log.store import read_events

__all__ = ["TalkSummary", "UnknownTalkError", "list_talks", "read_talk"]

_SUMMARIES = """SELECT talks.*,
        (SELECT at FROM events WHERE talk_id = talks.talk_id AND event_kind = 'talk_ended') AS ended_at,
        (SELECT reason FROM events JOIN talk_ends USING (sequence)
            WHERE talk_id = talks.talk_id) AS end_reason,
        (SELECT count(*) FROM events WHERE talk_id = talks.talk_id AND event_kind = 'turn_heard') AS turns,
        (SELECT max(level) FROM events JOIN crisis_flags USING (sequence)
            WHERE talk_id = talks.talk_id) AS crisis_level
    FROM talks"""


@dataclass(frozen=True, slots=True)
class TalkSummary:
    """One talk at a glance.

    Attributes:
        turns: number of stored turns of the person; 0 where storing text was not allowed.
        crisis_level: the highest level flagged, None where none was.
        purpose, language, client: None where only a crisis flag is known of the talk.
    """

    talk_id: str
    started_at: datetime
    ended_at: datetime | None
    end_reason: str | None
    subject: str | None
    clinic: str | None
    purpose: str | None
    language: str | None
    country: str | None
    client: str | None
    turns: int
    crisis_level: int | None
    erased_at: datetime | None


class UnknownTalkError(SessionLogError):
    """The log holds no talk of this id."""


def list_talks(path: Path, limit: int = 20) -> list[TalkSummary]:
    """Returns at most `limit` talks, the latest first.

    Raises:
        SessionLogError: where there is no readable log of this version at `path`.
    """
    with _reading(path) as database:
        order = " ORDER BY started_at DESC, rowid DESC LIMIT ?"
        return [_summary(row) for row in database.query(_SUMMARIES + order, (limit,))]


def read_talk(path: Path, talk_id: str) -> tuple[TalkSummary, list[Event]]:
    """Returns a talk and its events in the order in which they were written.

    Raises:
        UnknownTalkError: where there is no such talk.
        SessionLogError: where there is no readable log of this version at `path`.
    """
    with _reading(path) as database:
        rows = list(database.query(_SUMMARIES + " WHERE talk_id = ?", (talk_id,)))
        if not rows:
            raise UnknownTalkError(
                "There is no talk of this id in the log; `python -m session_log list` names the talks."
            )
        return _summary(rows[0]), read_events(database, talk_id)


@contextmanager
def _reading(path: Path) -> Iterator[Database]:
    with closing(open_for_reading(path)) as database:
        try:
            yield database
        except sqlite3.Error as error:
            raise SessionLogError(
                f"{path} cannot be read ({type(error).__name__}); restore a backup if it is damaged."
            ) from None
        except (ValueError, TypeError) as error:
            raise SessionLogError(
                f"{path} holds a row that is none of ours ({type(error).__name__}); restore a backup."
            ) from None


def _summary(row: dict[str, Any]) -> TalkSummary:
    times = {
        name: None if row[name] is None else datetime.fromisoformat(row[name])
        for name in ("started_at", "ended_at", "erased_at")
    }
    return TalkSummary(**{**row, **times})
