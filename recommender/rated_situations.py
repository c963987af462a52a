"""Situations that raters judged: which technique families they would offer first, accept, or not offer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from emotion import MOODS
from language import LANGUAGES
from recommender.errors import SuggestionDataError
from recommender.suggestions import HIGHEST_DISTRESS
from recommender.vocabulary import Vocabulary

__all__ = ["DEFAULT_PATH", "PLACES", "RatedSituation", "read_rated_situations"]

DEFAULT_PATH = Path(__file__).resolve().parent.parent / "data" / "recommender" / "test_situations.jsonl"
"""Situations of this project to judge the recommender by; nothing is learnt from them."""

PLACES = 3
"""Of an offer."""

_DISCOUNTS = 1.0 / np.log2(np.arange(PLACES) + 2.0)
_FIELDS = {"id", "language", "mood", "text", "situation", "distress", "contraindications", "raters"}


@dataclass(frozen=True)
class RatedSituation:
    """What somebody said, and what two or more raters would offer; `distress` is 0–10.

    Attributes:
        fits: family → share of the raters who named it best or acceptable, 0–1.
        gains: family → mean over raters of 1 for best, 0.5 for acceptable, 0 for the rest.
        unsuitable: families that a rater would not offer.
    """

    id: str
    language: str
    mood: str
    text: str
    distress: int
    contraindications: frozenset[str]
    fits: dict[str, float]
    gains: dict[str, float]
    unsuitable: frozenset[str]

    def precision(self, families: Sequence[str]) -> float:
        """Share of the three places with a family that fits, by the mean rater; an empty place does not."""
        return sum(self.fits.get(family, 0.0) for family in families[:PLACES]) / PLACES

    def discounted_gain(self, families: Sequence[str]) -> float:
        """Normalised discounted cumulative gain of three places, 0–1 (Järvelin and Kekäläinen, 2002).

        The best offer has the best family twice and the second best, since three of one family are never
        offered.
        """
        gains = sorted(self.gains.values(), reverse=True) + [0.0, 0.0]
        best = np.array([gains[0], gains[0], gains[1]]) @ _DISCOUNTS
        gained = [self.gains.get(family, 0.0) for family in families[:PLACES]]
        return min(1.0, float(np.array(gained) @ _DISCOUNTS[: len(gained)] / best))

    def has_unsuitable(self, families: Sequence[str]) -> float:
        """1 where a family that a rater would not offer is among the three, else 0."""
        return float(not self.unsuitable.isdisjoint(families[:PLACES]))


def read_rated_situations(path: Path, vocabulary: Vocabulary) -> tuple[RatedSituation, ...]:
    """Reads JSON Lines as `data/recommender/README.md` tells of `test_situations.jsonl`.

    Raises:
        SuggestionDataError: at the first bad line; names file and line.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "no UTF-8"
        raise SuggestionDataError(
            f"{path}: cannot be read ({reason}); name a file of rated situations"
        ) from None
    if not lines:
        raise SuggestionDataError(f"{path}: is empty")
    read = [_parse(line, vocabulary, f"{path}:{number}") for number, line in enumerate(lines, start=1)]
    if len({situation.id for situation in read}) < len(read):
        raise SuggestionDataError(f"{path}: an id stands there twice")
    return tuple(read)


def _parse(line: str, vocabulary: Vocabulary, place: str) -> RatedSituation:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise SuggestionDataError(f"{place}: is no JSON object ({error})") from None
    if not isinstance(row, dict) or set(row) != _FIELDS:
        raise SuggestionDataError(
            f"{place}: must be a JSON object with the fields {', '.join(sorted(_FIELDS))}"
        )
    distress = row["distress"]
    for field, good in (
        ("id", isinstance(row["id"], str) and row["id"]),
        ("language", row["language"] in LANGUAGES),
        ("mood", row["mood"] in MOODS),
        ("text", isinstance(row["text"], str) and row["text"].strip()),
        ("distress", type(distress) is int and 0 <= distress <= HIGHEST_DISTRESS),
        ("contraindications", _names(row["contraindications"], vocabulary.contraindications)),
        ("raters", isinstance(row["raters"], list) and row["raters"]),
    ):
        if not good:
            raise SuggestionDataError(f"{place}: {field}: is not as it should be")
    fits: dict[str, float] = {}
    gains: dict[str, float] = {}
    unsuitable: set[str] = set()
    share = 1.0 / len(row["raters"])
    for rater in row["raters"]:
        best, acceptable, not_suitable = _ratings(rater, vocabulary, place)
        unsuitable |= not_suitable
        for family in best | acceptable:
            fits[family] = fits.get(family, 0.0) + share
            gains[family] = gains.get(family, 0.0) + share * (1.0 if family in best else 0.5)
    return RatedSituation(
        id=row["id"],
        language=row["language"],
        mood=row["mood"],
        text=row["text"],
        distress=distress,
        contraindications=frozenset(row["contraindications"]),
        fits=fits,
        gains=gains,
        unsuitable=frozenset(unsuitable),
    )


def _ratings(rater: Any, vocabulary: Vocabulary, place: str) -> tuple[set[str], set[str], set[str]]:
    fields = ("best", "acceptable", "unsuitable")
    families = vocabulary.families
    if not isinstance(rater, dict) or not all(_names(rater.get(field), families) for field in fields):
        raise SuggestionDataError(f"{place}: raters: must name families in {', '.join(fields)}")
    if not rater["best"]:
        raise SuggestionDataError(f"{place}: raters: must name a best family")
    return set(rater["best"]), set(rater["acceptable"]), set(rater["unsuitable"])


def _names(value: Any, known: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) and name in known for name in value)
