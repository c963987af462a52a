"""Models side by side under one protocol: rows of figures, each clip of the judged corpus judged once a row.

The split test stays out: its speakers are for the last judgement of what ships. Needs TensorFlow, librosa and
scikit-learn: only training imports this module.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ser_model.baselines import BASELINES, judge_baseline, summaries
from ser_model.configuration import Configuration
from ser_model.corpus import CorpusClip, read_corpus
from ser_model.cross_validation import cross_validate, joined
from ser_model.division import divide
from ser_model.errors import ConfigurationError
from ser_model.evaluate import Answers, report
from ser_model.fitting import load_training_data
from ser_model.protocols import Protocol

__all__ = ["compare"]


def compare(
    configuration: Configuration,
    *,
    corpus: Sequence[Path] | Path | None,
    baseline: str | None,
    protocol: str,
    folds: int,
    judged: str,
    configurations: Path,
) -> list[dict[str, Any]]:
    """Judges a configuration, or baselines, and gives a row of `evaluate.report` for each.

    Args:
        configuration: of the model.
        corpus: manifests, or folders that have one; None takes HAMDEL_CORPORA.
        baseline: name of a baseline, "all" for each and the majority too; None judges the configuration.
        protocol: `speakers`, `corpora` or `random`.
        folds: of `speakers` and `random`.
        judged: the corpus that is divided into folds; other corpora are learnt from in every fold.
        configurations: folder of the teacher's configuration, where there is one.

    Raises:
        ConfigurationError: for an unknown baseline.
        CorpusError: where recordings or features are missing, or too few.
    """
    clips = read_corpus(corpus)
    division = divide(clips, protocol, folds=folds, judged=judged)
    about = {"protocol": {"name": division.name, "what": division.description, "leaks": division.leaks}}
    if baseline is not None:
        if baseline != "all" and baseline not in BASELINES:
            raise ConfigurationError(f"no baseline {baseline!r}; there are {', '.join(BASELINES)}, all")
        names = list(BASELINES) if baseline == "all" else [baseline]
        features = summaries(clips)
        rows = [_majority(clips, division)] if baseline == "all" else []
        for name in names:
            parts = [judge_baseline(BASELINES[name], features, clips, fold) for fold in division.folds]
            rows.append({"model": name, "what": BASELINES[name].what, **_figures(joined(parts))})
        return [{**row, **about} for row in rows]
    data = load_training_data(configuration, clips)
    answers, figures = cross_validate(configuration, data, division, configurations=configurations)
    return [
        {
            "model": configuration.name,
            **about,
            **_figures(answers),
            "folds": figures,
            "configuration": configuration.model_dump(mode="json"),
        }
    ]


def _figures(answers: Answers) -> dict[str, Any]:
    unknown = ("latency_ms_per_item", "model_sha256")
    return {key: value for key, value in report(answers).items() if key not in unknown}


def _majority(clips: Sequence[CorpusClip], protocol: Protocol) -> dict[str, Any]:
    counts = [
        np.unique([clips[place].emotion for place in fold.test], return_counts=True)
        for fold in protocol.folds
    ]
    classes = {name for names, _ in counts for name in names.tolist()}
    total = sum(int(numbers.sum()) for _, numbers in counts)
    right = sum(int(numbers.max()) for _, numbers in counts)
    uar = round(1.0 / len(classes), 4)
    return {
        "model": "majority",
        "n": total,
        "uar": uar,
        "uar_95_by_speaker": [uar, uar],
        "accuracy": round(right / total, 4),
    }
