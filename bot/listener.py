"""The ear of one talk: client audio in, turn events out, and the audio of a turn on demand."""

from __future__ import annotations

import threading
from collections import deque

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from bot.audio import StreamResampler, samples_from_pcm16
from bot.endpointing import Endpointer, EndpointEvent
from bot.voice_activity import FRAME_SAMPLES, VoiceActivity

__all__ = ["LISTENING_RATE_HZ", "Listener"]

LISTENING_RATE_HZ = 16_000
_SAMPLES_PER_MS = LISTENING_RATE_HZ // 1000
_KEPT_IDLE_MS = 3_000  # more than any pre-roll, and than the audio that waits in a queue
_KEPT_SPEAKING_MS = 180_000
_NEVER_MS = 10**9


class Listener:
    """Follows the microphone of one talk. Not the event loop's work: call it from a worker thread.

    Args:
        model: Silero VAD.
        client_rate_hz: sample rate of the client's audio.
        patience_ms: silence that ends a turn until `configure` says otherwise.
    """

    def __init__(self, model: onnxruntime.InferenceSession, *, client_rate_hz: int, patience_ms: int) -> None:
        self._resampler = StreamResampler(client_rate_hz, LISTENING_RATE_HZ)
        self._activity = VoiceActivity(model)
        self._endpointer = Endpointer(patience_ms=patience_ms)
        self._lock = threading.Lock()
        self._rest = np.zeros(0, dtype=np.float32)
        self._blocks: deque[NDArray[np.float32]] = deque()
        self._first_sample = 0
        self._kept_samples = 0

    def configure(self, *, automatic: bool, threshold: float, patience_ms: int) -> None:
        """Sets turn detection from the next audio on."""
        with self._lock:
            self._endpointer.threshold = threshold
            self._endpointer.patience_ms = patience_ms if automatic else _NEVER_MS

    def append(self, pcm: bytes) -> list[EndpointEvent]:
        """Takes PCM16 at the client's rate; gives what it means for the turn."""
        with self._lock:
            self._trim()  # not at the end: whoever gets this piece's events still asks for its audio
            converted = self._resampler.convert(samples_from_pcm16(pcm))
            fresh = converted.astype(np.float32) / np.float32(32768)
            samples: NDArray[np.float32] = np.concatenate((self._rest, fresh))
            whole = len(samples) // FRAME_SAMPLES * FRAME_SAMPLES
            self._rest, frames = samples[whole:], samples[:whole]
            self._keep(frames)
            events: list[EndpointEvent] = []
            for probability in self._activity.probabilities(frames):
                events.extend(self._endpointer.advance(float(probability)))
            return events

    def end_utterance(self) -> list[EndpointEvent]:
        """Ends the turn under way by hand."""
        with self._lock:
            return list(self._endpointer.end())

    def forget(self) -> None:
        """Drops the turn under way and all audio."""
        with self._lock:
            self._endpointer.reset()
            self._first_sample += self._kept_samples
            self._blocks.clear()
            self._kept_samples = 0

    def audio(self, start_ms: int, end_ms: int) -> NDArray[np.float32]:
        """The audio between two times (n,), 16 kHz, −1 to 1; what is no longer kept is left out."""
        with self._lock:
            everything = np.concatenate([np.zeros(0, dtype=np.float32), *self._blocks, self._rest])
            start = max(0, start_ms * _SAMPLES_PER_MS - self._first_sample)
            end = max(0, end_ms * _SAMPLES_PER_MS - self._first_sample)
            return everything[start:end]

    def _keep(self, frames: NDArray[np.float32]) -> None:
        if len(frames):
            self._blocks.append(frames)
            self._kept_samples += len(frames)

    def _trim(self) -> None:
        kept_ms = _KEPT_SPEAKING_MS if self._endpointer.speaking else _KEPT_IDLE_MS
        while self._blocks and self._kept_samples - len(self._blocks[0]) > kept_ms * _SAMPLES_PER_MS:
            dropped = len(self._blocks.popleft())
            self._kept_samples -= dropped
            self._first_sample += dropped
