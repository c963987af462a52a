"""Every fold of a protocol fitted, calibrated and judged: the figures that tell one model from another.

Calibration and threshold of a fold are chosen on its validation clips; the answers for its test clips are put
together over the folds, so that each clip is judged once. Needs TensorFlow, librosa and scikit-learn: only
training imports this module.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ser_model.configuration import Configuration
from ser_model.evaluate import Answers, report
from ser_model.fitting import TrainingData, fit
from ser_model.judging import answers_of, choose_on
from ser_model.protocols import Protocol
from ser_model.teaching import Teacher

__all__ = ["cross_validate", "held_out_logits", "joined"]


def cross_validate(
    configuration: Configuration, data: TrainingData, protocol: Protocol, *, configurations: Path
) -> tuple[Answers, list[dict[str, Any]]]:
    """Fits and judges each fold; a finished fold is not repeated.

    Args:
        configuration: of the model.
        data: the clips that the protocol divides, in its order.
        protocol: of whole clips.
        configurations: folder of the teacher's configuration, where there is one.

    Returns:
        The answers for all test clips, and the figures of each fold.
    """
    teacher = Teacher(configuration, configurations, data)
    parts, figures = [], []
    for fold in protocol.folds:
        train, valid = np.array(fold.train, dtype=np.intp), np.array(fold.valid, dtype=np.intp)
        taught = teacher.probabilities(train=train, valid=valid)
        fitted = fit(configuration, data, train=train, valid=valid, taught=taught)
        trained = sorted({int(place) for place in data.truth[train]})
        speakers = [data.clips[place].speaker for place in fold.valid]
        chosen = choose_on(fitted.logits[valid], data.truth[valid], speakers, trained)
        test = np.array(fold.test, dtype=np.intp)
        answers = answers_of(fitted.logits[test], [data.clips[place] for place in fold.test], chosen, trained)
        parts.append(answers)
        fold_figures = report(answers)
        kept = ("n", "accuracy", "uar", "coverage", "risk_at_coverage", "ece_debiased", "ece_band_95")
        figures.append(
            {
                "fold": fold.name,
                **{key: fold_figures[key] for key in kept},
                "threshold": chosen.threshold,
                "vector_scaling": not chosen.calibration.is_temperature,
                "parameters": fitted.parameters,
            }
        )
        uar = fold_figures["uar"]
        print(f"{configuration.name}, {protocol.name}, {fold.name}: UAR {uar:.4f}", flush=True)
    return joined(parts), figures


def held_out_logits(
    configuration: Configuration, data: TrainingData, protocol: Protocol, *, configurations: Path
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Logits (n, 7) of the test clips of all folds, none by a fit that heard the speaker; positions (n,)."""
    teacher = Teacher(configuration, configurations, data)
    logits, places = [], []
    for fold in protocol.folds:
        train, valid = np.array(fold.train, dtype=np.intp), np.array(fold.valid, dtype=np.intp)
        taught = teacher.probabilities(train=train, valid=valid)
        test = np.array(fold.test, dtype=np.intp)
        logits.append(fit(configuration, data, train=train, valid=valid, taught=taught).logits[test])
        places.append(test)
    return np.concatenate(logits), np.concatenate(places)


def joined(parts: Sequence[Answers]) -> Answers:
    """The answers of several folds as one."""
    first = parts[0]
    return replace(
        first,
        truth=np.concatenate([part.truth for part in parts]),
        probabilities=np.concatenate([part.probabilities for part in parts]),
        moods=tuple(mood for part in parts for mood in part.moods),
        languages=tuple(language for part in parts for language in part.languages),
        milliseconds=np.concatenate([part.milliseconds for part in parts]),
        speakers=tuple(speaker for part in parts for speaker in part.speakers),
    )
