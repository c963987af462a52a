"""What was decided and what came of it: the rows that learning and its evaluation read.

A decision is one place of one offer: in a context, one technique was put there, with a known probability,
out of those that might have stood there; and perhaps a reward came back. There are no words of a person.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from emotion import MOODS

__all__ = ["FEATURES", "MOST_PLACES", "Context", "Decision", "DecisionTable", "features_of"]

MOST_PLACES = 20
"""Places that an offer can have."""

_MIDDLE_FROM, _HIGH_FROM = 4.0, 7.0
_LAST_DAY = 1e6

FEATURES = (
    "any",
    *(f"mood:{mood}" for mood in MOODS),
    "distress:low",
    "distress:middle",
    "distress:high",
    "time:day",
    "time:night",
)
"""What is known of a moment, each 0 or 1. The language is left out on purpose: what is learnt from the many
who speak one language has to serve those who speak the other."""


@dataclass(frozen=True)
class Context:
    """The moment of an offer.

    Attributes:
        mood: one of `emotion.MOODS`.
        distress: 0–10 by the person's own word; None where unknown.
        night: whether it is night on the person's clock; None where unknown.
    """

    mood: str
    distress: float | None = None
    night: bool | None = None

    def features(self) -> NDArray[np.float64]:
        """Zeros and ones, shape (len(FEATURES),); all bands are 0 of what is unknown."""
        return _encoded(self.mood, _band(self.distress), self.night)


@lru_cache(maxsize=128)
def _encoded(mood: str, band: str | None, night: bool | None) -> NDArray[np.float64]:
    time = None if night is None else "time:night" if night else "time:day"
    holding = ("any", f"mood:{mood}", band, time)
    encoded = np.array([float(name in holding) for name in FEATURES])
    encoded.setflags(write=False)
    return encoded


def _band(distress: float | None) -> str | None:
    if distress is None or math.isnan(distress):
        return None
    if distress < _MIDDLE_FROM:
        return "distress:low"
    return "distress:middle" if distress < _HIGH_FROM else "distress:high"


def features_of(
    moods: NDArray[np.int64], distress: NDArray[np.float64], night: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Features of many moments at once, shape (n, len(FEATURES)).

    Args:
        moods: places in `emotion.MOODS`, (n,).
        distress: 0–10, (n,).
        night: (n,).
    """
    low, high = distress < _MIDDLE_FROM, distress >= _HIGH_FROM
    return np.column_stack(
        [
            np.ones(len(moods)),
            np.eye(len(MOODS))[moods],
            low,
            ~low & ~high,
            high,
            ~night,
            night,
        ]
    ).astype(np.float64)


@dataclass(frozen=True)
class Decision:
    """One place of one offer.

    Attributes:
        person: any key that is the same for all of one person's decisions.
        context: the moment.
        place: from 0.
        technique: of the suggestion that was put there.
        propensity: probability of this technique in this place when it was chosen, in (0, 1]; where it has
            several suggestions, the sum of theirs.
        alternatives: technique → probability by the rules alone, of all that might have stood there;
            sums to 1.
        reward: 0–1 (`recommender.reward`); None where nothing is known.
        evidence: 0–1, how much of a reward is known.
        day: when, in days from any beginning; 0 to 1,000,000.
    """

    person: str
    context: Context
    place: int
    technique: str
    propensity: float
    alternatives: Mapping[str, float]
    reward: float | None
    evidence: float
    day: float


@dataclass(frozen=True)
class DecisionTable:
    """Many decisions in columns; n decisions, t techniques, f features.

    Attributes:
        person: number of the person, (n,).
        features: (n, f).
        technique: number of the technique, (n,).
        place: from 0, (n,).
        propensity: in (0, 1], (n,).
        alternatives: by the rules alone, (n, t); each row sums to 1.
        reward: 0–1, NaN where nothing is known, (n,).
        evidence: 0–1, (n,).
        day: (n,).
    """

    person: NDArray[np.int64]
    features: NDArray[np.float64]
    technique: NDArray[np.int64]
    place: NDArray[np.int64]
    propensity: NDArray[np.float64]
    alternatives: NDArray[np.float64]
    reward: NDArray[np.float64]
    evidence: NDArray[np.float64]
    day: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.person)

    @classmethod
    def of(cls, decisions: Sequence[Decision], techniques: Sequence[str]) -> DecisionTable:
        """Puts rows into columns; those of techniques or moods that are unknown are left out."""
        numbers = {name: number for number, name in enumerate(techniques)}
        known = [row for row in decisions if row.technique in numbers and row.context.mood in MOODS]
        persons = {person: number for number, person in enumerate(dict.fromkeys(r.person for r in known))}
        alternatives = np.zeros((len(known), len(techniques)))
        for place, row in enumerate(known):
            for technique, probability in row.alternatives.items():
                if technique in numbers:
                    alternatives[place, numbers[technique]] = probability
        return cls(
            person=np.array([persons[row.person] for row in known], dtype=np.int64),
            features=np.array([row.context.features() for row in known]).reshape(-1, len(FEATURES)),
            technique=np.array([numbers[row.technique] for row in known], dtype=np.int64),
            # Python's integers have no end, the column's have.
            place=np.array([min(max(row.place, -1), MOST_PLACES) for row in known], dtype=np.int64),
            propensity=np.array([row.propensity for row in known], dtype=np.float64),
            alternatives=alternatives,
            reward=np.array([np.nan if row.reward is None else row.reward for row in known], dtype=float),
            evidence=np.array([row.evidence for row in known], dtype=np.float64),
            day=np.array([row.day for row in known], dtype=np.float64),
        )

    @classmethod
    def joined(cls, tables: Sequence[DecisionTable]) -> DecisionTable:
        """One table of several, at least one, in their order."""
        columns = [field.name for field in fields(cls)]
        return cls(**{name: np.concatenate([getattr(table, name) for table in tables]) for name in columns})

    def where(self, chosen: NDArray[np.bool_]) -> DecisionTable:
        """The decisions for which `chosen`, (n,), is true."""
        return DecisionTable(**{field.name: getattr(self, field.name)[chosen] for field in fields(self)})

    def usable(self) -> DecisionTable:
        """Those with a reward whose numbers are all possible; the rest teaches nothing."""
        possible = (
            (self.reward >= 0.0)
            & (self.reward <= 1.0)
            & (self.evidence > 0.0)
            & (self.evidence <= 1.0)
            & (self.propensity > 0.0)
            & (self.propensity <= 1.0)
            & (self.place >= 0)
            & (self.place < MOST_PLACES)
            & (self.day >= 0.0)
            & (self.day <= _LAST_DAY)
        )
        return self.where(possible)
