"""Reading a session log: the latest talks, and all that is stored of one.

Readers open the file read-only beside the running writer and see what is committed.
"""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from session_log import store
from session_log.events import AlertStep, Event
from session_log.schema import SessionLogError, open_for_reading

__all__ = ["TalkSummary", "UnknownTalkError", "list_talks", "read_alert_steps", "read_talk"]

_OPEN_LANGUAGES = ("auto", "und")
_SUMMARIES = """SELECT talks.*,
        (SELECT at FROM events WHERE talk_id = talks.talk_id AND event_kind = 'talk_ended') AS ended_at,
        (SELECT reason FROM events JOIN talk_ends USING (sequence)
            WHERE talk_id = talks.talk_id) AS end_reason,
        CASE WHEN subject IS NOT NULL AND erased_at IS NULL AND EXISTS (
            SELECT 1 FROM events JOIN consents USING (sequence)
                WHERE talk_id = talks.talk_id AND scope = 'store_text' AND granted)
            THEN (SELECT count(*) FROM events WHERE talk_id = talks.talk_id AND event_kind = 'turn_heard')
            END AS turns,
        (SELECT turns.language FROM events JOIN turns USING (sequence) WHERE talk_id = talks.talk_id
            GROUP BY turns.language ORDER BY count(*) DESC, turns.language LIMIT 1) AS heard_language,
        (SELECT disclosures.language FROM events JOIN disclosures USING (sequence)
            WHERE talk_id = talks.talk_id ORDER BY sequence DESC LIMIT 1) AS disclosed_language,
        (SELECT max(level) FROM events JOIN crisis_flags USING (sequence)
            WHERE talk_id = talks.talk_id) AS crisis_level
    FROM talks"""


@dataclasses.dataclass(frozen=True, slots=True)
class TalkSummary:
    """One talk at a glance.

    Attributes:
        turns: number of stored turns of the person; None where no turn was to be stored, because the
            talk is anonymous or erased or storing text was not consented to.
        language: of most stored turns; without any that of the talk's beginning, or, where that left it
            open, of the disclosure; None where all of these are unknown.
        crisis_level: the highest level flagged, None where none was.
        purpose, client: None where only a crisis flag, or a step of its alert, is known of the talk.
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
    turns: int | None
    crisis_level: int | None
    erased_at: datetime | None


_FIELDS = frozenset(field.name for field in dataclasses.fields(TalkSummary))


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
        return _summary(rows[0]), store.read_events(database, talk_id)


def read_alert_steps(path: Path, since: datetime) -> list[tuple[str | None, AlertStep]]:
    """Returns the steps of all alerts raised since a moment (UTC), each with the subject of its talk.

    Raises:
        SessionLogError: where there is no readable log of this version at `path`.
    """
    with _reading(path) as database:
        return store.read_alert_steps(database, since)


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
    began_in = None if row["language"] in _OPEN_LANGUAGES else row["language"]
    values = {name: value for name, value in row.items() if name in _FIELDS}
    heard, disclosed = row["heard_language"], row["disclosed_language"]
    return TalkSummary(**{**values, **times, "language": heard or began_in or disclosed})
