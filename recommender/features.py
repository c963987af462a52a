"""From a mood and words to what the network reads: a sequence of frozen GloVe vectors.

The mood word comes first and the words of the text follow, as in the recommender of Majidi and
Bahrami. A table has English words, or English and Persian ones in one space; the mood word is English
in both. Where a table has both languages, a word it does not know is read as the known words nearest
in form (`word_forms`, `subwords`), and is left out where there are none. An English table leaves out
whatever it does not know.
"""

from __future__ import annotations

import io
import re
import zipfile

import numpy as np
from numpy.typing import NDArray

from recommender.errors import ModelFileError
from recommender.persian_words import is_persian, persian_words
from recommender.subwords import Subwords
from recommender.word_forms import known_forms

__all__ = ["DIMENSIONS", "LONGEST_SEQUENCE", "MOOD_WORDS", "WordVectors", "english_words", "words_of"]

DIMENSIONS = 100
LONGEST_SEQUENCE = 48
"""Words of one sequence, the mood word included; what comes later is not read."""

MOOD_WORDS = {
    "neutral": "neutral",
    "happiness": "happiness",
    "surprise": "surprise",
    "sadness": "sadness",
    "anger": "anger",
    "fear": "fear",
}

_SPELT_OUT = ((re.compile(r"\bcan't\b"), "can not"), (re.compile(r"\bwon't\b"), "will not"))
_NEGATION = re.compile(r"n't\b")
_CLITIC = re.compile(r"'(?:s|m|re|ve|ll|d)\b")
_WORD = re.compile(r"[a-z]+")
_LONGEST_WORD = 64
_SMOOTHING = 1e-3
"""`a` of the smooth inverse frequency a/(a + p) of Arora, Liang and Ma (2017)."""
_UNREADABLE = (OSError, ValueError, KeyError, EOFError, TypeError, AttributeError, zipfile.BadZipFile)
"""What NumPy raises for content that is no archive of arrays, or another one."""


def english_words(folded: str) -> list[str]:
    """Words of an English text without short forms: "i can't" gives i, can, not.

    Args:
        folded: what `language.fold` makes of the text.
    """
    for pattern, replacement in _SPELT_OUT:
        folded = pattern.sub(replacement, folded)
    return _WORD.findall(_CLITIC.sub(" ", _NEGATION.sub(" not", folded)))


def words_of(folded: str, language: str) -> list[str]:
    """Words of a text as the table has them.

    Args:
        folded: what `language.fold` makes of the text.
        language: "en" or "fa".
    """
    return persian_words(folded) if language == "fa" else english_words(folded)


