"""Sentences that say nearly the same: by shared words, by direction of meaning, by equal skeleton.

Three checks within one language. Token Jaccard finds copies with a few words changed, the direction of
the mean word vector finds the same idea in other words, the skeleton finds a template whose nouns and
numbers were swapped. Memory grows linearly with the number of sentences.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from recommender.function_words import FUNCTION_WORDS

__all__ = [
    "LEAST_JACCARD",
    "LEAST_SIMILARITY",
    "NOTED_JACCARD",
    "NOTED_SIMILARITY",
    "SKELETON_WORDS",
    "MeanDirections",
    "Pair",
    "SifMeans",
    "WordTable",
    "alike_in_meaning",
    "alike_in_skeleton",
    "alike_in_words",
    "skeletons",
    "words_of",
]

LEAST_JACCARD = 0.7
"""Shared words over all words from which two sentences count as the same."""

NOTED_JACCARD = 0.6
"""From here on a pair is worth a look."""

LEAST_SIMILARITY = {"en": 0.87, "fa": 0.86}
"""Language → cosine of two sentences' directions (`SifMeans`) from which they count as the same idea.

All pairs above it, among three thousand sentences of each language, were found to be one idea by reading.
"""

NOTED_SIMILARITY = {"en": 0.82, "fa": 0.82}
"""From here on a pair is worth a look."""

SKELETON_WORDS = 8
"""Shorter sentences have skeletons in common by chance."""

_KEPT_SHARE = 0.5
_KEPT_WORDS = 4
_SIF_WEIGHT = 1e-3
_BLOCK = 512
_MASK = "_"
_ZWNJ = "\u200c"
_WORD = re.compile(rf"[^\W\d_]+(?:['{_ZWNJ}][^\W\d_]+)*")
_VOWEL_MARKS = re.compile("[\u064b-\u065f\u0670]")
_SENTENCE_END = re.compile(r"(?<=[.!?؟;؛:])['»]?\s+")


@dataclass(frozen=True)
class Pair:
    """Two sentences by their places in the sequence given; `first` < `second`, `alike` is 0–1."""

    first: int
    second: int
    alike: float


class WordTable(Protocol):
    """Word vectors of one language, such as `features.WordVectors`."""

    def __contains__(self, word: str) -> bool:
        """Whether the word has a vector."""

    def vectors(self, words: list[str]) -> NDArray[np.float32]:
        """Vectors of the known words, in order: (known words, dimensions)."""


class MeanDirections(Protocol):
    """Sentences to directions."""

    def directions(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, (texts, dimensions); zeros where no word is known."""


