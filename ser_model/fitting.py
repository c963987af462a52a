"""One training on one fold: learnt from the training speakers, exported, and run over all clips.

`TrainingData` holds what all folds share. What a fit gives for all clips is kept on disk, since a teacher's
probabilities are asked for by its pupils. Needs TensorFlow: only training imports this module.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tqdm import tqdm

from ser_model.configuration import Configuration, StatesNetwork
from ser_model.corpus import CorpusClip
from ser_model.errors import ExportError
from ser_model.feature_cache import cache_folder, cached_features, log_mel_recipe, states_recipe
from ser_model.features import log_mel
from ser_model.inputs import Frames, input_of
from ser_model.learning import Examples, learn, logits_of
from ser_model.manifest import LABELS
from ser_model.metrics import unweighted_average_recall
from ser_model.model import onnx_bytes
from ser_model.stored_network import StoredNetworks

__all__ = ["GREATEST_EXPORT_DIFFERENCE", "Fitted", "TrainingData", "fit", "load_training_data"]

GREATEST_EXPORT_DIFFERENCE = 1e-4
"""Between the logits of Keras and of the exported graph."""

_COMPARED_CLIPS = 100


@dataclass(frozen=True, slots=True)
class TrainingData:
    """Recordings with what a network sees of them.

    Attributes:
        clips: n recordings.
        versions: of each the features, and those of the copies made of it.
        truth: shape (n,), positions in `LABELS`.
    """

    clips: Sequence[CorpusClip]
    versions: Sequence[Sequence[Frames]]
    truth: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a fit gives.

    Attributes:
        weights: the ONNX graph.
        logits: shape (n, 7), of all clips, by the exported graph.
        parameters: how many numbers were learnt, over all members.
        export_difference: greatest difference of a logit between Keras and ONNX.
    """

    weights: bytes
    logits: NDArray[np.float64]
    parameters: int
    export_difference: float


def load_training_data(configuration: Configuration, clips: Sequence[CorpusClip]) -> TrainingData:
    """Reads or computes the features that a configuration's network takes.

    Raises:
        CorpusError: where encoder states are not there, which only the recogniser can compute.
    """
    network = configuration.network
    copies = range(configuration.augmentation.copies + 1)
    if isinstance(network, StatesNetwork):
        recipe = states_recipe(network)
        found = [cached_features(clips, None, name="states", recipe=recipe, copy=copy) for copy in copies]
    else:
        recipe = log_mel_recipe()
        found = [cached_features(clips, log_mel, name="log-mel", recipe=recipe, copy=copy) for copy in copies]
    truth = np.array([LABELS.index(clip.emotion) for clip in clips], dtype=np.intp)
    return TrainingData(clips, list(zip(*found, strict=True)), truth)


def fit(
    configuration: Configuration,
    data: TrainingData,
    *,
    train: NDArray[np.intp],
    valid: NDArray[np.intp],
    taught: NDArray[np.float32] | None = None,
    start: bytes | None = None,
    fresh: bool = False,
) -> Fitted:
    """Trains all members of a configuration and exports them as one graph; a finished fit is not repeated.

    Args:
        configuration: of the run.
        data: all clips.
        train: positions of those to learn from.
        valid: positions of those whose recall is printed.
        taught: shape (n, 7), a teacher's probabilities for all clips.
        start: a graph of the same networks, to go on from.
        fresh: begin anew although there is a finished or an interrupted run.

    Raises:
        ExportError: where the exported graph differs from Keras.
    """
    folder = _folder(configuration, data, train, valid, (taught, start))
    stored = folder / "fitted.npz"
    if fresh:
        for path in folder.glob("*.npz"):
            path.unlink()
    if stored.is_file():
        with np.load(stored) as file:
            return Fitted(
                file["weights"].tobytes(), file["logits"], int(file["parameters"]), float(file["difference"])
            )
    trained = sorted(set(data.truth[train].tolist()))
    models = [
        learn(
            configuration,
            _examples(configuration, data, train, taught),
            outputs=len(LABELS),
            trained=trained,
            checkpoint=folder / f"member-{member}.npz",
            member=member,
            start=None if start is None else StoredNetworks(start, "the graph to go on from"),
        )
        for member in range(configuration.members)
    ]
    network_input = input_of(configuration.network)
    some = [network_input.seen(data.versions[place][0]) for place in valid[:_COMPARED_CLIPS]]
    differences = [np.abs(_run(onnx_bytes([model]), some) - logits_of(model, some)) for model in models]
    difference = float(np.max(differences))  # NaN where one is: the built-in max may pass it over
    if not difference <= GREATEST_EXPORT_DIFFERENCE:
        raise ExportError(f"the exported graph differs from Keras by {difference:.2e}; nothing was written")
    weights = onnx_bytes(models)
    seen = [network_input.seen(versions[0]) for versions in tqdm(data.versions, desc="judge", unit="clip")]
    parameters = sum(int(model.count_params()) for model in models)
    fitted = Fitted(weights, _run(weights, seen), parameters, difference)
    predicted = np.asarray(trained)[fitted.logits[valid][:, trained].argmax(axis=1)]
    uar = unweighted_average_recall(data.truth[valid], predicted, len(LABELS))
    print(f"{configuration.name}: validation UAR {uar:.4f}", flush=True)
    _store(fitted, stored)
    return fitted


def _examples(
    configuration: Configuration,
    data: TrainingData,
    places: NDArray[np.intp],
    taught: NDArray[np.float32] | None,
) -> Examples:
    return Examples(
        versions=[data.versions[place] for place in places],
        targets=data.truth[places],
        weights=np.array(
            [configuration.repeats.get(data.clips[place].corpus, 1) for place in places], dtype=np.intp
        ),
        taught=None if taught is None else taught[places],
    )


def _folder(
    configuration: Configuration,
    data: TrainingData,
    train: NDArray[np.intp],
    valid: NDArray[np.intp],
    given: tuple[NDArray[np.float32] | None, bytes | None],
) -> Path:
    """A folder of its own for each configuration, corpus and fold: a run never goes on from another."""
    digest = hashlib.sha256(configuration.model_dump_json().encode())
    for clip in data.clips:
        digest.update(f"{clip.path}\0{clip.emotion}\0".encode())
    for part in (train, valid):
        digest.update(np.asarray(part, dtype=np.int64).tobytes() + b"\0")
    taught, start = given
    digest.update(b"" if taught is None else taught.tobytes())
    digest.update(start or b"")
    return cache_folder() / "runs" / f"{configuration.name}-{digest.hexdigest()[:16]}"


def _run(weights: bytes, clips: Sequence[NDArray[np.float32]]) -> NDArray[np.float64]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return np.concatenate([session.run(None, {name: clip[None]})[0] for clip in clips]).astype(np.float64)


def _store(fitted: Fitted, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}.npz")
    np.savez(
        unfinished,
        weights=np.frombuffer(fitted.weights, dtype=np.uint8),
        logits=fitted.logits,
        parameters=fitted.parameters,
        difference=fitted.export_difference,
    )
    unfinished.replace(path)
