import pytest
from hypothesis import given
from hypothesis import strategies as st

from language import digit_words, number_words, parse_small_number
from language.numbers import decimal_words


@pytest.mark.parametrize("language", ["en", "fa"])
@pytest.mark.parametrize("value", range(11))
def test_every_number_of_the_scale_is_understood_in_digits(value: int, language: str) -> None:
    persian_digits = str(value).translate({ord("0") + digit: "۰۱۲۳۴۵۶۷۸۹"[digit] for digit in range(10)})
    assert parse_small_number(str(value), language) == value
    assert parse_small_number(f" {persian_digits}. ", language) == value


@pytest.mark.parametrize("value", range(11))
def test_every_number_of_the_scale_is_understood_in_words(value: int) -> None:
    assert parse_small_number(number_words(value, "en"), "en") == value
    assert parse_small_number(number_words(value, "fa"), "fa") == value


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("I'd say seven", "en", 7),
        ("seven out of ten", "en", 7),
        ("Ten out of ten", "en", 10),
        ("7/10", "en", 7),
        ("on a scale of one to ten, four", "en", 4),
        ("about a three.", "en", 3),
        ("for", "en", 4),
        ("too", "en", 2),
        ("ate", "en", 8),
        ("nought", "en", 0),
        ("شیش", "fa", 6),
        ("حدود هشت", "fa", 8),
        ("هفت از ده", "fa", 7),
        ("۷ از ۱۰", "fa", 7),
        ("٤", "fa", 4),
        ("چار", "fa", 4),
        ("پنج تا", "fa", 5),
        ("نُه", "fa", 9),
        ("نه از ده", "fa", 9),
        ("ده از ده", "fa", 10),
        ("سفر", "fa", 0),
        ("فکر کنم یک", "fa", 1),
    ],
)
def test_spoken_numbers_are_understood(text: str, language: str, expected: int) -> None:
    assert parse_small_number(text, language) == expected


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("", "en"),
        ("no one", "en"),
        ("six or seven", "en"),
        ("between 2 and 3", "en"),
        ("7.5", "en"),
        ("-3", "en"),
        ("15", "en"),
        ("100", "en"),
        ("out of ten", "en"),
        ("this is for you", "en"),
        ("I want to", "en"),
        ("نه", "fa"),
        ("نه نمی‌خوام", "fa"),
        ("یه کم بهترم", "fa"),
        ("یکی از دوستام", "fa"),
        ("هفته", "fa"),
        ("۶ یا ۷", "fa"),
        ("۱۲", "fa"),
        ("seven", "de"),
    ],
)
def test_what_is_no_single_number_of_the_scale_is_asked_again(text: str, language: str) -> None:
    assert parse_small_number(text, language) is None


@given(st.text(max_size=80), st.sampled_from(["en", "fa", "xx"]))
def test_any_text_gives_a_number_of_the_scale_or_none(text: str, language: str) -> None:
    value = parse_small_number(text, language)
    assert value is None or 0 <= value <= 10


@pytest.mark.parametrize(
    ("number", "english", "persian"),
    [
        (0, "zero", "صفر"),
        (13, "thirteen", "سیزده"),
        (42, "forty-two", "چهل و دو"),
        (100, "one hundred", "صد"),
        (305, "three hundred and five", "سیصد و پنج"),
        (1000, "one thousand", "هزار"),
        (1402, "one thousand four hundred and two", "هزار و چهارصد و دو"),
        (12_500, "twelve thousand five hundred", "دوازده هزار و پانصد"),
        (2_000_001, "two million and one", "دو میلیون و یک"),
        (-5, "minus five", "منفی پنج"),
    ],
)
def test_numbers_have_their_words(number: int, english: str, persian: str) -> None:
    assert number_words(number, "en") == english
    assert number_words(number, "fa") == persian


@given(st.integers(min_value=0, max_value=10**13), st.integers(min_value=0, max_value=10**13))
def test_different_numbers_have_different_words(first: int, second: int) -> None:
    for language in ("en", "fa"):
        assert (number_words(first, language) == number_words(second, language)) == (first == second)


def test_telephone_digits_are_read_one_by_one() -> None:
    assert digit_words("988", "en") == "nine eight eight"
    assert digit_words("1480", "fa") == "یک چهار هشت صفر"


@pytest.mark.parametrize(
    ("number", "english", "persian"),
    [
        ("3.5", "three point five", "سه و نیم"),
        ("0.5", "zero point five", "نیم"),
        ("2.05", "two point zero five", "دو ممیز صفر پنج"),
        ("1.00", "one point zero zero", "یک ممیز صفر صفر"),
        ("12,500", "twelve thousand five hundred", "دوازده هزار و پانصد"),
        ("007", "zero zero seven", "صفر صفر هفت"),
        ("1" * 13, " ".join(["one"] * 13), " ".join(["یک"] * 13)),
    ],
)
def test_decimals_have_their_words(number: str, english: str, persian: str) -> None:
    assert decimal_words(number, "en") == english
    assert decimal_words(number, "fa") == persian
