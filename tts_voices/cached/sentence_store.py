"""A folder of spoken sentences, bounded in size: what was used longest ago goes first.

Several processes may use it at once. File names are digests, and the time of modification is no finer than a
day; what the file system notes beside it (when a file was made) can't be helped, so that the folder is its
owner's alone. Whoever renders all sentences ahead (`make voices`) leaves no time of a talk in it.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from tts_voices.cached.sound_files import DamagedSoundError, read_sealed, write_sealed

__all__ = ["SentenceStore"]

_NAME = re.compile(r"[0-9a-f]{64}\.ogg")
_PART = re.compile(r"[0-9a-f]{64}\.\d+-\d+\.part")
_ABANDONED_S = 600.0
_DAY_S = 86_400
_KEPT_SHARE = 0.9  # of the limit, so that room is not made for each sentence anew
_WRITES_BETWEEN_COUNTS = 32  # other processes write too


@dataclass(frozen=True, slots=True)
class _Entry:
    used_s: float
    path: Path
    size: int


class SentenceStore:
    """Sounds by key, 64 hexadecimal digits.

    Args:
        folder: where they are; made when something is written.
        limit_mb: what they may take, 10^6 bytes each; other processes may for a moment write past it.

    Attributes:
        damaged: entries that were found damaged, and removed.
    """

    def __init__(self, folder: Path, limit_mb: float) -> None:
        self.folder = folder
        self.damaged = 0
        self._limit = int(limit_mb * 1e6)
        self._size = 0
        self._until_count = 0
        self._lock = threading.Lock()

    def find(self, key: str) -> bytes | None:
        """The encoded sound, or None; a damaged one is removed.

        Raises:
            OSError: if the disk can't be read.
        """
        try:
            return read_sealed(self._path(key))
        except FileNotFoundError:
            return None
        except DamagedSoundError:
            self.remove_damaged(key)
            return None

    def has(self, key: str) -> bool:
        """Whether there is an undamaged entry."""
        try:
            return self.find(key) is not None
        except OSError:
            return False

    def note_use(self, key: str) -> None:
        """An entry was used today."""
        path, today = self._path(key), _today_s()
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < today:
                os.utime(path, (today, today))

    def remove_damaged(self, key: str) -> None:
        """Takes an entry away that can't be played."""
        path = self._path(key)
        with contextlib.suppress(OSError):
            if path.is_dir() and not path.is_symlink():
                path.rmdir()
            else:
                path.unlink()
        with self._lock:
            self.damaged += 1

    def keep(self, key: str, sound: bytes) -> None:
        """Writes an entry, whole or not at all, and makes room if the limit is passed.

        Raises:
            OSError: if it can't be written.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._path(key)
        written = write_sealed(path, sound, modified_s=_today_s())
        with self._lock:
            self._size += written
            self._until_count -= 1
            if self._until_count < 0 or self._size > self._limit:
                self._until_count = _WRITES_BETWEEN_COUNTS
                self._size = self._make_room(path)

    def room_for(self, sound: bytes) -> bool:
        """Whether an entry can be kept without another having to go."""
        with self._lock:
            if self._until_count <= 0:
                self._until_count = _WRITES_BETWEEN_COUNTS
                self._size = self._make_room(None)
            return self._size + len(sound) < self._limit

    def size_bytes(self) -> int:
        """What all entries take."""
        return sum(entry.size for entry in self._entries())

    def _make_room(self, spared: Path | None) -> int:
        """Removes what was used longest ago while the limit is passed; returns what is left, in bytes."""
        entries = sorted(self._entries(), key=lambda entry: (entry.used_s, entry.path.name))
        size = sum(entry.size for entry in entries)
        if size <= self._limit:
            return size
        for entry in entries:
            if size <= _KEPT_SHARE * self._limit:
                break
            if entry.path != spared or entry.size > self._limit:
                with contextlib.suppress(OSError):
                    entry.path.unlink()
                    size -= entry.size
        return size

    def _entries(self) -> list[_Entry]:
        """Every entry; what killed runs have left is removed by the way, and nothing else is touched."""
        found = []
        with contextlib.suppress(OSError), os.scandir(self.folder) as files:
            for file in files:
                with contextlib.suppress(OSError):
                    status = file.stat(follow_symlinks=False)
                    if not stat.S_ISREG(status.st_mode):
                        continue
                    if _NAME.fullmatch(file.name):
                        found.append(_Entry(status.st_mtime, Path(file.path), status.st_size))
                    # Of a part the time of change is asked, which `write_sealed` does not set.
                    elif _PART.fullmatch(file.name) and time.time() - status.st_ctime > _ABANDONED_S:
                        os.unlink(file.path)
        return found

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.ogg"


def _today_s() -> float:
    return time.time() // _DAY_S * _DAY_S
