"""Two linear models from a mood and a text to techniques: by the text's words, and by its letters.

Multinomial regressions of a few hundred labelled sentences. The one reads the smoothed mean of the word
vectors (Arora, Liang and Ma, 2017), which says what a text is about; the other n-grams of letters, which
catch how people say it. They err differently, so that both together err less.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from emotion import MOODS
from recommender.errors import ModelFileError
from recommender.features import DIMENSIONS
from recommender.ngrams import COLUMNS, ngram_counts, weighted

__all__ = ["Regressions", "log_softmax"]

_UNREADABLE = (OSError, ValueError, KeyError, EOFError, TypeError, AttributeError, zipfile.BadZipFile)
"""What NumPy raises for content that is no archive of arrays, or another one."""


@dataclass(frozen=True)
class Regressions:
    """The numbers of both; t techniques.

    Attributes:
        rarity: inverse document frequency of each column of n-grams, (COLUMNS,) float32.
        ngrams: weights of the columns, (COLUMNS, t) float16.
        ngram_moods: what each of `emotion.MOODS` adds, the bias included, (moods, t) float32.
        words: weights of the text's direction, (100, t) float32.
        word_moods: as `ngram_moods`.

    Raises:
        ModelFileError: where they do not belong together, or a number is not finite.
    """

    rarity: NDArray[np.float32]
    ngrams: NDArray[np.float16]
    ngram_moods: NDArray[np.float32]
    words: NDArray[np.float32]
    word_moods: NDArray[np.float32]

    def __post_init__(self) -> None:
        outputs = self.words.shape[-1] if self.words.ndim else 0
        expected = {
            "rarity": ((COLUMNS,), np.float32),
            "ngrams": ((COLUMNS, outputs), np.float16),
            "ngram_moods": ((len(MOODS), outputs), np.float32),
            "words": ((DIMENSIONS, outputs), np.float32),
            "word_moods": ((len(MOODS), outputs), np.float32),
        }
        for name, (shape, precision) in expected.items():
            part = getattr(self, name)
            if part.shape != shape or part.dtype != precision:
                raise ModelFileError(f"the regressions have {name} of the shape {part.shape}, {part.dtype}")
            if not np.isfinite(part).all():
                raise ModelFileError(f"the regressions have {name} that are not finite")

    @property
    def outputs(self) -> int:
        """How many techniques they answer for."""
        return int(self.words.shape[1])

    @classmethod
    def from_bytes(cls, content: bytes) -> Regressions:
        """Reads what `to_bytes` wrote.

        Raises:
            ModelFileError: where the content is no such file.
        """
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as archive:
                parts = {field.name: archive[field.name] for field in fields(cls)}
        except _UNREADABLE as error:
            raise ModelFileError(f"the regressions cannot be read ({error})") from None
        return cls(**parts)

    def to_bytes(self) -> bytes:
        """An uncompressed NumPy archive; the same numbers give the same bytes."""
        buffer = io.BytesIO()
        np.savez(buffer, **{field.name: getattr(self, field.name) for field in fields(self)})
        return buffer.getvalue()

    def by_letters(self, mood: str, folded: str) -> NDArray[np.float32]:
        """Natural logarithms of the techniques' probabilities, (t,).

        Args:
            mood: one of `emotion.MOODS`.
            folded: what `language.fold` makes of the text.
        """
        columns, values = weighted(ngram_counts(folded), self.rarity)
        return log_softmax(
            self.ngram_moods[MOODS.index(mood)] + values @ self.ngrams[columns].astype(np.float32)
        )

    def by_words(self, mood: str, direction: NDArray[np.float32]) -> NDArray[np.float32]:
        """Natural logarithms of the techniques' probabilities, (t,).

        Args:
            mood: one of `emotion.MOODS`.
            direction: `WordVectors.smooth_direction` of the text's words, (100,).
        """
        return log_softmax(self.word_moods[MOODS.index(mood)] + direction @ self.words)


def log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Logarithms of probabilities that sum to 1, same shape (t,)."""
    highest = logits.max()
    shares: NDArray[np.float32] = logits - highest - np.log(np.exp(logits - highest).sum())
    return shares
