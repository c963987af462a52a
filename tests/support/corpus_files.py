"""Generated recordings under the names of published corpora: noise, no two alike, no person's voice."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import soundfile

CREMA_D = [
    f"{speaker}_{sentence}_{emotion}_XX.wav"
    for speaker in ("1001", "1002", "1010", "1023")
    for sentence in ("DFA", "IEO")
    for emotion in ("ANG", "SAD")
]
"""Two speakers of train, one of valid, one of test."""


def write_sounds(folder: Path, names: Iterable[str], seconds: float = 0.4, rate_hz: int = 8_000) -> Path:
    """Writes noise that depends on the name alone; returns the folder."""
    frames = round(seconds * rate_hz)
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(zlib.crc32(name.encode())).integers(
            -9_000, 9_000, frames, dtype=np.int16
        )
        encoded = io.BytesIO()  # soundfile waits for the disk after each file that it writes itself
        soundfile.write(encoded, noise, rate_hz, format=path.suffix[1:].upper())
        path.write_bytes(encoded.getvalue())
    return folder
