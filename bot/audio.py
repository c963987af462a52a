"""PCM16 bytes and samples, and sample-rate conversion of streams without clicks."""

from __future__ import annotations

import numpy as np
import soxr
from numpy.typing import NDArray

__all__ = ["StreamResampler", "pcm16_from_samples", "samples_from_pcm16"]


def samples_from_pcm16(data: bytes) -> NDArray[np.int16]:
    """Little-endian PCM16 as samples (n,).

    Raises:
        ValueError: for an odd number of bytes.
    """
    if len(data) % 2:
        raise ValueError(f"PCM16 has two bytes a sample; {len(data)} bytes are an odd number")
    return np.frombuffer(data, dtype="<i2")


def pcm16_from_samples(samples: NDArray[np.int16]) -> bytes:
    """Samples (n,) as little-endian PCM16."""
    return samples.astype("<i2", copy=False).tobytes()


class StreamResampler:
    """Converts a mono stream piece by piece; the filter's state goes on from one piece to the next.

    Args:
        from_hz: sample rate of what comes in.
        to_hz: sample rate of what goes out; equal rates pass through.
    """

    def __init__(self, from_hz: int, to_hz: int) -> None:
        self._stream = None
        if from_hz != to_hz:
            self._stream = soxr.ResampleStream(from_hz, to_hz, 1, dtype="int16", quality="HQ")

    def convert(self, samples: NDArray[np.int16], *, last: bool = False) -> NDArray[np.int16]:
        """Takes a piece (n,), gives what is ready of the converted stream; `last` flushes the rest."""
        if self._stream is None:
            return samples
        converted: NDArray[np.int16] = self._stream.resample_chunk(samples, last=last)
        return converted
