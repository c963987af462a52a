"""Deletes sound once the consent to it is revoked: at once, again while that fails, and anew at a start.

Nothing but the tables says what has to go, so a killed process loses no deletion. Files of which the tables
don't know, as one leaves that is killed while it keeps a sound, go with the rest of their talk at the start.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Container, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path

from session_log.audio import delete_audio, talks_with_audio
from session_log.batch import GivenUpError, Job, Outcome
from session_log.kept_audio import delete_revoked_audio, talks_with_revoked_audio

__all__ = ["SoundDeletion"]

_FIRST_RETRY_S = 0.5
_LAST_RETRY_S = 60.0
_TALKS_AT_ONCE = 20

_logger = logging.getLogger(__name__)


class SoundDeletion:
    """For the writer's thread; others may read the attributes.

    Args:
        folder: of the sealed files.
        write: runs jobs in a transaction, tried till it succeeds, or raises `GivenUpError`.
        under_way: tells which talks began in this process and are not over.

    Attributes:
        waiting: talks whose sound has to go and may not all be deleted yet.
        error: class of the error of the latest try, None when it succeeded.
    """

    def __init__(
        self,
        folder: Path,
        write: Callable[[Sequence[Job]], Outcome],
        under_way: Callable[[], Container[str]],
    ) -> None:
        self.waiting = 0
        self.error: str | None = None
        self._folder = folder
        self._write = write
        self._under_way = under_way
        self._talks: set[str] = set()
        self._left: set[str] = set()  # by an earlier process
        self._tables_asked = False
        self._pause_s = _FIRST_RETRY_S
        self._due_at = 0.0

    def go_on(self, talk_ids: Collection[str] = ()) -> None:
        """Deletes what has to go, and is due to be tried.

        To be called once what an earlier process left in the spool stands in the tables.

        Args:
            talk_ids: whose consent was revoked since the last call; these are tried at once.
        """
        self._talks.update(talk_ids)
        nothing_to_do = self._tables_asked and not self._talks
        if nothing_to_do or (not talk_ids and time.monotonic() < self._due_at):
            return
        try:
            errors = self._try()
        except GivenUpError:  # the next process finds it in the tables
            return
        finally:
            self.waiting = len(self._talks)
        if errors:
            self._due_at = time.monotonic() + self._pause_s
            self._pause_s = min(2 * self._pause_s, _LAST_RETRY_S)
        else:
            self._pause_s = _FIRST_RETRY_S
        self._note(errors)

    def _try(self) -> list[Exception]:
        try:
            if not self._tables_asked:
                self._ask_the_tables()
            self._talks = set(talks_with_audio(self._folder, self._talks))
        except GivenUpError:
            raise
        except Exception as error:  # whatever it is, it is tried again
            return [error]
        self.waiting = len(self._talks)
        errors: list[Exception] = []
        talks = sorted(self._talks)
        for start in range(0, len(talks), _TALKS_AT_ONCE):
            errors += self._delete(talks[start : start + _TALKS_AT_ONCE])
        return errors

    def _ask_the_tables(self) -> None:
        if not self._folder.exists():
            self._tables_asked = True
            return
        asked = Job(partial(talks_with_revoked_audio, folder=self._folder), Future())
        outcome = self._write([asked])
        for error in outcome.errors.values():
            raise error
        self._left = outcome.results[id(asked)]
        self._talks |= self._left
        self._tables_asked = True

    def _delete(self, talk_ids: Sequence[str]) -> list[Exception]:
        jobs = [
            Job(partial(delete_revoked_audio, folder=self._folder, talk_id=each), Future())
            for each in talk_ids
        ]
        outcome = self._write(jobs)
        errors = dict(outcome.errors)
        under_way = self._under_way()
        for talk_id, job in zip(talk_ids, jobs, strict=True):
            try:
                # After that transaction: the folder is by what the next process finds its talk.
                if (
                    talk_id in self._left
                    and outcome.results.get(id(job)) is False
                    and talk_id not in under_way
                ):
                    delete_audio(self._folder, talk_id)
            except OSError as error:
                errors[id(job)] = error
            if id(job) not in errors:
                self._talks.discard(talk_id)
                self._left.discard(talk_id)
        return list(errors.values())

    def _note(self, errors: Sequence[Exception]) -> None:
        name = type(errors[0]).__name__ if errors else None
        if name is not None and name != self.error:
            message = "sound whose consent was revoked could not be deleted (%s); it is tried again"
            _logger.error(message, name)
        self.error = name
