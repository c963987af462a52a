"""What is said when no suggestion is left: kindly so, and one exercise that asks nothing of a body."""

from __future__ import annotations

from collections.abc import Iterable

from recommender import Suggestion

__all__ = ["FIXED_EXERCISE", "FIXED_TECHNIQUE", "grounding_exercise", "nothing_left_text"]

_TECHNIQUES = ("senses_grounding", "body_grounding")
_GENERAL = "general"

FIXED_EXERCISE = {
    "en": (
        "Slowly, as you would tell a friend, tell yourself your name, what day it is today, "
        "and where you are."
    ),
    "fa": (
        "آرام، همان‌طور که به یک دوست می‌گویید، به خودتان بگویید اسمتان چیست، امروز چه روزی است "
        "و الان کجا هستید."
    ),
}
"""Needs no part of the body, no breath, no sight, no place, no other person."""

FIXED_TECHNIQUE = "senses_grounding"
"""The technique by which it is explained."""

_NOTHING_LEFT = {
    "en": (
        "For now I have nothing else that would suit you, and that isn't your fault. One quiet thing is "
        "always left, if you like. {exercise} I'm here, and I'm still listening."
    ),
    "fa": (
        "فعلاً پیشنهاد دیگری که به شما بخورد ندارم و این تقصیر شما نیست. اگر دوست دارید، یک کار آرام همیشه "
        "می‌ماند. {exercise} من اینجا هستم و هنوز گوش می‌دهم."
    ),
}


def grounding_exercise(
    suggestions: Iterable[Suggestion],
    *,
    mood: str,
    distress: float,
    contraindications: frozenset[str],
    shown: frozenset[str],
) -> Suggestion | None:
    """A grounding exercise that contradicts nothing, the easiest first; None where there is none.

    Those of the mood and those of no mood come before those that were written for another one, and what has
    not been shown before what has.

    Args:
        suggestions: all there are.
        mood: the mood of the talk.
        distress: 0–10.
        contraindications: what holds for the person.
        shown: ids of what was shown in this talk.
    """
    fitting = [
        pair
        for pair in suggestions
        if pair.technique in _TECHNIQUES
        and not pair.contraindications & contraindications
        and pair.distress_min <= distress <= pair.distress_max
        and _GENERAL in pair.situation
        and pair.time == "any"
    ]
    return min(
        fitting,
        key=lambda pair: (pair.id in shown, pair.mood not in (mood, "neutral"), pair.effort, pair.id),
        default=None,
    )


def nothing_left_text(exercise: str, language: str) -> str:
    """The whole text around an exercise's sentence."""
    return _NOTHING_LEFT[language].format(exercise=exercise)
