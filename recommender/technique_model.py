"""From a mood and what somebody said to a probability for each technique: three readers, one answer.

The paper's LSTM reads the words in order, two regressions read words and letters without it. Their
probabilities are multiplied, each to the power of its share (a logarithmic opinion pool; Genest and Zidek,
1986): a technique that one of them rules out does not come back by the others' doubt.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.errors import ModelFileError
from recommender.features import WordVectors, words_of
from recommender.regressions import Regressions, log_softmax
from recommender.technique_network import TechniqueNetwork

__all__ = ["PAPER_SHARES", "Shares", "TechniqueModel"]

_LEAST = 1e-9


@dataclass(frozen=True)
class Shares:
    """The powers of the readers' probabilities, each from 0."""

    letters: float
    words: float
    lstm: float


PAPER_SHARES = Shares(letters=0.0, words=0.0, lstm=1.0)
"""The paper's chain alone: mood word, GloVe, LSTM."""


class TechniqueModel:
    """Answers for all techniques of a card, in its order.

    Args:
        vectors: the word vectors that network and regressions were trained on.
        network: the LSTM.
        regressions: of words and letters.
        shares: of the three.
        outputs: number of techniques.

    Raises:
        ModelFileError: where the regressions answer for another number of techniques.
    """

    def __init__(
        self,
        vectors: WordVectors,
        network: TechniqueNetwork,
        regressions: Regressions,
        shares: Shares,
        outputs: int,
    ) -> None:
        if regressions.outputs != outputs:
            raise ModelFileError(
                f"the regressions have {regressions.outputs} outputs for the {outputs} techniques of the card"
            )
        self._vectors = vectors
        self._network = network
        self._regressions = regressions
        self._shares = shares

    def probabilities(
        self, mood: str, folded: str, language: str, *, shares: Shares | None = None
    ) -> NDArray[np.float32]:
        """Probabilities of the techniques, (techniques,), summing to 1.

        Args:
            mood: one of `emotion.MOODS`.
            folded: what `language.fold` makes of the text; may be empty.
            language: "en" or "fa", of the text.
            shares: instead of the model's own.
        """
        chosen = shares or self._shares
        words = words_of(folded, language)
        pooled: NDArray[np.float32] = np.zeros(self._regressions.outputs, dtype=np.float32)
        if chosen.letters:
            pooled += chosen.letters * self._regressions.by_letters(mood, folded)
        if chosen.words:
            direction = self._vectors.smooth_direction(words)
            pooled += chosen.words * self._regressions.by_words(mood, direction)
        if chosen.lstm:
            answer = self._network.probabilities(self._vectors.sequence(mood, words))
            pooled += chosen.lstm * np.log(np.maximum(answer, _LEAST))
        if not words:
            # All three say what is usual in this mood: it counts once, so that the offers vary.
            pooled /= chosen.letters + chosen.words + chosen.lstm
        return np.exp(log_softmax(pooled))
