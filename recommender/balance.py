"""What a complete set must offer as a whole: counts, spread, and a choice left for everybody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from emotion import MOODS, NEGATIVE_MOODS
from recommender.suggestions import HIGHEST_DISTRESS, TIMES, Suggestion
from recommender.vocabulary import GENERAL, Vocabulary

__all__ = ["DEMANDS", "Demands", "imbalances"]


@dataclass(frozen=True)
class Demands:
    """The least and the most of everything; counts are of pairs, shares are 0–1."""

    pairs: int = 2_500
    of_each_negative_mood: int = 800
    of_the_other_moods: int = 300
    of_each_technique: int = 30
    of_each_situation: int = 8
    general_of_each_negative_mood: int = 100
    technique_share: float = 0.1
    technique_share_of_mood: float = 0.12
    least_family_share_of_mood: float = 0.03
    family_share_of_mood: float = 0.35
    hard_share: float = 0.1
    choice: int = 3
    choice_families: int = 2


DEMANDS = Demands()
"""What the set of this project must fulfil."""

_HARD = 4
_EFFORTS = range(1, 6)
_WHEEL = "driving"


def imbalances(
    suggestions: Sequence[Suggestion], vocabulary: Vocabulary, demands: Demands = DEMANDS
) -> Iterator[str]:
    """What the set as a whole lacks or has too much of, each with the count and what is demanded."""
    yield from _counts(suggestions, demands)
    yield from _unused(suggestions, vocabulary)
    yield from _techniques(suggestions, vocabulary, demands)
    yield from _families(suggestions, vocabulary, demands)
    yield from _situations(suggestions, vocabulary, demands)
    yield from _choices(suggestions, vocabulary, demands)


def _counts(suggestions: Sequence[Suggestion], demands: Demands) -> Iterator[str]:
    counts = Counter(suggestion.mood for suggestion in suggestions)
    others = sum(counts[mood] for mood in MOODS if mood not in NEGATIVE_MOODS)
    wanted = [
        ("pairs", len(suggestions), demands.pairs),
        *((f"pairs for {mood}", counts[mood], demands.of_each_negative_mood) for mood in NEGATIVE_MOODS),
        ("pairs for the other moods together", others, demands.of_the_other_moods),
    ]
    for what, count, least in wanted:
        if count < least:
            yield f"{count} {what}; at least {least} are demanded"
    hard = sum(suggestion.effort >= _HARD for suggestion in suggestions)
    if hard > demands.hard_share * len(suggestions):
        yield f"{hard} pairs have an effort of {_HARD} and more; at most {demands.hard_share:.0%}"


def _unused(suggestions: Sequence[Suggestion], vocabulary: Vocabulary) -> Iterator[str]:
    used = {
        "contraindication": {name for s in suggestions for name in s.contraindications},
        "setting": {name for s in suggestions for name in s.setting},
        "time": {s.time for s in suggestions},
        "effort": {str(s.effort) for s in suggestions},
    }
    known = {
        "contraindication": tuple(vocabulary.contraindications),
        "setting": tuple(vocabulary.settings),
        "time": TIMES,
        "effort": tuple(map(str, _EFFORTS)),
    }
    for field, names in known.items():
        for name in names:
            if name not in used[field]:
                yield f"no pair has the {field} {name}"


def _techniques(suggestions: Sequence[Suggestion], vocabulary: Vocabulary, demands: Demands) -> Iterator[str]:
    counts = Counter(suggestion.technique for suggestion in suggestions)
    for technique in vocabulary.techniques:
        if counts[technique] < demands.of_each_technique:
            yield f"{counts[technique]} pairs of {technique}; at least {demands.of_each_technique}"
        if counts[technique] > demands.technique_share * len(suggestions):
            yield (
                f"{counts[technique]} of {len(suggestions)} pairs are of the technique {technique}; "
                f"at most {demands.technique_share:.0%}"
            )
    for mood, own in _negative(suggestions):
        for technique, count in Counter(suggestion.technique for suggestion in own).items():
            if count > demands.technique_share_of_mood * len(own):
                yield (
                    f"{count} of {len(own)} pairs for {mood} are of the technique {technique}; "
                    f"at most {demands.technique_share_of_mood:.0%}"
                )


def _families(suggestions: Sequence[Suggestion], vocabulary: Vocabulary, demands: Demands) -> Iterator[str]:
    least, most = demands.least_family_share_of_mood, demands.family_share_of_mood
    for mood, own in _negative(suggestions):
        counts = Counter(suggestion.family for suggestion in own)
        for family in vocabulary.families:
            if not least * len(own) <= counts[family] <= most * len(own):
                yield (
                    f"{counts[family]} of {len(own)} pairs for {mood} are of the family {family}; "
                    f"from {least:.0%} to {most:.0%}"
                )


def _situations(suggestions: Sequence[Suggestion], vocabulary: Vocabulary, demands: Demands) -> Iterator[str]:
    counts = Counter(name for suggestion in suggestions for name in suggestion.situation)
    for name in vocabulary.situations:
        if counts[name] < demands.of_each_situation:
            yield f"{counts[name]} pairs speak to the situation {name}; at least {demands.of_each_situation}"
    for mood, own in _negative(suggestions):
        general = sum(GENERAL in suggestion.situation for suggestion in own)
        if general < demands.general_of_each_negative_mood:
            yield (
                f"{general} pairs for {mood} presume no situation; "
                f"at least {demands.general_of_each_negative_mood}"
            )


def _choices(suggestions: Sequence[Suggestion], vocabulary: Vocabulary, demands: Demands) -> Iterator[str]:
    others = frozenset(vocabulary.contraindications) - {_WHEEL}
    for mood in MOODS:
        own = [suggestion for suggestion in suggestions if suggestion.mood == mood]
        for distress in range(HIGHEST_DISTRESS + 1):
            fitting = [s for s in own if s.distress_min <= distress <= s.distress_max]
            left = {
                f"for anybody by {time}": [
                    s for s in fitting if s.time in ("any", time) and GENERAL in s.situation
                ]
                for time in ("day", "night")
            }
            if mood in NEGATIVE_MOODS and distress > 0:
                left["at the wheel"] = [s for s in fitting if _WHEEL not in s.contraindications]
                left["under all other contraindications"] = [
                    s for s in fitting if not s.contraindications & others
                ]
            for who, choice in left.items():
                families = len({s.family for s in choice})
                if len(choice) < demands.choice or families < demands.choice_families:
                    yield (
                        f"{len(choice)} pairs of {families} families are left for {mood} at distress "
                        f"{distress} {who}; at least {demands.choice} of {demands.choice_families}"
                    )


def _negative(suggestions: Sequence[Suggestion]) -> Iterator[tuple[str, list[Suggestion]]]:
    for mood in NEGATIVE_MOODS:
        own = [suggestion for suggestion in suggestions if suggestion.mood == mood]
        if own:
            yield mood, own
