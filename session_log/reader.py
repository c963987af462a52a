"""Reading a session log: the latest talks, and all that is stored of one.

Readers open the file read-only beside the running writer and see what is committed. Content is opened with
the master keys, which are read when the first content is asked for.
"""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from session_log import store
from session_log.data_keys import DataKey, DataKeys, SealError
from session_log.events import AlertStep
from session_log.kinds import AnyEvent, talk_owner
from session_log.location import LogPlaces
from session_log.master_keys import MasterKeys
from session_log.schema import SessionLogError, open_for_reading
from session_log.summaries import TalkDigest, open_summary

__all__ = [
    "LogReader",
    "TalkSummary",
    "UnknownTalkError",
    "list_talks",
    "read_alert_steps",
    "read_talk",
    "reading",
]

_SUMMARIES = """SELECT talk_id, started_at, ended_at, end_reason, person AS subject, clinic, purpose,
        CASE WHEN language NOT IN ('auto', 'und') THEN language END AS language, country, client,
        CASE WHEN person IS NOT NULL AND erased_at IS NULL AND (turns > 0 OR EXISTS (
            SELECT 1 FROM events WHERE talk_id = talks.talk_id AND event_kind = 'consent_set'
                AND json_extract(facts, '$.scope') = 'store_text' AND json_extract(facts, '$.granted')))
            THEN turns END AS turns,
        crisis_level, flag_state, shared, erased_at
    FROM talks"""


@dataclasses.dataclass(frozen=True, slots=True)
class TalkSummary:
    """One talk at a glance.

    Attributes:
        turns: number of stored turns of the person; None where no turn was to be stored, because the
            talk is anonymous or erased or storing text was not consented to.
        language: of the latest stored turn; without any that of the talk's beginning, or, where that left it
            open, of the disclosure; None where all of these are unknown.
        crisis_level: the highest level flagged, None where none was.
        flag_state: how far people have come with the flag, None where there is none.
        shared: whether a therapist may see its content.
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
    flag_state: str | None
    shared: bool
    erased_at: datetime | None


class UnknownTalkError(SessionLogError):
    """The log holds no talk of this id."""


class LogReader:
    """An open log; what it returns is as of the moment of asking. Not thread-safe.

    Args:
        database: open for reading.
        places: where the parts of the log lie.
    """

    def __init__(self, database: Database, places: LogPlaces) -> None:
        self.database = database
        self.places = places
        self._keys: DataKeys | None = None

    @property
    def keys(self) -> DataKeys:
        """The data keys.

        Raises:
            SessionLogError: where the master key is missing or another.
        """
        if self._keys is None:
            keys = DataKeys(MasterKeys.load(self.places.key_file))
            keys.log_key(self.database)
            self._keys = keys
        return self._keys

    def size(self) -> tuple[int, int]:
        """How many rows the log has (the number of its newest) and how many talks."""
        query = "SELECT coalesce(max(sequence), 0), (SELECT count(*) FROM talks) FROM events"
        rows, talks = self.database.execute(query).fetchone()
        return rows, talks

    def talks(self, limit: int = 20, person: str | None = None) -> list[TalkSummary]:
        """Returns at most `limit` talks, of one person or of all, the latest first."""
        condition, values = ("", ()) if person is None else (" WHERE person = ?", (person,))
        order = " ORDER BY started_at DESC, rowid DESC LIMIT ?"
        query = _SUMMARIES + condition + order
        return [_summary(row) for row in self.database.query(query, (*values, limit))]

    def talk(self, talk_id: str) -> TalkSummary:
        """Returns a talk.

        Raises:
            UnknownTalkError: where there is no such talk.
        """
        rows = list(self.database.query(_SUMMARIES + " WHERE talk_id = ?", (talk_id,)))
        if not rows:
            raise UnknownTalkError(
                "There is no talk of this id in the log; `.venv/bin/python -m session_log list` names them."
            )
        return _summary(rows[0])

    def events(self, talk_id: str, kinds: Collection[type] | None = None) -> list[AnyEvent]:
        """Returns what is stored of a talk, in the order of its writing."""
        return store.read_events(self.database, self.keys, talk_id, kinds)

    def events_of_person(self, person: str, kinds: Collection[type] | None = None) -> list[AnyEvent]:
        """Returns what is stored about a person beyond what was said in talks."""
        return store.read_person_events(self.database, self.keys, person, kinds)

    def talk_key(self, talk_id: str) -> DataKey | None:
        """The key of a talk's content and sound; None where it was erased or there is no content."""
        return self.keys.find(self.database, talk_owner(talk_id))

    def digests(self, talk_ids: Collection[str]) -> dict[str, TalkDigest]:
        """Returns the summaries of those of the talks that have one."""
        digests = {}
        for talk_id in talk_ids:
            row = self.database.execute(
                "SELECT summary FROM talks WHERE talk_id = ? AND summary IS NOT NULL", (talk_id,)
            ).fetchone()
            key = None if row is None else self.talk_key(talk_id)
            if key is not None:
                digests[talk_id] = open_summary(key, talk_id, bytes(row[0]))
        return digests


def list_talks(log: Path | LogPlaces, limit: int = 20) -> list[TalkSummary]:
    """Returns at most `limit` talks, the latest first.

    Raises:
        SessionLogError: where there is no readable log of this version.
    """
    with reading(log) as reader:
        return reader.talks(limit)


def read_talk(log: Path | LogPlaces, talk_id: str) -> tuple[TalkSummary, list[AnyEvent]]:
    """Returns a talk and its events in the order in which they were written.

    Raises:
        UnknownTalkError: where there is no such talk.
        SessionLogError: where there is no readable log of this version, or its key is missing or another.
    """
    with reading(log) as reader:
        return reader.talk(talk_id), reader.events(talk_id)


def read_alert_steps(log: Path | LogPlaces, since: datetime) -> list[tuple[str | None, AlertStep]]:
    """Returns the steps of all alerts raised since a moment (UTC), each with the subject of its talk.

    Raises:
        SessionLogError: where there is no readable log of this version.
    """
    with reading(log) as reader:
        return store.read_alert_steps(reader.database, since)


@contextmanager
def reading(log: Path | LogPlaces) -> Iterator[LogReader]:
    """Opens a log for reading, and tells what is wrong with it in words.

    Raises:
        SessionLogError: where there is no readable log of this version, or its rows are damaged.
    """
    places = log if isinstance(log, LogPlaces) else LogPlaces.of(log)
    database = open_for_reading(places.database)
    try:
        yield LogReader(database, places)
    except sqlite3.Error as error:
        raise SessionLogError(
            f"{places.database} cannot be read ({type(error).__name__}); restore a backup if it is damaged."
        ) from None
    except SealError as error:
        raise SessionLogError(
            f"{places.database} holds a row that is none of ours, or was changed ({type(error).__name__}); "
            "`.venv/bin/python -m session_log verify` says which. Restore a backup."
        ) from None
    finally:
        database.close()


def _summary(row: dict[str, Any]) -> TalkSummary:
    try:
        times = {
            name: None if row[name] is None else datetime.fromisoformat(row[name])
            for name in ("started_at", "ended_at", "erased_at")
        }
    except (ValueError, TypeError) as error:
        raise SealError from error
    return TalkSummary(**{**row, **times, "shared": bool(row["shared"])})
