"""What every voice can do."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["CHUNK_MS", "FASTEST", "SLOWEST", "Style", "Voice", "VoiceError"]

CHUNK_MS = 100
"""The longest chunk, and so the longest time a voice goes on after it was cancelled."""

SLOWEST = 0.5
FASTEST = 2.0

Style = Literal["plain", "soft"]
"""How something is said: plainly, or softer and slower, for somebody in distress."""


class VoiceError(RuntimeError):
    """A voice can't speak; the message says what to do about it."""


class Voice(Protocol):
    """A speaker of one or more languages. Safe to use from several threads at once."""

    @property
    def name(self) -> str:
        """The name under which `load_voice` finds it."""

    @property
    def sample_rate_hz(self) -> int:
        """Samples a second of every chunk."""

    @property
    def languages(self) -> frozenset[str]:
        """The languages it speaks, "en" and "fa"."""

    def speak(
        self,
        text: str,
        *,
        language: str,
        speed: float = 1.0,
        style: Style = "plain",
        cancelled: threading.Event | None = None,
    ) -> Iterator[NDArray[np.int16]]:
        """The sound of `text`: mono chunks of shape [samples], at most `CHUNK_MS` each.

        `text` is best one sentence; it is made speakable here. `speed` 0.5 to 2.0 is relative to the
        voice's own pace. Nothing comes for text without a word. Once `cancelled` is set no further
        chunk comes; closing the iterator frees everything at once. Silence at the ends is trimmed,
        the peak lies between 0.2 and 0.99 of full scale and the ends are faded. Raises `VoiceError`
        for a language the voice does not speak, a speed out of range, or sound that can't be made.
        """
