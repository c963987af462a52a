"""Which single-use tokens were used, in a file: a restart of the server does not make them good again."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

__all__ = ["UsedTokens"]

logger = logging.getLogger(__name__)

_LINES_BESIDE = 1_000


class UsedTokens:
    """Remembers tokens until they expire.

    One line of some fifty bytes is written for each, without waiting for the disk: what a power failure may
    take lives for a minute.

    Args:
        path: the file, made when it is needed; None: they are remembered in memory alone.
        now: the wall clock, seconds since the epoch.
    """

    def __init__(self, path: Path | None = None, now: Callable[[], float] = time.time) -> None:
        self._path = path
        self._now = now
        self._used = {} if path is None else _read(path, now())
        self._lines = 0
        self._failing = False
        if path is not None and path.exists():  # its last line may be cut off
            self._write_anew()

    def use(self, token_id: str, expires_at: float) -> bool:
        """Takes a token; False where it was used before."""
        now = self._now()
        self._used = {token: until for token, until in self._used.items() if until > now}
        if token_id in self._used:
            return False
        self._used[token_id] = expires_at
        if self._lines > len(self._used) + _LINES_BESIDE:
            self._write_anew()
        else:
            self._append(token_id, expires_at)
        return True

    def _append(self, token_id: str, expires_at: float) -> None:
        if self._path is None:
            return
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(_line(token_id, expires_at))
        except OSError as error:
            self._complain(error)
        else:
            self._lines += 1
            self._failing = False

    def _write_anew(self) -> None:
        if self._path is None:
            return
        beside = self._path.with_name(f"{self._path.name}.new")
        try:
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.writelines(_line(token, until) for token, until in self._used.items())
            beside.replace(self._path)
        except OSError as error:
            self._complain(error)
        else:
            self._lines = len(self._used)

    def _complain(self, error: OSError) -> None:
        if not self._failing:  # talks go on; in this process the token is used up all the same
            logger.error("used tokens can't be written (%s)", type(error).__name__)
        self._failing = True


def _line(token_id: str, expires_at: float) -> str:
    return f"{token_id} {expires_at:.0f}\n"


def _read(path: Path, now: float) -> dict[str, float]:
    used: dict[str, float] = {}
    try:
        lines = path.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return used
    for line in lines:
        token_id, _, until = line.partition(" ")
        if until.isdigit() and float(until) > now:
            used[token_id] = float(until)
    return used
