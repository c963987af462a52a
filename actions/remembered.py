"""What helped a person in an earlier talk, offered to them once more, at the beginning of this one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from recommender import SUGGESTIONS_SHOWN, RankedSuggestion, Suggestion

__all__ = ["as_offered", "remembered_suggestion", "with_remembered"]

CHOSEN_BY_RULE = "rule"
"""Stands for the model's name where no model chose."""


def remembered_suggestion(
    helped: Iterable[str],
    pairs: Mapping[str, Suggestion],
    *,
    mood: str,
    distress: float,
    contraindications: frozenset[str],
    situations: frozenset[str],
) -> Suggestion | None:
    """The newest of what helped that may be said now; None where none may.

    Args:
        helped: ids, the newest first.
        pairs: all suggestions by id.
        mood: the mood for which something is suggested.
        distress: 0–10.
        contraindications: what holds for the person.
        situations: what they have told of, "general" included; what presumes something else is left out.
    """
    for identifier in helped:
        pair = pairs.get(identifier)
        if (
            pair is not None
            and pair.mood == mood
            and pair.distress_min <= distress <= pair.distress_max
            and not pair.contraindications & contraindications
            and situations & set(pair.situation)
            and pair.time == "any"
        ):
            return pair
    return None


def as_offered(pair: Suggestion, language: str) -> RankedSuggestion:
    """A suggestion that a rule has put first, in the recommender's form.

    No chance took part, and nothing else could have stood there; so it says, for whoever weighs feedback.
    """
    return RankedSuggestion(
        id=pair.id,
        text=pair.text(language),
        language=language,
        mood=pair.mood,
        technique=pair.technique,
        family=pair.family,
        effort=pair.effort,
        minutes=pair.minutes,
        place=1,
        score=0.0,
        propensity=1.0,
        technique_propensity=1.0,
        alternatives={pair.technique: 1.0},
        model=CHOSEN_BY_RULE,
    )


def with_remembered(
    remembered: RankedSuggestion, ranked: Sequence[RankedSuggestion]
) -> list[RankedSuggestion]:
    """The remembered one before the others; of a full choice one gives way, if possible of its own family.

    So that a full choice still comes from two families.
    """
    others = list(ranked)
    if len(others) >= SUGGESTIONS_SHOWN:
        alike = [item for item in others if item.family == remembered.family]
        others.remove(alike[0] if alike else others[-1])
    return [remembered, *others]
