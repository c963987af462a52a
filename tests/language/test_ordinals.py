from __future__ import annotations

import pytest

from language.ordinals import named_place, ordinal, ordinal_words


@pytest.mark.parametrize(
    ("text", "language", "place"),
    [
        ("the first one helped", "en", 0),
        ("I liked the second one", "en", 1),
        ("number three", "en", 2),
        ("the last one", "en", 2),
        ("the third, the last one", "en", 2),
        ("the middle one", "en", 1),
        ("the fourth one", "en", None),
        ("yes", "en", None),
        ("the first and the third", "en", None),
        ("someone told me", "en", None),
        ("that one helped", "en", None),
        ("اولی کمک کرد", "fa", 0),
        ("از دومی خوشم اومد", "fa", 1),
        ("شماره ۳", "fa", 2),
        ("آخری خوب بود", "fa", 2),
        ("وسطی", "fa", 1),
        ("بله", "fa", None),
        ("معلوم نیست", "fa", None),
    ],
)
def test_the_named_suggestion_of_three_is_recognised(text: str, language: str, place: int | None) -> None:
    assert named_place(text, language, 3) == place


@pytest.mark.parametrize(
    ("text", "language", "count", "place"),
    [
        ("the middle one", "en", 5, 2),
        ("وسطی بهتر بود", "fa", 5, 2),
        ("the middle one", "en", 4, None),
        ("the last one", "en", 8, 7),
        ("the sixth one", "en", 8, 5),
        ("number seven", "en", 8, 6),
        ("پنجمی کمک کرد", "fa", 5, 4),
        ("شیشمی خوب بود", "fa", 8, 5),
        ("the third", "en", 2, None),
        ("the first", "en", 0, None),
        ("the last", "en", 0, None),
    ],
)
def test_what_is_named_follows_from_how_many_were_shown(
    text: str, language: str, count: int, place: int | None
) -> None:
    assert named_place(text, language, count) == place


@pytest.mark.parametrize("language", ["en", "fa"])
def test_what_is_spoken_is_understood_and_never_ends(language: str) -> None:
    spoken = [ordinal(place, language) for place in range(20)]
    assert len(set(spoken)) == 20
    assert [named_place(words, language, 8) for words in spoken[:8]] == list(range(8))


def test_places_beyond_the_eighth_are_numbered() -> None:
    assert ordinal(8, "en") == "Number nine"
    assert ordinal(11, "fa") == "شمارهٔ دوازده"


@pytest.mark.parametrize(
    ("number", "english", "persian"),
    [
        (1, "first", "یکم"),
        (3, "third", "سوم"),
        (12, "twelfth", "دوازدهم"),
        (20, "twentieth", "بیستم"),
        (23, "twenty-third", "بیست و سوم"),
        (30, "thirtieth", "سی\u064fم"),
        (101, "one hundred and first", "صد و یکم"),
    ],
)
def test_ordinals_have_their_words(number: int, english: str, persian: str) -> None:
    assert ordinal_words(number, "en") == english
    assert ordinal_words(number, "fa") == persian
