"""Recordings of any usual format, decoded block by block to mono at 16 kHz.

libsndfile decodes WAV, FLAC, Ogg, MP3 and more; what it does not know (M4A, AAC, WebM) goes to
`compressed_audio`. Memory stays the same for any length.
"""

from __future__ import annotations

import stat
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from ser_model import compressed_audio
from ser_model.errors import ManifestError
from ser_model.features import SAMPLE_RATE_HZ

__all__ = ["LONGEST_S", "read_recording", "recording_blocks", "recording_length_s"]

LONGEST_S = 300.0
"""No utterance is longer; a network that pools over all of it would answer for nothing in particular."""

_LOWEST_RATE_HZ = 4_000
_HIGHEST_RATE_HZ = 768_000
_BLOCK_VALUES = 2**18
"""Numbers decoded at once, all channels together: 1 MiB."""

_LOUDEST = 2.0**20
"""Far above whole numbers of 16 bits stored as floating point; more is damage, and its square overflows."""

_WHOLE_SHARE = 0.9
"""A header's length is an estimate in some MP3 files; less than this share of it is a cut file."""

_CANCELLED_SHARE = 0.1
"""Of the power that the mean of unrelated channels has."""

_HEARD_POWER = 1e-7
"""-70 dB of full scale: what is quieter says nothing of the channels' phase."""


def read_recording(path: Path) -> NDArray[np.float32]:
    """Decodes the recording of an utterance to mono at 16 kHz.

    Args:
        path: WAV, FLAC, Ogg Vorbis or Opus, MP3 and whatever else libsndfile reads; M4A, AAC and
            WebM where PyAV is installed. The content counts, not the file's ending.

    Returns:
        Shape (n,), full scale at ±1, empty where the file has no samples. Floating-point files may
        go beyond ±1. Channels are mixed as in `recording_blocks`.

    Raises:
        ManifestError: where the file cannot be decoded, ends early, holds NaN or infinity, or is
            longer than `LONGEST_S`.
    """
    blocks = []
    count = 0
    with closing(recording_blocks(path)) as decoded:
        for block in decoded:
            blocks.append(block)
            count += len(block)
            if count > LONGEST_S * SAMPLE_RATE_HZ:
                raise ManifestError(
                    f"{path}: is longer than {LONGEST_S / 60:.0f} minutes, which is no utterance; "
                    "cut it, or follow its emotions over time with `predict --windows`"
                )
    return np.concatenate(blocks) if blocks else np.zeros(0, dtype=np.float32)


def recording_blocks(path: Path) -> Generator[NDArray[np.float32], None, None]:
    """Decodes a recording of any length, a block at a time.

    Several channels become their mean. Where one is the other with its poles swapped, the mean
    would cancel the voice: if the first block in which anything is heard has less than a tenth of
    the power that unrelated channels would leave, its louder channel is taken throughout.

    Yields:
        Arrays of shape (n,), n ≥ 1, mono at 16 kHz, full scale at ±1.

    Raises:
        ManifestError: as in `read_recording`, but for length; for a cut file only at its end.
    """
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):  # a pipe would be waited for
            raise ManifestError(f"{path}: cannot be decoded (it is no regular file)")
        with path.open("rb", buffering=0) as file:  # says why it cannot be opened; libsndfile does not
            compressed = compressed_audio.container_of(file)
            if compressed is not None:
                yield from _mono(path, *compressed_audio.opened(path, file, compressed))
            else:
                yield from _decoded_by_libsndfile(path, file)
    except OSError as error:
        raise ManifestError(f"{path}: cannot be decoded ({error.strerror or error})") from None


def recording_length_s(path: Path) -> float | None:
    """Length in seconds as the file's header says it, or None where it does not or is unreadable."""
    try:
        if not path.is_file():
            return None
        with path.open("rb", buffering=0) as file:
            if compressed_audio.container_of(file) is not None:
                return None
            with soundfile.SoundFile(file.fileno(), closefd=False) as sound:
                return float(sound.frames / sound.samplerate)
    except (OSError, soundfile.LibsndfileError):
        return None


def _decoded_by_libsndfile(path: Path, file: BinaryIO) -> Iterator[NDArray[np.float32]]:
    # By its number and not its name: an ending such as .raw would hide the content from libsndfile.
    try:
        with soundfile.SoundFile(file.fileno(), closefd=False) as sound:
            count = max(1, _BLOCK_VALUES // sound.channels)

            def blocks() -> Iterator[NDArray[np.float32]]:
                while len(block := sound.read(count, dtype="float32", always_2d=True)):
                    yield block

            yield from _mono(path, blocks(), sound.samplerate, sound.frames)
    except (soundfile.LibsndfileError, RuntimeError) as error:
        reason = str(getattr(error, "error_string", None) or error).removeprefix("Error : ").rstrip(".")
        raise ManifestError(
            f"{path}: cannot be decoded ({reason}); it is damaged, cut short or no sound"
        ) from None


def _mono(
    path: Path, blocks: Iterator[NDArray[np.float32]], rate_hz: int, promised: int | None
) -> Iterator[NDArray[np.float32]]:
    """Checks, mixes and resamples blocks of shape (n, channels)."""
    if not _LOWEST_RATE_HZ <= rate_hz <= _HIGHEST_RATE_HZ:
        raise ManifestError(
            f"{path}: its header says {rate_hz:,} samples a second; speech needs from "
            f"{_LOWEST_RATE_HZ:,} to {_HIGHEST_RATE_HZ:,}"
        )
    stream = None
    if rate_hz != SAMPLE_RATE_HZ:
        stream = soxr.ResampleStream(rate_hz, SAMPLE_RATE_HZ, 1, dtype="float32")
    weights: NDArray[np.float32] | None = None
    count = 0
    for block in blocks:
        if not (np.abs(block) <= _LOUDEST).all():  # NaN is not below either
            raise ManifestError(
                f"{path}: holds NaN, infinity or numbers far beyond full scale in the second from "
                f"{count // rate_hz}; export it anew"
            )
        count += len(block)
        if weights is None:
            weights = _weights(block)
        # Without weights nothing was heard as yet.
        mono = block.mean(axis=1, dtype=np.float32) if weights is None else block @ weights
        resampled = np.ascontiguousarray(mono if stream is None else stream.resample_chunk(mono))
        if len(resampled):
            yield resampled
    if promised is not None and count < _WHOLE_SHARE * promised:
        raise ManifestError(
            f"{path}: ends after {count / rate_hz:.1f} of {promised / rate_hz:.1f} s; it is damaged or cut "
            "short, copy or export it anew"
        )
    if stream is not None and count:
        rest = stream.resample_chunk(np.zeros(0, dtype=np.float32), last=True)
        if len(rest):
            yield rest


def _weights(block: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """Share of each channel in the mix, shape (channels,), or None as long as there is silence."""
    channels = block.shape[1]
    mean = np.full(channels, 1.0 / channels, dtype=np.float32)
    if channels == 1:
        return mean
    powers = np.var(block, axis=0, dtype=np.float64)
    if powers.max() < _HEARD_POWER:
        return None
    unrelated = powers.mean() / channels
    if np.var(block @ mean, dtype=np.float64) >= _CANCELLED_SHARE * unrelated:
        return mean
    louder = np.zeros(channels, dtype=np.float32)
    louder[powers.argmax()] = 1.0
    return louder
