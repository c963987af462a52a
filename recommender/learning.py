"""Training data as arrays, and the training loop that cross-validation and the final run share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from language import LANGUAGES, fold
from recommender.configuration import Configuration
from recommender.features import DIMENSIONS, LONGEST_SEQUENCE, WordVectors, words_of
from recommender.model import build_network
from recommender.situations import LabelledSituation
from recommender.suggestions import Suggestion

__all__ = [
    "Example",
    "examples_of",
    "fit",
    "fit_network",
    "padded",
    "probabilities",
    "targets",
    "use_one_thread",
]


def use_one_thread() -> None:
    """Keeps TensorFlow to one core; to be called before anything is computed."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)


@dataclass(frozen=True)
class Example:
    """One sentence to learn from.

    Attributes:
        id: of the suggestion or the situation.
        kind: "suggestion" or "situation".
        language: "en" or "fa".
        mood: one of `emotion.MOODS`.
        folded: the text as `language.fold` makes it.
        techniques: those that fit, the best first; a suggestion has one.
    """

    id: str
    kind: str
    language: str
    mood: str
    folded: str
    techniques: tuple[str, ...]

    @property
    def words(self) -> list[str]:
        """Of the text, without the mood word."""
        return words_of(self.folded, self.language)


def examples_of(suggestions: Sequence[Suggestion], situations: Sequence[LabelledSituation]) -> list[Example]:
    """The sentences of both data sets, each suggestion in both languages."""
    learnt = [
        Example(s.id, "suggestion", language, s.mood, fold(s.text(language), language), (s.technique,))
        for language in LANGUAGES
        for s in suggestions
    ]
    learnt += [
        Example(s.id, "situation", s.language, s.mood, fold(s.text, s.language), s.techniques)
        for s in situations
    ]
    return learnt


def targets(examples: Sequence[Example], techniques: Sequence[str]) -> NDArray[np.float32]:
    """Probabilities to learn, (examples, techniques): the best technique counts twice."""
    rows = np.zeros((len(examples), len(techniques)), dtype=np.float32)
    index = {technique: column for column, technique in enumerate(techniques)}
    for row, example in enumerate(examples):
        for rank, technique in enumerate(example.techniques):
            rows[row, index[technique]] = 2.0 if rank == 0 else 1.0
    shares: NDArray[np.float32] = rows / rows.sum(axis=1, keepdims=True)
    return shares


def padded(sequences: Sequence[NDArray[np.float32]], longest: int) -> NDArray[np.float32]:
    """Sequences (time, 100) with zeros behind: (sequences, longest, 100).

    One length for all batches keeps TensorFlow from compiling the LSTM anew for each.
    """
    batch = np.zeros((len(sequences), longest, DIMENSIONS), dtype=np.float32)
    for row, sequence in enumerate(sequences):
        batch[row, : len(sequence)] = sequence
    return batch


def fit(
    configuration: Configuration,
    examples: Sequence[Example],
    techniques: Sequence[str],
    vectors: WordVectors,
    *,
    after_epoch: Callable[[float], None] | None = None,
) -> Any:
    """Trains a network from scratch; the same arguments give the same network on one machine.

    Args:
        configuration: sizes and schedule.
        examples: at least one.
        techniques: of the outputs, in order.
        vectors: the frozen embedding.
        after_epoch: called with the mean loss of each epoch, or None.

    Returns:
        The `keras.Model`.
    """
    words = [example.words for example in examples]
    longest = max(
        len(vectors.sequence(example.mood, own)) for example, own in zip(examples, words, strict=True)
    )

    def varied(random: np.random.Generator) -> NDArray[np.float32]:
        sequences = [
            _varied(example.mood, own, configuration, vectors, random)
            for example, own in zip(examples, words, strict=True)
        ]
        return padded(sequences, longest)

    return fit_network(configuration, varied, targets(examples, techniques), after_epoch=after_epoch)


def fit_network(
    configuration: Configuration,
    inputs: Callable[[np.random.Generator], NDArray[np.float32]],
    goals: NDArray[np.float32],
    *,
    after_epoch: Callable[[float], None] | None = None,
) -> Any:
    """Trains the LSTM on any goals.

    Args:
        configuration: sizes and schedule.
        inputs: gives the padded sequences of an epoch, (examples, time, 100).
        goals: probabilities to learn, (examples, outputs).
        after_epoch: called with the mean loss of each epoch, or None.

    Returns:
        The `keras.Model`.
    """
    schedule = configuration.schedule
    keras.utils.set_random_seed(configuration.seed)
    random = np.random.default_rng(configuration.seed)
    model = build_network(configuration.network, goals.shape[1])
    steps = schedule.epochs * -(-len(goals) // schedule.batch)
    rate = keras.optimizers.schedules.CosineDecay(schedule.learning_rate, steps)
    model.compile(optimizer=keras.optimizers.Adam(rate), loss="categorical_crossentropy")
    for _ in range(schedule.epochs):
        history = model.fit(inputs(random), goals, batch_size=schedule.batch, epochs=1, verbose=0)
        if after_epoch is not None:
            after_epoch(float(history.history["loss"][-1]))
    return model


def _varied(
    mood: str,
    words: list[str],
    configuration: Configuration,
    vectors: WordVectors,
    random: np.random.Generator,
) -> NDArray[np.float32]:
    schedule = configuration.schedule
    if random.random() < schedule.mood_only:
        return vectors.sequence(mood, [])
    return vectors.sequence(mood, [word for word in words if random.random() >= schedule.word_dropout])


def probabilities(model: Any, examples: Sequence[Example], vectors: WordVectors) -> NDArray[np.float32]:
    """What the network answers: (examples, techniques)."""
    sequences = [vectors.sequence(example.mood, example.words) for example in examples]
    batch = padded(sequences, LONGEST_SEQUENCE)
    answer: NDArray[np.float32] = model.predict(batch, batch_size=256, verbose=0)
    return answer
