"""What learning is worth to simulated people: regret and benefit of six ways of choosing.

`random_in_mood` draws among all that may be offered; `fixed_order` takes the rules' highest scores;
`rules` is what is done without learning, chance that follows the rules' scores; `learnt` corrects these
from the first feedback on; `gated` only once `off_policy.pays` finds a gain on held-out persons, and
`learnt_without_memory` leaves each person's own preferences out. Benefit is the true one, the mean of the
suggestions shown, of which the policies see noisy and incomplete answers; regret is against the best offer
that the rules of variety allow, by someone who knows the truth.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.bandit import Learning, LearntPreferences, PersonalPreferences
from recommender.decisions import DecisionTable
from recommender.off_policy import Verdict, pays
from recommender.reward import reward
from recommender.simulated_offers import Places, SimulatedOffers, fill_places, probabilities
from recommender.simulated_users import Answers, Moments, SimulatedUsers

__all__ = ["BLOCK", "POLICIES", "Run", "simulate", "summary"]

_Numbers = NDArray[np.float64]
_Integers = NDArray[np.int64]

BLOCK = 1000
"""Rounds over which figures are taken together."""

POLICIES = ("random_in_mood", "fixed_order", "rules", "learnt", "learnt_without_memory", "gated")
"""Ways of choosing, in the order in which they are reported."""

_ROUNDS_A_DAY = 50
_REMEMBERED = 0.6  # share of persons who consent to be remembered
_EXPOSURE_KEPT = 0.7
_T_975 = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26)


@dataclass(frozen=True)
class Run:
    """One policy with the people of one seed.

    Attributes:
        benefit: true benefit of each round, 0–1, (rounds,).
        best: of the best offer in the same round, (rounds,).
        on_from: round from which the gate was open, None if never; 0 for policies without a gate.
        on_share: share of rounds with the gate open.
        verdict: the gate's last word.
        learnt: what was learnt, by the policies that learn.
    """

    benefit: _Numbers
    best: _Numbers
    on_from: int | None
    on_share: float
    verdict: Verdict | None
    learnt: LearntPreferences


@dataclass
class _Learner:
    """A policy's knowledge while a simulation runs."""

    policy: str
    population: LearntPreferences
    on: bool
    persons: dict[int, PersonalPreferences] = field(default_factory=dict)
    log: list[DecisionTable] = field(default_factory=list)
    verdict: Verdict | None = None

    @property
    def learns(self) -> bool:
        return self.policy in ("learnt", "learnt_without_memory", "gated")

    def corrections(self, moments: Moments) -> _Numbers | float:
        if not (self.learns and self.on):
            return 0.0
        own = np.zeros(moments.rules.shape)
        for row, person in enumerate(moments.persons):
            if int(person) in self.persons:
                own[row] = self.persons[int(person)].advantages(self.population)
        return self.population.correction_table(moments.features, own)

    def learn(self, table: DecisionTable, remembered: NDArray[np.bool_]) -> None:
        if not self.learns:
            return
        usable = table.usable()
        self.population.learn(usable)
        if self.policy != "learnt_without_memory":
            for person in np.unique(usable.person):
                if remembered[person]:
                    own = self.persons.get(int(person), PersonalPreferences.none())
                    rows = usable.where(usable.person == person)
                    self.persons[int(person)] = own.learnt(rows, self.population)
        if self.policy == "gated":
            self.log.append(usable)

    def ask_gate(self, families: dict[str, str]) -> None:
        if self.policy == "gated":
            self.verdict = pays(DecisionTable.joined(self.log), families, self.population.learning)
            self.on = self.verdict.pays


def simulate(
    offers: SimulatedOffers,
    kind: str,
    policy: str,
    *,
    users: int,
    rounds: int,
    seed: int,
    learning: Learning = Learning(),  # noqa: B008 - frozen
) -> Run:
    """Lets people of one kind ask, one day after another.

    Args:
        offers: what the rules say.
        kind: one of `simulated_users.KINDS`.
        policy: one of `POLICIES`.
        users: how many people, at least 1.
        rounds: how often somebody asks, in all.
        seed: of people, moments and chance; the same for every policy.
        learning: the numbers that steer it.
    """
    families = offers.family_numbers
    people = SimulatedUsers(kind, users, families, seed)
    stream = np.random.default_rng([seed, 2])
    activity = stream.dirichlet(np.full(users, 1.0))
    remembered = stream.random(users) < _REMEMBERED
    chance = np.random.default_rng([seed, 3])
    learner = _Learner(policy, LearntPreferences(offers.families, learning), on=policy != "gated")
    exposure = np.zeros((users, len(families)))
    benefits, bests, on = [], [], []
    for day, first in enumerate(range(0, rounds, _ROUNDS_A_DAY)):
        size = min(_ROUNDS_A_DAY, rounds - first)
        scores, moments = _moments(offers, stream, activity, exposure, size, first / rounds)
        places = _offer(policy, scores, learner.corrections(moments), families, chance)
        benefit = people.benefit(moments)
        benefits.append(_of_shown(benefit, places.techniques))
        masked = np.where(np.isfinite(scores), benefit, -np.inf)
        bests.append(_of_shown(benefit, fill_places(masked, families, None).techniques))
        on.extend([learner.on] * size)
        answers = people.answers(moments, places.techniques, benefit, [seed, 4, day])
        if learner.learns:
            learner.learn(_table(scores, places, moments, answers, day), remembered)
        _expose(exposure, moments.persons, places.techniques)
        if (first + size) % BLOCK == 0:
            learner.ask_gate(offers.families)
    opened = np.array(on)
    return Run(
        benefit=np.concatenate(benefits),
        best=np.concatenate(bests),
        on_from=int(opened.argmax()) if opened.any() else None,
        on_share=float(opened.mean()),
        verdict=learner.verdict,
        learnt=learner.population,
    )


