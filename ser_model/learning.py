"""The learning itself: epochs, running average of the weights, checkpoints, early stopping.

Needs TensorFlow: only training imports this module.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tqdm import tqdm

from ser_model.augmentation import mixed, varied
from ser_model.configuration import Configuration
from ser_model.features import BANDS, normalised
from ser_model.metrics import unweighted_average_recall
from ser_model.model import build_network

__all__ = ["Examples", "learn", "logits_of", "use_one_thread"]

Spectrogram = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Examples:
    """Clips of one split.

    Attributes:
        spectrograms: shape (t, 64) each, dB, of `features.log_mel`.
        targets: shape (n,), the output of the network that is right.
        weights: shape (n,), how often an epoch shows each clip.
    """

    spectrograms: Sequence[Spectrogram]
    targets: NDArray[np.intp]
    weights: NDArray[np.intp]


def use_one_thread() -> None:
    """Keeps TensorFlow to one core; to be called before anything is computed."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)


def learn(
    configuration: Configuration,
    train: Examples,
    valid: Examples,
    *,
    outputs: int,
    trained: Sequence[int],
    checkpoint: Path,
) -> Any:
    """Trains until the last epoch, or until validation no longer improves.

    An interrupted run goes on from its last whole epoch when it is started again with the same
    checkpoint.

    Args:
        configuration: of the run.
        train: clips to learn from.
        valid: clips on which the best epoch is chosen.
        outputs: number of outputs of the network.
        trained: outputs for which there are examples; the others take no part in the loss.
        checkpoint: file in which the state after each epoch is kept.

    Returns:
        The `keras.Model` with the averaged weights of the epoch with the best validation UAR.
    """
    schedule = configuration.schedule
    keras.utils.set_random_seed(configuration.seed)
    mean, deviation = _band_statistics(train.spectrograms)
    network = build_network(configuration.network, outputs, mean, deviation)
    averaged = build_network(configuration.network, outputs, mean, deviation)
    averaged.set_weights(network.get_weights())

    shown = np.repeat(np.arange(len(train.targets)), train.weights)
    steps = max(1, len(shown) // schedule.batch)
    optimizer = _optimizer(configuration, steps)
    optimizer.build(network.trainable_variables)
    step = _training_step(network, averaged, optimizer, schedule.averaging, list(trained))
    state = _State(network, averaged, optimizer, checkpoint)
    state.restore()

    for epoch in range(state.epoch, schedule.epochs):
        if epoch - state.best_epoch > schedule.patience_epochs:
            print(f"no better for {schedule.patience_epochs} epochs: stopping")
            break
        random = np.random.default_rng((configuration.seed, epoch))
        order = random.permutation(shown)
        losses = []
        name = f"epoch {epoch + 1}/{schedule.epochs}"
        for number in tqdm(range(steps), desc=name, unit="batch", leave=False):
            chosen = order[number * schedule.batch : (number + 1) * schedule.batch]
            clips, targets = _batch(train, chosen, configuration, outputs, list(trained), random)
            losses.append(float(step(clips, targets)))
        predicted = logits_of(averaged, valid.spectrograms)[:, trained].argmax(axis=1)
        uar = unweighted_average_recall(valid.targets, np.asarray(trained)[predicted], outputs)
        state.finish_epoch(epoch, uar)
        print(f"epoch {epoch + 1}: loss {np.mean(losses):.3f}, validation UAR {uar:.4f}", flush=True)
    averaged.set_weights(state.best_weights)
    print(f"best epoch {state.best_epoch + 1}: validation UAR {state.best_uar:.4f}")
    return averaged


def logits_of(model: Any, spectrograms: Sequence[Spectrogram]) -> NDArray[np.float64]:
    """Outputs for whole clips, one by one as at run time: shape (n, outputs)."""
    infer = tf.function(
        lambda clip: model(clip, training=False), input_signature=[tf.TensorSpec((1, None, BANDS))]
    )
    return np.concatenate([infer(normalised(clip)[None]).numpy() for clip in spectrograms]).astype(np.float64)


class _State:
    """What an interrupted run needs to go on."""

    def __init__(self, network: Any, averaged: Any, optimizer: Any, path: Path) -> None:
        self._network, self._averaged, self._optimizer, self._path = network, averaged, optimizer, path
        self.epoch = 0
        self.best_epoch = 0
        self.best_uar = -1.0
        self.best_weights = averaged.get_weights()

    def restore(self) -> None:
        if not self._path.is_file():
            return
        with np.load(self._path) as stored:
            progress = json.loads(str(stored["progress"]))
            self.epoch, self.best_epoch = progress["epoch"], progress["best_epoch"]
            self.best_uar = progress["best_uar"]
            self._network.set_weights(_group(stored, "network"))
            self._averaged.set_weights(_group(stored, "averaged"))
            self.best_weights = _group(stored, "best")
            for variable, value in zip(self._optimizer.variables, _group(stored, "optimizer"), strict=True):
                variable.assign(value)
        print(f"going on after epoch {self.epoch} of {self._path}")

    def finish_epoch(self, epoch: int, uar: float) -> None:
        self.epoch = epoch + 1
        if uar > self.best_uar:
            self.best_epoch, self.best_uar = epoch, uar
            self.best_weights = self._averaged.get_weights()
        groups = {
            "network": self._network.get_weights(),
            "averaged": self._averaged.get_weights(),
            "best": self.best_weights,
            "optimizer": [variable.numpy() for variable in self._optimizer.variables],
        }
        arrays = {
            f"{name}_{place:03}": value
            for name, values in groups.items()
            for place, value in enumerate(values)
        }
        progress = {"epoch": self.epoch, "best_epoch": self.best_epoch, "best_uar": self.best_uar}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self._path.with_suffix(f".{os.getpid()}.npz")
        np.savez(unfinished, progress=np.array(json.dumps(progress)), **arrays)
        unfinished.replace(self._path)


def _group(stored: Any, name: str) -> list[NDArray[Any]]:
    return [stored[key] for key in sorted(stored.files) if key.startswith(f"{name}_")]


def _band_statistics(spectrograms: Sequence[Spectrogram]) -> tuple[Spectrogram, Spectrogram]:
    frames = np.concatenate([normalised(clip) for clip in spectrograms])
    return frames.mean(axis=0), frames.std(axis=0) + np.float32(1e-3)


def _optimizer(configuration: Configuration, steps: int) -> Any:
    schedule = configuration.schedule
    warm_up = int(schedule.warm_up_epochs * steps)
    rate = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=schedule.learning_rate / 100.0,
        decay_steps=max(1, schedule.epochs * steps - warm_up),
        warmup_target=schedule.learning_rate,
        warmup_steps=max(1, warm_up),
    )
    return keras.optimizers.AdamW(rate, weight_decay=schedule.weight_decay, global_clipnorm=5.0)


