"""From the logits of a fit to calibrated answers, with all that is chosen on the validation clips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emotion import MOODS, estimate_from_probabilities
from ser_model.calibration import Calibration, choose
from ser_model.corpus import CorpusClip
from ser_model.evaluate import Answers
from ser_model.manifest import LABELS
from ser_model.metrics import abstention_threshold

__all__ = ["GREATEST_RISK", "Chosen", "answers_of", "choose_on"]

GREATEST_RISK = 0.20
"""Of the moods that the detector names, at most this share may be wrong on the validation speakers."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was chosen on validation clips.

    Attributes:
        calibration: of the trained outputs, k of them.
        threshold: probability below which no mood is named.
    """

    calibration: Calibration
    threshold: float


def choose_on(
    logits: NDArray[np.float64], truth: NDArray[np.intp], speakers: Sequence[str], trained: Sequence[int]
) -> Chosen:
    """Calibration and threshold; a clip whose likeliest label is no mood is never answered.

    A clip of an emotion that was not trained calibrates nothing, and whatever is said of it is wrong.

    Args:
        logits: shape (n, 7), of the validation clips.
        truth: shape (n,), positions in `LABELS`.
        speakers: n names.
        trained: outputs for which there were examples, ascending.
    """
    known = np.flatnonzero(np.isin(truth, trained))
    own = np.searchsorted(np.asarray(trained), truth[known])
    calibration = choose(logits[known][:, trained], own, [speakers[place] for place in known.tolist()])
    probabilities = calibration.apply(logits[:, trained])
    predicted = probabilities.argmax(axis=1)
    answered = np.array([LABELS[place] in MOODS for place in trained])[predicted]
    threshold = abstention_threshold(
        probabilities.max(axis=1)[answered],
        (np.asarray(trained)[predicted] == truth)[answered],
        [speaker for speaker, is_answered in zip(speakers, answered, strict=True) if is_answered],
        risk=GREATEST_RISK,
    )
    return Chosen(calibration, threshold)


def answers_of(
    logits: NDArray[np.float64],
    clips: Sequence[CorpusClip],
    chosen: Chosen,
    trained: Sequence[int],
    *,
    validated: Sequence[str] = (),
    sha256: str = "",
) -> Answers:
    """What the detector says of clips whose logits (n, 7) are known; no gate is asked, no time taken."""
    shares = chosen.calibration.apply(logits[:, trained])
    probabilities = np.zeros((len(clips), len(LABELS)))
    probabilities[:, trained] = shares
    names = [LABELS[place] for place in trained]
    moods = tuple(
        estimate_from_probabilities(
            dict(zip(names, row.tolist(), strict=True)),
            modality="speech",
            model="",
            threshold=chosen.threshold,
            validated=False,
        ).label
        for row in shares
    )
    return Answers(
        truth=np.array([LABELS.index(clip.emotion) for clip in clips], dtype=np.intp),
        probabilities=probabilities,
        moods=moods,
        languages=tuple(clip.language for clip in clips),
        milliseconds=np.zeros(len(clips)),
        validated=tuple(validated),
        sha256=sha256,
        speakers=tuple(clip.speaker for clip in clips),
    )
