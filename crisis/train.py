"""Trains the classifier of each language and writes weights and card: `make train-crisis`.

Data: `data/crisis/sentences_*.jsonl`, written for this project, and the development half of
`tests/crisis/sets`, whose test files are never read here. Thresholds are as low as false alarms allow, on
development sentences that the model has not seen (five folds) and on ordinary talk. Needs the training
environment.
"""

from __future__ import annotations

import base64
import csv
import gzip
import hashlib
import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from tqdm import tqdm

from crisis.classifier import BUCKETS, PACKAGE_FOLDER, ZERO, Classifier, Thresholds, bucket, parts
from crisis.features import feature_sets
from crisis.findings import findings
from crisis.guard import DATA_FOLDER
from crisis.lexicon import Lexicon, load_lexicon
from crisis.replies import ADDITIONS, ReplyTable
from crisis.wording import wordings
from language import LANGUAGES, split_sentences

__all__ = [
    "Sentence",
    "fit",
    "read_development",
    "read_sentences",
    "store",
    "train",
    "training_sentences",
]

_TESTS = Path(__file__).resolve().parent.parent / "tests" / "crisis"
DEVELOPMENT = _TESTS / "sets" / "development.csv"
ORDINARY = _TESTS / "sets" / "ordinary.csv"
OWN_SENTENCES = _TESTS / "sentences.csv"
"""Sentences that the rules were written along with."""

_HARMLESS = ("none", 0)
_SMALLEST_CLASS = 15
_SMOOTHING = 0.5
_REGULARISATION = 10.0
_FOLDS = 5
_WANTED_GRAVEST = 0.9
"""Recall of level 3 by the classifier alone; the rest of it has the reply of level 2."""
_LEAST_PRECISION = 0.82
"""At level ≥ 2, on hard sentences."""
_MOST_ORDINARY = 0.035
"""Of turns of ordinary talk, taken for level ≥ 2."""
_GRID = tuple(round(0.01 * step, 2) for step in range(2, 60))
_ASKING_SHARE = 0.6
_UNDECIDED = Thresholds(0.5, 0.5, 0.5, 0.5)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A labelled sentence: level 0 to 3; kind as in `crisis.guard` or "minor", "none" at level 0."""

    text: str
    level: int
    kind: str

    @property
    def output(self) -> tuple[str, int]:
        """What the classifier should say."""
        return (self.kind, self.level) if self.level else _HARMLESS


@dataclass(frozen=True, slots=True)
class _Judged:
    """What classifier and rules say of some sentences.

    `shares`: (sentences, 3), the probability of level ≥ 1, ≥ 2 and 3; `by_rules`: (sentences,), their level.
    """

    shares: NDArray[np.float64]
    by_rules: NDArray[np.int_]

    def spoken(self, first: float) -> NDArray[np.bool_]:
        """(sentences,): which are taken for a crisis."""
        return (self.shares[:, 0] >= first) | (self.by_rules >= 1)

    def grave(self, first: float, second: float) -> NDArray[np.bool_]:
        """(sentences,): which are taken for level 2 or 3."""
        raised = (self.shares[:, 0] >= first) & (self.shares[:, 1] >= second)
        return raised | (self.by_rules >= 2)


def read_sentences(path: Path) -> list[Sentence]:
    """The sentences of a JSON Lines file with text, level, kind; raises ValueError with the line."""
    sentences = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            entry = json.loads(line)
            sentences.append(_sentence(entry["text"], int(entry["level"]), entry["kind"]))
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path}, line {number}: text, level and kind are needed") from error
    return sentences


def read_development(path: Path, language: str) -> list[Sentence]:
    """The sentences of one language in a manifest that need no context to be understood."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["language"] == language and not row.get("context")]
    return [_sentence(row["text"], int(row["level"]), row["kind"]) for row in rows]


