"""Sound in WAV files: mono, 16 bit."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tts_voices.voice import VoiceError

__all__ = ["write_wav"]


def write_wav(path: Path, samples: NDArray[np.int16], sample_rate_hz: int) -> None:
    """Writes `samples`, shape [n]; raises `VoiceError` where the file can't be written."""
    try:
        # Opened here: `wave` leaves a half-made object behind where a file cannot be opened.
        with path.open("wb") as output, wave.open(output, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(sample_rate_hz)
            file.writeframes(samples.astype("<i2").tobytes())
    except OSError as error:
        raise VoiceError(f"{path} can't be written ({error.strerror})") from error
