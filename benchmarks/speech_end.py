"""Where speech begins and ends in a recording: the yardstick against which latencies are stated.

Silero VAD (MIT, as it comes with faster-whisper) over the whole recording, offline: it knows neither
the server's patience nor its turn detection. A frame is voiced as Silero's own segmentation has it:
from a probability of 0.5 on, and while speech goes on down to 0.35.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from faster_whisper.vad import get_vad_model
from numpy.typing import NDArray

__all__ = ["SAMPLE_RATE_HZ", "NoSpeechError", "speech_bounds"]

SAMPLE_RATE_HZ = 16_000

_FRAME_SAMPLES = 512
_VOICED = 0.5
_STILL_VOICED = 0.35
_SHORTEST_SPEECH_FRAMES = 3  # about 100 ms: a click or a breath is no speech


class NoSpeechError(ValueError):
    """The recording holds no speech, so that it cannot be said where speech ends."""


def speech_bounds(samples: NDArray[np.float32]) -> tuple[int, int]:
    """Returns the beginning of the first and the end of the last voiced frame (32 ms each).

    Args:
        samples: the recording, (n,) at 16 kHz, −1 to 1.

    Returns:
        (start_ms, end_ms) from the beginning of the recording; the end is never beyond its own end.

    Raises:
        ValueError: for anything but one channel of finite floating-point samples.
        NoSpeechError: where no speech of about 100 ms or more is found.
    """
    if samples.ndim != 1 or not np.issubdtype(samples.dtype, np.floating):
        raise ValueError(f"expected one channel of floats, got shape {samples.shape} of {samples.dtype}")
    if not np.isfinite(samples).all():
        raise ValueError("the recording has samples that are no finite numbers")
    voiced = _voiced_frames(samples.astype(np.float32))
    if voiced is None:
        raise NoSpeechError("no speech was found; use a recording in which somebody speaks")
    first, last = voiced
    length_ms = len(samples) * 1000 // SAMPLE_RATE_HZ
    frame_ms = _FRAME_SAMPLES * 1000 // SAMPLE_RATE_HZ
    return first * frame_ms, min((last + 1) * frame_ms, length_ms)


def _voiced_frames(samples: NDArray[np.float32]) -> tuple[int, int] | None:
    if len(samples) == 0:
        return None
    padded = np.pad(samples, (0, -len(samples) % _FRAME_SAMPLES))
    model: Any = get_vad_model()
    probabilities = np.asarray(model(padded)).reshape(-1)
    first = last = None
    begun = None
    for frame, probability in enumerate([*probabilities.tolist(), 0.0]):
        if begun is None and probability >= _VOICED:
            begun = frame
        elif begun is not None and probability < _STILL_VOICED:
            if frame - begun >= _SHORTEST_SPEECH_FRAMES:
                first = begun if first is None else first
                last = frame - 1
            begun = None
    return None if first is None or last is None else (first, last)


if __name__ == "__main__":
    raise SystemExit(
        "This is a part of other benchmarks; `python -m benchmarks` lists those that can be run."
    )
