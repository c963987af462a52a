import pytest

from language import fold
from recommender.persian_words import is_persian, parts, persian_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("دلم گرفته، نمي‌خوام حرف بزنم!", ["دلم", "گرفته", "نمی‌خوام", "حرف", "بزنم"]),
        ("می ترسم از امتحان ۱۲ خرداد", ["می‌ترسم", "از", "امتحان", "خرداد"]),
        ("کتاب ها و کتاب‌خانه", ["کتاب‌ها", "و", "کتاب‌خانه"]),
        ("😀 123 hello …", []),
        ("", []),
    ],
)
def test_half_space_compounds_stay_whole(text, words):
    assert persian_words(fold(text, "fa")) == words


def test_a_compound_can_be_taken_apart_but_endings_are_no_words():
    assert parts("دل‌تنگی") == ("دل", "تنگی")
    assert parts("کتاب‌ها") == ("کتاب",)
    assert parts("کتاب") == ()


def test_the_script_tells_the_language():
    assert is_persian("گریه")
    assert not is_persian("cry")
    assert not is_persian("")