class SifMeans:
    """Smooth-inverse-frequency means of word vectors without the direction that all sentences share.

    Arora, Liang and Ma, A Simple but Tough-to-Beat Baseline for Sentence Embeddings (ICLR 2017), a = 0.001.

    Args:
        table: word vectors.
        split: a text to words as the table spells them.
        background: texts that say how frequent words are and what all sentences share; a few
            hundred, so that a handful of sentences isn't compared by itself alone.
    """

    def __init__(
        self, table: WordTable, split: Callable[[str], list[str]], background: Sequence[str]
    ) -> None:
        self._table = table
        self._split = split
        known = [self._known(text) for text in background]
        self._counts = Counter(word for words in known for word in words)
        self._total = max(1, sum(self._counts.values()))
        self._shared: NDArray[np.float32] | None = None
        means = [mean for words in known if (mean := self._mean(words)) is not None]
        if means:
            rows = np.stack(means)
            self._shared = np.linalg.eigh(rows.T @ rows)[1][:, -1]

    def directions(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, (texts, dimensions); zeros where no word is known."""
        means = [self._mean(self._known(text)) for text in texts]
        width = next((len(mean) for mean in means if mean is not None), 1)
        rows = np.stack([np.zeros(width, np.float32) if mean is None else mean for mean in means])
        if self._shared is not None and len(self._shared) == width:
            rows -= np.outer(rows @ self._shared, self._shared)
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        units: NDArray[np.float32] = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 1e-6)
        return units

    def _known(self, text: str) -> list[str]:
        return [word for word in self._split(text) if word in self._table]

    def _mean(self, words: list[str]) -> NDArray[np.float32] | None:
        if not words:
            return None
        weights = np.array(
            [_SIF_WEIGHT / (_SIF_WEIGHT + self._counts[word] / self._total) for word in words], np.float32
        )
        mean: NDArray[np.float32] = (weights / weights.sum()) @ self._table.vectors(words)
        return mean


def words_of(text: str) -> list[str]:
    """Words in lower case, in order, without vowel marks; a half-space or an apostrophe joins."""
    return _WORD.findall(_VOWEL_MARKS.sub("", text.lower()))


def alike_in_words(texts: Sequence[str], *, least: float = NOTED_JACCARD, own: int = 0) -> Iterator[Pair]:
    """Pairs whose sets of words have a Jaccard index of at least `least`.

    Only sentences that share a word out of their rarest few are compared (prefix filtering: Bayardo, Ma
    and Srikant, Scaling Up All Pairs Similarity Search, 2007).

    Args:
        texts: sentences of one language.
        least: in (0, 1].
        own: pairs of two texts before this place are left out.
    """
    sets = [frozenset(words_of(text)) for text in texts]
    frequency = Counter(word for words in sets for word in words)
    places: dict[str, list[int]] = defaultdict(list)
    for place in sorted(range(len(sets)), key=lambda place: len(sets[place])):
        words = sets[place]
        rarest = sorted(words, key=lambda word: (frequency[word], word))
        prefix = rarest[: len(words) - math.ceil(least * len(words)) + 1]
        candidates = {other for word in prefix for other in places[word]}
        for other in sorted(candidates):
            if max(place, other) < own or len(sets[other]) < least * len(words):
                continue
            alike = len(words & sets[other]) / len(words | sets[other])
            if alike >= least:
                yield Pair(min(place, other), max(place, other), alike)
        for word in prefix:
            places[word].append(place)


def alike_in_meaning(
    texts: Sequence[str], means: MeanDirections, *, least: float, own: int = 0
) -> Iterator[Pair]:
    """Pairs whose directions have a cosine of at least `least`; `own` as in `alike_in_words`."""
    if not texts:
        return
    rows = means.directions(texts)
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK]
        cosines = block @ rows.T
        for line, other in np.argwhere(cosines >= least):
            if start + line < other and other >= own:
                yield Pair(start + int(line), int(other), min(1.0, float(cosines[line, other])))


def alike_in_skeleton(texts: Sequence[str], language: str, *, own: int = 0) -> Iterator[Pair]:
    """Pairs that share a skeleton, each text with the first one that has it; `own` as in `alike_in_words`."""
    seen: dict[tuple[str, ...], int] = {}
    for place, text in enumerate(texts):
        found: set[int] = set()
        for skeleton in skeletons(text, language):
            first = seen.setdefault(skeleton, place)
            if first != place and place >= own:
                found.add(first)
        for first in sorted(found):
            yield Pair(first, place, 1.0)


def skeletons(text: str, language: str) -> list[tuple[str, ...]]:
    """The text and each of its clauses with everything masked but function words and very common verbs.

    Only what has `SKELETON_WORDS` words and keeps at least half of them, four different ones (a list of
    things, "a …, a …, a … in the …", is no template); places are kept.
    """
    kept = FUNCTION_WORDS[language]
    found: list[tuple[str, ...]] = []
    for part in dict.fromkeys([text, *_SENTENCE_END.split(text)]):
        words = words_of(part)
        skeleton = tuple(word if word in kept else _MASK for word in words)
        share = 1 - skeleton.count(_MASK) / max(1, len(words))
        if (
            len(words) >= SKELETON_WORDS
            and share >= _KEPT_SHARE
            and len({*skeleton} - {_MASK}) >= _KEPT_WORDS
        ):
            found.append(skeleton)
    return found