def _training_step(network: Any, averaged: Any, optimizer: Any, decay: float, trained: list[int]) -> Any:
    pairs = [
        (mean.value, weight.value)
        for mean, weight in zip(averaged.weights, network.weights, strict=True)
        if weight.dtype == "float32"
    ]

    def step(clips: Any, targets: Any) -> Any:
        with tf.GradientTape() as tape:
            logits = tf.gather(network(clips, training=True), trained, axis=1)
            loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(targets, logits))
        gradients = tape.gradient(loss, network.trainable_variables)
        optimizer.apply_gradients(zip(gradients, network.trainable_variables, strict=True))
        # Few steps make a short memory: the random weights of the start are soon forgotten.
        steps = tf.cast(optimizer.iterations, tf.float32)
        keep = tf.minimum(decay, (1.0 + steps) / (10.0 + steps))
        for mean, weight in pairs:
            mean.assign(keep * mean + (1.0 - keep) * weight)
        return loss

    signature = [tf.TensorSpec((None, None, BANDS)), tf.TensorSpec((None, len(trained)))]
    return tf.function(step, input_signature=signature)


def _batch(
    train: Examples,
    chosen: NDArray[np.intp],
    configuration: Configuration,
    outputs: int,
    trained: list[int],
    random: np.random.Generator,
) -> tuple[Spectrogram, Spectrogram]:
    """Varied and mixed clips of one length, shape (n, t, 64), and their targets, shape (n, trained)."""
    schedule = configuration.schedule
    shortest, longest = schedule.frames
    frames = int(random.integers(shortest, longest + 1)) // 8 * 8
    clips = np.stack(
        [varied(train.spectrograms[place], frames, configuration.augmentation, random) for place in chosen]
    )
    right = np.eye(outputs, dtype=np.float32)[train.targets[chosen]][:, trained]
    smoothed = right * (1.0 - schedule.label_smoothing) + schedule.label_smoothing / len(trained)
    return mixed(clips, smoothed.astype(np.float32), configuration.augmentation.mixup, random)