def summary(runs: Mapping[str, Sequence[Run]]) -> dict[str, Any]:
    """Figures of one kind for JSON: policy → benefit, regret and gains, each for 1,000 rounds.

    Intervals are Student's, 95 %, over seeds; differences are paired by seed.

    Args:
        runs: policy → one run for each seed, with the same seeds in the same order, for all `POLICIES`.
    """
    of_rules, of_fixed = (
        np.array([run.benefit.mean() for run in runs[name]]) for name in ("rules", "fixed_order")
    )
    answer: dict[str, Any] = {}
    for policy, of_policy in runs.items():
        benefit = np.array([run.benefit.mean() for run in of_policy])
        regret = np.array([(run.best - run.benefit).mean() for run in of_policy])
        answer[policy] = {
            "benefit": _interval(1000.0 * benefit),
            "regret": _interval(1000.0 * regret),
            "over_rules": _interval(1000.0 * (benefit - of_rules)),
            "over_fixed_order": _interval(1000.0 * (benefit - of_fixed)),
            "regret_by_block": _by_block(of_policy),
        }
    answer["gate"] = {
        "on_share": round(float(np.mean([run.on_share for run in runs["gated"]])), 3),
        "on_from": [run.on_from for run in runs["gated"]],
        "last_words": [run.verdict.reason for run in runs["gated"] if run.verdict],
    }
    return answer


def _moments(
    offers: SimulatedOffers,
    random: np.random.Generator,
    activity: _Numbers,
    exposure: _Numbers,
    size: int,
    progress: float,
) -> tuple[_Numbers, Moments]:
    persons = random.choice(len(activity), size=size, p=activity)
    situations = random.integers(0, len(offers.moods), size=size)
    distress = np.clip(random.normal(5.5, 2.2, size=size), 0.0, 10.0)
    hours = random.integers(0, 24, size=size)
    moods = offers.moods[situations]
    blank = np.zeros(0)
    night = Moments(persons, moods, distress, hours, blank, blank, progress).night
    scores = offers.score(situations, distress, night)
    finite = np.isfinite(scores)
    counted = np.maximum(finite.sum(axis=1, keepdims=True), 1)
    known = np.where(finite, scores, 0.0)
    mean = known.sum(axis=1, keepdims=True) / counted
    spread = np.sqrt(np.where(finite, (known - mean) ** 2, 0.0).sum(axis=1, keepdims=True) / counted)
    standard = np.where(finite, (known - mean) / np.maximum(spread, 1e-9), 0.0)
    return scores, Moments(persons, moods, distress, hours, standard, exposure[persons], progress)


def _offer(
    policy: str,
    scores: _Numbers,
    corrections: _Numbers | float,
    families: _Integers,
    chance: np.random.Generator,
) -> Places:
    if policy == "random_in_mood":
        return fill_places(np.where(np.isfinite(scores), 0.0, -np.inf), families, chance)
    if policy == "fixed_order":
        return fill_places(scores, families, None)
    return fill_places(scores + corrections, families, chance)


def _of_shown(benefit: _Numbers, shown: _Integers) -> _Numbers:
    values = np.take_along_axis(benefit, np.maximum(shown, 0), axis=1)
    filled = shown >= 0
    return np.asarray((values * filled).sum(axis=1) / np.maximum(filled.sum(axis=1), 1))


def _table(scores: _Numbers, places: Places, moments: Moments, answers: Answers, day: int) -> DecisionTable:
    count = places.techniques.shape[1]
    rewards = np.full(places.techniques.shape, np.nan)
    evidence = np.zeros(places.techniques.shape)
    for row, chosen in enumerate(answers.chosen):
        if chosen < 0:
            continue
        for place in range(count):
            taken = place == chosen
            helped, after = answers.helped[row], answers.after[row]
            value = reward(
                chosen=taken,
                helped=bool(helped) if taken and not math.isnan(helped) else None,
                before=float(moments.distress[row]),
                after=float(after) if taken else None,
            )
            rewards[row, place] = np.nan if value.value is None else value.value
            evidence[row, place] = value.evidence
    filled = (places.techniques >= 0).ravel()
    alternatives = probabilities(np.repeat(scores[:, None, :], count, axis=1), places.open)
    table = DecisionTable(
        person=np.repeat(moments.persons, count),
        features=np.repeat(moments.features, count, axis=0),
        technique=places.techniques.ravel(),
        place=np.tile(np.arange(count), len(scores)),
        propensity=places.propensity.ravel(),
        alternatives=alternatives.reshape(-1, scores.shape[1]),
        reward=rewards.ravel(),
        evidence=evidence.ravel(),
        day=np.full(filled.shape, float(day)),
    )
    return table.where(filled)


def _expose(exposure: _Numbers, persons: _Integers, shown: _Integers) -> None:
    for person, techniques in zip(persons, shown, strict=True):
        exposure[person] *= _EXPOSURE_KEPT
        exposure[person, techniques[techniques >= 0]] += 1.0


def _by_block(runs: Sequence[Run]) -> list[float]:
    regret = np.mean([run.best - run.benefit for run in runs], axis=0)
    return [
        round(1000.0 * float(regret[first : first + BLOCK].mean()), 1)
        for first in range(0, len(regret), BLOCK)
    ]


def _interval(values: _Numbers) -> dict[str, float]:
    mean, half = float(values.mean()), 0.0
    if len(values) > 1:
        quantile = _T_975[len(values) - 2] if len(values) - 2 < len(_T_975) else 2.2
        half = quantile * float(values.std(ddof=1)) / math.sqrt(len(values))
    return {"mean": round(mean, 1), "low": round(mean - half, 1), "high": round(mean + half, 1)}
