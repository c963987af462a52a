import pytest

from tts_voices.pronunciation.persian_notation import is_reading
from tts_voices.pronunciation.persian_words import DOUBLED, derived_readings


@pytest.mark.parametrize(
    ("word", "reading"),
    [("حقم", "h'aqqam"), ("خطت", "x'attat"), ("سنش", "s'ennaS"), ("شکی", "S'akki"), ("حدشان", "h'addeSAn")],
)
def test_a_consonant_is_doubled_before_an_ending_with_a_vowel(word: str, reading: str) -> None:
    assert derived_readings(word, {}) == (reading,)


@pytest.mark.parametrize(
    "word", ["شکم", "سنت", "قدم", "صفت", "همشون", "حسین", "قدیم", "حلیم", "سمند", "خطا", "حس"]
)
def test_other_words_that_look_alike_are_not_derived(word: str) -> None:
    assert derived_readings(word, {}) == ()


def test_each_listed_word_ends_in_two_of_a_consonant() -> None:
    assert all(is_reading(reading) and reading[-1] == reading[-2] for reading in DOUBLED.values())
