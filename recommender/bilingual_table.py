"""One table of both languages out of English and Persian vectors and a dictionary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.alignment import align, centred, placed_by_translations
from recommender.errors import ConfigurationError, CorpusError
from recommender.features import DIMENSIONS, WordVectors

__all__ = ["BilingualTable", "join_languages"]

_LENGTH = 5.0
"""Of every vector of the table; English GloVe's own are about as long."""
_LEAST_PAIRS = 20


@dataclass(frozen=True)
class BilingualTable:
    """The table, and how it came to be.

    Attributes:
        vectors: of both languages in one space.
        pairs_learnt: pairs whose words both have a vector.
        rounds: of self-learning that helped.
    """

    vectors: WordVectors
    pairs_learnt: int
    rounds: int


def join_languages(
    english: WordVectors,
    persian_words: Sequence[str],
    persian_vectors: NDArray[np.float32],
    dictionary: Sequence[tuple[str, str]],
) -> BilingualTable:
    """Brings Persian vectors into the space of the English ones.

    Args:
        english: of frequent words; Persian words in it are left out.
        persian_words: the most frequent first.
        persian_vectors: (words, 100).
        dictionary: pairs (English, Persian) to learn from.

    Raises:
        ConfigurationError: where the vectors have not 100 dimensions.
        CorpusError: where too few pairs of the dictionary have vectors.
    """
    if persian_vectors.shape != (len(persian_words), DIMENSIONS):
        raise ConfigurationError(
            f"Persian vectors must have the {DIMENSIONS} dimensions of the English ones: set --dimensions"
        )
    english_words = english.words("en")
    english_rows = {word: row for row, word in enumerate(english_words)}
    persian_rows = {word: row for row, word in enumerate(persian_words)}
    pairs = [
        (english_rows[one], persian_rows[other])
        for one, other in dictionary
        if one in english_rows and other in persian_rows
    ]
    if len(pairs) < _LEAST_PAIRS:
        raise CorpusError(
            f"{len(pairs)} pairs of the dictionary have vectors, fewer than {_LEAST_PAIRS}: "
            "use a longer corpus or a lower --min-count"
        )
    english_space = centred(english.vectors(english_words))
    source = centred(persian_vectors)
    mapped, rounds = align(source, english_space, pairs)
    persian_space = placed_by_translations(source, mapped, english_space, pairs)
    table = (np.concatenate([english_space, persian_space]) * _LENGTH).astype(np.float16)
    return BilingualTable(WordVectors([*english_words, *persian_words], table), len(pairs), rounds)
