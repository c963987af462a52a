"""The log's files are for the server's user alone: what a copy left open to others is closed at the start.

A database that was put back from a copy has the mode of the copy (`sqlite3 … .backup` makes it by the umask),
and SQLite gives its files beside it the same.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

from session_log.location import LogPlaces

__all__ = ["close_to_others"]

_OTHERS = 0o077
_logger = logging.getLogger(__name__)


def close_to_others(places: LogPlaces) -> None:
    """Takes from group and others what they may do with the log's files and folders, and says so.

    A file that is not ours to change stays as it is, and is named.
    """
    closed, open_still = [], []
    for path in _files(places):
        try:
            mode = path.stat().st_mode
            if not mode & _OTHERS:
                continue
            path.chmod(mode & 0o7700)
        except FileNotFoundError:
            continue
        except OSError:
            open_still.append(str(path))
        else:
            closed.append(str(path))
    if closed:
        _logger.warning("others could open files of the session log; closed to them: %s", ", ".join(closed))
    if open_still:
        _logger.warning(
            "others can open files of the session log, and this user cannot change it: %s",
            ", ".join(open_still),
        )


def _files(places: LogPlaces) -> Iterator[Path]:
    name = places.database.name
    yield places.database
    yield from (places.database.with_name(name + end) for end in ("-wal", "-shm", ".writer"))
    yield from (places.key_file, places.head_file)
    # Whatever lies in them is closed with them.
    yield from (places.spool, places.audio)
