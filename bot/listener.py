"""The ear of one talk: client audio in, turn events out, and the audio of a turn on demand."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import replace

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from bot.audio import samples_from_pcm16
from bot.audio_encoding import PCM16, AudioEncoding, SoundDecoder
from bot.back_channel import BurstJudge
from bot.echo_gate import EchoGate
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
        client_rate_hz: sample rate of the client's audio, PCM16 until `use_encoding` says otherwise.
        patience_ms: silence that ends a turn until `configure` says otherwise.
    """

    def __init__(self, model: onnxruntime.InferenceSession, *, client_rate_hz: int, patience_ms: int) -> None:
        pcm16 = replace(PCM16, sample_rate_hz=client_rate_hz)
        self._decoder = SoundDecoder(pcm16, LISTENING_RATE_HZ)
        self._activity = VoiceActivity(model)
        self._endpointer = Endpointer(patience_ms=patience_ms)
        self._judge = BurstJudge()
        self._echo = EchoGate()
        self._lock = threading.Lock()
        self._rest = np.zeros(0, dtype=np.float32)
        self._blocks: deque[NDArray[np.float32]] = deque()
        self._first_sample = 0
        self._kept_samples = 0

    def configure(self, *, automatic: bool, threshold: float, patience_ms: int, grace_ms: int = 0) -> None:
        """Sets turn detection from the next audio on."""
        with self._lock:
            self._endpointer.configure(
                threshold=threshold, patience_ms=patience_ms if automatic else _NEVER_MS, grace_ms=grace_ms
            )

    def use_encoding(self, encoding: AudioEncoding) -> None:
        """The client's audio comes in this encoding from now on; all that came before it stays."""
        with self._lock:
            tail = _as_floats(self._decoder.decode(b"", last=True))
            self._rest = np.concatenate((self._rest, tail))
            self._decoder = SoundDecoder(encoding, LISTENING_RATE_HZ)

    def wait(self, pause_end_ms: int, patience_ms: int) -> list[EndpointEvent]:
        """Sets the patience for one pause; see `Endpointer.wait`."""
        with self._lock:
            ended = list(self._endpointer.wait(pause_end_ms, patience_ms))
            if ended:
                self._judge.reset()
            return ended

    def append(self, pcm: bytes) -> list[EndpointEvent]:
        """Takes audio in the client's encoding; gives what it means for the turn."""
        with self._lock:
            self._trim()  # not at the end: whoever gets this piece's events still asks for its audio
            fresh = _as_floats(self._decoder.decode(pcm))
            samples: NDArray[np.float32] = np.concatenate((self._rest, fresh))
            whole = len(samples) // FRAME_SAMPLES * FRAME_SAMPLES
            self._rest, frames = samples[whole:], samples[:whole]
            self._keep(frames)
            events: list[EndpointEvent] = []
            probabilities = self._activity.probabilities(frames)
            for frame, probability in zip(frames.reshape(-1, FRAME_SAMPLES), probabilities, strict=True):
                events.extend(self._advance(frame, float(probability)))
            return events

    def end_utterance(self) -> list[EndpointEvent]:
        """Ends the turn under way by hand."""
        with self._lock:
            self._judge.reset()
            return list(self._endpointer.end())

    def forget(self) -> None:
        """Drops the turn under way and all audio."""
        with self._lock:
            self._endpointer.reset()
            self._judge.reset()
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

    def played(self, pcm: bytes, rate_hz: int) -> None:
        """Takes PCM16 that is sent to the client now, so that its echo is known from a voice."""
        # Without the lock: the event loop must not wait for the voice detector.
        self._echo.play(samples_from_pcm16(pcm), rate_hz, self._endpointer.position_ms)

    def silenced(self) -> None:
        """The client was told to play no more of what was sent."""
        self._echo.stop(self._endpointer.position_ms)

    def _advance(self, frame: NDArray[np.float32], probability: float) -> list[EndpointEvent]:
        if self._echo.is_echo(frame, self._endpointer.position_ms):
            probability = 0.0
        events = list(self._endpointer.advance(probability))
        events.extend(self._judge.advance(frame, probability, events))
        return events

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


def _as_floats(samples: NDArray[np.int16]) -> NDArray[np.float32]:
    return samples.astype(np.float32) / np.float32(32768)
