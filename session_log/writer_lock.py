"""One writer for one log: a lock that the operating system frees when its holder dies."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from session_log.schema import SessionLogError

__all__ = ["LogInUseError", "claim", "holds", "is_held", "release"]

_TRIES = 10
_PAUSE_S = 0.02


class LogInUseError(SessionLogError):
    """The log has a writer already."""


def claim(path: Path) -> int:
    """Claims the log at `path` for this process, through a file beside it.

    Returns:
        The descriptor that holds the lock, for `release`.

    Raises:
        LogInUseError: where another writer has the log.
        SessionLogError: where the folder cannot be written.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path.with_name(f"{path.name}.writer"), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise SessionLogError(
            f"{path} cannot be opened for writing ({error.strerror}); "
            "check the path, the rights to its folder and the free space on the disk."
        ) from None
    for _ in range(_TRIES):  # somebody may be looking (`is_held`), which takes no time
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            time.sleep(_PAUSE_S)
        else:
            return descriptor
    os.close(descriptor)
    raise LogInUseError(
        f"{path} already has a writer; end the other server, or give this one a log of its own."
    )


def is_held(path: Path) -> bool:
    """Whether a writer has the log at `path`; takes it from nobody, and makes no file.

    Raises:
        OSError: where that cannot be seen.
    """
    try:
        descriptor = os.open(path.with_name(f"{path.name}.writer"), os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def holds(descriptor: int, path: Path) -> bool:
    """Whether the lock is still on the file that stands beside the log now."""
    try:
        ours, there = os.fstat(descriptor), path.with_name(f"{path.name}.writer").stat()
    except OSError:
        return False
    return (ours.st_dev, ours.st_ino) == (there.st_dev, there.st_ino)


def release(descriptor: int) -> None:
    """Gives the log free for another writer."""
    os.close(descriptor)
