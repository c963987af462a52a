"""From a mood and words to what the network reads: a sequence of frozen GloVe vectors.

The mood word comes first and the words of the text follow, as in the recommender of Majidi and
Bahrami; words outside the vocabulary are left out. The vectors are English: for a Persian text the
sequence is the mood word alone.
"""

from __future__ import annotations

import io
import re
import zipfile

import numpy as np
from numpy.typing import NDArray

from recommender.errors import ModelFileError

__all__ = ["DIMENSIONS", "LONGEST_SEQUENCE", "MOOD_WORDS", "WordVectors", "english_words"]

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


class WordVectors:
    """A frozen table of word vectors.

    Args:
        words: the vocabulary.
        table: (words, 100) float16.
    """

    def __init__(self, words: list[str], table: NDArray[np.float16]) -> None:
        if table.shape != (len(words), DIMENSIONS):
            raise ModelFileError(f"the word vectors have the shape {table.shape} for {len(words)} words")
        self._rows = {word: row for row, word in enumerate(words)}
        self._table = table

    def __contains__(self, word: str) -> bool:
        return word in self._rows

    def __len__(self) -> int:
        return len(self._rows)

    @classmethod
    def from_bytes(cls, content: bytes) -> WordVectors:
        """Reads what `to_bytes` wrote.

        Raises:
            ModelFileError: where the content is no such file.
        """
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as archive:
                words = bytes(archive["words"]).decode("ascii").split("\n")
                table = archive["vectors"]
            if table.dtype != np.float16:
                raise TypeError("not in half precision")
        except _UNREADABLE as error:
            raise ModelFileError(f"the word vectors cannot be read ({error})") from None
        return cls(words, table)

    def to_bytes(self) -> bytes:
        """The table as an uncompressed NumPy archive; the same table gives the same bytes."""
        words = np.frombuffer("\n".join(self._rows).encode("ascii"), dtype=np.uint8)
        buffer = io.BytesIO()
        np.savez(buffer, words=words, vectors=self._table)
        return buffer.getvalue()

    def vectors(self, words: list[str]) -> NDArray[np.float32]:
        """Vectors of the known words, in order: (known words, 100)."""
        rows = [self._rows[word] for word in words if word in self._rows]
        return self._table[rows].astype(np.float32)

    def sequence(self, mood: str, words: list[str]) -> NDArray[np.float32]:
        """What the network reads: (1 + known words, at most `LONGEST_SEQUENCE`; 100)."""
        return self.vectors([MOOD_WORDS[mood], *words])[:LONGEST_SEQUENCE]

    def mean_direction(self, words: list[str]) -> NDArray[np.float32]:
        """Mean of the known words' vectors at unit length: (100,); zeros where no word is known."""
        vectors = self.vectors(words)
        if not len(vectors):
            return np.zeros(DIMENSIONS, dtype=np.float32)
        mean: NDArray[np.float32] = vectors.mean(axis=0)
        length = float(np.linalg.norm(mean))
        if length > 0.0:
            mean = mean / np.float32(length)
        return mean
