"""The last step of a voice: its level, a softer style, no clipping, faded ends, chunks of one size."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from tts_voices.blocks import blocks, with_last
from tts_voices.voice import Style

__all__ = ["finished_chunks", "frame_loudness", "levelling"]

_CEILING = 0.97
_KNEE = 0.8
_FADE_SAMPLES = 110  # 5 ms at 22,050 Hz
_SOFT_GAIN = 0.71  # 3 dB quieter
_SOFT_TILT = 0.35
"""Share of the sample before in the soft style: about 3 dB less at 5 kHz, as in a voice without pressure."""

_BLOCK_S = 0.4
_OVERLAP = 4
_GATE = 0.1
_FARTHEST_DB = 6.0

Samples = NDArray[np.float32]


def frame_loudness(mel: Samples, frames_a_second: float) -> float:
    """How loud the sound of natural log-mel frames, [1, bands, n], will be: dB, with a zero of its own.

    Blocks of 400 ms overlapping by three quarters, and the relative gate, are those of ITU-R BS.1770-4; the
    mel bands, which weigh high frequencies less, stand for its filter. It is known before the first sample
    is made, and off by 0.6 dB at most against the loudness of the finished sound.
    """
    power = np.exp(2 * mel[0].astype(np.float64)).sum(axis=0)
    block = min(max(1, round(_BLOCK_S * frames_a_second)), len(power))
    sums = np.concatenate([[0.0], np.cumsum(power)])
    starts = np.arange(0, len(power) - block + 1, max(1, block // _OVERLAP))
    blocks_power = (sums[starts + block] - sums[starts]) / block
    loud = blocks_power[blocks_power >= _GATE * blocks_power.mean()]
    return float(10 * np.log10(max(float(loud.mean()), 1e-12)))


def levelling(loudness: float, level: float | None) -> np.float32:
    """What brings the samples of an utterance of this loudness to the level, by 6 dB at most."""
    if level is None:
        return np.float32(1)
    change = min(max(level - loudness, -_FARTHEST_DB), _FARTHEST_DB)
    return np.float32(10 ** (change / 20))


def finished_chunks(
    pieces: Iterable[Samples], *, chunk: int, gain: float, style: Style, stop: threading.Event
) -> Iterator[NDArray[np.int16]]:
    """Chunks of at most `chunk` samples of `pieces`, float32 arrays of any length, until `stop` is set.

    Values beyond 0.8 of full scale are bent so that none reaches 0.97; the ends are faded over 5 ms.
    """
    soft = style == "soft"
    gain = gain * (_SOFT_GAIN if soft else 1.0)
    shaped = _tilted(pieces) if soft else pieces
    first = True
    for block, last in with_last(blocks(shaped, chunk, _FADE_SAMPLES)):
        if stop.is_set():
            return
        floats = _bent(block * np.float32(gain))
        if first:
            head = min(_FADE_SAMPLES, len(floats))
            floats[:head] *= np.linspace(0, 1, head, dtype=np.float32)
            first = False
        if last:
            tail = min(_FADE_SAMPLES, len(floats))
            floats[-tail:] *= np.linspace(1, 0, tail, dtype=np.float32)
        yield np.rint(floats * 32767).astype(np.int16)


def _bent(samples: Samples) -> Samples:
    size = np.abs(samples)
    if not len(size) or size.max() <= _KNEE:
        return samples
    room = _CEILING - _KNEE
    limited = _KNEE + room * np.tanh((size - _KNEE) / room)
    return np.where(size > _KNEE, np.sign(samples) * limited, samples).astype(np.float32)


def _tilted(pieces: Iterable[Samples]) -> Iterator[Samples]:
    before = np.zeros(1, dtype=np.float32)
    for piece in pieces:
        if len(piece):
            joined = np.concatenate([before, piece])
            before = joined[-1:]
            yield ((1 - _SOFT_TILT) * joined[1:] + _SOFT_TILT * joined[:-1]).astype(np.float32)
