"""Persian word vectors into the space of the English ones, by an orthogonal map learnt from a dictionary.

Vectors have unit length, then mean zero, then unit length again (Xing et al., 2015; Artetxe et al.,
2018); the map is the solution of the orthogonal Procrustes problem (Schönemann, 1966); neighbours are
sought by cross-domain similarity local scaling, CSLS (Lample et al., 2018). What the map misses is set
right locally by the dictionary, as in retrofitting (Faruqui et al., 2015).
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from language import fold
from recommender.errors import CorpusError
from recommender.features import english_words
from recommender.persian_words import persian_words

__all__ = [
    "DEFAULT_DICTIONARY",
    "Dictionary",
    "align",
    "centred",
    "neighbours",
    "orthogonal_map",
    "placed_by_translations",
    "read_dictionary",
]

DEFAULT_DICTIONARY = Path(__file__).resolve().parent.parent / "data" / "recommender" / "dictionary.csv"
_HELD_OUT = 10
_NEIGHBOURHOOD = 10
_LEARNT_WORDS = 6000
_BLOCK = 2000
_SHARPNESS = 10.0

_Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Dictionary:
    """Pairs (English word, Persian word).

    Attributes:
        learnt: to learn the map from; share no word with those held out.
        held_out: every tenth row, to measure with.
        pairs: all rows, for the table that is used.
    """

    learnt: tuple[tuple[str, str], ...]
    held_out: tuple[tuple[str, str], ...]
    pairs: tuple[tuple[str, str], ...]


def read_dictionary(path: Path) -> Dictionary:
    """Reads a table with the columns `en` and `fa`, a word of each in its folded form.

    Raises:
        CorpusError: where it cannot be read, or a row is no such pair or stands there twice.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read ({error.strerror}); name a dictionary") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise CorpusError(f"{path}: is no table of UTF-8 text ({error})") from None
    if not rows or rows[0] != ["en", "fa"]:
        raise CorpusError(f"{path}:1: must be en,fa")
    pairs: dict[tuple[str, str], None] = {}
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != 2 or english_words(row[0]) != [row[0]] or persian_words(row[1]) != [row[1]]:
            raise CorpusError(f"{path}:{number}: must be an English and a Persian word, lower case")
        if fold(row[1], "fa") != row[1]:
            raise CorpusError(f"{path}:{number}: fa: is not in the product's normal form")
        if (row[0], row[1]) in pairs:
            raise CorpusError(f"{path}:{number}: stands there twice")
        pairs[(row[0], row[1])] = None
    ordered = tuple(pairs)
    held_out = ordered[_HELD_OUT - 1 :: _HELD_OUT]
    words = {word for pair in held_out for word in pair}
    learnt = tuple(pair for pair in ordered if words.isdisjoint(pair))
    if len(learnt) < 2 or not held_out:
        raise CorpusError(f"{path}: has {len(ordered)} pairs, too few to learn from and to measure with")
    return Dictionary(learnt, held_out, ordered)


def centred(vectors: _Vectors) -> _Vectors:
    """Vectors of unit length about a mean of zero: length, mean, length."""
    moved = _unit(vectors.astype(np.float32))
    return _unit(moved - moved.mean(axis=0))


def orthogonal_map(source: _Vectors, target: _Vectors) -> _Vectors:
    """The rotation or reflection R that brings `source @ R` closest to `target`: (100, 100)."""
    left, _, right = np.linalg.svd(source.T.astype(np.float64) @ target.astype(np.float64))
    found: _Vectors = (left @ right).astype(np.float32)
    return found


