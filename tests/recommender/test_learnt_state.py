import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.bandit import LearntPreferences, PersonalPreferences
from recommender.decisions import Context, Decision, DecisionTable
from recommender.learnt_state import (
    LearntStateError,
    personal_from_text,
    personal_to_text,
    preferences_from_text,
    preferences_to_text,
)

FAMILIES = {"a": "x", "b": "x", "c": "y"}
FEAR = Context("fear", 6.0, True)


def table():
    random = np.random.default_rng(0)
    rows = [
        Decision(
            "p",
            FEAR,
            int(random.integers(3)),
            "ab"[int(random.integers(2))],
            0.3,
            {},
            random.random(),
            0.7,
            9.5,
        )
        for _ in range(200)
    ]
    return DecisionTable.of(rows, tuple(FAMILIES))


@pytest.fixture
def preferences():
    learnt = LearntPreferences(FAMILIES)
    learnt.learn(table())
    return learnt


@pytest.fixture
def personal(preferences):
    return PersonalPreferences.none().learnt(table(), preferences)


def changed(text, change):
    content = json.loads(text)
    change(content)
    return json.dumps(content)


def test_what_was_learnt_comes_back_and_goes_on_learning(preferences):
    back = preferences_from_text(preferences_to_text(preferences), FAMILIES)
    assert back.corrections(FEAR) == pytest.approx(preferences.corrections(FEAR))
    assert back.day == 9.5
    for each in (back, preferences):
        each.learn(table())
    assert back.corrections(FEAR) == pytest.approx(preferences.corrections(FEAR))


def test_a_fresh_state_comes_back(preferences):
    back = preferences_from_text(preferences_to_text(LearntPreferences(FAMILIES)), FAMILIES)
    assert set(back.corrections(FEAR).values()) == {0.0}
    assert back.day is None


def test_techniques_that_are_gone_are_dropped_and_new_ones_start_at_nothing(preferences):
    back = preferences_from_text(preferences_to_text(preferences), {"new": "w", "b": "x"})
    corrections = back.corrections(FEAR)
    assert set(corrections) == {"new", "b"}
    assert not back.precision[0].any()
    np.testing.assert_allclose(back.precision[1], preferences.precision[1])


def test_one_persons_preferences_come_back(preferences, personal):
    back = personal_from_text(personal_to_text(personal), FAMILIES)
    assert back == personal
    assert (
        personal_from_text(personal_to_text(PersonalPreferences.none()), FAMILIES)
        == PersonalPreferences.none()
    )


def test_one_persons_preferences_of_a_technique_that_is_gone_are_dropped(personal):
    assert set(personal_from_text(personal_to_text(personal), {"b": "x"}).weight) == {"b"}


def test_the_state_of_all_names_no_person(preferences):
    assert set(json.loads(preferences_to_text(preferences))) == {
        "version",
        "features",
        "day",
        "places",
        "techniques",
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.update(version=2), "version"),
        (lambda c: c.update(version=None), "version"),
        (lambda c: c.update(features=["any"]), "features"),
        (lambda c: c.update(day="today"), "day"),
        (lambda c: c.update(day=-1), "day"),
        (lambda c: c.update(day=True), "day"),
        (lambda c: c.pop("places"), "places"),
        (lambda c: c["places"].pop(), "places"),
        (lambda c: c["places"].__setitem__(0, [1.0, 5.0]), "impossible places"),
        (lambda c: c["places"].__setitem__(0, [-1.0, -5.0]), "impossible places"),
        (lambda c: c.update(techniques=[]), "techniques"),
        (lambda c: c["techniques"].update(a=3), "object"),
        (lambda c: c["techniques"]["a"].pop("response"), "response"),
        (lambda c: c["techniques"]["a"]["response"].append(0.0), "response"),
        (lambda c: c["techniques"]["a"]["response"].__setitem__(0, "1"), "response"),
        (lambda c: c["techniques"]["a"]["response"].__setitem__(0, None), "response"),
        (lambda c: c["techniques"]["a"]["response"].__setitem__(0, 1e200), "response"),
        (lambda c: c["techniques"]["a"]["response"].__setitem__(0, 10**400), "response"),
        (lambda c: c["techniques"]["a"]["precision"].__setitem__(0, float("nan")), "precision"),
        (lambda c: c["techniques"]["a"]["precision"].__setitem__(0, -50.0), "sum of squares"),
        (lambda c: c["techniques"]["a"]["precision"].__setitem__(0, True), "precision"),
        (lambda c: c["techniques"]["a"]["precision"].__setitem__(0, [1.0]), "precision"),
    ],
)
def test_a_damaged_state_is_refused_with_what_to_do(preferences, change, message):
    text = changed(preferences_to_text(preferences), change)
    with pytest.raises(LearntStateError, match=message) as refused:
        preferences_from_text(text, FAMILIES)
    assert "start with a fresh one" in str(refused.value)


@pytest.mark.parametrize("text", ["", "nonsense", "[]", "3", "[" * 100_000, "\ud800", "{}"])
def test_what_is_no_state_is_refused(text):
    for read in (lambda: preferences_from_text(text, FAMILIES), lambda: personal_from_text(text, FAMILIES)):
        with pytest.raises(LearntStateError):
            read()


@pytest.mark.parametrize(
    "pair", [[-1.0, 0.0], [1.0], "x", None, [float("inf"), 0.0], [1.0, float("nan")], {"a": 1}]
)
def test_damaged_preferences_of_a_person_are_refused(personal, pair):
    text = changed(personal_to_text(personal), lambda content: content["techniques"].update(a=pair))
    with pytest.raises(LearntStateError):
        personal_from_text(text, FAMILIES)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(['"', "}", "9", "-", "", "e", "NaN", "[]"]))
def test_a_damaged_byte_is_refused_or_harmless(place, put):
    learnt = LearntPreferences(FAMILIES)
    learnt.learn(table())
    text = preferences_to_text(learnt)
    at = place % len(text)
    try:
        back = preferences_from_text(text[:at] + put + text[at + 1 :], FAMILIES)
    except LearntStateError:
        return
    assert all(abs(value) <= learnt.learning.bound for value in back.corrections(FEAR).values())
