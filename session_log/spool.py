"""What has been handed in and does not stand in the database yet: files that outlive the process.

`put` returns when the operating system has the line, so that a killed process loses nothing (a machine
that loses its power may lose the last moment). Each line is a sealed event with an HMAC-SHA256 of the
log's own key: half a line, or one that somebody else wrote, is left out and counted. A file whose lines
are all settled is emptied or deleted. Content is sealed here as in the database.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from session_log.sealed import SealedEvent, decode, encode

__all__ = ["Spool"]

_ROTATE_BYTES = 4 * 1024 * 1024
_LINE = b"hamdel session log spool 1"
_MAC_CHARACTERS = 64


class Spool:
    """The folder of a log's spool. May be used from several threads.

    Args:
        folder: made where it is missing, readable by its owner alone.
        key: the log's own key.

    Attributes:
        rejected: lines that were left out.

    Raises:
        OSError: where the folder cannot be made or read.
    """

    def __init__(self, folder: Path, key: bytes) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.rejected = 0
        self._folder = folder
        self._key = key
        self._lock = threading.Lock()
        self._open_lines: Counter[int] = Counter()
        self._descriptor: int | None = None
        self._bytes = 0
        for unfinished in folder.glob("*.new"):  # of an `erase` that was cut short
            unfinished.unlink()
        names = [path.stem for path in folder.glob("*.jsonl")]
        numbers = [int(name) for name in names if name.isascii() and name.isdecimal()]
        self._left = sorted(numbers)
        self._number = max(numbers, default=0) + 1

    @property
    def waiting(self) -> int:
        """Lines that are not settled."""
        with self._lock:
            return sum(self._open_lines.values())

    def left_behind(self) -> Iterator[tuple[SealedEvent, int]]:
        """The events that an earlier process left, oldest first, each with the ticket to settle it by."""
        for number in self._left:
            with contextlib.suppress(OSError):
                lines = self._path(number).read_bytes().split(b"\n")
                events = [event for line in lines if (event := self._read(line)) is not None]
                with self._lock:
                    self._open_lines[number] = len(events)
                for event in events:
                    yield event, number
                if not events:
                    self._path(number).unlink(missing_ok=True)
        self._left = []

    def turn_over(self) -> None:
        """Gives all that is not settled to `left_behind` again; what is put from now on is not among it."""
        with self._lock:
            self._close()
            self._left = sorted(
                {*self._left, *(number for number, left in self._open_lines.items() if left > 0)}
            )

    def put(self, event: SealedEvent) -> int:
        """Writes an event; returns the ticket to settle it by.

        Raises:
            OSError: where it cannot be written, a full disk among others; nothing of it is left then.
        """
        text = encode(event).encode()
        line = self._mac(text).encode() + b" " + text + b"\n"
        with self._lock:
            if self._descriptor is not None and self._bytes >= _ROTATE_BYTES:
                self._close()
            if self._descriptor is None:
                flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
                self._descriptor = os.open(self._path(self._number), flags, 0o600)
                self._bytes = 0
            written = 0
            try:
                while written < len(line):
                    written += os.write(self._descriptor, line[written:])
            except OSError:
                os.ftruncate(self._descriptor, self._bytes)
                raise
            self._bytes += len(line)
            self._open_lines[self._number] += 1
            return self._number

    def settle(self, ticket: int) -> None:
        """An event stands in the database, or is not wanted any more.

        Where the file can't be emptied or deleted it is left: its lines will be found to be stored.
        """
        with self._lock:
            self._open_lines[ticket] -= 1
            if self._open_lines[ticket] > 0:
                return
            del self._open_lines[ticket]
            with contextlib.suppress(OSError):
                if ticket == self._number and self._descriptor is not None:
                    os.ftruncate(self._descriptor, 0)
                    self._bytes = 0
                else:
                    self._path(ticket).unlink(missing_ok=True)

    def erase(self, talk_ids: frozenset[str], persons: frozenset[str]) -> None:
        """Takes the content of some talks, and all of some persons, out of the files; tickets stay valid.

        Raises:
            OSError: where a file cannot be written anew.
        """
        with self._lock:
            self._close()
            for path in sorted(self._folder.glob("*.jsonl")):
                self._leave_out(path, lambda event: _is_of(event, talk_ids, persons))

    def take_out(self, ticket: int, event_ids: Collection[str]) -> None:
        """Takes settled events out of a file at once, though others in it still wait.

        Raises:
            OSError: where the file cannot be written anew.
        """
        with self._lock:
            if ticket not in self._open_lines:
                return  # the file is empty or gone
            if ticket == self._number:
                self._close()
            self._leave_out(self._path(ticket), lambda event: event.event_id in event_ids)

    def close(self) -> None:
        """Closes the file; what is not settled stays for the next process."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._descriptor is None:
            return
        os.close(self._descriptor)
        self._descriptor = None
        if not self._open_lines.get(self._number):
            with contextlib.suppress(OSError):
                self._path(self._number).unlink(missing_ok=True)
        self._number += 1

    def _leave_out(self, path: Path, unwanted: Callable[[SealedEvent], bool]) -> None:
        kept = []
        for line in path.read_bytes().split(b"\n"):
            event = self._read(line)
            if event is not None and not unwanted(event):
                kept.append(line + b"\n")
        beside = path.with_suffix(".new")
        beside.write_bytes(b"".join(kept))
        beside.chmod(0o600)
        beside.replace(path)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:012d}.jsonl"

    def _mac(self, text: bytes) -> str:
        return hmac.new(self._key, _LINE + text, hashlib.sha256).hexdigest()

    def _read(self, line: bytes) -> SealedEvent | None:
        if not line:
            return None
        mac, text = line[:_MAC_CHARACTERS], line[_MAC_CHARACTERS + 1 :]
        if not hmac.compare_digest(mac, self._mac(text).encode()):
            self.rejected += 1
            return None
        try:
            return decode(text.decode())
        except ValueError:
            self.rejected += 1
            return None


def _is_of(event: SealedEvent, talk_ids: frozenset[str], persons: frozenset[str]) -> bool:
    return event.person in persons or (event.talk_id in talk_ids and event.content is not None)
