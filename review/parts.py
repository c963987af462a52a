"""What every page of the review works with, and how it reads and writes the log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from starlette.requests import Request

from review.settings import ReviewSettings
from session_log import SessionLog, SessionLogError
from session_log.kinds import AnyEvent
from session_log.location import LogPlaces
from session_log.reader import LogReader, reading
from session_log.transaction import Transaction

if TYPE_CHECKING:
    from review.pages import Pages

__all__ = ["NotWrittenError", "Review", "review_of"]

_WRITE_TIMEOUT_S = 10.0
_Result = TypeVar("_Result")


class NotWrittenError(SessionLogError):
    """The log could not be written in time, so that what was asked for is not done or not shown."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Review:
    """The parts of the application.

    Attributes:
        log: open for writing.
        pages: templates and words.
        settings: the deployer's.
        now: gives the time in UTC.
        password_work: how many passwords are checked at once; each takes 64 MiB and some 50 ms.
    """

    log: SessionLog
    pages: Pages
    settings: ReviewSettings = field(default_factory=ReviewSettings)
    now: Callable[[], datetime] = _utc_now
    password_work: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))

    @property
    def places(self) -> LogPlaces:
        """Where the log's files are."""
        return self.log.places

    async def read(self, question: Callable[[LogReader], _Result]) -> _Result:
        """Asks the log in a thread of its own; `question` returns plain values, not rows to be read later.

        Raises:
            SessionLogError: where the log cannot be read.
        """

        def ask() -> _Result:
            with reading(self.places) as reader:
                return question(reader)

        return await asyncio.to_thread(ask)

    async def write(self, job: Callable[[Transaction], _Result]) -> _Result:
        """Has the writer do a job, as `SessionLog.perform`, and returns what it returned.

        Raises:
            NotWrittenError: where it was not done in time; it may be done later.
        """
        try:
            return await asyncio.wait_for(asyncio.wrap_future(self.log.perform(job)), _WRITE_TIMEOUT_S)
        except TimeoutError:
            raise NotWrittenError("The session log cannot be written now; try again.") from None

    def note(self, event: AnyEvent) -> None:
        """Puts an event on its way to the log before it returns; a process that is killed does not lose it.

        Raises:
            NotWrittenError: where there is no room for it.
        """
        if not self.log.record(event):
            raise NotWrittenError("The session log cannot take anything more now; try again.")


def review_of(request: Request) -> Review:
    """The review to which a request belongs."""
    review: Review = request.app.state.review
    return review
