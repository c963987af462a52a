"""One spoken sentence in one file: Ogg Vorbis, then a SHA-256 that tells a damaged file from a whole one.

The digest covers the file's name too, so that a file that was renamed is no longer taken for a sentence.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

__all__ = ["LONGEST_S", "DamagedSoundError", "decoded", "encoded", "read_sealed", "write_sealed"]

LONGEST_S = 60
"""A longer sound is no sentence."""

_DIGEST_BYTES = 32
_LARGEST_BYTES = 2_000_000  # a minute takes a quarter of this
_LOUDEST = 32_440  # 0.99: what is lost in the encoding can lift a peak


class DamagedSoundError(Exception):
    """A file does not hold what was written into it."""


def encoded(samples: NDArray[np.int16], sample_rate_hz: int) -> bytes:
    """Mono `samples`, shape [n], as Ogg Vorbis."""
    content = io.BytesIO()
    with soundfile.SoundFile(content, "w", sample_rate_hz, 1, format="OGG", subtype="VORBIS") as file:
        for start in range(0, len(samples), sample_rate_hz):
            file.write(samples[start : start + sample_rate_hz])
    return content.getvalue()


def decoded(sound: bytes, *, chunk_ms: int) -> Iterator[NDArray[np.int16]]:
    """Chunks of at most `chunk_ms`, shape [samples], each decoded when it is asked for.

    Raises:
        DamagedSoundError: at once, if `sound` is none.
    """
    try:
        file = soundfile.SoundFile(io.BytesIO(sound))
    except soundfile.LibsndfileError as error:
        raise DamagedSoundError("not a sound") from error
    return _chunks(file, file.samplerate * chunk_ms // 1000)


def _chunks(file: soundfile.SoundFile, size: int) -> Iterator[NDArray[np.int16]]:
    with file:
        while len(chunk := file.read(size, dtype="int16")):
            yield np.clip(chunk, -_LOUDEST, _LOUDEST)


def write_sealed(path: Path, sound: bytes, *, modified_s: float) -> int:
    """Writes a file whole or not at all, with this time of modification; returns its size in bytes.

    Raises:
        OSError: if it can't be written; nothing is left of it then.
    """
    part = path.with_name(f"{path.stem}.{os.getpid()}-{threading.get_ident()}.part")
    content = sound + _digest(path, sound)
    try:
        # For their owner alone: the times of the files tell when a sentence was said.
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
        os.utime(part, (modified_s, modified_s))
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    return len(content)


def read_sealed(path: Path) -> bytes:
    """The sound in a file.

    Raises:
        DamagedSoundError: if it is not what was written, or no plain file.
        OSError: if it can't be read.
    """
    try:
        # Neither is a pipe waited for, nor a link followed out of the folder.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise DamagedSoundError("a link") from error
        raise
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or not _DIGEST_BYTES < status.st_size <= _LARGEST_BYTES:
            raise DamagedSoundError("no sound of a sentence")
        with open(descriptor, "rb", closefd=False) as file:
            content = file.read(_LARGEST_BYTES)
    finally:
        os.close(descriptor)
    sound = content[:-_DIGEST_BYTES]
    if content[-_DIGEST_BYTES:] != _digest(path, sound):
        raise DamagedSoundError("the digest is another")
    return sound


def _digest(path: Path, sound: bytes) -> bytes:
    return hashlib.sha256(path.name.encode() + sound).digest()
