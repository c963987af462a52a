"""What the network has to beat: logistic regression on summary features of a whole clip.

The features are the customary ones: means over time of 40 MFCC, 12 chroma and 128 mel bands as
librosa computes them, 180 numbers a clip. The mel bands go in twice over: as powers, the usual
recipe, and as decibels, which is fairer to a linear model. Needs librosa and scikit-learn: only
training imports this module.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import librosa
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ser_model.corpus import CorpusClip, cached_arrays
from ser_model.features import SAMPLE_RATE_HZ
from ser_model.manifest import LABELS
from ser_model.metrics import unweighted_average_recall

__all__ = ["BaselineAnswers", "answer_with_logistic_regression", "summary_features"]

_REGULARISATIONS = (1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0)
_MEL_BANDS = 128


@dataclass(frozen=True, slots=True)
class BaselineAnswers:
    """Labels that the baseline gives to the test clips.

    Attributes:
        predicted: shape (n,), positions in `LABELS`.
        regularisation: scikit-learn's C, chosen on the validation split.
        validation_uar: UAR with it on the validation split.
    """

    predicted: NDArray[np.intp]
    regularisation: float
    validation_uar: float


def summary_features(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Means over time of MFCC (40), chroma (12) and mel power (128): shape (1, 180)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # librosa warns of clips shorter than its window
        magnitude = np.abs(librosa.stft(samples))
        mel = librosa.feature.melspectrogram(S=magnitude**2, sr=SAMPLE_RATE_HZ, n_mels=_MEL_BANDS)
        cepstrum = librosa.feature.mfcc(S=librosa.power_to_db(mel), sr=SAMPLE_RATE_HZ, n_mfcc=40)
        chroma = librosa.feature.chroma_stft(S=magnitude, sr=SAMPLE_RATE_HZ)
    # Powers as decibels fit the half precision of the cache; they are turned back below.
    mean_power_db = 10.0 * np.log10(np.maximum(mel.mean(axis=1), 1e-10))
    summary = np.concatenate([cepstrum.mean(axis=1), chroma.mean(axis=1), mean_power_db])
    return summary[None].astype(np.float32)


def answer_with_logistic_regression(clips: Sequence[CorpusClip], *, mel_in_decibels: bool) -> BaselineAnswers:
    """Fits on the training split, chooses C on the validation split, answers the test split."""
    arrays = cached_arrays(clips, summary_features, name="summaries", recipe="mfcc40 chroma12 mel128")
    features = np.concatenate(arrays).astype(np.float64)
    if not mel_in_decibels:
        features[:, -_MEL_BANDS:] = 10.0 ** (features[:, -_MEL_BANDS:] / 10.0)
    truth = np.array([LABELS.index(clip.emotion) for clip in clips], dtype=np.intp)
    split = np.array([clip.split for clip in clips])
    best: tuple[float, float, Any] | None = None
    for regularisation in _REGULARISATIONS:
        model = make_pipeline(StandardScaler(), LogisticRegression(C=regularisation, max_iter=2_000))
        model.fit(features[split == "train"], truth[split == "train"])
        predicted = model.predict(features[split == "valid"])
        uar = unweighted_average_recall(truth[split == "valid"], predicted, len(LABELS))
        if best is None or uar > best[0]:
            best = (uar, regularisation, model)
    uar, regularisation, model = best  # type: ignore[misc]
    return BaselineAnswers(model.predict(features[split == "test"]), regularisation, uar)
