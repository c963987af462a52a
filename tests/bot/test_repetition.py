from __future__ import annotations

import pytest

from bot.repetition import compression_ratio, cut_loop


def test_compression_ratio_tells_loops_from_sentences() -> None:
    assert compression_ratio("I could not sleep last night because I kept thinking about work.") < 1.5
    assert compression_ratio("I was tired. " * 12) > 2.4
    assert compression_ratio("") == 0.0


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("what has happened to me? What has happened to me? What has happened to me? What", None),
        ("I see. he he he he he he", "I see. he"),
        ("این را این را این را این را ای", "این را"),
        ("بالي بالی بالی بالي بالی بالي با", "بالی"),
        ("می‌خوام برم می خوام برم میخوام برم می خوام", "می‌خوام برم"),
        ("خوبه، خوبه! خوبه خوبه خو", "خوبه،"),
        ("Lobsters and Lobsters and Lobsters and Lob", "Lobsters and"),
    ],
)
def test_first_round_of_a_loop_is_kept(text: str, kept: str | None) -> None:
    assert cut_loop(text) == (kept or "what has happened to me?")


@pytest.mark.parametrize(
    "text", ["", "no", "no no no", "I am sad today", "I said no and I said no and then I left him"]
)
def test_ordinary_and_merely_emphatic_sentences_are_no_loop(text: str) -> None:
    assert cut_loop(text) is None


@pytest.mark.parametrize(
    "text", ["نه نه نه", "خیلی خیلی خسته‌ام و خیلی هم تنهام", "من این را گفتم و من آن را"]
)
def test_persian_emphasis_is_no_loop(text: str) -> None:
    assert cut_loop(text) is None


def test_ordinary_persian_of_a_long_turn_is_not_taken_for_repetition() -> None:
    # Each letter has two bytes, the first of which hardly varies: Persian is compressed more than English.
    told = (
        "امروز صبح که بیدار شدم دیدم هوا ابری است و حوصله نداشتم از خانه بیرون بروم، ولی مادرم زنگ زد و گفت "
        "باید برای خرید با او بروم. در راه با هم حرف زدیم و فهمیدم که از وقتی پدرم رفته چقدر تنهاست. بعد در "
        "بازار یکی از دوستان قدیمی‌ام را دیدم که سال‌ها بود از او خبر نداشتم و قرار شد هفتهٔ بعد همدیگر را ببینیم."
    )
    assert compression_ratio(told) < 2.4


def test_long_phrase_is_a_loop_as_soon_as_its_third_round_begins() -> None:
    phrase = "a b c d e f g h"
    assert cut_loop(f"{phrase} {phrase} a b c d e") == phrase
    assert cut_loop(f"{phrase} {phrase} a b") is None
