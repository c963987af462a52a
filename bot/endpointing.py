"""Where speech begins, pauses and ends: voice probabilities in, turn events out. No I/O.

Probabilities come at one a frame of 32 ms (Silero). Times are milliseconds of audio since the start
of the stream, so that audio that arrives faster than real time is cut at the same places.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = [
    "FRAME_MS",
    "EndpointEvent",
    "Endpointer",
    "SpeechConfirmed",
    "SpeechEnded",
    "SpeechLasting",
    "SpeechPaused",
    "SpeechResumed",
    "SpeechStarted",
    "SpeechSustained",
]

FRAME_MS = 32
_START_FRAMES = 3  # one plosive or click fills one or two frames
_RESUME_FRAMES = 2
_GRACE_MS = 15_000
_HYSTERESIS = 0.15  # Silero's own distance between the thresholds of onset and offset


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Voice for about 100 ms, from `start_ms` on."""

    start_ms: int


@dataclass(frozen=True, slots=True)
class SpeechConfirmed:
    """Voice for at least 250 ms: long enough to interrupt the bot."""

    start_ms: int


@dataclass(frozen=True, slots=True)
class SpeechLasting:
    """The burst of voice is still going after 352 ms: no cough any more (`back_channel`)."""

    start_ms: int


@dataclass(frozen=True, slots=True)
class SpeechSustained:
    """It goes on, or changes, as no "mm-hm" does (`back_channel`)."""

    start_ms: int


@dataclass(frozen=True, slots=True)
class SpeechPaused:
    """Silence long enough to begin recognising speculatively."""

    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class SpeechResumed:
    """The speaker went on after a pause: what was recognised is stale."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """The turn is over: voice from `start_ms` to `end_ms`, then `waited_ms` of silence."""

    start_ms: int
    end_ms: int
    waited_ms: int
    voiced_ms: int


EndpointEvent = (
    SpeechStarted
    | SpeechConfirmed
    | SpeechLasting
    | SpeechSustained
    | SpeechPaused
    | SpeechResumed
    | SpeechEnded
)


class Endpointer:
    """Turns a stream of voice probabilities into turn events.

    Attributes:
        threshold: probability from which a frame counts as voice, 0–1.
        patience_ms: silence after which the turn ends; may change at any time. `wait` gives a single pause
            another one.
        grace_ms: how much longer a pause may last while nobody has called `wait` for it: its words are
            being recognised, and no reply could begin without them.
        pause_ms: silence after which recognition may begin.
        confirm_ms: voice that confirms speech.
        longest_ms: a turn of this length is ended at the next frame without voice, and a little later
            in any case: background voices may leave no such frame.
    """

    def __init__(
        self,
        *,
        patience_ms: int,
        grace_ms: int = 0,
        threshold: float = 0.5,
        pause_ms: int = 200,
        confirm_ms: int = 250,
        longest_ms: int = 120_000,
    ) -> None:
        self.threshold = threshold
        self.patience_ms = patience_ms
        self.grace_ms = grace_ms
        self.pause_ms = pause_ms
        self.confirm_ms = confirm_ms
        self.longest_ms = longest_ms
        self._position_ms = 0
        self.reset()

    def configure(self, *, threshold: float, patience_ms: int, grace_ms: int = 0) -> None:
        """Changes what is waited for; a pause under way is measured by the new patience too."""
        self.threshold = threshold
        self.patience_ms = patience_ms
        self.grace_ms = grace_ms
        self._pause_patience_ms: int | None = None

    def reset(self) -> None:
        """Forgets the speech under way; the position in the stream stays."""
        self._start_ms: int | None = None
        self._run = 0
        self._started = False
        self._confirmed = False
        self._paused = False
        self._pause_patience_ms = None
        self._voiced_ms = 0
        self._last_voice_ms = 0

    @property
    def speaking(self) -> bool:
        """Whether a turn is under way."""
        return self._started

    @property
    def position_ms(self) -> int:
        """Audio seen so far."""
        return self._position_ms

    def advance(self, probability: float) -> Iterator[EndpointEvent]:
        """Takes the voice probability of the next frame."""
        frame_start_ms = self._position_ms
        self._position_ms += FRAME_MS
        offset = self.threshold - _HYSTERESIS
        voiced = probability >= (offset if self._started and not self._paused else self.threshold)
        if voiced:
            yield from self._voice(frame_start_ms)
        else:
            yield from self._silence()
        if self._started and self._start_ms is not None:
            over_ms = self._position_ms - self._start_ms - self.longest_ms
            if over_ms >= (_GRACE_MS if voiced else 0):
                yield from self.end()

    def wait(self, pause_end_ms: int, patience_ms: int) -> Iterator[EndpointEvent]:
        """Sets the patience for the pause under way alone, and ends the turn if it has lasted as long.

        Args:
            pause_end_ms: the `end_ms` of its `SpeechPaused`; a pause that is over meanwhile is left alone.
            patience_ms: silence after which the turn ends, if the speaker does not go on.
        """
        if self._paused and self._last_voice_ms == pause_end_ms:
            self._pause_patience_ms = patience_ms
            if not self._run:  # else the next frame tells whether the speaker goes on
                yield from self._end_if_silent()

    def end(self) -> Iterator[EndpointEvent]:
        """Ends the turn under way at once (push-to-talk)."""
        if self._started and self._start_ms is not None:
            waited_ms = self._position_ms - self._last_voice_ms
            ended = SpeechEnded(self._start_ms, self._last_voice_ms, waited_ms, self._voiced_ms)
            self.reset()
            yield ended

    def _voice(self, frame_start_ms: int) -> Iterator[EndpointEvent]:
        if self._start_ms is None:
            self._start_ms = frame_start_ms
        self._run += 1
        if not self._started:
            if self._run < _START_FRAMES:
                return
            self._started = True
            self._voiced_ms = self._run * FRAME_MS
            self._last_voice_ms = self._position_ms
            yield SpeechStarted(self._start_ms)
            return
        if self._paused and self._run < _RESUME_FRAMES:
            return
        if self._paused:
            self._paused = False
            self._pause_patience_ms = None
            yield SpeechResumed(frame_start_ms)
        self._voiced_ms += FRAME_MS
        self._last_voice_ms = self._position_ms
        if not self._confirmed and self._voiced_ms >= self.confirm_ms:
            self._confirmed = True
            yield SpeechConfirmed(self._start_ms)

    def _silence(self) -> Iterator[EndpointEvent]:
        self._run = 0
        if not self._started or self._start_ms is None:
            self._start_ms = None
            return
        silent_ms = self._position_ms - self._last_voice_ms
        if not self._paused and silent_ms >= self.pause_ms:
            self._paused = True
            yield SpeechPaused(self._start_ms, self._last_voice_ms)
        if self._paused:
            yield from self._end_if_silent()

    def _end_if_silent(self) -> Iterator[EndpointEvent]:
        patience_ms = self._pause_patience_ms
        if patience_ms is None:
            patience_ms = self.patience_ms + self.grace_ms
        if self._position_ms - self._last_voice_ms >= patience_ms:
            yield from self.end()
