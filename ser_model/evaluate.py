"""Evaluation of a detector on labelled recordings: one pass over them, then all figures.

`answer_all` runs the detector as the gateway does; `report` computes the figures. Accuracy, UAR, F1
and the confusion matrix compare the likeliest label with the truth in the corpus's own labels,
without abstention. Coverage and risk are the product's: a clip is covered where the detector names
a mood, and the risk is the share of wrong moods among those. `coverage_at_20_risk`, `error_at_80_coverage`
and `recall_at_90_precision` describe the probabilities themselves: any threshold, chosen on these recordings.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from emotion import MOODS, UNCLEAR
from ser_model.calibration_metrics import (
    BINS,
    debiased_calibration_error,
    perfect_calibration_band,
    wilson_interval,
)
from ser_model.detector import RecordingDetector
from ser_model.errors import ManifestError
from ser_model.manifest import LABELS, ManifestRow
from ser_model.metrics import (
    bootstrap_interval,
    class_figures,
    confusion,
    coverage_and_risk,
    expected_calibration_error,
    macro_f1,
    recall_at_precision,
    renormalised,
    unweighted_average_recall,
)
from ser_model.recordings import read_recording
from ser_model.risk_coverage import coverage_at_risk, risk_at_coverage

__all__ = ["FOUR_CLASSES", "Answers", "Change", "answer_all", "product_figures", "report"]

Change = Callable[[NDArray[np.float32], ManifestRow], NDArray[np.float32]]

FOUR_CLASSES = ("neutral", "happiness", "sadness", "anger")
"""Classes of the customary comparison on IEMOCAP and others."""

_PRODUCT_LABELS = (*MOODS, UNCLEAR)


@dataclass(frozen=True, slots=True)
class Answers:
    """What a detector said of n recordings.

    Attributes:
        truth: shape (n,), positions in `LABELS`.
        probabilities: shape (n, 7), in the order of `LABELS`; untrained labels have 0.
        moods: what the detector named, a mood or "unclear".
        languages: language of each recording.
        milliseconds: time of each estimate, without decoding the file.
        validated: languages for which the model was validated.
        sha256: of the model's weights.
        speakers: of each recording, "" where unknown; empty where none is known.
    """

    truth: NDArray[np.intp]
    probabilities: NDArray[np.float64]
    moods: tuple[str, ...]
    languages: tuple[str, ...]
    milliseconds: NDArray[np.float64]
    validated: tuple[str, ...]
    sha256: str
    speakers: tuple[str, ...] = ()

    def part(self, chosen: NDArray[np.intp]) -> Answers:
        """The answers at some positions; repeats are allowed, as resampling needs them."""
        return Answers(
            truth=self.truth[chosen],
            probabilities=self.probabilities[chosen],
            moods=tuple(self.moods[place] for place in chosen),
            languages=tuple(self.languages[place] for place in chosen),
            milliseconds=self.milliseconds[chosen],
            validated=self.validated,
            sha256=self.sha256,
            speakers=tuple(self.speakers[place] for place in chosen) if self.speakers else (),
        )


def answer_all(
    detector: RecordingDetector,
    rows: Sequence[ManifestRow],
    *,
    progress: bool = True,
    name: str = "evaluate",
    change: Change | None = None,
) -> Answers:
    """Decodes each recording and lets the detector judge it.

    Args:
        detector: of any kind.
        rows: recordings with their labels.
        progress: whether to show a bar.
        name: of the bar.
        change: makes another recording of each one before it is judged.

    Raises:
        ManifestError: for a recording that cannot be decoded, or that holds NaN or infinity.
    """
    probabilities = np.zeros((len(rows), len(LABELS)))
    milliseconds = np.zeros(len(rows))
    moods = []
    for place, row in enumerate(tqdm(rows, desc=name, unit="clip", disable=not progress)):
        samples = read_recording(row.path)
        if change is not None:
            samples = change(samples, row)
        started = time.perf_counter()
        try:
            estimate = detector.estimate(samples, language=row.language)
        except ValueError as error:
            raise ManifestError(f"{row.path}: {error}") from None
        milliseconds[place] = 1e3 * (time.perf_counter() - started)
        for label, probability in estimate.probabilities.items():
            probabilities[place, LABELS.index(label)] = probability
        moods.append(estimate.label)
    return Answers(
        truth=np.array([LABELS.index(row.emotion) for row in rows], dtype=np.intp),
        probabilities=probabilities,
        moods=tuple(moods),
        languages=tuple(row.language for row in rows),
        milliseconds=milliseconds,
        validated=detector.card.validated_languages,
        sha256=detector.card.sha256,
        speakers=tuple(row.speaker for row in rows),
    )


def report(answers: Answers) -> dict[str, Any]:
    """All figures, ready for JSON; shares and errors are 0–1.

    None stands for `risk_at_coverage` where no mood is named, for `ece_debiased` and `ece_band_95` with fewer
    than 20 recordings, and for `four_class.uar` without recordings of those classes. `uar_95_by_speaker` is
    there where every recording names its speaker and there are two or more.
    """
    by_language = {}
    for language in sorted(set(answers.languages)):
        chosen = np.flatnonzero(np.array(answers.languages) == language)
        by_language[language] = {
            **_figures(answers.part(chosen)),
            "validated": language in answers.validated,
        }
    counts = _confusion(answers)
    shown = _shown(counts)
    return {
        **_figures(answers),
        "per_class": _per_class(counts, LABELS),
        "confusion": {
            "labels": [LABELS[place] for place in shown],
            "counts": counts[np.ix_(shown, shown)].tolist(),
        },
        "majority_baseline": _rounded(np.bincount(answers.truth).max() / len(answers.truth)),
        "latency_ms_per_item": round(float(answers.milliseconds.mean()), 3),
        "model_sha256": answers.sha256,
        "by_language": by_language,
        "product": product_figures(answers),
    }


def product_figures(answers: Answers) -> dict[str, Any]:
    """Figures of what the dialogue gets: moods and "unclear", for which disgust is "unclear"."""
    truth_names = [LABELS[place] if LABELS[place] in MOODS else UNCLEAR for place in answers.truth]
    truth = np.array([_PRODUCT_LABELS.index(name) for name in truth_names], dtype=np.intp)
    named = np.array([_PRODUCT_LABELS.index(mood) for mood in answers.moods], dtype=np.intp)
    counts = confusion(truth, named, len(_PRODUCT_LABELS))
    return {
        "accuracy": _rounded(np.mean(truth == named)),
        "uar": _rounded(unweighted_average_recall(truth, named, len(_PRODUCT_LABELS))),
        "macro_f1": _rounded(macro_f1(counts)),
        "per_class": _per_class(counts, _PRODUCT_LABELS),
    }


def _figures(answers: Answers) -> dict[str, Any]:
    predicted = answers.probabilities.argmax(axis=1)
    right = np.array([LABELS[place] for place in answers.truth]) == np.array(answers.moods)
    covered = np.array(answers.moods) != UNCLEAR
    coverage, risk = coverage_and_risk(right, covered)
    return {
        "n": len(answers.truth),
        "accuracy": _rounded(np.mean(predicted == answers.truth)),
        "uar": _rounded(unweighted_average_recall(answers.truth, predicted, len(LABELS))),
        "macro_f1": _rounded(macro_f1(_confusion(answers))),
        "ece": _rounded(expected_calibration_error(answers.probabilities, answers.truth)),
        "coverage": _rounded(coverage),
        "risk_at_coverage": None if risk is None else _rounded(risk),
        **_uar_by_speaker(answers, predicted),
        **_calibration_and_ranking(answers, predicted),
        "four_class": _four_class(answers),
    }


def _uar_by_speaker(answers: Answers, predicted: NDArray[np.intp]) -> dict[str, list[float]]:
    if not all(answers.speakers) or len(set(answers.speakers)) < 2:
        return {}

    def uar(places: NDArray[np.intp]) -> float:
        return unweighted_average_recall(answers.truth[places], predicted[places], len(LABELS))

    return {"uar_95_by_speaker": [_rounded(bound) for bound in bootstrap_interval(uar, answers.speakers)]}


def _calibration_and_ranking(answers: Answers, predicted: NDArray[np.intp]) -> dict[str, Any]:
    confidence = answers.probabilities.max(axis=1)
    right = predicted == answers.truth
    enough = len(right) >= 2 * BINS
    return {
        "ece_debiased": _rounded(debiased_calibration_error(confidence, right)) if enough else None,
        "ece_band_95": [_rounded(end) for end in perfect_calibration_band(confidence)] if enough else None,
        "coverage_at_20_risk": _rounded(coverage_at_risk(confidence, right, 0.2)),
        "error_at_80_coverage": _rounded(risk_at_coverage(confidence, right, 0.8)),
        "recall_at_90_precision": {
            LABELS[place]: _rounded(
                recall_at_precision(answers.probabilities[:, place], answers.truth == place, 0.9)
            )
            for place in sorted(set(answers.truth.tolist()))
        },
    }


def _four_class(answers: Answers) -> dict[str, Any]:
    places = [LABELS.index(label) for label in FOUR_CLASSES]
    among = np.isin(answers.truth, places)
    if not among.any():
        return {"uar": None, "n": 0}
    predicted = np.array(places)[renormalised(answers.probabilities[among], places).argmax(axis=1)]
    uar = unweighted_average_recall(answers.truth[among], predicted, len(LABELS))
    return {"uar": _rounded(uar), "n": int(among.sum())}


def _confusion(answers: Answers) -> NDArray[np.intp]:
    return confusion(answers.truth, answers.probabilities.argmax(axis=1), len(LABELS))


def _shown(counts: NDArray[np.intp]) -> list[int]:
    return [place for place in range(len(counts)) if counts[place].any() or counts[:, place].any()]


def _per_class(counts: NDArray[np.intp], labels: Sequence[str]) -> dict[str, dict[str, Any]]:
    figures = class_figures(counts)
    return {
        labels[place]: {
            "recall": _rounded(figures[place].recall),
            **_recall_interval(int(counts[place, place]), figures[place].n),
            "precision": _rounded(figures[place].precision),
            "f1": _rounded(figures[place].f1),
            "n": figures[place].n,
        }
        for place in _shown(counts)
    }


def _recall_interval(hits: int, n: int) -> dict[str, list[float]]:
    return {"recall_95": [_rounded(end) for end in wilson_interval(hits, n)]} if n else {}


def _rounded(value: float | np.floating[Any]) -> float:
    return round(float(value), 4)
