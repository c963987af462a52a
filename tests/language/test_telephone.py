import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from language import digit_words, speakable
from language.telephone import is_dialled, with_named_hotlines


@pytest.mark.parametrize(
    "number",
    [
        "0800 123 4567", "0800-1234", "1-800-273-8255", "800-273-8255", "800.273.8255", "(800) 273-8255",
        "+44 20 7946 0958", "+44 (0)20 7946 0958", "0800 111 0 111", "+98-21-8844", "555-1234", "131 114",
        "13 11 14", "1800 333 000", "+12025550123", "044-20-79 46 09", "116 006", "116123", "988", "1480",
        "۰۹۱۲۳۴۵۶۷۸۹", "۰۲۱-۸۸۴۴ ۵۵۶۶", "۱۲۳",
    ],
)  # fmt: skip
@pytest.mark.parametrize("language", ["en", "fa"])
def test_no_digit_of_a_telephone_number_is_lost_or_counted(number: str, language: str) -> None:
    digits = "".join(str(int(sign)) for sign in number if sign.isdecimal())
    spoken = speakable(f"☎ {number}", language)
    assert re.sub("[, ]+", " ", spoken) == digit_words(digits, language)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.text("0123456789", min_size=2, max_size=5), min_size=2, max_size=5),
    st.sampled_from(["0", "+4", "+49 "]),
)
def test_any_number_with_a_prefix_keeps_its_digits(groups: list[str], prefix: str) -> None:
    number = prefix + " ".join(groups)
    digits = re.sub(r"\D", "", number)
    if len(digits) >= 7:
        assert re.sub("[, ]+", " ", speakable(number, "en")) == digit_words(digits, "en")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Text HOME to 50808.", "Text HOME to, five, zero, eight, zero, eight."),
        ("Call 118 or 131.", "Call, one, one, eight or, one, three, one."),
        ("The hotline is 1771.", "The hotline is, one, seven, seven, one."),
        ("Ring 116 006.", "Ring, one, one, six, zero, zero, six."),
    ],
)
def test_a_short_number_behind_a_word_such_as_call_is_dialled(text: str, said: str) -> None:
    assert speakable(text, "en") == said


@pytest.mark.parametrize(
    "text", ["call 300 friends", "called 100 times", "call 20 people", "text 160 characters"]
)
def test_what_is_counted_is_not_dialled(text: str) -> None:
    assert with_named_hotlines(text) == text


def test_short_numbers_that_are_dialled() -> None:
    assert is_dialled("988")
    assert is_dialled("116000")
    assert not is_dialled("125")
    assert not is_dialled("")
