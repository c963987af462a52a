import pytest
from hypothesis import given
from hypothesis import strategies as st

from language import detect_script_language


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hello there", "en"),
        ("سلام", "fa"),
        ("من stress دارم", "fa"),
        ("I said سلام to her", "en"),
        ("خیلی overwhelmed", "fa"),
        ("كيف", "fa"),
        ("ﺳﻼﻡ", "fa"),
        ("123 !? 😀", None),
        ("۱۲۳", None),
        ("", None),
        ("привет", None),
    ],
)
def test_language_follows_the_script_of_most_words(text: str, expected: str | None) -> None:
    assert detect_script_language(text) == expected


@given(st.text())
def test_any_text_has_one_of_two_languages_or_none(text: str) -> None:
    assert detect_script_language(text) in {"en", "fa", None}
