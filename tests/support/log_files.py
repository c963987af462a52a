"""Looking at the files of a session log from outside, and waiting for its writer."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

from session_log.kinds import AnyEvent
from session_log.writer import SessionLog


def record_all(log: SessionLog, events: Iterable[AnyEvent]) -> None:
    """Hands in events, each of which has to be taken."""
    for event in events:
        assert log.record(event)


def wait_until(condition: Callable[[], bool], timeout_s: float = 30.0) -> None:
    """Waits for a condition; fails after `timeout_s`."""
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def bytes_of_all_files(folder: Path) -> bytes:
    """All bytes of all files below a folder."""
    return b"".join(content for content in contents(folder).values())


def contents(folder: Path) -> dict[Path, bytes]:
    """The bytes of each file below a folder."""
    return {file: file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def change(path: Path, statement: str, *values: object) -> int:
    """Changes a database as somebody would who has the file; returns how many rows that were."""
    with closing(sqlite3.connect(path)) as other:
        rows = other.execute(statement, values).rowcount
        other.commit()
    return rows


def rows(path: Path, query: str, *values: object) -> list[tuple[object, ...]]:
    """The rows of a query, read as somebody would who has the file."""
    with closing(sqlite3.connect(path)) as other:
        return other.execute(query, values).fetchall()


def assert_sound(path: Path) -> None:
    """Fails where the database's pages or references are damaged."""
    with closing(sqlite3.connect(path)) as check:
        assert check.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert check.execute("PRAGMA foreign_key_check").fetchall() == []
