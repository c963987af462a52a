"""Letters of a text as features: hashed n-grams, the rare ones counting more.

Spoken Persian writes a word in many ways, and a table of words knows few of them; n-grams of 2 to 5 letters
within words (Cavnar and Trenkle, 1994) share most of what those ways have in common. The n-grams are hashed
into a fixed number of columns (Weinberger et al., 2009), so that no list of them is kept.
"""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

__all__ = ["COLUMNS", "ngram_counts", "weighted"]

COLUMNS = 2**15
"""Into which n-grams are hashed."""

_SHORTEST, _LONGEST = 2, 5


def ngram_counts(folded: str) -> dict[int, float]:
    """Column → 1 + ln(how often an n-gram of that column occurs).

    Args:
        folded: what `language.fold` makes of a text.
    """
    found: Counter[int] = Counter()
    for word in folded.split():
        letters = f" {word} "
        for length in range(_SHORTEST, min(_LONGEST, len(letters)) + 1):
            for start in range(len(letters) - length + 1):
                found[zlib.crc32(letters[start : start + length].encode("utf-8", "replace")) % COLUMNS] += 1
    return {column: 1.0 + math.log(count) for column, count in found.items()}


def weighted(
    counts: Mapping[int, float], rarity: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Columns and their values at unit length, rare n-grams counting more.

    Args:
        counts: of `ngram_counts`.
        rarity: inverse document frequency of each column, (COLUMNS,).
    """
    columns = np.fromiter(counts, dtype=np.int64, count=len(counts))
    values = np.fromiter(counts.values(), dtype=np.float32, count=len(counts)) * rarity[columns]
    length = float(np.linalg.norm(values))
    return columns, values / np.float32(length) if length > 0.0 else values
