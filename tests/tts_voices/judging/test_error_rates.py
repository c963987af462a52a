import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tts_voices.judging.error_rates import (
    Edits,
    compare,
    fold_phones,
    rate,
    rate_difference,
    rate_ratio,
    text_units,
)
from tts_voices.pronunciation.phones import CLOSING_MARKS, MARKS, SYMBOLS

WORDS = st.lists(st.sampled_from("abc"), max_size=12)


@pytest.mark.parametrize(
    ("wanted", "heard", "expected"),
    [
        ("", "", Edits(0, 0, 0, 0)),
        ("abc", "abc", Edits(0, 0, 0, 3)),
        ("abc", "", Edits(0, 3, 0, 3)),
        ("", "ab", Edits(2, 0, 0, 0)),
        ("abc", "axc", Edits(0, 0, 1, 3)),
        ("abc", "ac", Edits(0, 1, 0, 3)),
        ("abc", "abbc", Edits(1, 0, 0, 3)),
        ("kitten", "sitting", Edits(1, 0, 2, 6)),
        ("abcd", "bcdx", Edits(1, 1, 0, 4)),
        ("ab", "ba", Edits(0, 0, 2, 2)),
    ],
)
def test_edits_are_the_fewest_and_told_apart(wanted: str, heard: str, expected: Edits) -> None:
    assert compare(wanted, heard) == expected


@settings(deadline=None)
@given(WORDS, WORDS)
def test_edits_agree_with_a_plain_distance(wanted: list[str], heard: list[str]) -> None:
    benchmark = pytest.importorskip("benchmarks.asr", reason="needs the gateway's environment")
    edits = compare(wanted, heard)
    assert edits.errors == benchmark._distance(wanted, heard)
    assert edits.insertions - edits.deletions == len(heard) - len(wanted)
    assert min(edits.insertions, edits.deletions, edits.substitutions) >= 0


@settings(deadline=None)
@given(WORDS, WORDS)
def test_turned_round_insertions_are_deletions(wanted: list[str], heard: list[str]) -> None:
    there, back = compare(wanted, heard), compare(heard, wanted)
    assert (there.insertions, there.deletions) == (back.deletions, back.insertions)


def test_stress_and_marks_are_left_out() -> None:
    assert fold_phones(["^", "hh", "ax", "l", "ow1", ",", "m", "ay0", "?"], "en") == [
        "hh",
        "ax",
        "l",
        "ow",
        "m",
        "ay",
    ]


@pytest.mark.parametrize("language", ["en", "fa"])
@pytest.mark.parametrize("closing", CLOSING_MARKS)
def test_no_sound_is_taken_for_a_mark(language: str, closing: str) -> None:
    for symbol in SYMBOLS[language][len(MARKS) :]:
        assert fold_phones(["^", symbol, ",", symbol, closing], language) == [symbol.rstrip("01")] * 2


def test_nothing_folds_to_nothing() -> None:
    assert fold_phones([], "en") == []
    assert fold_phones(["^", "."], "fa") == []


@pytest.mark.parametrize(
    ("text", "language", "units"),
    [
        ("Don't — go, please!", "en", ["don't", "go", "please"]),
        ("می‌خواهم.", "fa", list("می خواهم")),
        ("كتاب ي", "fa", list("کتاب ی")),
        ("…", "en", []),
        ("", "fa", []),
    ],
)
def test_texts_are_compared_by_words_or_characters(text: str, language: str, units: list[str]) -> None:
    assert text_units(text, language) == units


@settings(deadline=None)
@given(st.text(max_size=60), st.sampled_from(["en", "fa"]))
def test_texts_are_cut_as_the_benchmark_of_recognition_does(text: str, language: str) -> None:
    benchmark = pytest.importorskip("benchmarks.asr", reason="needs the gateway's environment")
    assert text_units(text, language) == benchmark._units(text, language)


def test_a_rate_is_that_of_the_sums_and_lies_in_its_interval() -> None:
    figure = rate([1, 0, 3], [10, 20, 10])
    assert figure.value == pytest.approx(0.1)
    assert figure.low is not None
    assert figure.high is not None
    assert 0 <= figure.low <= 0.1 <= figure.high <= 0.3


def test_the_interval_holds_the_true_rate_nineteen_times_of_twenty() -> None:
    chance = np.random.default_rng(5)
    hits = 0
    for seed in range(200):
        figure = rate(chance.binomial(30, 0.1, size=80).tolist(), [30] * 80, seed)
        hits += figure.low <= 0.1 <= figure.high  # type: ignore[operator]
    assert 176 <= hits <= 200


def test_more_sentences_narrow_the_interval() -> None:
    chance = random.Random(1)
    few = [chance.randint(0, 3) for _ in range(20)]
    wide, narrow = rate(few, [10] * 20), rate(few * 25, [10] * 500)
    assert narrow.high - narrow.low < 0.4 * (wide.high - wide.low)  # type: ignore[operator]


def test_a_paired_difference_is_surer_than_its_parts() -> None:
    floor = [0, 5, 1, 9, 2, 7, 0, 4] * 10
    worse = [one + 1 for one in floor]
    figure = rate_difference(worse, [20] * 80, floor, [20] * 80)
    assert figure.value == pytest.approx(0.05)
    assert figure.low == pytest.approx(0.05)
    assert figure.high == pytest.approx(0.05)


def test_the_ratio_of_errors_to_a_teacher_without_any_is_unknown() -> None:
    assert rate_ratio([1, 2], [0, 0]).value is None
    assert rate_ratio([2, 4], [1, 2]).value == pytest.approx(2.0)


@pytest.mark.parametrize(("parts", "wholes"), [([], []), ([0.0, 0.0], [0.0, 0.0])])
def test_nothing_to_divide_by_gives_no_figure(parts: list[float], wholes: list[float]) -> None:
    figure = rate(parts, wholes)
    assert (figure.value, figure.low, figure.high) == (None, None, None)