def fit(sentences: Sequence[Sentence], language: str) -> Classifier:
    """The classifier that `sentences` teach, with thresholds of 0.5."""
    common = Counter(sentence.output for sentence in sentences)
    outputs = sorted(output for output, count in common.items() if count >= _SMALLEST_CLASS)
    if _HARMLESS not in outputs or len(outputs) < 2:
        raise ValueError(f"{language}: sentences of level 0 and of a crisis are needed")
    place = {output: index for index, output in enumerate(outputs)}
    known = [sentence for sentence in sentences if sentence.output in place]
    labels = np.array([place[sentence.output] for sentence in known])
    matrix = _matrix([sentence.text for sentence in known], language)
    fitted = [_one_against_all(matrix, labels == index) for index in range(len(outputs))]
    weights = np.stack([column for column, _ in fitted], axis=1)
    scales = np.abs(weights).max(axis=0) / 127
    return Classifier(
        outputs=tuple(outputs),
        biases=tuple(round(bias, 5) for _, bias in fitted),
        scales=tuple(float(f"{scale:.5g}") for scale in scales),
        weights=(np.rint(weights / scales) + ZERO).astype(np.uint8).tobytes(),
        thresholds=_UNDECIDED,
    )


def store(classifier: Classifier) -> bytes:
    """The file of a classifier, the same bytes for the same weights."""
    stored = {
        "outputs": classifier.outputs,
        "biases": classifier.biases,
        "scales": classifier.scales,
        "weights": base64.b64encode(classifier.weights).decode(),
    }
    return gzip.compress(json.dumps(stored, ensure_ascii=False).encode(), mtime=0)


