"""People who do not exist, to see what learning is worth where its model is wrong.

Six kinds. `fits_model` is as the model assumes. `interactions`, `drifting` and `yes_sayers` violate it, each
in its own way. In these the rules know something and each person has tastes of their own. For `rules_right`
the rules' order is already the best one, and for `indifferent` all techniques do equally well, so that there
is nothing to learn. Answers are noisy, and many are missing, in all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emotion import MOODS
from recommender.decisions import FEATURES, features_of

__all__ = ["KINDS", "Answers", "Moments", "SimulatedUsers"]

_Numbers = NDArray[np.float64]
_Integers = NDArray[np.int64]

_BASE = -0.2
_RULES_KNOW = 0.4
_PERSONAL_TASTE = 0.4
_NIGHT_STARTS, _NIGHT_ENDS = 21, 6


@dataclass(frozen=True)
class Moments:
    """Rounds in which somebody asks; n rounds, t techniques.

    Attributes:
        persons: number of the person, (n,).
        moods: places in `emotion.MOODS`, (n,).
        distress: 0–10, (n,).
        hours: 0–23, (n,).
        rules: the rules' scores in standard units within the round, (n, t).
        exposure: how often each technique was shown to the person of late, (n, t).
        progress: how much of the whole time has passed, 0–1.
    """

    persons: _Integers
    moods: _Integers
    distress: _Numbers
    hours: _Integers
    rules: _Numbers
    exposure: _Numbers
    progress: float

    @property
    def night(self) -> NDArray[np.bool_]:
        """Whether it is night, (n,)."""
        return (self.hours >= _NIGHT_STARTS) | (self.hours < _NIGHT_ENDS)

    @property
    def features(self) -> _Numbers:
        """What the bandit knows of each round, (n, features)."""
        return features_of(self.moods, self.distress, self.night)


@dataclass(frozen=True)
class Answers:
    """What came back; NaN and −1 where nothing did.

    Attributes:
        chosen: place of the suggestion that was taken up, −1 for none, (n,).
        helped: 1, 0 or NaN, about the one taken up, (n,).
        after: distress afterwards, 0–10 or NaN, (n,).
    """

    chosen: _Integers
    helped: _Numbers
    after: _Numbers


class SimulatedUsers:
    """People of one kind, with tastes drawn from a seed.

    Args:
        kind: one of `KINDS`.
        users: how many.
        families: number of each technique's family, (t,).
        seed: of their tastes.
    """

    def __init__(self, kind: str, users: int, families: _Integers, seed: int) -> None:
        self._kind = kind
        self._random = random = np.random.default_rng([seed, 1])
        techniques, family = len(families), int(families.max()) + 1
        self._families = families
        spread = 0.0 if kind == "indifferent" else _PERSONAL_TASTE
        self._own = spread * random.normal(size=(users, techniques))
        self._linear = _coefficients(random, families)
        self._linear_later = _coefficients(random, families)
        self._flips = random.random(techniques) < 0.4
        self._by_mood_and_family = random.choice([-1.0, 1.0], size=(len(MOODS), family))
        self._best_hour = random.uniform(0.0, 24.0, size=(len(MOODS), techniques))
        self._taste = random.normal(size=techniques)

    def benefit(self, moments: Moments) -> _Numbers:
        """True expected benefit of each technique, 0–1, (n, t); nobody is ever told."""
        if self._kind == "indifferent":
            return np.full(moments.rules.shape, 0.5)
        knows = 1.0 if self._kind == "rules_right" else _RULES_KNOW
        level = _BASE + knows * moments.rules + _TASTES[self._kind](self, moments)
        if self._kind != "rules_right":
            level = level + self._own[moments.persons]
        return np.asarray(1.0 / (1.0 + np.exp(-level)))

    def answers(self, moments: Moments, shown: _Integers, benefit: _Numbers, seed: list[int]) -> Answers:
        """What people do and say about what was shown.

        Args:
            moments: n rounds.
            shown: techniques at each place, −1 where a place stayed empty, (n, places).
            benefit: of all techniques, (n, t).
            seed: of chance.
        """
        random = np.random.default_rng(seed)
        polite = self._kind == "yes_sayers"
        rounds = np.arange(len(shown))
        empty = shown < 0
        of_shown = np.take_along_axis(benefit, np.where(empty, 0, shown), axis=1)
        places = np.arange(shown.shape[1])
        # The polite take something, and mostly the first, whatever it is.
        pull = 2.0 + 0.5 * of_shown - 1.2 * places if polite else 3.0 * of_shown - 0.2 * places
        pull = np.where(empty, -np.inf, pull) + random.gumbel(size=shown.shape)
        nothing = 0.5 + random.gumbel(size=len(shown))
        best = pull.argmax(axis=1)
        chosen = np.where(pull.max(axis=1) > nothing, best, -1)
        taken = of_shown[rounds, np.maximum(chosen, 0)]
        says_yes = 0.7 + 0.3 * taken if polite else taken
        helped = (random.random(len(shown)) < says_yes).astype(np.float64)
        noise = 1.5 if not polite else np.where(moments.moods == MOODS.index("anger"), 4.0, 2.0)
        relief = 5.0 * (taken - 0.4) + noise * random.normal(size=len(shown))
        after = np.clip(moments.distress - relief, 0.0, 10.0)
        # The polite leave without a word where it did not help.
        really = random.random(len(shown)) < taken
        tells = np.where(really, 0.6, 0.1) if polite else np.full(len(shown), 0.5)
        helped[(chosen < 0) | (random.random(len(shown)) >= tells)] = np.nan
        after[(chosen < 0) | (random.random(len(shown)) >= 0.7 * tells)] = np.nan
        return Answers(chosen.astype(np.int64), helped, after)

    def _fits_model(self, moments: Moments) -> _Numbers:
        return moments.features @ self._linear.T

    def _interactions(self, moments: Moments) -> _Numbers:
        # Exclusive or: what a family does in a mood turns round at night; a best hour for each technique;
        # what asks for a clear head fails abruptly above a threshold.
        turned = np.where(moments.night, -1.0, 1.0)[:, None]
        level = 0.7 * turned * self._by_mood_and_family[moments.moods][:, self._families]
        away = moments.hours[:, None] - self._best_hour[moments.moods]
        level = level + 0.5 * np.cos(2.0 * np.pi * away / 24.0)
        return np.asarray(level - 1.2 * ((moments.distress >= 6.5)[:, None] & (self._taste > 0.8)))

    def _drifting(self, moments: Moments) -> _Numbers:
        # Tastes turn slowly into others; and in the middle of the time some turn into their opposite.
        share = moments.progress
        mixed = (1.0 - share) * self._linear + share * self._linear_later
        if share >= 0.5:
            mixed = np.where(self._flips[:, None], -mixed, mixed)
        return np.asarray(moments.features @ mixed.T)

    def _yes_sayers(self, moments: Moments) -> _Numbers:
        return 0.6 * self._taste - 0.5 * moments.exposure

    def _nothing(self, moments: Moments) -> _Numbers:
        return np.zeros(moments.rules.shape)


def _coefficients(random: np.random.Generator, families: _Integers) -> _Numbers:
    spread = np.full(len(FEATURES), 0.3)
    spread[0] = 0.6
    of_family = random.normal(size=(int(families.max()) + 1, len(FEATURES)))
    of_technique = random.normal(size=(len(families), len(FEATURES)))
    return np.asarray(spread * (0.7 * of_family[families] + 0.7 * of_technique))


_TASTES: dict[str, Callable[[SimulatedUsers, Moments], _Numbers]] = {
    "fits_model": SimulatedUsers._fits_model,
    "interactions": SimulatedUsers._interactions,
    "drifting": SimulatedUsers._drifting,
    "yes_sayers": SimulatedUsers._yes_sayers,
    "rules_right": SimulatedUsers._nothing,
    "indifferent": SimulatedUsers._nothing,
}

KINDS = tuple(_TASTES)
"""The kinds, in the order in which they are reported."""
