"""Training from the recordings to the card: `train` reads from top to bottom as it happens.

Everything that is chosen is chosen on the validation speakers; the test speakers are judged at the
end, with the exported weights and the detector that the gateway runs, and choose nothing.
Needs TensorFlow, librosa and scikit-learn (`make train-ser`).
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from emotion import MOODS
from ser_model.baseline import answer_with_logistic_regression
from ser_model.configuration import Configuration
from ser_model.corpus import CorpusClip, cache_folder, corpus_folder, read_corpus, spectrograms
from ser_model.detector import SpeechEmotionDetector
from ser_model.errors import ExportError
from ser_model.evaluate import answer_all
from ser_model.features import normalised
from ser_model.learning import Examples, learn, logits_of, use_one_thread
from ser_model.manifest import LABELS, ManifestRow
from ser_model.metrics import abstention_threshold, fitted_temperature, softmax
from ser_model.model_card import sha256_of
from ser_model.onnx_graph import onnx_bytes
from ser_model.training_report import Split, card_text

__all__ = ["GREATEST_EXPORT_DIFFERENCE", "GREATEST_RISK", "train"]

GREATEST_RISK = 0.20
"""Of the moods that the detector names, at most this share may be wrong on the validation speakers."""

GREATEST_EXPORT_DIFFERENCE = 1e-4
"""Between the logits of Keras and of the exported graph."""


def train(
    configuration: Configuration, *, corpus: Path | None, out: Path, fresh: bool = False, command: str = ""
) -> Path:
    """Trains, exports, calibrates, evaluates, and writes weights and card.

    Args:
        configuration: of the run.
        corpus: folder of the recordings; None takes HAMDEL_CORPORA.
        out: folder in which `weights/<name>.onnx` and `card.json` are written.
        fresh: begin anew although an interrupted run could go on.
        command: how to repeat the run, for the card.

    Returns:
        The path of the card.

    Raises:
        CorpusError: where the recordings are missing or unfit.
        ExportError: where the exported graph differs from Keras.
    """
    use_one_thread()
    clips = read_corpus(corpus_folder(corpus))
    pictures = spectrograms(clips)
    trained = [place for place, label in enumerate(LABELS) if any(clip.emotion == label for clip in clips)]

    checkpoint = _checkpoint(configuration, clips)
    if fresh:
        checkpoint.unlink(missing_ok=True)
    model = learn(
        configuration,
        _examples(clips, pictures, "train", configuration),
        _examples(clips, pictures, "valid", configuration),
        outputs=len(LABELS),
        trained=trained,
        checkpoint=checkpoint,
    )

    weights = onnx_bytes(model)
    valid_logits = _exported_logits(weights, _of_split(clips, pictures, "valid"))
    difference = float(np.abs(valid_logits - logits_of(model, _of_split(clips, pictures, "valid"))).max())
    if not difference <= GREATEST_EXPORT_DIFFERENCE:
        raise ExportError(f"the exported graph differs from Keras by {difference:.2e}; nothing was written")

    steering = _steering(configuration, clips, valid_logits, trained, sha256_of(weights))
    with tempfile.TemporaryDirectory() as folder:
        staged = Path(folder)
        _write(staged, steering, weights)
        detector = SpeechEmotionDetector.load(staged)
        card = card_text(
            steering,
            configuration=configuration,
            clips=clips,
            valid=_judged(detector, clips, "valid"),
            test=_judged(detector, clips, "test"),
            baselines={
                "logistic_regression": answer_with_logistic_regression(clips, mel_in_decibels=False),
                "logistic_regression_decibels": answer_with_logistic_regression(clips, mel_in_decibels=True),
            },
            parameters=int(model.count_params()),
            export_difference=difference,
            risk=GREATEST_RISK,
            command=command,
        )
    _write(out, card, weights)
    print(f"test UAR {card['metrics']['test']['uar']}; wrote {out / 'card.json'}")
    return out / "card.json"


def _steering(
    configuration: Configuration,
    clips: Sequence[CorpusClip],
    valid_logits: NDArray[np.float64],
    trained: Sequence[int],
    sha256: str,
) -> dict[str, Any]:
    """The part of the card that the detector reads, with what is chosen on the validation speakers."""
    chosen = _clips(clips, "valid")
    truth = np.array([trained.index(LABELS.index(clip.emotion)) for clip in chosen], dtype=np.intp)
    labels = [LABELS[place] for place in trained]
    speakers = [clip.speaker for clip in chosen]
    temperature, threshold = _calibrated(valid_logits[:, trained], truth, labels, speakers)
    return {
        "name": configuration.name,
        "version": configuration.version,
        "weights": f"weights/{configuration.name}.onnx",
        "sha256": sha256,
        "outputs": list(LABELS),
        "untrained": [label for place, label in enumerate(LABELS) if place not in trained],
        "temperature": round(temperature, 4),
        "threshold": round(threshold, 4),
        "validated_languages": sorted({clip.language for clip in chosen}),
    }


def _clips(clips: Sequence[CorpusClip], split: str) -> list[CorpusClip]:
    return [clip for clip in clips if clip.split == split]


def _of_split(
    clips: Sequence[CorpusClip], pictures: Sequence[NDArray[np.float32]], split: str
) -> list[NDArray[np.float32]]:
    return [picture for clip, picture in zip(clips, pictures, strict=True) if clip.split == split]


def _examples(
    clips: Sequence[CorpusClip],
    pictures: Sequence[NDArray[np.float32]],
    split: str,
    configuration: Configuration,
) -> Examples:
    chosen = _clips(clips, split)
    return Examples(
        spectrograms=_of_split(clips, pictures, split),
        targets=np.array([LABELS.index(clip.emotion) for clip in chosen], dtype=np.intp),
        weights=np.array([configuration.repeats.get(clip.corpus, 1) for clip in chosen], dtype=np.intp),
    )


def _checkpoint(configuration: Configuration, clips: Sequence[CorpusClip]) -> Path:
    """A file of its own for each configuration and corpus, so that a run never goes on from another."""
    digest = hashlib.sha256(configuration.model_dump_json().encode())
    for clip in clips:
        digest.update(f"{clip.path}\0{clip.emotion}\0{clip.split}\0".encode())
    return cache_folder() / "runs" / f"{configuration.name}-{digest.hexdigest()[:16]}.npz"


def _exported_logits(weights: bytes, pictures: Sequence[NDArray[np.float32]]) -> NDArray[np.float64]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
    outputs = [session.run(None, {"log_mel": normalised(picture)[None]})[0] for picture in pictures]
    return np.concatenate(outputs).astype(np.float64)


def _calibrated(
    logits: NDArray[np.float64], truth: NDArray[np.intp], labels: Sequence[str], speakers: Sequence[str]
) -> tuple[float, float]:
    """Temperature and abstention threshold; a clip whose likeliest label is no mood is never answered."""
    temperature = fitted_temperature(logits, truth)
    probabilities = softmax(logits, temperature)
    predicted = probabilities.argmax(axis=1)
    answered = np.array([label in MOODS for label in labels])[predicted]
    threshold = abstention_threshold(
        probabilities.max(axis=1)[answered],
        (predicted == truth)[answered],
        [speaker for speaker, is_answered in zip(speakers, answered, strict=True) if is_answered],
        risk=GREATEST_RISK,
    )
    return temperature, threshold


def _judged(detector: SpeechEmotionDetector, clips: Sequence[CorpusClip], split: str) -> Split:
    chosen = _clips(clips, split)
    rows = [ManifestRow(clip.path, clip.emotion, clip.speaker, clip.language, clip.split) for clip in chosen]
    return Split(chosen, answer_all(detector, rows))


def _write(folder: Path, card: dict[str, Any], weights: bytes) -> None:
    """Writes weights, then card: a run that ends in between leaves a pair that is refused, not believed."""
    path = folder / str(card["weights"])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(weights)
    text = json.dumps(card, ensure_ascii=False, indent=2)
    (folder / "card.json").write_text(text + "\n", encoding="utf-8")
