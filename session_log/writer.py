"""The one writer of a session log: events in from any thread, rows out from a thread of its own.

`SessionLog.record` never waits for the database. It asks the consents, seals what they allow and leaves it
in the spool (`session_log.spool`) before it returns, so that a killed process loses nothing; a thread
takes what has gathered within `BATCH_WINDOW_S` and writes it in one transaction. While the database is
locked, full or read-only, the events wait in memory and in the spool and the transaction is tried again,
so that talks go on; what is too much for the memory waits in the spool alone. Where the database's file
was deleted, a new one is begun. Neither an error nor the health of the writer ever contains anything of an
event.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection
from concurrent.futures import Future
from datetime import datetime
from functools import partial
from itertools import takewhile
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from session_log import store
from session_log.admission import WITHHELD, Admission
from session_log.audio import delete_audio, keep_audio
from session_log.batch import GivenUpError, Item, Job, Outcome, Spooled, resolve, write_batch
from session_log.care_events import PersonConsentSet
from session_log.data_keys import WrappedKey
from session_log.erasure import erase_talk
from session_log.events import AudioKept, ConsentSet
from session_log.health import Health
from session_log.kept_audio import delete_kept_audio, delete_kept_audio_of_person
from session_log.kinds import KINDS, AnyEvent
from session_log.leftovers import delete_leftovers
from session_log.location import LogPlaces
from session_log.log_file import LogFile
from session_log.refusals import Refusals
from session_log.schema import SessionLogError
from session_log.sealed import SealedEvent
from session_log.spool import Spool
from session_log.transaction import Transaction

__all__ = ["Health", "SessionLog"]

BATCH_WINDOW_S = 0.02
"""How long the first event of a transaction waits for company."""

_BATCH_EVENTS = 256
_FIRST_RETRY_S = 0.05
_LAST_RETRY_S = 1.0
_IDLE_POLL_S = 0.5
_CLOSE_TIMEOUT_S = 5.0
_JOB_TIMEOUT_S = 5.0

_logger = logging.getLogger(__name__)
_Result = TypeVar("_Result")


class SessionLog:
    """A session log open for writing; see the module for its promises. Also a context manager."""

    def __init__(self, file: LogFile, places: LogPlaces, queue_size: int, queue_characters: int) -> None:
        self._file = file
        self.places = places
        self._queue: queue.Queue[Item | None] = queue.Queue(queue_size)
        self._free_characters = queue_characters
        self._admission = Admission(file.keys.masters)
        self._spool = Spool(places.spool, file.log_key)
        self._refusals = Refusals(store.read_refusals(file.database))
        self._state = threading.Condition()
        self._counts: Counter[str] = Counter()
        self._accepted = 0
        self._settled = 0
        self._left_in_spool = 0
        self._taking_up = True
        self._last_error: str | None = None
        self._spool_error: str | None = None
        self._closing = threading.Event()
        self._give_up_at = float("inf")
        self._erase_wal = True  # an earlier process may have been killed before it could
        self._thread = threading.Thread(target=self._run, name="session-log")
        self._thread.start()

    @classmethod
    def open(
        cls,
        places: str | Path | LogPlaces,
        *,
        queue_size: int = 10_000,
        queue_characters: int = 16_000_000,
    ) -> SessionLog:
        """Opens or makes the log and starts its thread; what an earlier process left in the spool goes first.

        Args:
            places: the database's path, or where every part of the log lies.
            queue_size: most events that wait in memory.
            queue_characters: most characters of their facts and contents.

        Raises:
            SessionLogError: where a path cannot be written or holds something else than a session log of this
                or an earlier version, the log has a writer already, or its key is missing or another.
        """
        where = places if isinstance(places, LogPlaces) else LogPlaces.of(places)
        file = LogFile(where)
        try:
            return cls(file, where, queue_size, queue_characters)
        except OSError as error:
            file.close()
            raise SessionLogError(
                f"{where.spool} cannot be used ({error.strerror}); check the rights to it and the free space."
            ) from None
        except sqlite3.Error as error:
            file.close()
            raise SessionLogError(
                f"{where.database} cannot be read ({type(error).__name__}); restore a backup."
            ) from None

    def record(self, event: AnyEvent) -> bool:
        """Hands in an event without waiting for the database.

        Returns:
            False where it was dropped, because neither memory nor spool has room or the log is closed.

        Raises:
            TypeError: for anything but an event.
        """
        if type(event) not in KINDS:
            raise TypeError(f"record() takes an event of the session log, not {type(event).__name__}")
        with self._state:
            audio_ends = self._deletion_of_audio(event)
            recorded = self._record(event)
            if audio_ends is not None and recorded:
                self._enqueue(Job(audio_ends, Future()))
            return recorded

    def keep_audio(self, talk_id: str, turn_id: str, sound: bytes, *, at: datetime, duration_ms: int) -> bool:
        """Seals the sound of a turn of a talk under way; for worker threads, since it writes a file.

        Args:
            talk_id, turn_id: whose sound it is.
            sound: as the file shall hold it.
            at: when the turn was recorded; its consents count.
            duration_ms: length of the sound.

        Returns:
            False where it may not be kept (any more).

        Raises:
            OSError: where it cannot be written.
        """
        with self._state:
            key = None if self._closing.is_set() else self._admission.audio_key(talk_id, at)
        if key is None:
            return False
        digest = keep_audio(self.places.audio, key, talk_id, turn_id, sound)
        with self._state:  # a revocation or an erasure may have come in between
            allowed = self._admission.audio_key(talk_id, at) is key
            kept = allowed and self.record(
                AudioKept(talk_id=talk_id, turn_id=turn_id, at=at, duration_ms=duration_ms, digest=digest)
            )
        if not kept:
            delete_audio(self.places.audio, talk_id, turn_id)
        return kept

    def _deletion_of_audio(self, event: AnyEvent) -> Callable[[Transaction], int] | None:
        """What deletes the sound that an event revokes the consent to, None for other events."""
        if not isinstance(event, ConsentSet | PersonConsentSet) or event.granted:
            return None
        if event.scope != "store_audio":
            return None
        folder, reason = self.places.audio, "consent_revoked"
        if isinstance(event, PersonConsentSet):
            return partial(delete_kept_audio_of_person, folder=folder, person=event.subject, reason=reason)
        if not self._admission.may_have_audio(event.talk_id):
            return None
        return partial(delete_kept_audio, folder=folder, talk_id=event.talk_id, reason=reason)

    def _record(self, event: AnyEvent) -> bool:
        with self._state:
            if self._closing.is_set():
                self._counts["dropped"] += 1
                return False
            if isinstance(event, PersonConsentSet):
                self._refusals.note(event)
            admitted = self._admission.admit(event)
            if admitted == WITHHELD:
                self._counts["withheld"] += 1
                return True
            if not isinstance(admitted, SealedEvent):
                return self._enqueue(event)
            ticket = self._spooled(admitted)
            if self._left_in_spool and ticket is not None:  # keeps the order of what waits there already
                self._left_in_spool += 1
                return True
            if self._enqueue(Spooled(admitted, ticket)):
                return True
            if ticket is None:
                return False
            self._counts["dropped"] -= 1
            self._left_in_spool += 1
            return True

    def perform(self, job: Callable[[Transaction], _Result]) -> Future[_Result]:
        """Has the writer's thread run a job in the transaction, after all that was handed in before.

        What the job raises, but for errors of the disk, undoes the job alone and comes out of the future.
        A job may run again where the transaction could not be written; it must not keep anything of its
        first run.
        """
        done: Future[_Result] = Future()
        with self._state:
            if self._closing.is_set():
                done.set_exception(SessionLogError("The session log is closed."))
            elif not self._enqueue(Job(job, done)):
                done.set_exception(SessionLogError("The session log has too much to do; try again."))
        return done

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Waits until all that was handed in before, here or to an earlier process, is settled.

        Returns:
            False where the time ran out.
        """
        with self._state:
            target = self._accepted
            return self._state.wait_for(
                lambda: self._settled >= target and not (self._left_in_spool or self._taking_up), timeout_s
            )

    def erase_talk(self, talk_id: str, timeout_s: float = _JOB_TIMEOUT_S) -> bool:
        """Erases the content of a talk, also what is still queued, and stores none of it later.

        Returns:
            False where there is no such talk.

        Raises:
            SessionLogError: where it could not be done within `timeout_s`.
        """
        self.keep_no_more_of((talk_id,))
        try:
            return self.perform(partial(erase_talk, talk_id=talk_id)).result(timeout_s)
        except (TimeoutError, GivenUpError):
            message = "The talk could not be erased now; see the writer's health and try again."
            raise SessionLogError(message) from None

    def keep_no_more_of(self, talk_ids: Collection[str]) -> None:
        """Withholds the content of talks from now on, as when they are about to be erased."""
        with self._state:
            for talk_id in talk_ids:
                self._admission.mark_erased(talk_id)

    def refusals(self, person: str) -> frozenset[str]:
        """The scopes that a person has revoked for all talks."""
        return self._refusals.of(person)

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
                spooled=self._spool.waiting,
                spool_error=self._spool_error,
                spool_rejected=self._spool.rejected,
                head_error=self._file.head_problem,
            )

    def close(self, timeout_s: float = _CLOSE_TIMEOUT_S) -> bool:
        """Writes what is queued and ends the thread; may be called again.

        Returns:
            False where events were lost because neither database nor spool could be written in time.
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

    def _spooled(self, event: SealedEvent) -> int | None:
        try:
            ticket = self._spool.put(event)
        except OSError as error:
            if self._spool_error is None:
                _logger.error("the session log's spool cannot be written (%s)", type(error).__name__)
            self._spool_error = type(error).__name__
            return None
        self._spool_error = None
        return ticket

    def _enqueue(self, item: Item) -> bool:
        characters = item.characters if isinstance(item, Spooled) else 0
        try:
            if characters > self._free_characters:
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
            self._delete_leftovers()
            self._write_left_behind(earlier=True)
            while True:
                batch = self._next_batch()
                if batch:
                    self._settle_in_order(batch)
                elif self._closing.is_set() and self._queue.empty():
                    break
                elif self._left_in_spool and self._queue.empty():
                    self._take_up_the_spool()
                elif self._erase_wal:
                    self._empty_the_write_ahead_log()
                self._close_with_the_program()
        finally:
            self._spool.close()
            self._file.close()

    def _take_up_the_spool(self) -> None:
        """Writes what waits in the spool alone, in order, before anything that is handed in from now on."""
        with self._state:
            self._spool.turn_over()
            self._left_in_spool, self._taking_up = 0, True
        self._write_left_behind()

    def _write_left_behind(self, *, earlier: bool = False) -> None:
        batch: list[Item] = []
        for event, ticket in self._spool.left_behind():
            if earlier:
                self._refusals.note_left_behind(event)
            batch.append(Spooled(event, ticket))
            if len(batch) == _BATCH_EVENTS:
                self._settle(batch, queued=False)
                batch = []
        if batch:
            self._settle(batch, queued=False)
        with self._state:
            self._taking_up = False
            self._state.notify_all()

    def _settle_in_order(self, batch: list[Item]) -> None:
        # Jobs, and events that wait for consents in the database, come after what is in the spool alone.
        first = list(takewhile(lambda item: isinstance(item, Spooled), batch))
        if first:
            self._settle(first)
        if self._left_in_spool and len(first) < len(batch):
            self._take_up_the_spool()
        if len(first) < len(batch):
            self._settle(batch[len(first) :])

    def _delete_leftovers(self) -> None:
        try:
            delete_leftovers(self._file.database, self.places)
        except (OSError, sqlite3.Error) as error:
            _logger.error("leftovers of erased talks could not be deleted (%s)", type(error).__name__)

    def _close_with_the_program(self) -> None:
        # Python waits for this thread at its exit; a log that nobody closed would keep it for ever.
        if not threading.main_thread().is_alive() and not self._closing.is_set():
            self._give_up_at = time.monotonic() + _CLOSE_TIMEOUT_S
            self._closing.set()

    def _next_batch(self) -> list[Item]:
        batch: list[Item] = []
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

    def _settle(self, batch: list[Item], *, queued: bool = True) -> None:
        outcome: Outcome | None = None
        try:
            if self._counts["given_up"]:
                raise GivenUpError
            outcome = self._until_it_succeeds(partial(write_batch, self._file, batch), batch)
            counts = outcome.counts
        except GivenUpError:
            lost = sum(not (isinstance(item, Spooled) and item.ticket is not None) for item in batch)
            counts = Counter(dropped=lost, given_up=lost)
            kept = len(batch) - lost
            message = "session log closed: %d events wait in the spool, %d are lost (%s)"
            _logger.error(message, kept, lost, self._last_error)
        if outcome is not None:
            self._after_commit(batch, outcome)
        for item in batch:
            if isinstance(item, Job):
                resolve(item, outcome)
        with self._state:
            self._counts.update(counts)
            if queued:
                self._settled += len(batch)
                self._free_characters += sum(item.characters for item in batch if isinstance(item, Spooled))
            self._state.notify_all()

    def _until_it_succeeds(self, step: Callable[[], _Result], batch: list[Item]) -> _Result:
        pause_s = _FIRST_RETRY_S
        while True:
            try:
                self._file.renew_if_gone(self._talks_under_way(batch))
                result = step()
            except Exception as error:  # whatever it is, what was handed in waits in memory and spool
                self._note_failure(error)
            else:
                self._last_error = None
                return result
            self._close_with_the_program()
            if time.monotonic() + _FIRST_RETRY_S > self._give_up_at:
                raise GivenUpError
            if self._closing.is_set():
                time.sleep(_FIRST_RETRY_S)
            else:
                self._closing.wait(pause_s)
            pause_s = min(2 * pause_s, _LAST_RETRY_S)

    def _talks_under_way(self, batch: list[Item]) -> dict[str, WrappedKey | None]:
        # Those too that are over, but whose last events have yet to be written.
        talks: dict[str, WrappedKey | None] = {}
        for item in batch:
            if isinstance(item, Spooled) and item.event.talk_id is not None:
                talks[item.event.talk_id] = item.event.key or talks.get(item.event.talk_id)
        with self._state:
            return talks | self._admission.talks()

    def _note_failure(self, error: Exception) -> None:
        name = type(error).__name__
        if self._last_error != name:
            _logger.warning("session log cannot be written (%s); events wait in memory and spool", name)
        with self._state:
            self._counts["failures"] += 1
            self._last_error = name

    def _after_commit(self, batch: list[Item], outcome: Outcome) -> None:
        self._file.keep_head(outcome.transaction.head)
        for item in batch:
            if isinstance(item, Spooled) and item.ticket is not None:
                self._spool.settle(item.ticket)
        transaction = outcome.transaction
        for decision in transaction.decisions:
            self._refusals.note(decision)
        if not transaction.erased_talks and not transaction.erased_persons:
            return
        self._erase_wal = True
        self._empty_the_write_ahead_log()
        try:
            self._spool.erase(frozenset(transaction.erased_talks), frozenset(transaction.erased_persons))
            for talk_id in transaction.erased_talks:
                delete_audio(self.places.audio, talk_id)
            for path in transaction.stale_backups:
                Path(path).unlink(missing_ok=True)
        except OSError as error:
            _logger.error("not all files of erased talks could be deleted (%s)", type(error).__name__)
            outcome.incomplete = SessionLogError(
                "The content is erased from the database, but not all files beside it could be deleted "
                f"({type(error).__name__}); mend that and erase again."
            )

    def _empty_the_write_ahead_log(self) -> None:
        # What was overwritten in the database still stands in the write-ahead log until then. A reader may
        # hold it up; it is tried again until it succeeds.
        with contextlib.suppress(sqlite3.Error):
            busy, *_ = self._file.database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            self._erase_wal = bool(busy)
