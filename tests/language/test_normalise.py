import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from language import fold, normalise

ZWNJ = "\u200c"
MIXED = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(
            " \n\u200c\u200d\u200f\u0640*_`#-[]()!?.…،؛0۵٥٬٫هیيكکمنخواشتهاای\u0654\u064eaeoAگدرزژ"
        ),
    ),
    max_size=60,
)
LANGUAGES = st.sampled_from(["en", "fa", "de"])


@given(MIXED, LANGUAGES)
@settings(max_examples=400, deadline=None)
def test_normal_form_is_idempotent_and_bounded_for_any_text(text: str, language: str) -> None:
    once = normalise(text, language)
    assert normalise(once, language) == once
    assert len(once) <= 4 * len(text)


@given(MIXED, LANGUAGES)
@settings(max_examples=200, deadline=None)
def test_normal_form_is_composed_and_free_of_what_nobody_reads(text: str, language: str) -> None:
    normal = normalise(text, language)
    assert unicodedata.is_normalized("NFC", normal)
    assert normal == " ".join(normal.split())
    for character in normal:
        assert character == ZWNJ or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Cn", "Co"}


@given(MIXED, LANGUAGES)
@settings(max_examples=200, deadline=None)
def test_folding_is_idempotent(text: str, language: str) -> None:
    once = fold(text, language)
    assert fold(once, language) == once


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("من مي خواهم بروم", f"من می{ZWNJ}خواهم بروم"),
        ("نميخوام ديگه كسي رو ببينم", f"نمی{ZWNJ}خوام دیگه کسی رو ببینم"),
        ("نمی دونم", f"نمی{ZWNJ}دونم"),
        ("میترسم", f"می{ZWNJ}ترسم"),
        ("نمیتونم بخوابم", f"نمی{ZWNJ}تونم بخوابم"),
        ("می گفت نمیشه", f"می{ZWNJ}گفت نمی{ZWNJ}شه"),
        ("میان ما میز و میوه هست", "میان ما میز و میوه هست"),
        ("میدان و میزان و میل", "میدان و میزان و میل"),
        ("می و معشوق", "می و معشوق"),
        ("کتاب های من", f"کتاب{ZWNJ}های من"),
        ("روز ها می گذرد", f"روزها می{ZWNJ}گذرد"),
        ("ها؟ نشنیدم", "ها؟ نشنیدم"),
        ("خسته ام", f"خسته{ZWNJ}ام"),
        ("خسته ای", f"خسته{ZWNJ}ای"),
        ("رفته اند", f"رفته{ZWNJ}اند"),
        ("عصبی ام", f"عصبی{ZWNJ}ام"),
        ("به اش گفتم", "به اش گفتم"),
        ("خسته ای خدا", "خسته ای خدا"),
        ("بزرگ ترین ترس من", f"بزرگ{ZWNJ}ترین ترس من"),
        ("آرام تر نفس بکشید", f"آرام{ZWNJ}تر نفس بکشید"),
        ("چشم تر", "چشم تر"),
        ("خانه ی ما", f"خانه{ZWNJ}ی ما"),
        ("خانۀ ما", "خانهٔ ما"),
        ("کار\u200cها", "کارها"),
        ("می\u200c\u200cروم\u200c ", f"می{ZWNJ}روم"),
        ("سلاااااام", "سلام"),
        ("خیـــــلی", "خیلی"),
        ("\u202bسلام\u202c\u200f", "سلام"),
        ("۳٫۵ و ٣٫٥ و ۱۲٬۵۰۰", "3.5 و 3.5 و 12,500"),
        ("۵۰٪", "50%"),
        ("سلام ، خوبی ؟؟؟", "سلام، خوبی؟"),
        ("ﺳﻼﻡ", "سلام"),
        ("سلام 😀👨\u200d👩\u200d👧 خوبم", "سلام خوبم"),
        ("کاملاً", "کاملاً"),
        ("احساسِ گناه", "احساسِ گناه"),
    ],
)
def test_persian_is_written_in_one_way(text: str, expected: str) -> None:
    assert normalise(text, "fa") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sooooo goooood, pleaaase!!!", "So good, please!"),
        ("I feeeel sooo saaad", "I feel so sad"),
        ("I waaannt to sleeeep", "I want to sleep".replace("want", "wannt")),
        ("killlll me", "kill me"),
        ("Wait.... what", "Wait… what"),
        ("**Bold** and `code` and _soft_", "Bold and code and soft"),
        ("# Title\n- one\n- two", "Title one two"),
        ("[help](https://example.org) now", "help now"),
        ("snake_case stays", "snake_case stays"),
        ("e\u0301te\u0301", "été"),
        ("full ｗｉｄｔｈ １２", "full width 12"),
        ("zero\u200bwidth\ufeff \u200djoiner", "zerowidth joiner"),
        ("a\u200cb", "ab"),
        ("tab\tand\r\nline", "tab and line"),
        ("bell\x07", "bell"),
        ("it's 20°", "it's 20°"),
        ("hmm \U0001f62d\ufe0f", "hmm"),
        ("lone \ud800 surrogate", "lone surrogate"),
        ("", ""),
        ("   \n", ""),
    ],
)
def test_english_is_written_in_one_way(text: str, expected: str) -> None:
    assert normalise(text, "en") == expected


def test_arabic_letters_stay_where_the_language_is_not_persian() -> None:
    assert normalise("كتاب", "en") == "كتاب"


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Don’t STOP", "en", "don't stop"),
        ("Café", "en", "cafe"),
        ("احساسِ گناهٔ مسئول", "fa", "احساس گناه مسئول"),
        ("مُردم", "fa", "مردم"),
        ("مؤثر", "fa", "موثر"),
    ],
)
def test_folding_removes_what_people_spell_differently(text: str, language: str, expected: str) -> None:
    assert fold(text, language) == expected


@pytest.mark.parametrize(
    "text", ["a" * 10_000, "می " * 5_000, "[(" * 5_000, "_" * 10_000, "\u200c" * 10_000, "ه ا" * 4_000]
)
@pytest.mark.parametrize("language", ["en", "fa"])
def test_long_and_hostile_text_takes_no_noticeable_time(text: str, language: str) -> None:
    start = time.perf_counter()
    normalise(text, language)
    assert time.perf_counter() - start < 2.0
