"""The learning itself: epochs, running average of the weights, checkpoints.

Needs TensorFlow: only training imports this module.
"""

from __future__ import annotations

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

from ser_model.augmentation import mixed
from ser_model.configuration import Configuration
from ser_model.inputs import Frames, NetworkInput, input_of
from ser_model.model import build_network
from ser_model.stored_network import StoredNetworks

__all__ = ["Examples", "learn", "logits_of", "use_one_thread"]


@dataclass(frozen=True, slots=True)
class Examples:
    """Clips of one split.

    Attributes:
        versions: of each clip the recording, shape (t, d), and others made of it.
        targets: shape (n,), the output of the network that is right.
        weights: shape (n,), how often an epoch shows each clip.
        taught: shape (n, outputs), a teacher's probabilities; None without one.
    """

    versions: Sequence[Sequence[Frames]]
    targets: NDArray[np.intp]
    weights: NDArray[np.intp]
    taught: NDArray[np.float32] | None = None


def use_one_thread() -> None:
    """Keeps TensorFlow to one core; to be called before anything is computed."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)


def learn(
    configuration: Configuration,
    train: Examples,
    *,
    outputs: int,
    trained: Sequence[int],
    checkpoint: Path,
    member: int = 0,
    start: StoredNetworks | None = None,
) -> Any:
    """Trains through all epochs.

    The epoch isn't chosen: the learning rate falls to nothing, the weights are averaged, and the best of many
    epochs on a few validation speakers would be better by luck, and only there. An interrupted run goes on
    from its last whole epoch when it is started again with the same checkpoint.

    Args:
        configuration: of the run.
        train: clips to learn from.
        outputs: number of outputs of the network.
        trained: outputs for which there are examples; the others take no part in the loss.
        checkpoint: file in which the state after each epoch is kept.
        member: number of the network in an ensemble; each begins with other random numbers.
        start: networks to go on from, instead of random numbers.

    Returns:
        The `keras.Model` with the averaged weights.
    """
    schedule = configuration.schedule
    seed = configuration.seed + 1_000 * member
    keras.utils.set_random_seed(seed)
    network_input = input_of(configuration.network)
    mean, deviation = network_input.statistics(train.versions) if start is None else start.statistics(member)
    network = build_network(configuration.network, outputs, mean, deviation)
    averaged = build_network(configuration.network, outputs, mean, deviation)
    if start is not None:
        start.give(network, member)
    averaged.set_weights(network.get_weights())

    shown = np.repeat(np.arange(len(train.targets)), train.weights)
    steps = max(1, len(shown) // schedule.batch)
    optimizer = _optimizer(configuration, steps)
    optimizer.build(network.trainable_variables)
    importance = _importance(configuration, train, trained)
    step = _training_step(network, averaged, optimizer, schedule.averaging, list(trained), importance)
    recipe = _Recipe(configuration, network_input, outputs, list(trained))
    state = _State(network, averaged, optimizer, checkpoint)
    state.restore()

    for epoch in range(state.epoch, schedule.epochs):
        random = np.random.default_rng((seed, epoch))
        order = random.permutation(shown)
        losses = []
        name = f"epoch {epoch + 1}/{schedule.epochs}"
        for number in tqdm(range(steps), desc=name, unit="batch", leave=False):
            chosen = order[number * schedule.batch : (number + 1) * schedule.batch]
            clips, targets = recipe.batch(train, chosen, random)
            losses.append(float(step(clips, targets)))
        state.finish_epoch(epoch)
        print(f"epoch {epoch + 1}: loss {np.mean(losses):.3f}", flush=True)
    return averaged


def logits_of(model: Any, clips: Sequence[NDArray[np.float32]]) -> NDArray[np.float64]:
    """Outputs for whole clips as the network sees them, one by one as at run time: shape (n, outputs)."""
    infer = tf.function(
        lambda clip: model(clip, training=False),
        input_signature=[tf.TensorSpec((1, None, model.input_shape[-1]))],
    )
    return np.concatenate([infer(clip[None]).numpy() for clip in clips]).astype(np.float64)


class _State:
    """What an interrupted run needs to go on."""

    def __init__(self, network: Any, averaged: Any, optimizer: Any, path: Path) -> None:
        self._network, self._averaged, self._optimizer, self._path = network, averaged, optimizer, path
        self.epoch = 0

    def restore(self) -> None:
        if not self._path.is_file():
            return
        with np.load(self._path) as stored:
            self.epoch = int(stored["epoch"])
            self._network.set_weights(_group(stored, "network"))
            self._averaged.set_weights(_group(stored, "averaged"))
            for variable, value in zip(self._optimizer.variables, _group(stored, "optimizer"), strict=True):
                variable.assign(value)
        print(f"going on after epoch {self.epoch} of {self._path}")

    def finish_epoch(self, epoch: int) -> None:
        self.epoch = epoch + 1
        groups = {
            "network": self._network.get_weights(),
            "averaged": self._averaged.get_weights(),
            "optimizer": [variable.numpy() for variable in self._optimizer.variables],
        }
        arrays = {
            f"{name}_{place:03}": value
            for name, values in groups.items()
            for place, value in enumerate(values)
        }
        self._path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self._path.with_suffix(f".{os.getpid()}.npz")
        np.savez(unfinished, epoch=np.array(self.epoch), **arrays)
        unfinished.replace(self._path)


def _group(stored: Any, name: str) -> list[NDArray[Any]]:
    return [stored[key] for key in sorted(stored.files) if key.startswith(f"{name}_")]


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


def _importance(configuration: Configuration, train: Examples, trained: Sequence[int]) -> NDArray[np.float32]:
    """How much a clip of each trained output counts; 1 on average over the clips that an epoch shows."""
    counts = np.bincount(train.targets, weights=train.weights, minlength=max(trained) + 1)[list(trained)]
    rarity = (counts.max() / counts) ** configuration.schedule.balance
    return np.asarray(rarity * counts.sum() / (rarity * counts).sum(), dtype=np.float32)


def _training_step(
    network: Any,
    averaged: Any,
    optimizer: Any,
    decay: float,
    trained: list[int],
    importance: NDArray[np.float32],
) -> Any:
    pairs = [
        (mean.value, weight.value)
        for mean, weight in zip(averaged.weights, network.weights, strict=True)
        if weight.dtype == "float32"
    ]

    def step(clips: Any, targets: Any) -> Any:
        with tf.GradientTape() as tape:
            logits = tf.gather(network(clips, training=True), trained, axis=1)
            losses = tf.nn.softmax_cross_entropy_with_logits(targets, logits)
            loss = tf.reduce_mean(losses * tf.reduce_sum(targets * importance, axis=1))
        gradients = tape.gradient(loss, network.trainable_variables)
        optimizer.apply_gradients(zip(gradients, network.trainable_variables, strict=True))
        # Few steps make a short memory: the random weights of the start are soon forgotten.
        steps = tf.cast(optimizer.iterations, tf.float32)
        keep = tf.minimum(decay, (1.0 + steps) / (10.0 + steps))
        for mean, weight in pairs:
            mean.assign(keep * mean + (1.0 - keep) * weight)
        return loss

    signature = [tf.TensorSpec((None, None, network.input_shape[-1])), tf.TensorSpec((None, len(trained)))]
    return tf.function(step, input_signature=signature)


@dataclass(frozen=True, slots=True)
class _Recipe:
    """How clips become a batch."""

    configuration: Configuration
    network_input: NetworkInput
    outputs: int
    trained: list[int]

    def batch(
        self, train: Examples, chosen: NDArray[np.intp], random: np.random.Generator
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Varied and mixed clips of one length, shape (n, t, d), and their targets, shape (n, trained)."""
        schedule, how = self.configuration.schedule, self.configuration.augmentation
        shortest, longest = schedule.frames
        frames = int(random.integers(shortest, longest + 1)) // 8 * 8
        clips = np.stack(
            [self.network_input.varied(train.versions[place], frames, how, random) for place in chosen]
        )
        right = np.eye(self.outputs, dtype=np.float32)[train.targets[chosen]][:, self.trained]
        targets = right * (1.0 - schedule.label_smoothing) + schedule.label_smoothing / len(self.trained)
        if train.taught is not None:
            share = self.configuration.teaching
            targets = (1.0 - share) * targets + share * train.taught[chosen][:, self.trained]
        return mixed(clips, targets.astype(np.float32), how.mixup, random)
