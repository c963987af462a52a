from __future__ import annotations

import re
from typing import Any

import pytest

from actions.last_exercise import FIXED_EXERCISE, FIXED_TECHNIQUE, grounding_exercise, nothing_left_text
from recommender import load_suggestions
from recommender.suggestions import DEFAULT_DIRECTORY
from recommender.vocabulary import read_vocabulary

PAIRS = load_suggestions()
VOCABULARY = read_vocabulary(DEFAULT_DIRECTORY)
CALM: dict[str, Any] = {"mood": "fear", "distress": 5, "contraindications": frozenset(), "shown": frozenset()}


@pytest.mark.parametrize("mood", ["anger", "fear", "sadness", "happiness"])
@pytest.mark.parametrize("name", sorted(VOCABULARY.contraindications))
def test_the_exercise_contradicts_nothing(mood: str, name: str) -> None:
    pair = grounding_exercise(PAIRS, **{**CALM, "mood": mood, "contraindications": frozenset({name})})
    assert pair is not None
    assert VOCABULARY.techniques[pair.technique].family == "grounding"
    assert name not in pair.contraindications


def test_what_was_shown_comes_last() -> None:
    first = grounding_exercise(PAIRS, **CALM)
    assert first is not None
    second = grounding_exercise(PAIRS, **{**CALM, "shown": frozenset({first.id})})
    assert second not in (None, first)
    everything = frozenset(pair.id for pair in PAIRS)
    assert grounding_exercise(PAIRS, **{**CALM, "shown": everything}) == first


def test_an_exercise_of_the_mood_or_of_none_comes_before_others() -> None:
    pair = grounding_exercise(PAIRS, **CALM)
    assert pair is not None
    assert pair.mood in ("fear", "neutral")


def test_where_there_is_none_none_is_given() -> None:
    everything = frozenset(VOCABULARY.contraindications)
    barred = [pair for pair in PAIRS if pair.contraindications]
    assert grounding_exercise(barred, **{**CALM, "contraindications": everything}) is None
    assert grounding_exercise([], **CALM) is None


@pytest.mark.parametrize("language", ["en", "fa"])
def test_the_fixed_exercise_needs_no_body_breath_or_sight(language: str) -> None:
    needs = r"breath|look|see|eye|hand|feet|foot|stand|walk|hear|نفس|نگاه|ببین|چشم|دست|پا\b|بایست|راه بر|بشنو"
    assert not re.search(needs, FIXED_EXERCISE[language])
    assert FIXED_EXERCISE[language] in nothing_left_text(FIXED_EXERCISE[language], language)
    assert FIXED_TECHNIQUE in VOCABULARY.techniques
