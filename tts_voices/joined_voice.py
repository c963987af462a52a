"""Voices of one language each, as one voice that speaks all of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from tts_voices.voice import Style, Voice, VoiceError

__all__ = ["JoinedVoice"]


class JoinedVoice:
    """A `Voice` that leaves each sentence to the first of `voices` that speaks its language.

    Args:
        name: of the whole.
        voices: at least one; all at the same sample rate.

    Raises:
        VoiceError: if they do not fit together.
    """

    def __init__(self, name: str, voices: Sequence[Voice]) -> None:
        rates = sorted({voice.sample_rate_hz for voice in voices})
        if len(rates) != 1:
            raise VoiceError(f"the voice {name} needs one sample rate in all its languages, not {rates}")
        self.name = name
        self.voices = tuple(voices)
        self.sample_rate_hz = rates[0]
        self.languages = frozenset[str]().union(*(voice.languages for voice in voices))

    def speak(
        self,
        text: str,
        *,
        language: str,
        speed: float = 1.0,
        style: Style = "plain",
        cancelled: threading.Event | None = None,
    ) -> Iterator[NDArray[np.int16]]:
        """As `Voice.speak`."""
        for voice in self.voices:
            if language in voice.languages:
                return voice.speak(text, language=language, speed=speed, style=style, cancelled=cancelled)
        raise VoiceError(
            f"the voice {self.name} speaks {', '.join(sorted(self.languages))}, not {language!r}"
        )
