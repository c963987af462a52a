"""Answers to closed questions, matched by sound: what was meant where the recogniser wrote something like it.

A question that the bot asks ("Did one help?") has few answers, and each of them few forms. What was heard,
with its alternatives, is compared with all of them by `sound_distance`; the nearest answer wins if it is
near enough and no other is about as near. Its confidence is that of a logistic regression over distance,
lead and length, fitted to recordings (`benchmarks.closed_answers`, half "calibration").
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from language.answer_forms import ENGLISH_FORMS, PERSIAN_FORMS, QUESTION_ANSWERS, UNSURE
from language.detect import detect_script_language
from language.numbers import parse_small_number
from language.phonemes import phonemes, sound_distance, sound_weight

__all__ = [
    "ACCEPTED_CONFIDENCE",
    "ASKED_CONFIDENCE",
    "QUESTIONS",
    "ClosedAnswer",
    "known_forms",
    "match_closed_answer",
]

QUESTIONS = tuple(QUESTION_ANSWERS)
"""yes_no, consent, helped, feeling, distress, language."""

ACCEPTED_CONFIDENCE = 0.9
"""From here on an answer counts without asking again."""

ASKED_CONFIDENCE = 0.6
"""From here on it is worth asking "Did you say …?"."""

_MEANS = {"agreed": "yes", "refused": "no", "did_help": "yes", "no_help": "no"}
_NO_ANSWER = frozenset({UNSURE, "unwell", "bare_no"})
_MOST_SOUNDS = 30
"""Nobody answers a closed question with more; a longer turn is for the dialogue to understand."""
_MOST_ALTERNATIVES = 3
_ALTERNATIVE_COST = 0.2
_OTHER_LANGUAGE_COST = 0.35
_FAR = 0.5
"""Per unit of length; beyond it nothing is like anything."""
_CHEAP_ENDING = 0.3
_MISREAD = 0.5
_FULL_LEAD = 0.8
_COEFFICIENTS = {"intercept": 2.23, "distance": -10.1, "lead": 1.64, "length": 0.46}


@dataclass(frozen=True)
class ClosedAnswer:
    """What a closed question was answered.

    Attributes:
        answer: of "yes_no" and "consent": yes, no; of "helped" also first, second, third, another; of
            "feeling" anger, fear, sadness, happiness, neutral; of "distress" "0" to "10"; of "language"
            fa, en.
        confidence: 0–1, how often such a match is right.
    """

    answer: str
    confidence: float


@dataclass(frozen=True)
class _Form:
    answer: str
    language: str
    sounds: str
    weight: float


def match_closed_answer(
    question: str, text: str, *, language: str, alternatives: Sequence[str] = ()
) -> ClosedAnswer | None:
    """The answer that was most likely given, or None where nothing is near enough or two are equally near.

    Never raises for any text.

    Args:
        question: one of `QUESTIONS`.
        text: what the recogniser wrote, or somebody typed.
        language: "en" or "fa", of the talk; forms of the other language count for a little less.
        alternatives: what else the recogniser may have heard, likeliest first.

    Raises:
        ValueError: for a question that is not one of them.
    """
    if question not in QUESTION_ANSWERS:
        raise ValueError(f"no such closed question: {question!r}; known are {', '.join(QUESTIONS)}")
    if question == "distress":
        number = parse_small_number(text, language)
        if number is not None:
            return ClosedAnswer(str(number), 1.0)
    measured = _measured(question, text, language, alternatives)
    if measured is None or measured.answer in _NO_ANSWER:
        return None
    return ClosedAnswer(measured.answer, round(_confidence(measured), 3))


@dataclass(frozen=True)
class _Measured:
    """`distance` is per unit of length, `lead` over the next answer absolute, `length` the form's weight."""

    answer: str
    distance: float
    lead: float
    length: float


def _measured(question: str, text: str, language: str, alternatives: Sequence[str]) -> _Measured | None:
    best: dict[str, tuple[float, _Form, float]] = {}
    for cost, sounds, foreign in _heard(text, alternatives, language):
        weight = sound_weight(sounds)
        for form in _forms(question):
            extra = cost + (_OTHER_LANGUAGE_COST if foreign or form.language != language else 0.0)
            size = (form.weight + weight) / 2
            most = _FAR * size - extra
            # Lost and added sounds alone make up the difference in weight, but for a cheaper ending.
            if abs(form.weight - weight) - _CHEAP_ENDING > most:
                continue
            if form.answer in best:
                most = min(most, best[form.answer][0] - extra)
            distance = sound_distance(form.sounds, sounds, most)
            if distance < most:
                best[form.answer] = distance + extra, form, size
    if not best:
        return None
    ranked = sorted(best.items(), key=lambda item: item[1][0])
    answer, (distance, form, size) = ranked[0]
    lead = ranked[1][1][0] - distance if len(ranked) > 1 else _FULL_LEAD
    return _Measured(answer, distance / size, min(lead, _FULL_LEAD), min(form.weight, 4.0))


def _heard(text: str, alternatives: Sequence[str], language: str) -> Iterator[tuple[float, str, bool]]:
    """Each wording's extra cost, its sounds, and whether it is written in the other language's script."""
    known: set[str] = set()
    for place, words in enumerate((text, *alternatives[:_MOST_ALTERNATIVES])):
        sounds = phonemes(words[:200])
        if 0 < len(sounds) <= _MOST_SOUNDS and sounds not in known:
            known.add(sounds)
            foreign = detect_script_language(words) not in (None, language)
            yield (_ALTERNATIVE_COST if place else 0.0), sounds, foreign


def _confidence(measured: _Measured) -> float:
    score = (
        _COEFFICIENTS["intercept"]
        + _COEFFICIENTS["distance"] * measured.distance
        + _COEFFICIENTS["lead"] * measured.lead
        + _COEFFICIENTS["length"] * measured.length
    )
    return 1 / (1 + math.exp(-score))


@cache
def _forms(question: str) -> tuple[_Form, ...]:
    found = []
    for group in QUESTION_ANSWERS[question]:
        answer = _MEANS.get(group, group)
        for written in _split(PERSIAN_FORMS, group):
            spelled, _, sounds = written.rpartition(" ")
            found.append(_Form(answer, "fa", sounds, sound_weight(sounds)))
            read = phonemes(spelled)
            if sound_distance(sounds, read) > _MISREAD:  # written vowels and doubled letters mislead
                found.append(_Form(answer, "fa", read, sound_weight(read)))
        for written in _split(ENGLISH_FORMS, group):
            sounds = phonemes(written)
            found.append(_Form(answer, "en", sounds, sound_weight(sounds)))
    return tuple(found)


def known_forms(question: str, language: str) -> dict[str, frozenset[str]]:
    """The written forms of each answer, as somebody would type them.

    Raises:
        ValueError: for a question that is not one of `QUESTIONS`.
    """
    if question not in QUESTION_ANSWERS:
        raise ValueError(f"no such closed question: {question!r}; known are {', '.join(QUESTIONS)}")
    table = PERSIAN_FORMS if language == "fa" else ENGLISH_FORMS
    forms: dict[str, set[str]] = {}
    for group in QUESTION_ANSWERS[question]:
        answer = _MEANS.get(group, group)
        if answer in _NO_ANSWER:
            continue
        written = (form.rpartition(" ")[0] if language == "fa" else form for form in _split(table, group))
        forms.setdefault(answer, set()).update(written)
    return {answer: frozenset(written) for answer, written in forms.items()}


def _split(table: Mapping[str, str], group: str) -> list[str]:
    return [" ".join(form.split()) for form in table[group].split("|")]
