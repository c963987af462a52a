"""The one writer of a session log: events in from any thread, rows out from a thread of its own.

`SessionLog.record` never waits. Events queue in memory, at most `queue_size` of them with at most
`queue_characters` of text; beyond that they are dropped and counted. The thread takes what has gathered
within `BATCH_WINDOW_S`, asks the consents, and writes it in one transaction. While the database is
locked, full or read-only the events stay in memory and the transaction is tried again, so that talks go
on; where its file was deleted, a new one is begun. Neither an error nor the health of the writer ever
contains anything of an event.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from session_log import store
from session_log.consent import ConsentLedger
from session_log.events import EVENT_CLASSES, AlertStep, ConsentSet, Event, TalkEnded, TalkStarted
from session_log.log_file import LogFile
from session_log.schema import SessionLogError

__all__ = ["Health", "SessionLog"]

BATCH_WINDOW_S = 0.02
"""How long the first event of a transaction waits for company."""

_BATCH_EVENTS = 256
_FIRST_RETRY_S = 0.05
_LAST_RETRY_S = 1.0
_IDLE_POLL_S = 0.5
_CLOSE_TIMEOUT_S = 5.0

_logger = logging.getLogger(__name__)
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Health:
    """How the writer fares; counts since it was opened.

    Attributes:
        queued: events handed in and not settled yet.
        written: events stored.
        withheld: events that no consent allowed to store.
        repeated: events whose id was stored already.
        refused: events of a talk that never began, or that began twice.
        dropped: events lost, because the queue was full or the log was closed before it could write.
        failures: transactions that had to be tried again.
        last_error: class of the error of the latest transaction, None when it succeeded.
    """

    queued: int
    written: int
    withheld: int
    repeated: int
    refused: int
    dropped: int
    failures: int
    last_error: str | None


@dataclass(frozen=True, slots=True)
class _Erasure:
    talk_id: str
    done: Future[bool]


class _GivenUpError(Exception):
    """The log was closed and its time ran out before the database could be written."""


class SessionLog:
    """A session log open for writing; see the module for its promises. Also a context manager."""

    def __init__(self, file: LogFile, queue_size: int, queue_characters: int) -> None:
        self._file = file
        self._queue: queue.Queue[Event | _Erasure | None] = queue.Queue(queue_size)
        self._free_characters = queue_characters
        self._ledger = ConsentLedger()
        self._state = threading.Condition()
        self._counts: Counter[str] = Counter()
        self._accepted = 0
        self._settled = 0
        self._last_error: str | None = None
        self._closing = threading.Event()
        self._give_up_at = float("inf")
        self._thread = threading.Thread(target=self._run, name="session-log")
        self._thread.start()

    @classmethod
    def open(
        cls, path: str | Path, *, queue_size: int = 10_000, queue_characters: int = 16_000_000
    ) -> SessionLog:
        """Opens or makes the log at `path` and starts its thread.

        Raises:
            SessionLogError: where the path cannot be written, holds something else than a session
                log of this or an earlier version, or has a writer already.
        """
        return cls(LogFile(Path(path)), queue_size, queue_characters)

    def record(self, event: Event) -> bool:
        """Hands in an event without waiting.

        Returns:
            False where it was dropped, because the queue is full or the log is closed.

        Raises:
            TypeError: for anything but an event.
        """
        if not isinstance(event, EVENT_CLASSES):
            raise TypeError(f"record() takes an event of session_log.events, not {type(event).__name__}")
        return self._hand_in(event)

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Waits until all that was handed in before is settled; False where the time ran out."""
        with self._state:
            target = self._accepted
            return self._state.wait_for(lambda: self._settled >= target, timeout_s)

    def erase_talk(self, talk_id: str, timeout_s: float = 5.0) -> bool:
        """Erases the content of a talk, also what is still queued, and stores none of it later.

        The talk row, consents, disclosure, hand-overs, crisis flags and alerts remain. Backups that a
        migration made are not touched.

        Returns:
            False where there is no such talk.

        Raises:
            SessionLogError: where it could not be done within `timeout_s`.
        """
        erasure = _Erasure(talk_id, Future())
        try:
            if self._hand_in(erasure):
                return erasure.done.result(timeout_s)
        except (TimeoutError, _GivenUpError):
            pass
        raise SessionLogError("The talk could not be erased now; see the writer's health and try again.")

    def health(self) -> Health:
        """Tells how the writer fares."""
        with self._state:
            return Health(
                queued=self._accepted - self._settled,
                written=self._counts["written"],
                withheld=self._counts["withheld"],
                repeated=self._counts["repeated"],
                refused=self._counts["refused"],
                dropped=self._counts["dropped"],
                failures=self._counts["failures"],
                last_error=self._last_error,
            )

    def close(self, timeout_s: float = _CLOSE_TIMEOUT_S) -> bool:
        """Writes what is queued and ends the thread; may be called again.

        Returns:
            False where events were lost because the database could not be written in time.
        """
        with self._state:
            if not self._closing.is_set():
                self._give_up_at = time.monotonic() + timeout_s
                self._closing.set()
                if not self._queue.full():
                    self._queue.put_nowait(None)  # wakes the thread
        self._thread.join()
        with self._state:
            return self._counts["given_up"] == 0

    def __enter__(self) -> SessionLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _hand_in(self, item: Event | _Erasure) -> bool:
        with self._state:
            characters = _characters(item)
            try:
                if self._closing.is_set() or characters > self._free_characters:
                    raise queue.Full
                self._queue.put_nowait(item)
            except queue.Full:
                self._counts["dropped"] += 1
                return False
            self._accepted += 1
            self._free_characters -= characters
            return True

    def _run(self) -> None:
        try:
            while True:
                batch = self._next_batch()
                if batch:
                    self._settle(batch)
                elif self._closing.is_set() and self._queue.empty():
                    break
                self._close_with_the_program()
        finally:
            self._file.close()

    def _close_with_the_program(self) -> None:
        # Python waits for this thread at its exit; a log that nobody closed would keep it for ever.
        if not threading.main_thread().is_alive() and not self._closing.is_set():
            self._give_up_at = time.monotonic() + _CLOSE_TIMEOUT_S
            self._closing.set()

    def _next_batch(self) -> list[Event | _Erasure]:
        batch: list[Event | _Erasure] = []
        due = time.monotonic() + (0.0 if self._closing.is_set() else _IDLE_POLL_S)
        while len(batch) < _BATCH_EVENTS:
            try:
                item = self._queue.get(timeout=max(0.0, due - time.monotonic()))
            except queue.Empty:
                break
            if item is not None:
                batch.append(item)
            if len(batch) <= 1:
                due = time.monotonic() + (0.0 if self._closing.is_set() else BATCH_WINDOW_S)
        return batch

    def _settle(self, batch: list[Event | _Erasure]) -> None:
        erasures: dict[_Erasure, bool] = {}
        try:
            if self._counts["given_up"]:
                raise _GivenUpError
            allowed = [self._until_it_succeeds(partial(self._allowed, item)) for item in batch]
            kept = [item for item in allowed if item is not None]
            counts, erasures = self._until_it_succeeds(partial(self._write, kept))
            counts["withheld"] = len(batch) - len(kept)
        except _GivenUpError:
            counts = Counter(dropped=len(batch), given_up=len(batch))
            _logger.error("session log closed with %d events unwritten (%s)", len(batch), self._last_error)
        if erasures:
            self._empty_the_write_ahead_log()
        for item in batch:
            if isinstance(item, TalkEnded):
                self._ledger.forget(item.talk_id)  # read back from the database, should more come
            elif isinstance(item, _Erasure) and item in erasures:
                item.done.set_result(erasures[item])
            elif isinstance(item, _Erasure):
                item.done.set_exception(_GivenUpError())
        with self._state:
            self._counts.update(counts)
            self._settled += len(batch)
            self._free_characters += sum(map(_characters, batch))
            self._state.notify_all()

    def _until_it_succeeds(self, step: Callable[[], _Result]) -> _Result:
        pause_s = _FIRST_RETRY_S
        while True:
            try:
                self._file.renew_if_gone(self._ledger.talk_ids())
                result = step()
            except sqlite3.Error as error:
                self._note_failure(error)
            else:
                self._last_error = None
                return result
            self._close_with_the_program()
            if time.monotonic() + _FIRST_RETRY_S > self._give_up_at:
                raise _GivenUpError
            if self._closing.is_set():
                time.sleep(_FIRST_RETRY_S)
            else:
                self._closing.wait(pause_s)
            pause_s = min(2 * pause_s, _LAST_RETRY_S)

    def _note_failure(self, error: sqlite3.Error) -> None:
        name = type(error).__name__
        if self._last_error != name:
            _logger.warning("session log cannot be written (%s); events are kept in memory", name)
        with self._state:
            self._counts["failures"] += 1
            self._last_error = name

    def _allowed(self, item: Event | _Erasure) -> Event | _Erasure | None:
        if isinstance(item, AlertStep):
            return item  # always kept, and may come long after the end of its talk, which stays forgotten
        # Decided once for each event, before its transaction is first tried: a consent revoked later
        # in the same batch must not reach back when the transaction is tried again.
        if not self._ledger.knows(item.talk_id):
            self._read_consents(item.talk_id)
        if isinstance(item, _Erasure):
            self._ledger.mark_erased(item.talk_id)
            return item
        self._ledger.apply(item)
        return self._ledger.may_store(item)

    def _read_consents(self, talk_id: str) -> None:
        try:
            earlier = store.read_events(self._file.database, talk_id, (TalkStarted, ConsentSet))
        except (ValueError, TypeError) as error:  # rows that somebody changed allow nothing
            _logger.warning("session log cannot read consents of a talk (%s)", type(error).__name__)
            return
        for event in earlier:
            self._ledger.apply(event)
        if store.is_erased(self._file.database, talk_id):
            self._ledger.mark_erased(talk_id)

    def _write(self, items: list[Event | _Erasure]) -> tuple[Counter[str], dict[_Erasure, bool]]:
        counts: Counter[str] = Counter()
        erasures: dict[_Erasure, bool] = {}
        try:
            self._file.database.execute("BEGIN IMMEDIATE")
            for item in items:
                if isinstance(item, _Erasure):
                    now = datetime.now(UTC)
                    erasures[item] = store.erase_content(self._file.database, item.talk_id, now)
                else:
                    counts[self._insert(item)] += 1
            self._file.database.execute("COMMIT")
        finally:
            self._file.database.rollback()  # does nothing after COMMIT
        return counts, erasures

    def _insert(self, event: Event) -> str:
        try:
            with self._file.database.atomic():
                return "written" if store.insert_event(self._file.database, event) else "repeated"
        except (store.UnfittingEventError, sqlite3.IntegrityError) as error:
            _logger.warning("session log refused a %s (%s)", type(event).__name__, type(error).__name__)
            return "refused"

    def _empty_the_write_ahead_log(self) -> None:
        # What was overwritten in the database still stands in the write-ahead log until then. A
        # reader may hold it up; the next checkpoint, at the latest that of closing, empties it.
        with contextlib.suppress(sqlite3.Error):
            self._file.database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _characters(item: Event | _Erasure) -> int:
    return sum(len(getattr(item, name, None) or "") for name in ("text", "heard_text"))
