"""Formats that libsndfile cannot decode, by PyAV where it is installed: M4A, AAC, WebM.

The format is known by the file's first bytes and its demultiplexer is named to FFmpeg, which would
otherwise also follow playlists and other files that point elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from ser_model.errors import ManifestError

__all__ = ["Container", "container_of", "opened"]


@dataclass(frozen=True, slots=True)
class Container:
    """A kind of file.

    Attributes:
        name: as people call it.
        demultiplexer: as FFmpeg calls it.
    """

    name: str
    demultiplexer: str


_MP4 = Container("M4A (MPEG-4)", "mov")
_MATROSKA = Container("WebM or Matroska", "matroska")
_ADTS = Container("AAC", "aac")


def container_of(file: BinaryIO) -> Container | None:
    """The kind of a file that libsndfile cannot decode, or None; leaves the file at its beginning."""
    start = file.read(12)
    file.seek(0)
    if start[4:8] == b"ftyp":  # ISO 14496-12, section 4.3
        return _MP4
    if start[:4] == b"\x1aE\xdf\xa3":  # RFC 8794, section 11.2.1
        return _MATROSKA
    if start[:1] == b"\xff" and len(start) > 1 and start[1] & 0xF6 == 0xF0:  # ISO 14496-3, 1.A.2.2
        return _ADTS
    return None


def opened(
    path: Path, file: BinaryIO, container: Container
) -> tuple[Iterator[NDArray[np.float32]], int, int | None]:
    """Starts to decode.

    Returns:
        Blocks of shape (n, channels), samples a second, and how many frames the header promises.

    Raises:
        ManifestError: without PyAV, for a damaged file, or for one without sound; the blocks raise
            it as well.
    """
    try:
        import av
    except ImportError:
        raise ManifestError(
            f"{path}: is {container.name}, which libsndfile cannot decode; convert it to WAV or FLAC, or "
            "install PyAV (`pip install av`; the gateway's environment has it)"
        ) from None
    try:
        source = av.open(file, mode="r", format=container.demultiplexer, metadata_errors="replace")
    except av.FFmpegError as error:
        raise _damaged(path, container, error) from None
    if not source.streams.audio:
        source.close()
        raise ManifestError(f"{path}: is {container.name} without a sound track")
    stream = source.streams.audio[0]
    rate_hz = int(stream.rate)
    if source.duration is None or container is _ADTS:  # which says no length; FFmpeg guesses
        promised = None
    else:
        promised = int(source.duration * rate_hz / av.time_base)

    def blocks() -> Iterator[NDArray[np.float32]]:
        resampler = av.AudioResampler(format="fltp", rate=rate_hz)
        try:
            with source:
                for frame in source.decode(stream):
                    for part in resampler.resample(frame):
                        yield np.asarray(part.to_ndarray().T, dtype=np.float32)
                for part in resampler.resample(None):
                    yield np.asarray(part.to_ndarray().T, dtype=np.float32)
        except av.FFmpegError as error:
            raise _damaged(path, container, error) from None

    return blocks(), rate_hz, promised


def _damaged(path: Path, container: Container, error: Exception) -> ManifestError:
    reason = getattr(error, "strerror", None) or type(error).__name__
    return ManifestError(
        f"{path}: cannot be decoded as {container.name} ({reason}); it is damaged or cut short"
    )
