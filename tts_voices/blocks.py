"""Sound as a stream, cut into blocks of one size, of which the last is known as such."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["blocks", "piece_ends", "with_last"]

_FIRST_FRAMES = 18  # 209 ms of sound at 22,050 Hz and a hop of 256
_GROWTH = 2
_LARGEST_FRAMES = 144

Sound = TypeVar("Sound", bound=NDArray[Any])


def blocks(pieces: Iterable[Sound], size: int, least: int) -> Iterator[Sound]:
    """Blocks of `size` samples; the last ones may be shorter, but not than `least` after another."""
    rest: Any = None
    for piece in pieces:
        rest = piece if rest is None else np.concatenate([rest, piece])
        while len(rest) >= size + least:
            yield rest[:size]
            rest = rest[size:]
    if rest is None:
        return
    if len(rest) > size:
        half = len(rest) // 2
        yield rest[:half]
        rest = rest[half:]
    if len(rest):
        yield rest


def with_last(sounds: Iterable[Sound]) -> Iterator[tuple[Sound, bool]]:
    """Each block with whether it is the last."""
    held: Sound | None = None
    for sound in sounds:
        if held is not None:
            yield held, False
        held = sound
    if held is not None:
        yield held, True


def piece_ends(frames: int) -> list[int]:
    """Where each piece of a streaming vocoder ends: 18 frames first, then more, no last one shorter."""
    ends, size, end = [], _FIRST_FRAMES, 0
    while end < frames:
        end = frames if frames - end < size + _FIRST_FRAMES else end + size
        ends.append(end)
        size = min(size * _GROWTH, _LARGEST_FRAMES)
    return ends
