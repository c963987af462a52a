"""Beam search over token sequences: which hypotheses go on, which have ended. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["BeamSearch", "Hypothesis"]


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A finished sequence.

    Attributes:
        tokens: without prompt and end.
        log_probability: mean of its tokens and its end; ≤ 0.
        ended: whether the end token came, or it was broken off.
    """

    tokens: tuple[int, ...]
    log_probability: float
    ended: bool


@dataclass(frozen=True, slots=True)
class _Live:
    tokens: tuple[int, ...]
    total: float


class BeamSearch:
    """Follows the likeliest sequences until as many have ended as are followed.

    Args:
        beams: sequences followed at the same time, ≥ 1.
        end: the token that ends a sequence.
        longest: tokens after which a sequence is broken off.
    """

    def __init__(self, beams: int, *, end: int, longest: int) -> None:
        self._beams = beams
        self._end = end
        self._longest = longest
        self._live = [_Live((), 0.0)]
        self._ended: list[Hypothesis] = []

    @property
    def rows(self) -> int:
        """Sequences that are followed now."""
        return len(self._live)

    @property
    def going_on(self) -> bool:
        """Whether any is still followed."""
        return bool(self._live)

    def advance(self, candidates: Sequence[Sequence[tuple[int, float]]]) -> list[tuple[int, int]]:
        """Takes a step.

        Args:
            candidates: for each followed sequence its likeliest next tokens with their log-probabilities, at
                least twice as many as `beams`.

        Returns:
            (row, token) of each sequence that goes on: which of the followed ones it continues, and how.
        """
        ways = sorted(
            (
                (live.total + score, row, token)
                for row, (live, options) in enumerate(zip(self._live, candidates, strict=True))
                for token, score in options
            ),
            key=lambda way: -way[0],
        )[: 2 * self._beams]
        before, self._live, chosen = self._live, [], []
        for rank, (total, row, token) in enumerate(ways):
            tokens = before[row].tokens
            if token == self._end:
                if rank < self._beams:  # what ends below the beam was no candidate at all
                    self._ended.append(Hypothesis(tokens, total / (len(tokens) + 1), ended=True))
            elif len(self._live) < self._beams:
                self._live.append(_Live((*tokens, token), total))
                chosen.append((row, token))
        if self._live and len(self._live[0].tokens) >= self._longest:
            self._ended += [
                Hypothesis(live.tokens, live.total / len(live.tokens), ended=False) for live in self._live
            ]
            self._live = []
        if len(self._ended) >= self._beams:
            self._live = []
        return chosen if self._live else []

    def found(self) -> list[Hypothesis]:
        """The finished sequences, likeliest first, at most `beams`."""
        return sorted(self._ended, key=lambda one: -one.log_probability)[: self._beams]
