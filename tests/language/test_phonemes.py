from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from language.phonemes import phonemes, sound_distance, sound_weight


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("طلا", "تلا"),  # letters of one sound
        ("می‌ترسم", "میترسم"),  # a half-space is silent
        ("کمک کرد", "کمککرد"),  # so is a space
        ("فارسي", "فارسی"),  # Arabic letters
        ("know", "no"),
        ("Farsi", "farsi!"),
    ],
)
def test_what_sounds_alike_is_alike(one: str, other: str) -> None:
    assert phonemes(one) == phonemes(other) != ""


def test_a_vowel_mark_tells_nine_from_no() -> None:
    assert phonemes("نُه") != phonemes("نه")


def test_both_scripts_share_one_alphabet() -> None:
    assert sound_distance("fArsi", phonemes("Farsi")) < 0.5
    assert sound_distance("fArsi", phonemes("فارسی")) == 0


def test_a_misheard_word_is_nearer_than_another_one() -> None:
    assert sound_distance("bale", phonemes("باله")) < sound_distance("bale", phonemes("نه"))
    assert sound_distance("asabAni", phonemes("آسبانی")) < sound_distance("asabAni", phonemes("غمگین"))


def test_a_lost_ending_costs_less_than_a_lost_beginning() -> None:
    assert sound_distance("hatman", "hatma") < sound_distance("hatman", "atman") + 0.5
    assert sound_distance("komakkard", "komakkar") < sound_distance("komakkard", "omakkard")


def test_a_distance_beyond_the_most_asked_for_is_infinite() -> None:
    assert sound_distance("asabAni", "xoShAl", most=0.5) == math.inf


@pytest.mark.parametrize("text", ["", "😀", "1234", "…؟!", "日本"])
def test_what_has_no_letters_has_no_sound(text: str) -> None:
    assert phonemes(text) == ""


@given(st.text(max_size=60))
def test_any_text_has_sounds_of_the_alphabet_alone(text: str) -> None:
    assert set(phonemes(text)) <= set("bptdkgqfvszSZCJxhmnlrywaAeiou")


@given(st.text(alphabet="bdSaAeim", max_size=12), st.text(alphabet="bdSaAeim", max_size=12))
def test_a_distance_is_never_more_than_losing_all_and_adding_all(one: str, other: str) -> None:
    assert 0 <= sound_distance(one, other) <= sound_weight(one) + sound_weight(other) + 1e-9
    assert sound_distance(one, one) == 0
