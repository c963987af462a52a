from collections import Counter
from dataclasses import replace

import pytest

from recommender.balance import DEMANDS, Demands, imbalances
from recommender.suggestions import DEFAULT_DIRECTORY, load_suggestions
from recommender.vocabulary import GENERAL, read_vocabulary

SHIPPED = load_suggestions()
VOCABULARY = read_vocabulary(DEFAULT_DIRECTORY)
MODEST = Demands(
    pairs=10,
    of_each_negative_mood=1,
    of_the_other_moods=1,
    of_each_technique=1,
    of_each_situation=1,
    general_of_each_negative_mood=1,
    technique_share=1.0,
    technique_share_of_mood=1.0,
    least_family_share_of_mood=0.0,
    family_share_of_mood=1.0,
    hard_share=1.0,
)


def complaints(suggestions, demands=MODEST):
    return list(imbalances(suggestions, VOCABULARY, demands))


def only(wanted, found):
    assert found
    assert all(wanted in complaint for complaint in found), found


def test_the_shipped_set_is_balanced():
    assert complaints(SHIPPED, DEMANDS) == []
    assert complaints(SHIPPED) == []


def test_too_few_pairs_of_the_set_and_of_each_mood_are_named():
    counts = Counter(suggestion.mood for suggestion in SHIPPED)
    least = replace(
        MODEST,
        pairs=len(SHIPPED) + 1,
        of_each_negative_mood=min(counts[mood] for mood in ("anger", "fear", "sadness")) + 1,
        of_the_other_moods=len(SHIPPED),
    )
    found = complaints(SHIPPED, least)
    assert any(complaint.startswith(f"{len(SHIPPED)} pairs; at least") for complaint in found)
    assert any("pairs for the other moods together" in complaint for complaint in found)
    assert any(complaint.split(";")[0].endswith(("anger", "fear", "sadness")) for complaint in found)


def test_a_technique_that_is_hardly_used_is_named():
    left = [s for s in SHIPPED if s.technique != "worry_time"]
    only("0 pairs of worry_time", complaints(left))


def test_a_technique_that_takes_too_much_of_the_set_is_named():
    most = replace(MODEST, technique_share=0.5)
    flooded = [replace(s, technique="small_task") if n % 3 else s for n, s in enumerate(SHIPPED)]
    found = [one for one in complaints(flooded, most) if "at least" not in one]
    only("are of the technique small_task; at most 50%", found)


def test_a_technique_that_takes_too_much_of_a_mood_is_named():
    most = replace(MODEST, technique_share_of_mood=0.5)
    flooded = [replace(s, technique="time_out") if s.mood == "anger" else s for s in SHIPPED]
    found = [one for one in complaints(flooded, most) if "for anger are of the technique" in one]
    only("technique time_out; at most 50%", found)


@pytest.mark.parametrize(("least", "most"), [(0.3, 1.0), (0.0, 0.2)])
def test_families_are_spread_over_each_mood(least, most):
    bounds = replace(MODEST, least_family_share_of_mood=least, family_share_of_mood=most)
    only("are of the family", complaints(SHIPPED, bounds))


def test_a_situation_that_nothing_speaks_to_is_named():
    left = [s for s in SHIPPED if "money" not in s.situation]
    only("0 pairs speak to the situation money", complaints(left))


def test_too_little_that_presumes_no_situation_is_named():
    general = replace(MODEST, general_of_each_negative_mood=len(SHIPPED))
    found = complaints(SHIPPED, general)
    only("presume no situation", found)
    assert len(found) == 3


def test_a_set_of_hard_things_is_named():
    hard = [replace(s, effort=4) if n % 2 and s.effort < 5 else s for n, s in enumerate(SHIPPED)]
    only("have an effort of 4 and more", complaints(hard, replace(MODEST, hard_share=0.2)))


@pytest.mark.parametrize(
    ("field", "value", "changes"),
    [
        ("contraindication", "eating_disorder", {"contraindications": frozenset()}),
        ("setting", "school", {"setting": ("anywhere",)}),
        ("time", "night", {"time": "any"}),
        ("effort", "5", {"effort": 2}),
    ],
)
def test_what_no_pair_uses_is_named(field, value, changes):
    def has(suggestion):
        return value in (
            *suggestion.contraindications,
            *suggestion.setting,
            suggestion.time,
            str(suggestion.effort),
        )

    changed = [replace(s, **changes) if has(s) else s for s in SHIPPED]
    assert f"no pair has the {field} {value}" in complaints(changed)


def test_too_little_choice_by_night_is_named():
    changed = [replace(s, time="day") if s.mood == "fear" else s for s in SHIPPED]
    found = complaints(changed)
    only("are left for fear at distress", [one for one in found if "families are left" in one])
    assert all("by night" in one for one in found if "families are left" in one)
    assert len([one for one in found if "families are left" in one]) == 11


def test_a_choice_of_one_family_is_named():
    changed = [replace(s, family="action") if s.mood == "neutral" else s for s in SHIPPED]
    only("of 1 families are left for neutral", complaints(changed))


@pytest.mark.parametrize(
    ("added", "who"),
    [("driving", "at the wheel"), ("recent_loss", "under all other contraindications")],
)
def test_too_little_choice_under_a_contraindication_is_named(added, who):
    changed = [
        replace(s, contraindications=s.contraindications | {added}) if s.mood == "anger" else s
        for s in SHIPPED
    ]
    found = complaints(changed)
    only(f"{who}; at least 3 of 2", found)
    assert len(found) == 10


def test_general_pairs_are_the_choice_for_anybody():
    changed = [
        replace(s, situation=("work",)) if s.mood == "surprise" and GENERAL in s.situation else s
        for s in SHIPPED
    ]
    assert any("left for surprise at distress 5 for anybody by day" in one for one in complaints(changed))
