"""What is due to go, and its going: content of old talks, sound, and copies of the database."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

from session_log.audio import delete_audio
from session_log.audit_events import AudioDeleted
from session_log.erasure import erase_talk
from session_log.events import AudioKept
from session_log.reader import LogReader, reading
from session_log.schema import SessionLogError
from session_log.transaction import Transaction
from session_log.writer import SessionLog

__all__ = ["AUDIO_DAYS", "BACKUP_DAYS", "Cutoffs", "Removed", "RetentionError", "due", "run_retention"]

AUDIO_DAYS = (0, 1, 7)
"""How many days sound may be kept; 0: it goes as soon as the job runs."""

BACKUP_DAYS = 30
"""How long copies that were made before a migration are kept."""

_TALKS_AT_ONCE = 20
_TIMEOUT_S = 60.0
_REASON = "retention"
_Result = TypeVar("_Result")


class RetentionError(SessionLogError):
    """Retention could not be run to its end; the next run goes on with it."""


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """What began, was kept or was made before these moments (UTC) has to go; None: nothing has to."""

    text: datetime | None
    audio: datetime
    backups: datetime


@dataclass(frozen=True, slots=True)
class Removed:
    """How many talks were erased, sounds and copies of the database deleted."""

    talks: int
    sounds: int
    backups: int


def due(now: datetime, text_days: int | None, audio_days: int) -> Cutoffs:
    """The rules.

    Args:
        now: UTC.
        text_days: how long content of a talk is kept, at least 1; None: until it is erased.
        audio_days: one of `AUDIO_DAYS`.

    Raises:
        ValueError: for any other number of days.
    """
    if text_days is not None and not 1 <= text_days <= 36_500:
        raise ValueError("text_days must be a whole number of days from 1 to 36500, or None")
    if audio_days not in AUDIO_DAYS:
        raise ValueError(f"audio_days must be one of {', '.join(map(str, AUDIO_DAYS))}")
    return Cutoffs(
        text=None if text_days is None else now - timedelta(days=text_days),
        audio=now - timedelta(days=audio_days),
        backups=now - timedelta(days=BACKUP_DAYS),
    )


def run_retention(log: SessionLog, now: datetime, text_days: int | None, audio_days: int) -> Removed:
    """Removes what is due, in small transactions between which talks are recorded; may be called at any time.

    It waits for the writer: an event loop calls it in a thread of its own.

    Raises:
        ValueError: as `due`.
        RetentionError: where the log could not be written in time.
        SessionLogError: where it cannot be read.
    """
    cutoffs = due(now, text_days, audio_days)
    with reading(log.places) as reader:
        talks = [] if cutoffs.text is None else _old_talks(reader, cutoffs.text)
        sounds = _old_sounds(reader, cutoffs.audio, frozenset(talks))
        backups = _old_backups(reader, cutoffs.backups)
    for start in range(0, len(talks), _TALKS_AT_ONCE):
        some = talks[start : start + _TALKS_AT_ONCE]
        log.keep_no_more_of(some)
        _wait(log.perform(partial(_erase, talk_ids=some)))
    for start in range(0, len(sounds), _TALKS_AT_ONCE):
        _wait(log.perform(partial(_delete, log=log, kept=sounds[start : start + _TALKS_AT_ONCE], now=now)))
    if backups:
        _wait(log.perform(partial(_delete_backups, paths=backups)))
    return Removed(len(talks), len(sounds), len(backups))


def _old_talks(reader: LogReader, before: datetime) -> list[str]:
    query = """SELECT talk_id FROM talks
        WHERE started_at < ? AND EXISTS (SELECT 1 FROM keys WHERE owner = 'talk:' || talk_id)
        ORDER BY started_at"""
    return [row[0] for row in reader.database.execute(query, (_text(before),))]


def _old_sounds(reader: LogReader, before: datetime, erased: Collection[str]) -> list[tuple[str, str]]:
    query = """SELECT DISTINCT talk_id FROM events
        WHERE event_kind = 'audio_kept' AND facts IS NOT NULL AND at < ?"""
    old = []
    for (talk_id,) in reader.database.execute(query, (_text(before),)).fetchall():
        if talk_id in erased:
            continue
        kept: dict[str, datetime] = {}
        for event in reader.events(talk_id, (AudioKept, AudioDeleted)):
            if isinstance(event, AudioKept):
                kept[event.turn_id] = event.at
            elif isinstance(event, AudioDeleted):
                kept.pop(event.turn_id, None)
        old += [(talk_id, turn_id) for turn_id, at in kept.items() if at < before]
    return old


def _old_backups(reader: LogReader, before: datetime) -> list[str]:
    query = "SELECT path FROM backups WHERE made_at < ?"
    return [row[0] for row in reader.database.execute(query, (_text(before),))]


def _erase(transaction: Transaction, talk_ids: list[str]) -> None:
    for talk_id in talk_ids:
        erase_talk(transaction, talk_id, reason=_REASON)


def _delete(transaction: Transaction, log: SessionLog, kept: list[tuple[str, str]], now: datetime) -> None:
    # The file goes first: if this is broken off, the next run finds the turn again and tells of it then.
    for talk_id, turn_id in kept:
        delete_audio(log.places.audio, talk_id, turn_id)
        transaction.append(AudioDeleted(talk_id=talk_id, turn_id=turn_id, at=now, reason=_REASON))


def _delete_backups(transaction: Transaction, paths: list[str]) -> None:
    for path in paths:
        Path(path).unlink(missing_ok=True)
        transaction.database.execute("DELETE FROM backups WHERE path = ?", (path,))


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")


def _wait(future: Future[_Result]) -> _Result:
    try:
        return future.result(_TIMEOUT_S)
    except (TimeoutError, OSError) as error:
        raise RetentionError(
            f"What is due could not all be removed ({type(error).__name__}); see the writer's health. "
            "The next run goes on with it."
        ) from None
