"""PCM16 bytes and samples, and sample-rate conversion of streams without clicks."""

from __future__ import annotations

from functools import cache
from math import ceil, gcd

import numpy as np
import soxr
from numpy.typing import NDArray

__all__ = ["StreamResampler", "pcm16_from_samples", "samples_from_pcm16"]

_MOST_PHASES = 6  # 3:2, 2:3, 1:2, 3:1 and 1:3, as between 8, 16 and 24 kHz
_BLOCK_SAMPLES = 4_800  # each needs some hundred times its memory for a moment
_ATTENUATION_DB = 80.0
_TRANSITION = 0.1  # of the lower Nyquist frequency


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

    Between 8, 16 and 24 kHz it holds back 3 to 6 ms; soxr, which converts between all other rates, works in
    blocks and holds back up to 120 ms of a stream that comes in frames of 40 ms.

    Args:
        from_hz: sample rate of what comes in.
        to_hz: sample rate of what goes out; equal rates pass through.
    """

    def __init__(self, from_hz: int, to_hz: int) -> None:
        self._polyphase: _PolyphaseFilter | None = None
        self._stream = None
        divisor = gcd(from_hz, to_hz)
        up, down = to_hz // divisor, from_hz // divisor
        if from_hz == to_hz:
            return
        if up * down <= _MOST_PHASES:
            self._polyphase = _PolyphaseFilter(up, down)
        else:
            self._stream = soxr.ResampleStream(from_hz, to_hz, 1, dtype="int16", quality="HQ")

    def convert(self, samples: NDArray[np.int16], *, last: bool = False) -> NDArray[np.int16]:
        """Takes a piece (n,), gives what is ready of the converted stream; `last` flushes the rest."""
        if self._polyphase is not None:
            return self._polyphase.convert(samples, last=last)
        if self._stream is None:
            return samples
        converted: NDArray[np.int16] = self._stream.resample_chunk(samples, last=last)
        return converted


class _PolyphaseFilter:
    """A windowed sinc between `up` times the incoming rate and a `down`-th of that.

    Sample n of the output stands at n·down/up of the input, so that times stay as they are.
    """

    def __init__(self, up: int, down: int) -> None:
        self._up, self._down = up, down
        self._coefficients, self._reach = _low_pass(up, down)
        self._kept = np.zeros(self._reach, dtype=np.float32)
        self._first = -self._reach  # position in the input of the first sample kept
        self._next = 0  # position in the output of the next sample

    def convert(self, samples: NDArray[np.int16], *, last: bool) -> NDArray[np.int16]:
        if last:
            samples = np.concatenate((samples, np.zeros(self._reach, dtype=np.int16)))
        starts = range(0, max(1, len(samples)), _BLOCK_SAMPLES)
        return np.concatenate([self._block(samples[start : start + _BLOCK_SAMPLES]) for start in starts])

    def _block(self, samples: NDArray[np.int16]) -> NDArray[np.int16]:
        sound = np.concatenate((self._kept, samples), dtype=np.float32)
        ready = self._first + len(sound) - self._reach  # samples of the input with all their neighbours
        stop = max(self._next, ceil(ready * self._up / self._down))
        converted = np.empty(stop - self._next, dtype=np.float32)
        if len(converted):
            windows = np.lib.stride_tricks.sliding_window_view(sound, 2 * self._reach + 1)
            for offset in range(min(self._up, len(converted))):
                position, phase = divmod((self._next + offset) * self._down, self._up)
                places = converted[offset :: self._up]
                chosen = windows[position - self._first - self._reach :: self._down][: len(places)]
                # A copy: on windows that overlap in memory the product is ten times as slow.
                places[:] = np.ascontiguousarray(chosen) @ self._coefficients[phase]
        self._next = stop
        needed = max(0, stop * self._down // self._up - self._reach - self._first)
        self._kept = sound[needed:].copy()
        self._first += needed
        return np.clip(np.rint(converted), -32_768, 32_767).astype(np.int16)


@cache
def _low_pass(up: int, down: int) -> tuple[NDArray[np.float32], int]:
    """Coefficients (up, 2·reach + 1) for each phase, and how many samples they reach to each side.

    Kaiser's design (Oppenheim and Schafer, Discrete-Time Signal Processing, section 7.5.3): everything above
    the lower of the two Nyquist frequencies is damped by 80 dB.
    """
    nyquist = 1 / max(up, down)  # of the rate between, whose own is 1
    width = _TRANSITION * nyquist
    reach = ceil((_ATTENUATION_DB - 8) / (2.285 * np.pi * width) / 2 / up)
    time = np.arange(-reach * up, reach * up + 1)
    window = np.kaiser(len(time), 0.1102 * (_ATTENUATION_DB - 8.7))
    cutoff = nyquist - width / 2
    response = np.append(up * cutoff * np.sinc(cutoff * time) * window, np.zeros(up))
    phases = [response[phase : phase + 2 * reach * up + 1 : up][::-1] for phase in range(up)]
    return np.array(phases, dtype=np.float32), reach
