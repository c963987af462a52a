"""Shapes a stream of raw speech: silence at the ends off, level even, ends faded, chunks of one size.

All of it as a stream, since the first chunk must not wait for the last: the level comes from the opening
of the sentence and is only ever lowered after that, gradually, where a later syllable would be too loud.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from tts_voices.blocks import blocks, with_last

__all__ = ["shape_speech"]

_CEILING = 0.95
_TARGET_PEAK = 0.7
_LARGEST_GAIN = 4.0
_SILENCE = 0.006
_KEPT_BEFORE_MS = 20
_KEPT_AFTER_MS = 60
_FADE_MS = 5

Samples = NDArray[np.int16]


def shape_speech(
    pieces: Iterable[Samples], *, sample_rate_hz: int, chunk_ms: int, typical_peak: float
) -> Iterator[Samples]:
    """Chunks of at most `chunk_ms` from raw `pieces` of any length, both int16 arrays of shape [samples].

    `typical_peak` (0 to 1) is the peak that this speaker usually reaches within a sentence; it bounds
    the gain until more has been heard. Pieces that hold only silence give nothing.
    """
    chunk = sample_rate_hz * chunk_ms // 1000
    fade = sample_rate_hz * _FADE_MS // 1000
    first = True
    gain: float | None = None
    for block, last in with_last(blocks(_trimmed(pieces, sample_rate_hz), chunk, fade)):
        gain, floats = _levelled(block.astype(np.float32) / np.float32(32768), gain, typical_peak)
        if first:
            head = min(fade, len(floats))
            floats[:head] *= np.linspace(0, 1, head, dtype=np.float32)
            first = False
        if last:
            tail = min(fade, len(floats))
            floats[-tail:] *= np.linspace(1, 0, tail, dtype=np.float32)
        yield np.clip(np.rint(floats * 32767), -32767, 32767).astype(np.int16)


def _levelled(
    floats: NDArray[np.float32], gain: float | None, typical_peak: float
) -> tuple[float, NDArray[np.float32]]:
    peak = float(np.max(np.abs(floats)))
    if gain is None:
        gain = min(_LARGEST_GAIN, _TARGET_PEAK / max(peak, typical_peak))
    lowered = min(gain, _CEILING / max(peak, 1e-6))
    if lowered == gain:
        return gain, floats * np.float32(gain)
    # The way down ends at the first sample that would be too loud, so that no step is heard.
    loud = int(np.argmax(np.abs(floats) * gain > _CEILING))
    curve = np.full(len(floats), lowered, dtype=np.float32)
    curve[:loud] = np.linspace(gain, lowered, loud, dtype=np.float32) if loud else lowered
    return lowered, floats * curve


def _trimmed(pieces: Iterable[Samples], sample_rate_hz: int) -> Iterator[Samples]:
    """Leading and trailing silence cut to a few milliseconds; pauses inside stay."""
    threshold = int(_SILENCE * 32768)
    before = sample_rate_hz * _KEPT_BEFORE_MS // 1000
    after = sample_rate_hz * _KEPT_AFTER_MS // 1000
    held: list[Samples] = []
    started = False
    for piece in pieces:
        loud = np.flatnonzero(np.abs(piece.astype(np.int32)) > threshold)
        if not len(loud):
            held.append(piece)
            if not started:
                held = [np.concatenate(held)[-before:]]
            continue
        joined = np.concatenate([*held, piece])
        offset = len(joined) - len(piece)
        if not started:
            start = max(0, offset + int(loud[0]) - before)
            joined, offset = joined[start:], offset - start
            started = True
        end = offset + int(loud[-1]) + 1
        yield joined[:end]
        held = [joined[end:]]
    if started and held:
        yield np.concatenate(held)[:after]