def train(
    data: Path = DATA_FOLDER,
    development: Path = DEVELOPMENT,
    ordinary: Path = ORDINARY,
    out: Path = PACKAGE_FOLDER,
) -> None:
    """Trains, and writes `weights/*.json.gz` and the part of `card.json` that belongs to them into `out`."""
    card_path = out / "card.json"
    card: dict[str, Any] = json.loads(card_path.read_text(encoding="utf-8")) if card_path.exists() else {}
    languages: dict[str, Any] = {}
    for language in LANGUAGES:
        sentences = training_sentences(data, language)
        unseen = read_development(development, language)
        lexicon = load_lexicon(data / f"lexicon_{language}.jsonl", language)
        levels = np.array([sentence.level for sentence in unseen])
        judged = _Judged(_unseen_shares(sentences, unseen, language), _by_rules(unseen, lexicon))
        model = fit([*sentences, *unseen], language)
        turns = read_development(ordinary, language)
        calm = _Judged(_shares(model, turns, language), _by_rules(turns, lexicon))
        thresholds = _thresholds(judged, levels, calm)
        content = store(replace(model, thresholds=thresholds))
        path = out / "weights" / f"{language}.json.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        languages[language] = {
            "weights": f"weights/{language}.json.gz",
            "sha256": hashlib.sha256(content).hexdigest(),
            "thresholds": {name: getattr(thresholds, name) for name in Thresholds.__slots__},
            "sentences": {"training": len(sentences), "development": len(unseen)},
            "development_unseen": _figures(judged, levels, calm, thresholds),
            "by_level": dict(sorted(Counter(sentence.level for sentence in sentences).items())),
        }
    card["languages"] = languages
    card_path.write_text(json.dumps(card, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def training_sentences(data: Path, language: str) -> list[Sentence]:
    """What the classifier of a language learns from, beside development sentences."""
    return [
        *read_sentences(data / f"sentences_{language}.jsonl"),
        *read_development(OWN_SENTENCES, language),
        *_own_words(data, language),
    ]


def _own_words(data: Path, language: str) -> list[Sentence]:
    """What we say ourselves, which stands in the context of turns and is no crisis."""
    table = ReplyTable.load(data)
    said = [reply.text for _, _, own, _, reply in table.every(("US", "IR", None)) if own == language]
    said += [table.sentence(kind, language, country) for kind in ADDITIONS for country in ("US", "IR", None)]
    pieces = (piece for text in said for piece in (*parts(text), *split_sentences(text, language)))
    return [Sentence(piece, 0, "none") for piece in dict.fromkeys(pieces)]


def _sentence(text: str, level: int, kind: str) -> Sentence:
    return Sentence(str(text), level, str(kind) if level else "none")


def _matrix(texts: Sequence[str], language: str) -> sparse.csr_matrix:
    """(texts × buckets), each set of features of a text scaled to length 1."""
    columns: list[int] = []
    values: list[float] = []
    ends = [0]
    for text in texts:
        for features in feature_sets(wordings(text, language)[0].text):
            columns += sorted(map(bucket, features))
            values += [1 / math.sqrt(max(1, len(features)))] * len(features)
        ends.append(len(columns))
    matrix = sparse.csr_matrix((values, columns, ends), shape=(len(texts), BUCKETS))
    matrix.sum_duplicates()
    return matrix


def _one_against_all(
    matrix: sparse.csr_matrix, positive: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], float]:
    """(features,) weights and the bias of one output: naive Bayes log-count ratios scale the features."""
    present = matrix > 0
    counts = [np.asarray(present[rows].sum(axis=0)).ravel() + _SMOOTHING for rows in (positive, ~positive)]
    ratio = np.abs(np.log((counts[0] / counts[0].sum()) / (counts[1] / counts[1].sum())))
    model = LogisticRegression(
        C=_REGULARISATION,
        class_weight="balanced",
        solver="liblinear",
        dual=True,  # many more features than sentences
        tol=0.01,
        max_iter=200,
        random_state=0,
    ).fit(matrix @ sparse.diags(ratio), positive)
    return model.coef_.ravel() * ratio, float(model.intercept_[0])


def _unseen_shares(
    sentences: Sequence[Sentence], unseen: Sequence[Sentence], language: str
) -> NDArray[np.float64]:
    """(sentences, 3): the probability of level ≥ 1, ≥ 2 and 3 of each unseen sentence, by folds."""
    shares = np.zeros((len(unseen), 3))
    for fold in tqdm(range(_FOLDS), desc=f"thresholds, {language}", unit="fold"):
        rest = [sentence for place, sentence in enumerate(unseen) if place % _FOLDS != fold]
        model = fit([*sentences, *rest], language)
        shares[fold::_FOLDS] = _shares(model, unseen[fold::_FOLDS], language)
    return shares


def _shares(model: Classifier, sentences: Sequence[Sentence], language: str) -> NDArray[np.float64]:
    """(sentences, 3): the probability of level ≥ 1, ≥ 2 and 3."""
    shares = np.zeros((len(sentences), 3))
    for place, sentence in enumerate(sentences):
        spread = model.probabilities(wordings(sentence.text, language)[0].text)
        for level in (1, 2, 3):
            shares[place, level - 1] = sum(
                share for (_, own), share in zip(model.outputs, spread, strict=True) if own >= level
            )
    return shares


def _by_rules(sentences: Sequence[Sentence], lexicon: Lexicon) -> NDArray[np.int_]:
    """(sentences,): the level that the rules find."""
    found = [findings(lexicon, wordings(sentence.text, lexicon.language)) for sentence in sentences]
    return np.array([max((finding.level for finding in each), default=0) for each in found])


def _thresholds(unseen: _Judged, levels: NDArray[np.int_], ordinary: _Judged) -> Thresholds:
    """The lowest thresholds that raise few false alarms, on hard sentences and on ordinary talk.

    What few hundred sentences say of recall is coarse, so recall is not chosen but had by being low.

    Args:
        unseen: development sentences.
        levels: (sentences,), their true levels.
        ordinary: turns without any danger.
    """
    fitting = [
        (first + second, first, second)
        for first in _GRID
        for second in _GRID
        if second <= first
        and (levels[unseen.grave(first, second)] >= 2).mean() >= _LEAST_PRECISION
        and ordinary.grave(first, second).mean() <= _MOST_ORDINARY
    ]
    _, first, second = min(fitting, default=(1.0, _GRID[-1], _GRID[-1]))
    gravest = np.sort(unseen.shares[levels == 3, 2])
    third = float(gravest[int((1 - _WANTED_GRAVEST) * len(gravest))]) if len(gravest) else second
    return Thresholds(first, second, round(max(third, second), 2), round(first * _ASKING_SHARE, 3))


def _figures(
    unseen: _Judged, levels: NDArray[np.int_], ordinary: _Judged, thresholds: Thresholds
) -> dict[str, Any]:
    """Recall and precision of rules and classifier together, at the thresholds chosen on these sentences."""
    first, second = thresholds.level_1, thresholds.level_2
    figures: dict[str, Any] = {}
    for level, said in ((1, unseen.spoken(first)), (2, unseen.grave(first, second))):
        true = levels >= level
        figures[f"level_{level}"] = {
            "recall": round(_recall(said, true), 3),
            "precision": round(float((said & true).sum() / max(1, said.sum())), 3),
        }
    figures["ordinary_talk_taken_for_level_2"] = round(float(ordinary.grave(first, second).mean()), 3)
    return figures


def _recall(said: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
    return float((said & true).sum() / true.sum())