def neighbours(source: _Vectors, target: _Vectors, asked: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Rows of `target` nearest to the rows `asked` of `source` by CSLS, the nearest first: (asked, count)."""
    crowding = _crowding(target, source)
    answer = np.empty((len(asked), count), dtype=np.int64)
    for start in range(0, len(asked), _BLOCK):
        # What a source word loses for its own neighbourhood is the same for all its candidates.
        scores = 2.0 * source[asked[start : start + _BLOCK]] @ target.T - crowding
        answer[start : start + _BLOCK] = np.argsort(-scores, axis=1, kind="stable")[:, :count]
    return answer


def align(
    persian: _Vectors,
    english: _Vectors,
    pairs: Sequence[tuple[int, int]],
    *,
    rounds: int = 3,
) -> tuple[_Vectors, int]:
    """Maps Persian vectors, refining the dictionary by itself as long as that helps.

    Each round adds the pairs of frequent words that are each other's nearest neighbours. A tenth of the
    given pairs, left out at first, judges whether a round helps.

    Args:
        persian, english: from `centred`, the frequent words first.
        pairs: rows (English, Persian) that mean the same; at least ten.
        rounds: at most.

    Returns:
        The mapped Persian vectors and the number of rounds that helped.
    """
    rows = np.array(pairs, dtype=np.int64)
    judging = np.arange(len(rows)) % _HELD_OUT == 0
    learning = rows[~judging]
    best, helped, found = -1.0, 0, np.empty((0, 2), dtype=np.int64)
    for round_number in range(rounds + 1):
        used = np.concatenate([learning, found])
        mapped = persian @ orthogonal_map(persian[used[:, 1]], english[used[:, 0]])
        nearest = neighbours(mapped, english, rows[judging][:, 1], 1)[:, 0]
        hits = float((nearest == rows[judging][:, 0]).mean())
        if hits <= best:
            break
        best, helped, kept = hits, round_number, found
        found = _mutual(mapped, english)
    used = np.concatenate([rows, kept])
    return persian @ orthogonal_map(persian[used[:, 1]], english[used[:, 0]]), helped


def placed_by_translations(
    persian: _Vectors, mapped: _Vectors, english: _Vectors, pairs: Sequence[tuple[int, int]]
) -> _Vectors:
    """Mapped Persian vectors set right by the dictionary: (words, 100), unit length.

    A word with translations gets their mean, which the map alone misses. Another word is moved as the
    words with translations near it were, the nearest ten, weighted by a softmax of their likeness.

    Args:
        persian: before the map, from `centred`.
        mapped: from `align`.
        english: from `centred`.
        pairs: rows (English, Persian), at least one.
    """
    translations: dict[int, list[int]] = {}
    for english_row, persian_row in pairs:
        translations.setdefault(persian_row, []).append(english_row)
    placed = np.array(sorted(translations), dtype=np.int64)
    goals = _unit(np.stack([english[translations[row]].mean(axis=0) for row in placed.tolist()]))
    moves = goals - mapped[placed]
    size = min(_NEIGHBOURHOOD, len(placed))
    moved = np.empty_like(mapped)
    for start in range(0, len(mapped), _BLOCK):
        likeness = persian[start : start + _BLOCK] @ persian[placed].T
        nearest = np.argpartition(-likeness, size - 1, axis=1)[:, :size]
        near = np.take_along_axis(likeness, nearest, axis=1)
        shares = np.exp(_SHARPNESS * (near - near.max(axis=1, keepdims=True)))
        shares /= shares.sum(axis=1, keepdims=True)
        step = np.einsum("wn,wnd->wd", shares, moves[nearest])
        moved[start : start + _BLOCK] = mapped[start : start + _BLOCK] + step
    moved = _unit(moved)
    moved[placed] = goals
    return moved


def _mutual(mapped: _Vectors, english: _Vectors) -> NDArray[np.int64]:
    persian_rows = np.arange(min(_LEARNT_WORDS, len(mapped)))
    english_rows = np.arange(min(_LEARNT_WORDS, len(english)))
    there = neighbours(mapped[persian_rows], english[english_rows], persian_rows, 1)[:, 0]
    back = neighbours(english[english_rows], mapped[persian_rows], english_rows, 1)[:, 0]
    agreed = back[there] == persian_rows
    return np.stack([there[agreed], persian_rows[agreed]], axis=1)


def _crowding(of: _Vectors, among: _Vectors) -> _Vectors:
    size = min(_NEIGHBOURHOOD, len(among))
    means = np.empty(len(of), dtype=np.float32)
    for start in range(0, len(of), _BLOCK):
        likeness = of[start : start + _BLOCK] @ among.T
        means[start : start + _BLOCK] = np.partition(likeness, -size, axis=1)[:, -size:].mean(axis=1)
    return means


def _unit(vectors: _Vectors) -> _Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: _Vectors = vectors / np.maximum(lengths, np.float32(1e-12))
    return scaled
