"""Which words stand near which: counts of a stream of sentences, in bounded memory.

A first pass writes the words of the corpus to a scratch folder and counts them; a second fills a buffer
with pairs of words at most `window` apart, each worth 1/distance (Pennington, Socher and Manning, 2014,
section 4.2). A full buffer is summed and dealt out to files by a hash of the pair, so that each file is
a random part of the whole matrix that fits into memory.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numba  # type: ignore[import-not-found, unused-ignore]
import numpy as np
from numpy.typing import NDArray

from recommender.errors import CorpusError

__all__ = ["Cells", "CountedCorpus", "Cooccurrences", "count_pairs", "count_words"]

_MOST_TYPES = 3_000_000
_MIXING = np.uint64(0x9E3779B97F4A7C15)
_CELL = np.dtype([("key", np.uint64), ("count", np.float32)])
_NONE = -1


@dataclass(frozen=True)
class CountedCorpus:
    """A corpus as numbers on disk.

    Attributes:
        words: the vocabulary, the most frequent first.
        counts: how often each occurs, (words,) int64.
        path: int32 file of rows of the vocabulary; -1 ends a sentence.
        sentences: how many there are.
        tokens: words of the corpus, the rare ones too.
    """

    words: tuple[str, ...]
    counts: NDArray[np.int64]
    path: Path
    sentences: int
    tokens: int


@dataclass(frozen=True)
class Cells:
    """Entries of the matrix, each array (cells,): row and column int32, count float32."""

    rows: NDArray[np.int32]
    columns: NDArray[np.int32]
    counts: NDArray[np.float32]


@dataclass(frozen=True)
class Cooccurrences:
    """The matrix as files, each a random part of its cells that are not zero."""

    paths: tuple[Path, ...]
    words: int
    cells: int

    def part(self, number: int) -> Cells:
        """One part, read anew."""
        stored = np.fromfile(self.paths[number], dtype=_CELL)
        rows, columns = np.divmod(stored["key"], np.uint64(self.words))
        return Cells(rows.astype(np.int32), columns.astype(np.int32), stored["count"].copy())


def count_words(
    sentences: Iterable[list[str]],
    scratch: Path,
    *,
    least: int,
    most: int,
    kept: frozenset[str] = frozenset(),
) -> CountedCorpus:
    """Writes a corpus to `scratch` as rows of its vocabulary.

    Args:
        sentences: words of each.
        scratch: an existing folder; the caller removes it.
        least: a word must occur this often to be in the vocabulary.
        most: words of the vocabulary.
        kept: words that need to occur once only.

    Raises:
        CorpusError: where fewer than two words are frequent enough.
    """
    provisional: dict[str, int] = {}
    seen: Counter[int] = Counter()
    raw = scratch / "words.raw"
    number = tokens = 0
    with raw.open("wb") as file:
        for words in sentences:
            rows = array("i", (provisional.setdefault(word, len(provisional)) for word in words))
            if len(provisional) > _MOST_TYPES:
                raise CorpusError(f"more than {_MOST_TYPES} different words: clean the corpus or cut it")
            seen.update(rows)
            rows.append(_NONE)
            rows.tofile(file)
            number += 1
            tokens += len(words)
    ranked = sorted(
        ((word, seen[row]) for word, row in provisional.items() if seen[row] >= least or word in kept),
        key=lambda item: (-item[1], item[0]),
    )[:most]
    if len(ranked) < 2:
        raise CorpusError(f"fewer than two words occur {least} times: use a longer corpus or a lower count")
    final = np.full(len(provisional) + 1, _NONE - 1, dtype=np.int32)
    for place, (word, _) in enumerate(ranked):
        final[provisional[word]] = place
    final[_NONE] = _NONE
    path = scratch / "words.rows"
    with path.open("wb") as file:
        for block in _blocks(raw, 1 << 22):
            final[block].tofile(file)
    raw.unlink()
    counts = np.array([count for _, count in ranked], dtype=np.int64)
    return CountedCorpus(tuple(word for word, _ in ranked), counts, path, number, tokens)


def count_pairs(
    corpus: CountedCorpus, *, window: int, parts: int = 16, buffer: int = 1 << 24
) -> Cooccurrences:
    """Sums 1/distance over all pairs of known words of a sentence at most `window` words apart.

    Rare words count as distance, but have no cells. Both orders of a pair are counted.

    Args:
        corpus: from `count_words`; the parts are written beside its file.
        window: in words, at least 1.
        parts: files to deal the cells out to; one of them at a time is in memory.
        buffer: pairs held before they are summed; 12 bytes each, and as much again to sort them.
    """
    words = len(corpus.words)
    paths = tuple(corpus.path.with_name(f"cells.{part}") for part in range(parts))
    keys, counts = np.empty(buffer, dtype=np.uint64), np.empty(buffer, dtype=np.float32)
    filled = 0
    for sentences in _whole_sentences(corpus.path):
        start = 0
        while start < len(sentences):
            start, filled = _FILL(sentences, start, window, np.uint64(words), keys, counts, filled)
            if start < len(sentences):
                _deal(keys[:filled], counts[:filled], paths)
                filled = 0
    _deal(keys[:filled], counts[:filled], paths)
    del keys, counts
    cells = 0
    for path in paths:
        stored = np.fromfile(path, dtype=_CELL)
        summed = _summed(stored["key"].copy(), stored["count"].copy())
        summed.tofile(path)
        cells += len(summed)
    if not cells:
        raise CorpusError("no two frequent words stand in one sentence: use longer sentences")
    return Cooccurrences(paths, words, cells)


def _blocks(path: Path, size: int) -> Iterator[NDArray[np.int32]]:
    with path.open("rb") as file:
        while len(block := np.fromfile(file, dtype=np.int32, count=size)):
            yield block


def _whole_sentences(path: Path) -> Iterator[NDArray[np.int32]]:
    rest = np.empty(0, dtype=np.int32)
    for block in _blocks(path, 1 << 20):
        joined = np.concatenate([rest, block])
        ends = np.flatnonzero(joined == _NONE)
        cut = int(ends[-1]) + 1 if len(ends) else 0
        if cut:
            yield joined[:cut]
        rest = joined[cut:]


def _fill(
    rows: NDArray[np.int32],
    start: int,
    window: int,
    words: np.uint64,
    keys: NDArray[np.uint64],
    counts: NDArray[np.float32],
    filled: int,
) -> tuple[int, int]:
    """Adds the pairs of rows[start:] until the buffer is full; says where it stopped."""
    for place in range(start, len(rows)):
        if filled + 2 * window > len(keys):
            return place, filled
        row = rows[place]
        if row < 0:
            continue
        for distance in range(1, window + 1):
            other_place = place - distance
            if other_place < 0 or rows[other_place] == _NONE:
                break
            other = rows[other_place]
            if other < 0:
                continue
            keys[filled] = np.uint64(row) * words + np.uint64(other)
            keys[filled + 1] = np.uint64(other) * words + np.uint64(row)
            counts[filled] = counts[filled + 1] = np.float32(1.0 / distance)
            filled += 2
    return len(rows), filled


_NJIT: Any = numba.njit
_FILL: Any = _NJIT(_fill)


def _summed(keys: NDArray[np.uint64], counts: NDArray[np.float32]) -> NDArray[np.void]:
    order = np.argsort(keys, kind="stable")
    keys, counts = keys[order], counts[order]
    first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if len(keys) else order
    cells = np.empty(len(first), dtype=_CELL)
    cells["key"] = keys[first]
    cells["count"] = np.add.reduceat(counts.astype(np.float64), first) if len(first) else counts
    return cells


def _deal(keys: NDArray[np.uint64], counts: NDArray[np.float32], paths: tuple[Path, ...]) -> None:
    cells = _summed(keys, counts)
    mixed: NDArray[np.uint64] = (cells["key"] * _MIXING) >> np.uint64(40)
    dealt = mixed % np.uint64(len(paths))
    for number, path in enumerate(paths):
        with path.open("ab") as file:
            cells[dealt == number].tofile(file)
