"""What a network has to beat: simple models on summary features of a whole clip.

The features are the customary ones: means over time of 40 MFCC, 12 chroma and 128 mel bands as librosa
computes them, 180 numbers a clip. The mel bands go in as powers, the usual recipe, or as decibels, which is
fairer to a linear model. Needs librosa and scikit-learn: only training imports this module.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import librosa
import numpy as np
from numpy.typing import NDArray
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from ser_model.corpus import CorpusClip
from ser_model.errors import CorpusError
from ser_model.evaluate import Answers
from ser_model.feature_cache import cached_features
from ser_model.features import SAMPLE_RATE_HZ
from ser_model.judging import answers_of, choose_on
from ser_model.manifest import LABELS
from ser_model.metrics import unweighted_average_recall
from ser_model.protocols import Fold

__all__ = ["BASELINES", "Baseline", "judge_baseline", "summaries", "summary_features"]

_MEL_BANDS = 128
_LOWEST_LOG = -30.0


@dataclass(frozen=True, slots=True)
class Baseline:
    """A simple model.

    Attributes:
        what: for reports.
        decibels: whether the mel bands are in decibels.
        candidates: models of which the one with the best UAR on the validation clips is taken, by the number
            of training clips of the rarest emotion, 2 or more.
    """

    what: str
    decibels: bool
    candidates: Callable[[int], Sequence[Any]]


def _logistic_regressions(_: int) -> list[Any]:
    choices = (1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0)
    return [make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=2_000)) for c in choices]


def _support_vector_machines(rarest: int) -> list[Any]:
    parts = min(5, rarest)  # each needs a clip of every emotion
    return [
        make_pipeline(StandardScaler(), CalibratedClassifierCV(SVC(C=c), cv=parts, ensemble=False))
        for c in (1.0, 3.0, 10.0)
    ]


def _perceptrons(_: int) -> list[Any]:
    # The sizes of the customary tutorial that the call grading of the papers goes back to.
    return [
        MLPClassifier(
            hidden_layer_sizes=(300,),
            alpha=0.01,
            batch_size=256,
            learning_rate="adaptive",
            max_iter=500,
            random_state=0,
        )
    ]


BASELINES = {
    "logistic_regression": Baseline(
        "logistic regression on mel powers, MFCC and chroma", False, _logistic_regressions
    ),
    "logistic_regression_decibels": Baseline(
        "logistic regression, mel bands in decibels", True, _logistic_regressions
    ),
    "svm": Baseline("support vector machine (RBF), mel bands in decibels", True, _support_vector_machines),
    "mlp": Baseline(
        "multilayer perceptron of 300 units on MFCC + mel + chroma, as they are", False, _perceptrons
    ),
}


def summary_features(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Means over time of MFCC (40), chroma (12) and mel power in dB (128): shape (1, 180)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # librosa warns of clips shorter than its window
        magnitude = np.abs(librosa.stft(samples))
        mel = librosa.feature.melspectrogram(S=magnitude**2, sr=SAMPLE_RATE_HZ, n_mels=_MEL_BANDS)
        cepstrum = librosa.feature.mfcc(S=librosa.power_to_db(mel), sr=SAMPLE_RATE_HZ, n_mfcc=40)
        chroma = librosa.feature.chroma_stft(S=magnitude, sr=SAMPLE_RATE_HZ)
    # Powers as decibels fit the half precision of the cache; they are turned back where powers are wanted.
    mean_power_db = 10.0 * np.log10(np.maximum(mel.mean(axis=1), 1e-10))
    summary = np.concatenate([cepstrum.mean(axis=1), chroma.mean(axis=1), mean_power_db])
    return summary[None].astype(np.float32)


def summaries(clips: Sequence[CorpusClip]) -> NDArray[np.float64]:
    """Summary features of all clips, shape (n, 180)."""
    found = cached_features(clips, summary_features, name="summaries", recipe="mfcc40 chroma12 mel128")
    return np.concatenate(found).astype(np.float64)


def judge_baseline(
    baseline: Baseline, features: NDArray[np.float64], clips: Sequence[CorpusClip], fold: Fold
) -> Answers:
    """Fits on the fold's training clips, chooses and calibrates on its validation clips, judges its test.

    A training clip that is the only one of its emotion is left out.

    Raises:
        CorpusError: where fewer than two emotions have two training clips.
    """
    known = features.copy()
    if not baseline.decibels:
        known[:, -_MEL_BANDS:] = 10.0 ** (known[:, -_MEL_BANDS:] / 10.0)
    truth = np.array([LABELS.index(clip.emotion) for clip in clips], dtype=np.intp)
    train, valid, test = (np.array(part, dtype=np.intp) for part in (fold.train, fold.valid, fold.test))
    counts = np.bincount(truth[train])
    if np.count_nonzero(counts > 1) < 2:
        raise CorpusError(f"{fold.name}: fewer than two emotions have two training clips; add recordings")
    train = train[counts[truth[train]] > 1]
    rarest = int(counts[counts > 1].min())
    fitted = [model.fit(known[train], truth[train]) for model in baseline.candidates(rarest)]
    best = max(
        fitted,
        key=lambda model: unweighted_average_recall(truth[valid], model.predict(known[valid]), len(LABELS)),
    )
    trained = [int(place) for place in best.classes_]
    logits = np.full((len(clips), len(LABELS)), _LOWEST_LOG)
    for part in (valid, test):
        shares = best.predict_proba(known[part])
        logits[part[:, None], trained] = np.log(np.maximum(shares, np.exp(_LOWEST_LOG)))
    speakers = [clips[place].speaker for place in fold.valid]
    chosen = choose_on(logits[valid], truth[valid], speakers, trained)
    return answers_of(logits[test], [clips[place] for place in fold.test], chosen, trained)
