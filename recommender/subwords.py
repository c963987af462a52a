"""The known words that look most like an unknown one, by shared strings of three and four letters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["Subwords"]

_SIZES = (3, 4)
_FACTORS = np.array(
    [0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x27D4EB2F165667C5], np.uint64
)
_LONGEST = 26
_WINDOWS = {size: np.arange(_LONGEST)[:, np.newaxis] + np.arange(size) for size in _SIZES}
_COMMON = 300
_LEAST_LIKENESS = 0.4
_NEIGHBOURS = 3


class Subwords:
    """An index of words by their letter strings; made once, never changed.

    Args:
        words: of the table, in its order; a word longer than 24 letters is indexed by its beginning.
    """

    def __init__(self, words: Sequence[str]) -> None:
        marked = np.array([f"<{word[: _LONGEST - 2]}>" for word in words], dtype=f"U{_LONGEST}")
        letters = marked.view(np.uint32).reshape(len(words), _LONGEST)
        lengths = np.count_nonzero(letters, axis=1)
        self._sizes: NDArray[np.int64] = np.zeros(len(words), dtype=np.int64)
        hashes, rows = [], []
        for size in _SIZES:
            for start in range(_LONGEST - size + 1):
                long_enough = np.flatnonzero(lengths >= start + size)
                if not len(long_enough):
                    break
                hashes.append(_hashed(letters[long_enough, start : start + size]))
                rows.append(long_enough.astype(np.int32))
                self._sizes[long_enough] += 1
        all_hashes = np.concatenate(hashes) if hashes else np.empty(0, np.uint64)
        order = np.argsort(all_hashes, kind="stable")
        self._rows = np.concatenate(rows)[order] if rows else np.empty(0, np.int32)
        self._hashes, first = np.unique(all_hashes[order], return_index=True)
        self._ends = np.append(first, len(order))

    def nearest(self, word: str) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Rows of at most three like words, and their shares, which sum to 1; both empty for none.

        Likeness is Dice's coefficient of the letter strings, of which very common ones count as shared
        by none. Words equally like keep the table's order.
        """
        none = np.empty(0, np.int64), np.empty(0, np.float32)
        letters = np.frombuffer(f"<{word[: _LONGEST - 2]}>".encode("utf-32-le"), dtype=np.uint32)
        hashed = [
            _hashed(letters[_WINDOWS[size][: len(letters) - size + 1]])
            for size in _SIZES
            if len(letters) >= size
        ]
        if not hashed or not len(self._hashes):
            return none
        wanted = np.concatenate(hashed)
        places = np.searchsorted(self._hashes, wanted)
        places[places == len(self._hashes)] = 0
        found = [
            self._rows[self._ends[place] : self._ends[place + 1]]
            for place in places[self._hashes[places] == wanted]
            if self._ends[place + 1] - self._ends[place] <= _COMMON
        ]
        if not found:
            return none
        rows, shared = np.unique(np.concatenate(found), return_counts=True)
        likeness = 2.0 * shared / (self._sizes[rows] + len(wanted))
        best = np.argsort(-likeness, kind="stable")[:_NEIGHBOURS]
        best = best[likeness[best] >= _LEAST_LIKENESS]
        if not len(best):
            return none
        return rows[best].astype(np.int64), (likeness[best] / likeness[best].sum()).astype(np.float32)


def _hashed(windows: NDArray[np.uint32]) -> NDArray[np.uint64]:
    sized = windows.astype(np.uint64) * _FACTORS[: windows.shape[1]]
    mixed: NDArray[np.uint64] = np.bitwise_xor.reduce(sized ^ (sized >> np.uint64(29)), axis=1)
    return mixed + np.uint64(windows.shape[1])
