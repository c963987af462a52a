"""Models side by side under one protocol: rows of figures, each clip of the judged corpus judged once a row.

The split test stays out: its speakers are for the last judgement of what ships. Needs TensorFlow, librosa and
scikit-learn: only training imports this module.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ser_model.baselines import BASELINES, judge_baseline, summaries
from ser_model.configuration import Configuration
from ser_model.corpus import CorpusClip, read_corpus
from ser_model.cross_validation import cross_validate, joined
from ser_model.errors import ConfigurationError, CorpusError
from ser_model.evaluate import Answers, report
from ser_model.fitting import load_training_data
from ser_model.protocols import Fold, Protocol, leave_one_corpus_out, random_split, speaker_folds

__all__ = ["compare"]

_KEPT_APART = "test"


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
    division = _division(clips, protocol, folds, judged)
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


def _division(clips: Sequence[CorpusClip], protocol: str, folds: int, judged: str) -> Protocol:
    """The protocol over the clips that are not kept apart, in positions of all clips."""
    known = [place for place, clip in enumerate(clips) if clip.split != _KEPT_APART]
    genders = {clip.speaker: clip.gender for clip in clips if clip.gender}
    if protocol == "corpora":
        divided = leave_one_corpus_out([clips[place] for place in known], genders=genders)
        return _moved(divided, known, [])
    own = [place for place in known if clips[place].corpus == judged]
    others = [place for place in known if clips[place].corpus != judged]
    if not own:
        raise CorpusError(f"no clips of {judged}; there are {sorted({clip.corpus for clip in clips})}")
    chosen = [clips[place] for place in own]
    if protocol == "random":
        return _moved(random_split(chosen, folds=folds), own, others)
    return _moved(speaker_folds(chosen, folds=folds, genders=genders), own, others)


def _moved(protocol: Protocol, places: Sequence[int], always: Sequence[int]) -> Protocol:
    """Positions in a part of the clips as those in all of them; some clips are learnt from in every fold."""

    def moved(fold: Fold) -> Fold:
        train = sorted([*(places[place] for place in fold.train), *always])
        return replace(
            fold,
            train=tuple(train),
            valid=tuple(places[place] for place in fold.valid),
            test=tuple(places[place] for place in fold.test),
        )

    return replace(protocol, folds=tuple(moved(fold) for fold in protocol.folds))


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