class WordVectors:
    """A frozen table of word vectors.

    Args:
        words: the vocabulary: English words first, then Persian ones, each language by frequency.
        table: (words, 100) float16.

    Raises:
        ModelFileError: where they do not belong together.
    """

    def __init__(self, words: list[str], table: NDArray[np.float16]) -> None:
        if table.shape != (len(words), DIMENSIONS):
            raise ModelFileError(f"the word vectors have the shape {table.shape} for {len(words)} words")
        self._rows = {word: row for row, word in enumerate(words)}
        if len(self._rows) != len(words) or not all(0 < len(word) <= _LONGEST_WORD for word in words):
            raise ModelFileError("the word vectors have a word twice, an empty or an endless one")
        if not np.isfinite(table).all():
            raise ModelFileError("the word vectors have numbers that are not finite")
        persian = [is_persian(word) for word in words]
        english = persian.index(True) if True in persian else len(words)
        if not all(persian[english:]):
            raise ModelFileError("the word vectors mix their languages")
        self._table = table
        self._counts = {"en": english, "fa": len(words) - english}
        self._weights = np.concatenate([_smooth_weights(count) for count in self._counts.values()])
        self._subwords = Subwords(words) if self._counts["fa"] else None

    def __contains__(self, word: str) -> bool:
        return word in self._rows

    def __len__(self) -> int:
        return len(self._rows)

    def count(self, language: str) -> int:
        """How many words of a language the table has."""
        return self._counts[language]

    def words(self, language: str) -> list[str]:
        """Words of a language, the most frequent first."""
        words = list(self._rows)
        return words[self._counts["en"] :] if language == "fa" else words[: self._counts["en"]]

    @classmethod
    def from_bytes(cls, content: bytes) -> WordVectors:
        """Reads what `to_bytes` wrote.

        Raises:
            ModelFileError: where the content is no such file.
        """
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as archive:
                words = bytes(archive["words"]).decode("utf-8").split("\n")
                table = archive["vectors"]
            if table.dtype != np.float16:
                raise TypeError("not in half precision")
        except _UNREADABLE as error:
            raise ModelFileError(f"the word vectors cannot be read ({error})") from None
        return cls(words, table)

    def to_bytes(self) -> bytes:
        """The table as an uncompressed NumPy archive; the same table gives the same bytes."""
        words = np.frombuffer("\n".join(self._rows).encode("utf-8"), dtype=np.uint8)
        buffer = io.BytesIO()
        np.savez(buffer, words=words, vectors=self._table)
        return buffer.getvalue()

    def vectors(self, words: list[str]) -> NDArray[np.float32]:
        """Vectors of the words that can be read, in order: (such words, 100)."""
        return self._read(words)[0]

    def sequence(self, mood: str, words: list[str]) -> NDArray[np.float32]:
        """What the network reads: (1 + words that can be read, at most `LONGEST_SEQUENCE`; 100)."""
        return self.vectors([MOOD_WORDS[mood], *words])[:LONGEST_SEQUENCE]

    def mean_direction(self, words: list[str]) -> NDArray[np.float32]:
        """Mean of the words' vectors at unit length: (100,); zeros where no word can be read."""
        vectors = self.vectors(words)
        if not len(vectors):
            return np.zeros(DIMENSIONS, dtype=np.float32)
        return _at_unit_length(vectors.mean(axis=0))

    def smooth_direction(self, words: list[str]) -> NDArray[np.float32]:
        """Like `mean_direction`, but frequent words count less (smooth inverse frequency).

        Frequencies are estimated from a word's place among those of its language, after Zipf.
        """
        vectors, weights = self._read(words)
        return _at_unit_length(weights @ vectors)

    def _read(self, words: list[str]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        vectors = np.empty((len(words), DIMENSIONS), dtype=np.float32)
        weights = np.empty(len(words), dtype=np.float32)
        filled = 0
        for word in words:
            row = self._rows.get(word)
            if row is not None:
                vectors[filled], weights[filled] = self._table[row], self._weights[row]
            elif (standing := self._standing_for(word)) is not None:
                rows, shares = standing
                vectors[filled] = shares @ self._table[rows].astype(np.float32)
                weights[filled] = shares @ self._weights[rows]
            else:
                continue
            filled += 1
        return vectors[:filled], weights[:filled]

    def _standing_for(self, word: str) -> tuple[NDArray[np.int64], NDArray[np.float32]] | None:
        if self._subwords is None or not word:
            return None
        forms = known_forms(word, self._rows)
        if forms:
            share = np.full(len(forms), 1.0 / len(forms), dtype=np.float32)
            return np.array([self._rows[form] for form in forms], dtype=np.int64), share
        rows, shares = self._subwords.nearest(word)
        return (rows, shares) if len(rows) else None


def _smooth_weights(words: int) -> NDArray[np.float32]:
    places = np.arange(1, words + 1, dtype=np.float64) + 2.0
    shares = 1.0 / places
    weights: NDArray[np.float32] = (_SMOOTHING / (_SMOOTHING + shares / max(shares.sum(), 1.0))).astype(
        np.float32
    )
    return weights


def _at_unit_length(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    length = float(np.linalg.norm(vector))
    return vector / np.float32(length) if length > 0.0 else vector
