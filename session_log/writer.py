"""The one writer of a session log: events in from any thread, rows out from a thread of its own.

`SessionLog.record` never waits for the database. It asks the consents, seals what they allow (`admission`)
and leaves it in memory and spool (`backlog`) before it returns, so that a killed process loses nothing; a
thread (`writer_thread`) writes what has gathered. While the database is locked, full or read-only, events
wait, so that talks go on. Where the database's file was deleted, a new one is begun. Neither an error nor
the health of the writer ever contains anything of an event.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Collection
from concurrent.futures import Future
from datetime import datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from session_log import store
from session_log.admission import Admission
from session_log.audio import delete_audio, keep_audio
from session_log.backlog import CLOSE_TIMEOUT_S, Backlog
from session_log.batch import GivenUpError, Job
from session_log.care_events import PersonConsentSet
from session_log.data_keys import WrappedKey
from session_log.erasure import erase_talk
from session_log.events import AudioKept
from session_log.health import Health
from session_log.kinds import KINDS, AnyEvent
from session_log.location import LogPlaces
from session_log.log_file import LogFile
from session_log.refusals import Refusals
from session_log.schema import SessionLogError
from session_log.sealed import SealedEvent
from session_log.spool import Spool
from session_log.transaction import Transaction
from session_log.writer_thread import WriterThread

__all__ = ["Health", "SessionLog"]

_JOB_TIMEOUT_S = 5.0

_Result = TypeVar("_Result")


class SessionLog:
    """A session log open for writing; see the module for its promises. Also a context manager."""

    def __init__(self, file: LogFile, places: LogPlaces, queue_size: int, queue_characters: int) -> None:
        self.places = places
        self._file = file
        # Guards the consents that are known, and has events handed in in the order of their decisions.
        self._deciding = threading.RLock()
        self._admission = Admission(file.keys.masters)
        self._refusals = Refusals(store.read_refusals(file.database))
        self._backlog = Backlog(Spool(places.spool, file.log_key), queue_size, queue_characters)
        self._thread = WriterThread(file, places, self._backlog, self._refusals, self._talks_under_way)

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
        with self._deciding:
            return self._hand_in(event)

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
        with self._deciding:
            key = None if self._backlog.closing.is_set() else self._admission.audio_key(talk_id, at)
        if key is None:
            return False
        digest = keep_audio(self.places.audio, key, talk_id, turn_id, sound)
        with self._deciding:  # a revocation or an erasure may have come in between
            allowed = self._admission.audio_key(talk_id, at) is key
            kept = allowed and self.record(
                AudioKept(talk_id=talk_id, turn_id=turn_id, at=at, duration_ms=duration_ms, digest=digest)
            )
        if not kept:
            delete_audio(self.places.audio, talk_id, turn_id)
        return kept

    def perform(self, job: Callable[[Transaction], _Result]) -> Future[_Result]:
        """Has the writer's thread run a job in the transaction, after all that was handed in before.

        What the job raises, but for errors of the disk, undoes the job alone and comes out of the future.
        A job may run again where the transaction could not be written; it must not keep anything of its
        first run.
        """
        done: Future[_Result] = Future()
        if self._backlog.closing.is_set():
            done.set_exception(SessionLogError("The session log is closed."))
        elif not self._backlog.put(Job(job, done)):
            done.set_exception(SessionLogError("The session log has too much to do; try again."))
        return done

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Waits until all that was handed in before, here or to an earlier process, is settled.

        Returns:
            False where the time ran out.
        """
        return self._backlog.wait_until_settled(timeout_s)

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
        with self._deciding:
            for talk_id in talk_ids:
                self._admission.mark_erased(talk_id)

    def refusals(self, person: str) -> frozenset[str]:
        """The scopes that a person has revoked for all talks."""
        return self._refusals.of(person)

    def health(self) -> Health:
        """Tells how the writer fares."""
        backlog, thread = self._backlog, self._thread
        counts = backlog.counts()
        return Health(
            queued=counts["queued"],
            written=counts["written"],
            withheld=counts["withheld"],
            repeated=counts["repeated"],
            refused=counts["refused"],
            dropped=counts["dropped"],
            failures=thread.failures,
            last_error=thread.last_error,
            spooled=backlog.spool.waiting,
            spool_error=backlog.spool_error,
            spool_rejected=backlog.spool.rejected,
            head_error=self._file.head_problem,
            sound_to_delete=thread.sound_deletion.waiting,
            sound_error=thread.sound_deletion.error,
        )

    def close(self, timeout_s: float = CLOSE_TIMEOUT_S) -> bool:
        """Writes what is queued and ends the thread; may be called again.

        Returns:
            False where events were lost because neither database nor spool could be written in time.
        """
        with self._deciding:
            self._backlog.close(timeout_s)
        return self._thread.join()

    def __enter__(self) -> SessionLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _hand_in(self, event: AnyEvent) -> bool:
        if self._backlog.closing.is_set():
            self._backlog.count("dropped")
            return False
        if isinstance(event, PersonConsentSet):
            self._refusals.note(event)
        admitted = self._admission.admit(event)
        if not isinstance(admitted, SealedEvent):
            self._backlog.count(admitted)
            return True
        taken = self._backlog.put_sealed(admitted)
        if not taken:
            self._refusals.follow({}, (event.event_id,))
        return taken

    def _talks_under_way(self) -> dict[str, WrappedKey | None]:
        with self._deciding:
            return self._admission.talks()
