import pytest

from tts_voices.pronunciation.persian_ezafe import ezafe_symbols


@pytest.mark.parametrize(
    ("last", "word", "said"),
    [
        ("s", "حس", ["s", "e0"]),
        ("q", "حق", ["q", "e0"]),
        ("s", "بی\u200cحس", ["s", "e0"]),
        ("b", "خوب", ["e0"]),
        ("d", "ضد", ["e0"]),
        ("A1", "صدا", ["y", "e0"]),
        ("t", "", ["e0"]),
    ],
)
def test_the_ezafe_doubles_the_consonant_of_a_few_words(last: str, word: str, said: list[str]) -> None:
    assert ezafe_symbols(last, word) == said
