import math

import numpy as np
import pytest

from emotion import MOODS
from recommender.decisions import FEATURES, Context, Decision, DecisionTable, features_of

TECHNIQUES = ("a", "b")


def decision(**changes):
    values = {
        "person": "p",
        "context": Context("fear", 5.0, True),
        "place": 0,
        "technique": "a",
        "propensity": 0.5,
        "alternatives": {"a": 0.5, "b": 0.5},
        "reward": 0.75,
        "evidence": 1.0,
        "day": 3.0,
    }
    return Decision(**{**values, **changes})


@pytest.mark.parametrize(
    ("context", "names"),
    [
        (Context("fear", 3.9, False), {"any", "mood:fear", "distress:low", "time:day"}),
        (Context("anger", 4.0, True), {"any", "mood:anger", "distress:middle", "time:night"}),
        (Context("sadness", 7.0, None), {"any", "mood:sadness", "distress:high"}),
        (Context("neutral"), {"any", "mood:neutral"}),
        (Context("neutral", math.nan), {"any", "mood:neutral"}),
    ],
)
def test_features_name_what_is_known_and_nothing_else(context, names):
    assert {name for name, value in zip(FEATURES, context.features(), strict=True) if value} == names


def test_no_feature_tells_the_language():
    assert not [name for name in FEATURES if "language" in name or "fa" in name.split(":")]


def test_many_moments_at_once_have_the_same_features_as_one():
    moments = [
        (mood, distress, night) for mood in MOODS for distress in (0.0, 5.0, 9.5) for night in (True, False)
    ]
    many = features_of(
        np.array([MOODS.index(mood) for mood, _, _ in moments]),
        np.array([distress for _, distress, _ in moments]),
        np.array([night for _, _, night in moments]),
    )
    for row, moment in zip(many, moments, strict=True):
        assert np.array_equal(row, Context(*moment).features())


def test_unknown_techniques_and_moods_are_left_out():
    rows = [
        decision(),
        decision(technique="gone"),
        decision(context=Context("grief")),
        decision(technique="b"),
    ]
    table = DecisionTable.of(rows, TECHNIQUES)
    assert table.technique.tolist() == [0, 1]


@pytest.mark.parametrize(
    "changes",
    [
        {"reward": None},
        {"reward": math.nan},
        {"reward": math.inf},
        {"reward": -0.1},
        {"reward": 1e300},
        {"evidence": 0.0},
        {"evidence": math.nan},
        {"evidence": 7.0},
        {"propensity": 0.0},
        {"propensity": -1.0},
        {"propensity": 1.5},
        {"propensity": math.nan},
        {"place": -1},
        {"place": 10**30},
        {"day": math.inf},
        {"day": -1.0},
        {"day": 1e300},
    ],
)
def test_a_decision_with_an_impossible_number_teaches_nothing(changes):
    table = DecisionTable.of([decision(), decision(**changes)], TECHNIQUES)
    assert len(table) == 2
    assert len(table.usable()) == 1


def test_an_empty_table_keeps_its_shape():
    table = DecisionTable.of([], TECHNIQUES)
    assert len(table.usable()) == 0
    assert table.features.shape == (0, len(FEATURES))
    assert len(DecisionTable.joined([table, DecisionTable.of([decision()], TECHNIQUES)])) == 1
