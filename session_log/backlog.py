"""What was handed in and waits to be written, in memory and in the spool, and the order in which it is.

Events stand in the spool as well, so that a killed process loses none. What is too much for the memory
waits in the spool alone, and so do all events after it, until that is taken up again. What an earlier process
left in the spool goes before everything.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile

from session_log.batch import Item, Job, Spooled
from session_log.sealed import SealedEvent
from session_log.spool import Spool

__all__ = ["BATCH_WINDOW_S", "CLOSE_TIMEOUT_S", "Backlog", "Batch"]

BATCH_WINDOW_S = 0.02
"""How long the first event of a transaction waits for company."""

CLOSE_TIMEOUT_S = 5.0
"""How long what waits may still be written after closing, where nothing else is asked for."""

_BATCH_EVENTS = 256
_IDLE_POLL_S = 0.5

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Batch:
    """What shall stand in one transaction, in order; empty where nothing came for a while.

    Attributes:
        from_memory: False where it was read from the spool alone.
    """

    items: tuple[Item, ...]
    from_memory: bool = True


class Backlog:
    """Takes in from any thread; one thread alone gets the batches, and settles each before the next.

    Args:
        spool: what waits on the disk.
        items: most that wait in memory.
        characters: most characters of facts and contents of the events among them.

    Attributes:
        spool: as given; what was written is settled there by its ticket.
        spool_error: class of the error of the latest try to write it, None when that succeeded.
        closing: set when nothing more is taken in.
        give_up_at: until when the rest may be written, on the clock of `time.monotonic`.
    """

    def __init__(self, spool: Spool, items: int, characters: int) -> None:
        self.spool = spool
        self.spool_error: str | None = None
        self.closing = threading.Event()
        self.give_up_at = float("inf")
        self._memory: queue.Queue[Item | None] = queue.Queue(items)
        self._changed = threading.Condition()  # guards all that follows, and the order of what is put
        self._free_characters = characters
        self._counts: Counter[str] = Counter()
        self._accepted = 0
        self._settled = 0
        self._in_spool_alone = 0
        self._taking_up = True

    def put(self, job: Job) -> bool:
        """Takes in a job, which waits in memory alone; False where there is no room, or it is closed."""
        with self._changed:
            taken = not self.closing.is_set() and self._remember(job)
            if not taken:
                self.count("dropped")
            return taken

    def put_sealed(self, event: SealedEvent) -> bool:
        """Takes in a sealed event; False where neither memory nor spool has room, or it is closed."""
        with self._changed:
            if self.closing.is_set():
                self.count("dropped")
                return False
            ticket = self._spooled(event)
            # Behind others that wait in the spool alone it has to wait there too, where it can.
            if (ticket is None or not self._in_spool_alone) and self._remember(Spooled(event, ticket)):
                return True
            if ticket is None:
                self.count("dropped")
                return False
            self._in_spool_alone += 1
            return True

    def count(self, fate: str) -> None:
        """Counts an event that was not taken in."""
        with self._changed:
            self._counts[fate] += 1

    def counts(self) -> Counter[str]:
        """What became of all events so far, and how many are `queued`: taken into memory, and not settled."""
        with self._changed:
            return self._counts + Counter(queued=self._accepted - self._settled)

    def wait_until_settled(self, timeout_s: float) -> bool:
        """Waits for all that was put before, here or in an earlier process; False where the time ran out."""
        with self._changed:
            target = self._accepted
            return self._changed.wait_for(
                lambda: self._settled >= target and not (self._in_spool_alone or self._taking_up), timeout_s
            )

    def close(self, timeout_s: float = CLOSE_TIMEOUT_S) -> None:
        """Takes nothing more in, and lets the rest be written for a while; may be called again."""
        with self._changed:
            if self.closing.is_set():
                return
            self.give_up_at = time.monotonic() + timeout_s
            self.closing.set()
            if not self._memory.full():
                self._memory.put_nowait(None)  # wakes whoever waits for a batch

    def left_behind(self) -> Iterator[Batch]:
        """What an earlier process left in the spool; to be written before any of `batches`."""
        return self._from_spool()

    def batches(self) -> Iterator[Batch]:
        """What was put, in order, until the backlog is closed and the memory empty.

        When it is closed, what waits in the spool alone stays there for the next process, unless something
        in memory has to come after it.
        """
        while True:
            gathered = self._gathered()
            sealed = tuple(takewhile(lambda item: isinstance(item, Spooled), gathered))
            rest = gathered[len(sealed) :]
            if sealed:
                yield Batch(sealed)
            if rest:
                # A job, and what was put after it, comes after the spool's.
                if self._in_spool_alone:
                    yield from self._taken_up()
                yield Batch(rest)
            elif gathered:
                continue
            elif self.closing.is_set() and self._memory.empty():
                return
            elif self._in_spool_alone and self._memory.empty():
                yield from self._taken_up()
            else:
                yield Batch(())

    def settle(self, batch: Batch, counts: Mapping[str, int]) -> None:
        """Takes note that a batch waits no more, and what became of its events."""
        with self._changed:
            self._counts.update(counts)
            if batch.from_memory:
                self._settled += len(batch.items)
                self._free_characters += sum(map(_characters, batch.items))
            self._changed.notify_all()

    def _remember(self, item: Item) -> bool:
        if _characters(item) > self._free_characters or self._memory.full():
            return False
        self._memory.put_nowait(item)
        self._accepted += 1
        self._free_characters -= _characters(item)
        return True

    def _spooled(self, event: SealedEvent) -> int | None:
        try:
            ticket = self.spool.put(event)
        except OSError as error:
            if self.spool_error is None:
                _logger.error("the session log's spool cannot be written (%s)", type(error).__name__)
            self.spool_error = type(error).__name__
            return None
        self.spool_error = None
        return ticket

    def _gathered(self) -> tuple[Item, ...]:
        gathered: list[Item] = []
        due = time.monotonic() + (0.0 if self.closing.is_set() else _IDLE_POLL_S)
        while len(gathered) < _BATCH_EVENTS:
            try:
                item = self._memory.get(timeout=max(0.0, due - time.monotonic()))
            except queue.Empty:
                break
            if item is not None:
                gathered.append(item)
            if len(gathered) <= 1:
                due = time.monotonic() + (0.0 if self.closing.is_set() else BATCH_WINDOW_S)
        return tuple(gathered)

    def _taken_up(self) -> Iterator[Batch]:
        with self._changed:
            self.spool.turn_over()
            self._in_spool_alone, self._taking_up = 0, True
        return self._from_spool()

    def _from_spool(self) -> Iterator[Batch]:
        items: list[Item] = []
        for event, ticket in self.spool.left_behind():
            items.append(Spooled(event, ticket))
            if len(items) == _BATCH_EVENTS:
                yield Batch(tuple(items), from_memory=False)
                items = []
        if items:
            yield Batch(tuple(items), from_memory=False)
        with self._changed:
            self._taking_up = False
            self._changed.notify_all()


def _characters(item: Item) -> int:
    return item.characters if isinstance(item, Spooled) else 0
