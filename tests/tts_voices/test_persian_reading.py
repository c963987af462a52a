import shutil
import subprocess

import pytest

from tts_voices.persian_reading import SHORT_FINAL_E, VOWELS_MARKED, marked_persian

needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="apt-get install espeak-ng")


def _phonemes(text: str) -> str:
    done = subprocess.run(
        ["espeak-ng", "-v", "fa", "-q", "--ipa", "--stdin"],
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip().replace("ˈ", "").replace("ˌ", "")


@needs_espeak
@pytest.mark.parametrize("word", sorted(SHORT_FINAL_E))
def test_the_final_vowel_becomes_short_and_nothing_else_changes(word: str) -> None:
    plain = _phonemes(word)
    assert plain.endswith("eː")
    assert _phonemes(marked_persian(word)) == plain.removesuffix("ː")


@needs_espeak
@pytest.mark.parametrize(
    ("word", "phonemes"),
    [
        ("مهربان", "mehrabɑn"),
        ("مهربانی", "mehrabɑni"),
        ("می‌دهم", "midaham"),
    ],
)
def test_words_read_wrongly_are_read_right_with_marks(word: str, phonemes: str) -> None:
    assert word in VOWELS_MARKED
    assert _phonemes(word) != phonemes
    assert _phonemes(marked_persian(word)) == phonemes


@pytest.mark.parametrize("text", ["", "hello", "خستِ", "خسته‌ام", "راه", "مِهر", "به‌موقع", "123, ?"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert marked_persian(text) == text


def test_words_are_marked_within_a_sentence() -> None:
    assert marked_persian("به من که خسته, گفت.") == "بِ من کِ خستِ, گفت."
