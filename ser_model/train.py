"""Training from the recordings to the card: `train` reads from top to bottom as it happens.

Everything that is chosen is chosen on the validation speakers, or on folds of these and the training
speakers; the test speakers are judged at the end, with the exported weights, and choose nothing. Needs
TensorFlow, librosa and scikit-learn (`make train-ser`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ser_model.baselines import BASELINES, judge_baseline, summaries
from ser_model.configuration import Configuration, StatesNetwork
from ser_model.corpus import CorpusClip, read_corpus
from ser_model.cross_validation import held_out_logits
from ser_model.division import divide
from ser_model.fitting import fit, load_training_data
from ser_model.inputs import input_of
from ser_model.judging import Chosen, answers_of, choose_on
from ser_model.manifest import LABELS
from ser_model.model_card import read_card, read_weights, sha256_of
from ser_model.pictures import draw_confusion, draw_reliability, draw_risk_coverage
from ser_model.protocols import fixed_split
from ser_model.teaching import Teacher
from ser_model.training_report import Split, card_text

__all__ = ["train"]


def train(
    configuration: Configuration,
    *,
    corpus: Sequence[Path] | Path | None,
    out: Path,
    configurations: Path,
    start: Path | None = None,
    fresh: bool = False,
    folds: int | None = None,
    judged: str = "",
    command: str = "",
) -> Path:
    """Trains, exports, calibrates, evaluates, and writes weights, card and pictures.

    Args:
        configuration: of the run.
        corpus: manifests of the recordings, or folders that have one; None takes HAMDEL_CORPORA.
        out: folder in which `weights/<name>.onnx`, `card.json` and the pictures are written.
        configurations: folder of the teacher's configuration, where there is a teacher.
        start: folder of a card whose network to go on from, instead of random numbers.
        fresh: begin anew although an interrupted run could go on.
        folds: into which the speakers of a corpus are divided, so that calibration and threshold are chosen
            on all of them, each judged by a fit that never heard them; None: on the validation speakers.
        judged: that corpus.
        command: how to repeat the run, for the card.

    Returns:
        The path of the card.

    Raises:
        CorpusError: where the recordings are missing or unfit.
        ModelFileError: where the network to go on from is missing or damaged.
        ExportError: where the exported graph differs from Keras.
    """
    clips = read_corpus(corpus)
    fold = fixed_split(clips).folds[0]
    data = load_training_data(configuration, clips)
    learnt, valid, test = (np.array(part, dtype=np.intp) for part in (fold.train, fold.valid, fold.test))

    teacher = Teacher(configuration, configurations, data)
    taught = teacher.probabilities(train=learnt, valid=valid)
    begun = None if start is None else read_weights(start, read_card(start))
    fitted = fit(configuration, data, train=learnt, valid=valid, taught=taught, start=begun, fresh=fresh)
    trained = sorted(set(data.truth[learnt].tolist()))
    held_out, known = fitted.logits[valid], valid
    if folds is not None:
        division = divide(clips, "speakers", folds=folds, judged=judged)
        held_out, known = held_out_logits(configuration, data, division, configurations=configurations)
    heard = [clips[place] for place in known]
    chosen = choose_on(held_out, data.truth[known], [clip.speaker for clip in heard], trained)

    steering = _steering(
        configuration, [clips[place] for place in fold.valid], chosen, trained, fitted.weights
    )
    splits = {}
    for name, places in (("valid", valid), ("test", test)):
        own = [clips[place] for place in places]
        languages = steering["validated_languages"]
        answers = answers_of(
            fitted.logits[places], own, chosen, trained, validated=languages, sha256=steering["sha256"]
        )
        splits[name] = Split(own, answers)
    features = summaries(clips)
    card = card_text(
        steering,
        configuration=configuration,
        clips=clips,
        valid=splits["valid"],
        test=splits["test"],
        baselines={
            name: (baseline.what, judge_baseline(baseline, features, clips, fold))
            for name, baseline in BASELINES.items()
        },
        vector_scaling=not chosen.calibration.is_temperature,
        chosen_on=Split(heard, answers_of(held_out, heard, chosen, trained)),
        folds=folds,
        parameters=fitted.parameters,
        export_difference=fitted.export_difference,
        command=command,
    )
    _write(out, card, fitted.weights)
    _draw(out, card, splits["test"])
    print(f"test UAR {card['metrics']['test']['uar']}; wrote {out / 'card.json'}")
    return out / "card.json"


def _steering(
    configuration: Configuration,
    valid: Sequence[CorpusClip],
    chosen: Chosen,
    trained: Sequence[int],
    weights: bytes,
) -> dict[str, Any]:
    """The part of the card that the detector reads, with what is chosen on the validation speakers."""
    network, seen = configuration.network, input_of(configuration.network)
    encoder = {}
    if isinstance(network, StatesNetwork):
        named = {"name": network.encoder, "sha256": network.encoder_sha256, "layers": list(network.layers)}
        encoder = {"encoder": named}
    return {
        "name": configuration.name,
        "version": configuration.version,
        "weights": f"weights/{configuration.name}.onnx",
        "sha256": sha256_of(weights),
        "outputs": list(LABELS),
        "untrained": [label for place, label in enumerate(LABELS) if place not in trained],
        "input": seen.name,
        "width": seen.width,
        **encoder,
        "calibration": {
            "scale": [round(value, 5) for value in chosen.calibration.scale],
            "bias": [round(value, 5) for value in chosen.calibration.bias],
        },
        "threshold": round(chosen.threshold, 4),
        "validated_languages": sorted({clip.language for clip in valid}),
    }


def _write(folder: Path, card: dict[str, Any], weights: bytes) -> None:
    """Writes weights, then card: a run that ends in between leaves a pair that is refused, not believed."""
    path = folder / str(card["weights"])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(weights)
    text = json.dumps(card, ensure_ascii=False, indent=2)
    (folder / "card.json").write_text(text + "\n", encoding="utf-8")


def _draw(folder: Path, card: dict[str, Any], test: Split) -> None:
    title = f"{card['name']} {card['version']}, speakers that it never heard"
    confidence = test.answers.probabilities.max(axis=1)
    right = test.answers.probabilities.argmax(axis=1) == test.answers.truth
    if len(right) >= 20:  # fewer make no picture of calibration
        draw_reliability(confidence, right, folder / "reliability.png", title=title)
    threshold = float(card["threshold"])
    draw_risk_coverage(confidence, right, folder / "risk_coverage.png", title=title, threshold=threshold)
    confusion = card["metrics"]["test"]["confusion"]
    counts = np.array(confusion["counts"], dtype=np.intp)
    draw_confusion(counts, confusion["labels"], folder / "confusion.png", title=title)
