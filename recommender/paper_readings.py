"""The paper's network, GloVe → LSTM, in both its readings, under a protocol that leaks and an honest one.

Majidi and Bahrami report 98 % for a network from GloVe over an LSTM to three suggestions, and name neither
data nor protocol. Two readings of it: (a) a sentence → its emotion; (b) emotion and words → what to suggest.
Both are measured here on the project's own sentences for anger, fear and sadness, in both languages:

* `leaking`: sentences drawn at random, so that the translation of a test sentence, or one much like it, may
  have been learnt;
* `grouped`: a pair, and all pairs much like it, are in one fold together.

In reading (b) with the mood word alone and "a suggestion for this mood" as the goal, every answer is right by
construction. Needs TensorFlow and SciPy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from language import LANGUAGES
from recommender.configuration import Configuration
from recommender.features import LONGEST_SEQUENCE, WordVectors
from recommender.learning import Example, fit_network, padded
from recommender.metrics import interval
from recommender.near_duplicates import alike_in_words

__all__ = ["MOODS", "PROTOCOLS", "likeness_groups", "paper_readings"]

MOODS = ("anger", "fear", "sadness")
"""Of the paper's suggestions."""

PROTOCOLS = ("leaking", "grouped")

_ALIKE = 0.5
"""Token Jaccard from which two sentences of a language belong together."""


def paper_readings(
    configuration: Configuration,
    examples: Sequence[Example],
    techniques: Sequence[str],
    vectors: WordVectors,
    *,
    after_fit: Callable[[], None] | None = None,
) -> dict[str, Any]:
    """Figures of both readings under both protocols.

    Args:
        configuration: sizes, schedule, and the number of folds.
        examples: suggestions in both languages; those of other moods than the paper's are left out.
        techniques: of the outputs of reading (b).
        vectors: the frozen embedding.
        after_fit: called after each of 4 × folds trainings, or None.

    Returns:
        By reading and protocol: shares of right first answers (and for (b), of three) with bootstrap
        intervals over sentences, beside the majority's.
    """
    own = [example for example in examples if example.kind == "suggestion" and example.mood in MOODS]
    groups = likeness_groups(own)
    random = np.random.default_rng(configuration.seed)
    of_groups = random.permutation(groups.max() + 1) % configuration.folds
    folds = {"leaking": random.permutation(len(own)) % configuration.folds, "grouped": of_groups[groups]}
    moods = np.array([MOODS.index(example.mood) for example in own])
    named = np.array([list(techniques).index(example.techniques[0]) for example in own])
    sentences = [vectors.vectors(example.words)[:LONGEST_SEQUENCE] for example in own]
    with_mood = [vectors.sequence(example.mood, example.words) for example in own]
    figures: dict[str, Any] = {
        "n": len(own),
        "groups": int(groups.max()) + 1,
        "folds": configuration.folds,
        "protocols": {
            "leaking": "sentences at random: translations and near-duplicates of test sentences are learnt",
            "grouped": f"pairs, and pairs with a token Jaccard of {_ALIKE} or more, stay in one fold",
        },
    }
    readings = (
        ("sentence_to_emotion", sentences, moods, len(MOODS)),
        ("emotion_and_words_to_technique", with_mood, named, len(techniques)),
    )
    for name, sequences, goals, outputs in readings:
        figures[name] = {"majority": _majority(goals, moods if outputs > len(MOODS) else None)}
        for protocol in PROTOCOLS:
            answers = _answers(configuration, sequences, goals, outputs, folds[protocol], after_fit)
            order = np.argsort(-answers, axis=1, kind="stable")
            figures[name][protocol] = {"first": interval((order[:, 0] == goals).astype(float))}
            if outputs > len(MOODS):
                among = (order[:, :3] == goals[:, None]).any(axis=1)
                figures[name][protocol]["among_three"] = interval(among.astype(float))
    figures["emotion_word_to_suggestions_of_that_emotion"] = 1.0
    return figures


def likeness_groups(examples: Sequence[Example]) -> NDArray[np.int64]:
    """Number of the group of each example, from 0: pairs, joined where a sentence is much like another."""
    first_of: dict[str, int] = {}
    alike = [(place, first_of.setdefault(e.id, place)) for place, e in enumerate(examples)]
    for language in LANGUAGES:
        own = [place for place, example in enumerate(examples) if example.language == language]
        texts = [examples[place].folded for place in own]
        alike += [(own[p.first], own[p.second]) for p in alike_in_words(texts, least=_ALIKE)]
    rows, columns = zip(*alike, strict=True)
    graph = coo_array((np.ones(len(alike)), (rows, columns)), shape=(len(examples), len(examples)))
    groups: NDArray[np.int64] = connected_components(graph, directed=False)[1].astype(np.int64)
    return groups


def _answers(
    configuration: Configuration,
    sequences: Sequence[NDArray[np.float32]],
    goals: NDArray[np.int64],
    outputs: int,
    fold: NDArray[np.int64],
    after_fit: Callable[[], None] | None,
) -> NDArray[np.float32]:
    batch = padded(sequences, max(map(len, sequences)))
    wanted = np.eye(outputs, dtype=np.float32)[goals]
    answers = np.zeros((len(goals), outputs), dtype=np.float32)
    for number in range(configuration.folds):
        learnt = batch[fold != number]

        def inputs(_: np.random.Generator, learnt: NDArray[np.float32] = learnt) -> NDArray[np.float32]:
            return learnt

        network = fit_network(configuration, inputs, wanted[fold != number])
        answers[fold == number] = network.predict(batch[fold == number], batch_size=256, verbose=0)
        keras.backend.clear_session()
        if after_fit is not None:
            after_fit()
    return answers


def _majority(goals: NDArray[np.int64], moods: NDArray[np.int64] | None) -> float:
    """Share of the commonest goal; where moods are known, of the commonest in each mood."""
    if moods is None:
        return round(float(np.bincount(goals).max() / len(goals)), 4)
    right = sum(int(np.bincount(goals[moods == mood]).max()) for mood in np.unique(moods))
    return round(right / len(goals), 4)
