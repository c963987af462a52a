"""The thread that writes: batch after batch of the backlog, each in one transaction, until it succeeds.

While the database is locked, full or read-only, a transaction is tried again, and all else waits; when the
backlog was closed and its time ran out, the rest is given up: what stands in the spool waits there for the
next process. The thread ends with the backlog, or with the program.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence

from session_log.backlog import Backlog, Batch
from session_log.batch import GivenUpError, Job, Outcome, Spooled, resolve, write_batch
from session_log.data_keys import WrappedKey
from session_log.leftovers import delete_beside, delete_leftovers, empty_write_ahead_log
from session_log.location import LogPlaces
from session_log.log_file import LogFile
from session_log.refusals import Refusals
from session_log.schema import SessionLogError
from session_log.sound_deletion import SoundDeletion
from session_log.undecided import UNDECIDED

__all__ = ["WriterThread"]

_FIRST_RETRY_S = 0.05
_LAST_RETRY_S = 1.0

_logger = logging.getLogger(__name__)


class WriterThread:
    """Writes from now on; the file is its own, and closed at its end.

    Args:
        file: the log.
        places: where its other parts lie.
        backlog: what is to be written; closing it ends the thread.
        refusals: follow what is written.
        talks: tells which talks are under way, each with its key if it has one.

    Attributes:
        failures: transactions that had to be tried again.
        last_error: class of the error of the latest transaction, None when it succeeded.
        sound_deletion: of what consent was revoked.
    """

    def __init__(
        self,
        file: LogFile,
        places: LogPlaces,
        backlog: Backlog,
        refusals: Refusals,
        talks: Callable[[], Mapping[str, WrappedKey | None]],
    ) -> None:
        # No lock: what changes is written by the thread alone, and read by others one value at a time.
        self.failures = 0
        self.last_error: str | None = None
        self.sound_deletion = SoundDeletion(places.audio, self._written_beside, talks)
        self._lost = 0
        self._spool_read = False
        self._erase_wal = True  # an earlier process may have been killed before it could
        self._file = file
        self._places = places
        self._backlog = backlog
        self._refusals = refusals
        self._talks = talks
        self._thread = threading.Thread(target=self._run, name="session-log")
        self._thread.start()

    def join(self) -> bool:
        """Waits for the thread's end; False where something could not be written in time, and is lost."""
        self._thread.join()
        return self._lost == 0

    def _run(self) -> None:
        try:
            self._delete_leftovers()
            for batch in self._backlog.left_behind():
                self._refusals.note_left_behind(
                    item.event for item in batch.items if isinstance(item, Spooled)
                )
                self._settle(batch)
            self._spool_read = True
            self.sound_deletion.go_on()
            for batch in self._backlog.batches():
                if batch.items:
                    self._settle(batch)
                else:
                    if self._erase_wal:
                        self._erase_wal = not empty_write_ahead_log(self._file.database)
                    self.sound_deletion.go_on()
                self._end_with_the_program()
        finally:
            self._backlog.spool.close()
            self._file.close()

    def _delete_leftovers(self) -> None:
        try:
            delete_leftovers(self._file.database, self._places)
        except (OSError, sqlite3.Error) as error:
            _logger.error("leftovers of erased talks could not be deleted (%s)", type(error).__name__)

    def _end_with_the_program(self) -> None:
        # Python waits for this thread at its exit; a log that nobody closed would keep it for ever.
        if not threading.main_thread().is_alive():
            self._backlog.close()

    def _settle(self, batch: Batch) -> None:
        outcome: Outcome | None = None
        try:
            if self._lost:
                raise GivenUpError
            outcome = self._written(batch)
        except GivenUpError:
            counts = self._given_up(batch)
        else:
            self._follow(batch, outcome)
            counts = outcome.counts
        for item in batch.items:
            if isinstance(item, Job):
                resolve(item, outcome)
        if outcome is not None and self._spool_read:
            self.sound_deletion.go_on(outcome.transaction.revoked_audio)
        self._backlog.settle(batch, counts)

    def _written(self, batch: Batch) -> Outcome:
        pause_s = _FIRST_RETRY_S
        while True:
            try:
                self._file.renew_if_gone(self._talks_under_way(batch))
                outcome = write_batch(self._file, batch.items)
            except Exception as error:  # whatever it is, what was handed in waits in memory and spool
                self._note_failure(error)
            else:
                self.last_error = None
                return outcome
            self._end_with_the_program()
            if time.monotonic() + _FIRST_RETRY_S > self._backlog.give_up_at:
                raise GivenUpError
            if self._backlog.closing.is_set():
                time.sleep(_FIRST_RETRY_S)
            else:
                self._backlog.closing.wait(pause_s)
            pause_s = min(2 * pause_s, _LAST_RETRY_S)

    def _talks_under_way(self, batch: Batch) -> dict[str, WrappedKey | None]:
        # Those too that are over, but whose last events have yet to be written.
        talks: dict[str, WrappedKey | None] = {}
        for item in batch.items:
            if not isinstance(item, Spooled) or item.event.kind == UNDECIDED:
                continue
            if item.event.talk_id is not None:
                talks[item.event.talk_id] = item.event.key or talks.get(item.event.talk_id)
        return {**talks, **self._talks()}

    def _note_failure(self, error: Exception) -> None:
        name = type(error).__name__
        if self.last_error != name:
            _logger.warning("session log cannot be written (%s); events wait in memory and spool", name)
        self.failures += 1
        self.last_error = name

    def _given_up(self, batch: Batch) -> Counter[str]:
        kept = sum(isinstance(item, Spooled) and item.ticket is not None for item in batch.items)
        lost = len(batch.items) - kept
        message = "session log closed: %d events wait in the spool, %d are lost (%s)"
        _logger.error(message, kept, lost, self.last_error)
        self._lost += lost
        return Counter(dropped=lost)

    def _follow(self, batch: Batch, outcome: Outcome) -> None:
        """Brings everything beside the tables in line with a transaction that was committed."""
        transaction = outcome.transaction
        self._file.keep_head(transaction.head)
        spooled = [item for item in batch.items if isinstance(item, Spooled)]
        for item in spooled:
            if item.ticket is not None:
                self._backlog.spool.settle(item.ticket)
        self._take_out_decided(spooled)
        self._refusals.follow(transaction.refusals, [item.event.event_id for item in spooled])
        if not transaction.erased_talks and not transaction.erased_persons:
            return
        self._erase_wal = not empty_write_ahead_log(self._file.database)
        try:
            delete_beside(transaction, self._places, self._backlog.spool)
        except OSError as error:
            _logger.error("not all files of erased talks could be deleted (%s)", type(error).__name__)
            outcome.incomplete = SessionLogError(
                "The content is erased from the database, but not all files beside it could be deleted "
                f"({type(error).__name__}); mend that and erase again."
            )

    def _take_out_decided(self, settled: Collection[Spooled]) -> None:
        # No longer than it was needed does a line stay there which opens what may have been refused.
        decided: dict[int, set[str]] = {}
        for item in settled:
            if item.ticket is not None and item.event.kind == UNDECIDED:
                decided.setdefault(item.ticket, set()).add(item.event.event_id)
        for ticket, event_ids in decided.items():
            try:
                self._backlog.spool.take_out(ticket, event_ids)
            except OSError as error:
                message = "events that were decided go with their file of the spool (%s)"
                _logger.error(message, type(error).__name__)

    def _written_beside(self, jobs: Sequence[Job]) -> Outcome:
        outcome = self._written(Batch(tuple(jobs), from_memory=False))
        self._file.keep_head(outcome.transaction.head)
        return outcome
