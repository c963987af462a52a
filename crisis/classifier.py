"""How likely an utterance speaks of each kind and level of danger: a linear model on its words.

One logistic regression for each pair of kind and level, weighted by naive Bayes (Wang and Manning 2012), on
the sets of `crisis.features`; a softmax over all makes probabilities. One model a language, trained by
`crisis.train` on sentences of our own. It sees wordings that no rule was written for, and may only raise what
the rules found.
Weights are in `crisis/weights/`, what is known of them in `crisis/card.json`. Standard library, Python 3.10.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crisis.features import feature_sets

__all__ = [
    "BUCKETS",
    "MINOR",
    "PACKAGE_FOLDER",
    "Classifier",
    "ClassifierError",
    "Opinion",
    "Thresholds",
    "ZERO",
    "bucket",
    "load_classifier",
    "parts",
]

PACKAGE_FOLDER = Path(__file__).resolve().parent
MINOR = "minor"
"""A kind of its own for the classifier: a crisis of somebody under age."""

_REMEDY = "restore it from the repository (git checkout -- crisis), or train anew: make train-crisis"
ZERO = 128
"""The byte that stands for a weight of nothing."""
BUCKETS = 1 << 18
"""Features are told apart by 18 bits of their CRC (feature hashing, Weinberger and others 2009)."""

_DOUBTED = 0.97
_LONGEST_WHOLE = 60  # words; what is longer is read through a window, or a sentence would drown in it
_WINDOW = 40
_STEP = 20


class ClassifierError(ValueError):
    """Card or weights can't be used; the message names the file and what mends it."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which probability (0 to 1) a level counts; `asking`: level 1 in a distressed voice."""

    level_1: float
    level_2: float
    level_3: float
    asking: float


@dataclass(frozen=True, slots=True)
class Opinion:
    """The gravest level (0 to 3) whose probability reaches its threshold, and the likeliest kind of that."""

    level: int
    kind: str


@dataclass(frozen=True, slots=True)
class Classifier:
    """The model of one language.

    Attributes:
        outputs: (kind, level) of each output; ("none", 0) is among them.
        biases: (outputs,).
        scales: (outputs,): what one step of a stored weight is worth.
        weights: (`BUCKETS` × outputs) bytes, a row for each bucket of features.
        thresholds: chosen on development sentences, from the card.
    """

    outputs: tuple[tuple[str, int], ...]
    biases: tuple[float, ...]
    scales: tuple[float, ...]
    weights: bytes
    thresholds: Thresholds

    def opinion(self, text: str, *, distressed: bool = False, doubtful: bool = False) -> Opinion:
        """What the gravest part of a `Wording.text` speaks of.

        `distressed`: asking needs less. `doubtful`: the rules have met the words of a danger and taken it
        back ("I don't want to die") or found it over, or the words may not have been said; then everything
        needs more, since a sum of words hardly sees a "not".
        """
        opinions = (self._opinion(part, distressed, doubtful) for part in parts(text))
        return max(opinions, key=lambda opinion: opinion.level)

    def probabilities(self, text: str) -> tuple[float, ...]:
        """The probability of each output for a `Wording.text`; they add up to 1."""
        scores = self.biases
        width = len(self.outputs)
        for features in feature_sets(text):
            starts = [width * bucket(feature) for feature in features]
            rows = [self.weights[start : start + width] for start in starts]
            if rows:
                weight = 1 / math.sqrt(len(rows))
                offset = ZERO * len(rows)
                sums = map(sum, zip(*rows, strict=True))
                scores = tuple(
                    score + weight * scale * (total - offset)
                    for score, scale, total in zip(scores, self.scales, sums, strict=True)
                )
        highest = max(scores)
        shares = [math.exp(score - highest) for score in scores]
        whole = sum(shares)
        return tuple(share / whole for share in shares)

    def _opinion(self, text: str, distressed: bool, doubtful: bool) -> Opinion:
        if not text:
            return Opinion(0, "none")
        limits = self.thresholds
        shares = list(zip(self.outputs, self.probabilities(text), strict=True))
        first, second, third = (
            sum(share for (_, own), share in shares if own >= level) for level in (1, 2, 3)
        )
        sure = max(limits.level_1, _DOUBTED) if doubtful else limits.level_1
        level = int(first >= (limits.asking if distressed and not doubtful else sure))
        # A level needs those below it: what is hardly a crisis is no grave one either.
        if first >= sure and second >= limits.level_2:
            level = 3 if third >= limits.level_3 else 2
        if not level:
            return Opinion(0, "none")
        return Opinion(level, max((share, kind) for (kind, own), share in shares if own >= level)[1])


def bucket(feature: str) -> int:
    """The row of the weights that belongs to a feature."""
    return zlib.crc32(feature.encode("utf-8", "replace")) & (BUCKETS - 1)


def load_classifier(language: str, folder: Path = PACKAGE_FOLDER) -> Classifier:
    """The classifier of a language, its weights checked against the card; raises `ClassifierError`."""
    card_path = folder / "card.json"
    try:
        card = json.loads(card_path.read_text(encoding="utf-8"))
        entry = card["languages"][language]
        path = folder / entry["weights"]
        content = path.read_bytes()
        checksum, thresholds = entry["sha256"], Thresholds(**entry["thresholds"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ClassifierError(f"{card_path}: can't be used ({type(error).__name__}); {_REMEDY}") from error
    if hashlib.sha256(content).hexdigest() != checksum:
        raise ClassifierError(f"{path}: is not the file that the card describes; {_REMEDY}")
    try:
        return _unpack(json.loads(gzip.decompress(content)), thresholds)
    except (OSError, ValueError, KeyError, TypeError, EOFError, zlib.error) as error:
        raise ClassifierError(f"{path}: can't be used ({type(error).__name__}); {_REMEDY}") from error


def _unpack(stored: dict[str, Any], thresholds: Thresholds) -> Classifier:
    outputs = tuple((str(kind), int(level)) for kind, level in stored["outputs"])
    biases, scales = tuple(map(float, stored["biases"])), tuple(map(float, stored["scales"]))
    weights = base64.b64decode(stored["weights"])
    if not len(biases) == len(scales) == len(outputs) or len(weights) != BUCKETS * len(outputs):
        raise ValueError("shapes differ")
    return Classifier(outputs, biases, scales, weights, thresholds)


def parts(text: str) -> Iterator[str]:
    """The text, or overlapping parts of one that is longer than what the classifier has learnt from."""
    words = text.split()
    if len(words) <= _LONGEST_WHOLE:
        yield text
        return
    for start in range(0, len(words) - _WINDOW + _STEP, _STEP):
        yield " ".join(words[start : start + _WINDOW])
