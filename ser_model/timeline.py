"""Emotions over the time of a long recording or a call; no input or output of its own.

Samples come in pieces of any size and moments go out, one for each second, two seconds late. Memory
does not grow with the length.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from emotion import UNCLEAR, EmotionEstimate, estimate_from_probabilities
from ser_model.features import SAMPLE_RATE_HZ
from ser_model.gates import Reason, gate
from ser_model.speech_level import FRAME_S, FRAME_SAMPLES, active_frames, frame_levels_db

__all__ = ["STEP_S", "WINDOW_S", "Detector", "Moment", "Timeline", "moments"]

WINDOW_S = 3
STEP_S = 1

_STEP = STEP_S * SAMPLE_RATE_HZ
_LEAST_SPEECH_IN_STEP_S = 0.1
_NEIGHBOUR_WEIGHT = 0.5


class Detector(Protocol):
    """Whatever estimates the emotion of an utterance, such as `SpeechEmotionDetector`."""

    def estimate(self, samples: NDArray[np.float32], *, language: str) -> EmotionEstimate:
        """Estimates the emotion of samples of shape (n,), mono at 16 kHz."""
        ...


@dataclass(frozen=True, slots=True)
class Moment:
    """One second, judged by the three seconds around it.

    Attributes:
        start_s: from the beginning of the recording.
        end_s: a second later, or less at the end of the recording.
        probabilities: calibrated and smoothed, by label, or None where a gate was shut.
        label: one of `MOODS`, or "unclear".
        reason: the gate that was shut; None where there are probabilities, even if none is high
            enough for a label. "silent" where nobody speaks in this very second.
    """

    start_s: float
    end_s: float
    probabilities: Mapping[str, float] | None
    label: str
    reason: Reason | None


class Timeline:
    """Makes moments out of samples as they come.

    Probabilities are smoothed with weights of 1/4, 1/2, 1/4 over a moment and its neighbours. The
    filter is symmetric, so that a change of mood stays where it was; windows overlap by two thirds
    already and need no longer one. A mean of probabilities stays calibrated where its parts are, and
    no window alone can veto a mood, as in a mean of logarithms. A moment without speech or behind
    another gate has no probabilities: it neither gets nor gives any, and no pause of two seconds or
    more is bridged, because it holds such a moment.
    """

    def __init__(self, detector: Detector, *, language: str) -> None:
        self._detector = detector
        self._language = language
        self._kept = np.zeros(0, dtype=np.float32)
        self._kept_from = 0  # sample
        self._next = 0  # step
        self._before: _Judged | None = None
        self._last: _Judged | None = None

    def hear(self, samples: NDArray[np.float32]) -> list[Moment]:
        """Takes the next samples, shape (n,), float32, mono at 16 kHz; returns the moments now known."""
        self._kept = np.concatenate([self._kept, samples])
        known = []
        while self._kept_from + len(self._kept) >= (self._next + 2) * _STEP:
            known += self._judge((self._next + 1) * _STEP)
        return known

    def finish(self) -> list[Moment]:
        """The moments that waited for what would follow; a last piece under 0.1 s gets none."""
        known = []
        end = self._kept_from + len(self._kept)
        while end - self._next * _STEP >= _LEAST_SPEECH_IN_STEP_S * SAMPLE_RATE_HZ:
            known += self._judge(min(end, (self._next + 1) * _STEP))
        if self._last is not None:
            known.append(_smoothed(self._before, self._last, None))
        self._before = self._last = None
        return known

    def _judge(self, end: int) -> list[Moment]:
        """Judges the next second; returns the one before it, which has both its neighbours now."""
        start = self._next * _STEP
        first = max(0, start - _STEP)
        window = self._kept[first - self._kept_from : start + 2 * _STEP - self._kept_from]
        estimate, reason = self._estimate(window, start - first, end - first)
        judged = _Judged(start / SAMPLE_RATE_HZ, end / SAMPLE_RATE_HZ, estimate, reason)
        known = [] if self._last is None else [_smoothed(self._before, self._last, judged)]
        self._before, self._last = self._last, judged
        self._next += 1
        self._kept = self._kept[start - self._kept_from :]
        self._kept_from = start
        return known

    def _estimate(
        self, window: NDArray[np.float32], start: int, end: int
    ) -> tuple[EmotionEstimate | None, Reason | None]:
        shut = gate(window)
        if shut is not None:
            return None, shut.reason
        speaks = active_frames(frame_levels_db(window))[start // FRAME_SAMPLES : end // FRAME_SAMPLES]
        if np.count_nonzero(speaks) * FRAME_S < _LEAST_SPEECH_IN_STEP_S:
            return None, "silent"
        return self._detector.estimate(window, language=self._language), None


def moments(blocks: Iterable[NDArray[np.float32]], detector: Detector, *, language: str) -> Iterator[Moment]:
    """The moments of a whole recording.

    Args:
        blocks: arrays of shape (n,), float32, mono at 16 kHz, such as of `recording_blocks`.
        detector: what estimates the emotion of a window.
        language: code such as "en", handed to the detector.

    Raises:
        ValueError: for samples of another type or shape, or with NaN or infinity.
    """
    timeline = Timeline(detector, language=language)
    for block in blocks:
        yield from timeline.hear(block)
    yield from timeline.finish()


@dataclass(frozen=True, slots=True)
class _Judged:
    """A second before it is smoothed: an estimate or a reason why there is none."""

    start_s: float
    end_s: float
    estimate: EmotionEstimate | None
    reason: Reason | None


def _smoothed(before: _Judged | None, judged: _Judged, after: _Judged | None) -> Moment:
    own = judged.estimate
    if own is None:
        return Moment(judged.start_s, judged.end_s, None, UNCLEAR, judged.reason)
    weighted = [(1.0, own.probabilities)]
    for neighbour in (before, after):
        if neighbour is not None and neighbour.estimate is not None:
            weighted.append((_NEIGHBOUR_WEIGHT, neighbour.estimate.probabilities))
    total = sum(weight for weight, _ in weighted)
    smooth = estimate_from_probabilities(
        {
            label: sum(weight * part[label] for weight, part in weighted) / total
            for label in own.probabilities
        },
        modality=own.modality,
        model=own.model,
        threshold=own.threshold,
        validated=own.validated,
    )
    return Moment(judged.start_s, judged.end_s, smooth.probabilities, smooth.label, None)
