"""The last step of a voice: its level, a softer style, no clipping, faded ends, chunks of one size."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from tts_voices.blocks import blocks, with_last
from tts_voices.voice import Style

__all__ = ["finished_chunks"]

_CEILING = 0.97
_KNEE = 0.8
_FADE_SAMPLES = 110  # 5 ms at 22,050 Hz
_SOFT_GAIN = 0.71  # 3 dB quieter
_SOFT_TILT = 0.35
"""Share of the sample before in the soft style: about 3 dB less at 5 kHz, as in a voice without pressure."""

Samples = NDArray[np.float32]


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
