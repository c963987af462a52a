"""Errors of a recogniser against what was to be said, and how far such a rate can be trusted.

Phones, words (English) or characters (Persian) are compared by the distance of Levenshtein (1966), with
insertions, deletions and substitutions apart. Intervals are percentiles of a bootstrap over sentences
(Efron and Tibshirani, 1993; for recognition Bisani and Ney, 2004). Needs only numpy and `language`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from language import fold
from tts_voices.pronunciation.phones import CLOSING_MARKS, MARKS, SYMBOLS

__all__ = ["Edits", "Rate", "compare", "fold_phones", "rate", "rate_difference", "rate_ratio", "text_units"]

_RESAMPLES = 2_000
_TAILS = (2.5, 97.5)

_OfSums = Callable[[NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Edits:
    """The fewest changes that make what was heard out of what was wanted, and the length of the latter."""

    insertions: int
    deletions: int
    substitutions: int
    length: int

    @property
    def errors(self) -> int:
        """All changes together."""
        return self.insertions + self.deletions + self.substitutions


@dataclass(frozen=True, slots=True)
class Rate:
    """A figure (1 = 100 %) and its 95 % interval; None where nothing was there to divide by."""

    value: float | None
    low: float | None
    high: float | None


def fold_phones(symbols: Sequence[str], language: str) -> list[str]:
    """Symbols of one utterance as they are compared: marks left out, digits of stress dropped."""
    spoken = symbols[:-1] if symbols and symbols[-1] in CLOSING_MARKS else symbols
    table = SYMBOLS[language]
    # A letter that stands for a mark and for a sound as well is a mark only at the end.
    marks = {mark for mark in MARKS if table.count(mark) == 1}
    return [symbol.rstrip("01") for symbol in spoken if symbol not in marks]


def text_units(text: str, language: str) -> list[str]:
    """Words of English, characters of Persian, folded as the benchmark of recognition does it."""
    words = re.sub(r"[^\w\s']", " ", fold(text, language).replace("\u200c", " ")).split()
    return words if language == "en" else list(" ".join(words))


def compare(wanted: Sequence[str], heard: Sequence[str]) -> Edits:
    """The edits between two sequences; of equally few the ones with most substitutions are taken."""
    # A cell is (errors, insertions, deletions): the smallest tuple has the fewest insertions too.
    row = [(place, place, 0) for place in range(len(heard) + 1)]
    for one in wanted:
        diagonal, row[0] = row[0], (row[0][0] + 1, 0, row[0][2] + 1)
        for place, other in enumerate(heard, 1):
            above, left = row[place], row[place - 1]
            kept = (diagonal[0] + (one != other), diagonal[1], diagonal[2])
            row[place] = min(
                kept, (left[0] + 1, left[1] + 1, left[2]), (above[0] + 1, above[1], above[2] + 1)
            )
            diagonal = above
    errors, insertions, deletions = row[-1]
    return Edits(insertions, deletions, errors - insertions - deletions, len(wanted))


def rate(parts: Sequence[float], wholes: Sequence[float], seed: int = 0) -> Rate:
    """Sum of `parts` over sum of `wholes`, both one a sentence, with its interval over sentences."""
    counts = np.array([parts, wholes], dtype=np.float64)
    return _figure(counts, lambda sums: _ratio(sums[0], sums[1]), seed)


def rate_difference(
    parts: Sequence[float],
    wholes: Sequence[float],
    other_parts: Sequence[float],
    other_wholes: Sequence[float],
    seed: int = 0,
) -> Rate:
    """One rate less another, sentence by sentence the same (paired)."""
    counts = np.array([parts, wholes, other_parts, other_wholes], dtype=np.float64)
    return _figure(counts, lambda sums: _ratio(sums[0], sums[1]) - _ratio(sums[2], sums[3]), seed)


def rate_ratio(parts: Sequence[float], other: Sequence[float], seed: int = 0) -> Rate:
    """How many times the errors of `other` on the very same sentences (paired)."""
    return _figure(np.array([parts, other], dtype=np.float64), lambda sums: _ratio(sums[0], sums[1]), seed)


def _figure(counts: NDArray[np.float64], of_sums: _OfSums, seed: int) -> Rate:
    """The figure of the sums of [rows, sentences], and its percentiles over sentences drawn anew."""
    sentences = counts.shape[1]
    if not sentences:
        return Rate(None, None, None)
    drawn = np.random.default_rng(seed).multinomial(
        sentences, np.full(sentences, 1 / sentences), size=_RESAMPLES
    )
    value = of_sums(counts.sum(axis=1)[:, None])[0]
    draws = of_sums(counts @ drawn.T)
    if not np.isfinite(value):
        return Rate(None, None, None)
    low, high = np.percentile(draws[np.isfinite(draws)], _TAILS)
    return Rate(round(float(value), 5), round(float(low), 5), round(float(high), 5))


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0))
