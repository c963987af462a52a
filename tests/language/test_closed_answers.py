"""What recognisers wrote of espeak-ng's voices is in the tables: the words beside them were said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from language import match_closed_answer
from language.closed_answers import ACCEPTED_CONFIDENCE, ASKED_CONFIDENCE, QUESTIONS, known_forms

OPPOSITE = {"yes": "no", "no": "yes"}


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("language", ["en", "fa"])
def test_every_known_form_is_its_answer(question: str, language: str) -> None:
    for answer, forms in known_forms(question, language).items():
        for form in forms:
            found = match_closed_answer(question, form, language=language)
            assert found is not None, form
            assert (found.answer, found.confidence > ASKED_CONFIDENCE) == (answer, True), form


@pytest.mark.parametrize(
    ("question", "heard", "answer"),
    [
        ("yes_no", "باله", "yes"),  # بله
        ("yes_no", "نا", "no"),  # نه
        ("yes_no", "أسلن", "no"),  # اصلاً
        ("helped", "نا کمک نکارد", "no"),  # نه کمک نکرد
        ("helped", "آره کومک کارد", "yes"),  # آره کمک کرد
        ("feeling", "آسبانی", "anger"),  # عصبانی
        ("feeling", "خوش هالم", "happiness"),  # خوشحالم
        ("language", "فارثی", "fa"),  # فارسی
        ("distress", "هف", "7"),  # هفت
    ],
)
def test_a_misheard_persian_answer_is_understood(question: str, heard: str, answer: str) -> None:
    found = match_closed_answer(question, heard, language="fa")
    assert found is not None
    assert found.answer == answer
    assert found.confidence >= ASKED_CONFIDENCE


@pytest.mark.parametrize(
    ("question", "heard", "answer"),
    [
        ("yes_no", "Yes.", "yes"),
        ("yes_no", "Know.", "no"),
        ("yes_no", "nope", "no"),
        ("helped", "Number tree.", "third"),
        ("helped", "It did n't help", "no"),
        ("language", "Persians", "fa"),
        ("distress", "7 out of 10", "7"),
        ("consent", "I agree.", "yes"),
    ],
)
def test_a_misheard_english_answer_is_understood(question: str, heard: str, answer: str) -> None:
    found = match_closed_answer(question, heard, language="en")
    assert found is not None
    assert found.answer == answer


@pytest.mark.parametrize(
    ("question", "heard"),
    [
        ("yes_no", ""),
        ("yes_no", "😀"),
        ("yes_no", "به"),
        ("yes_no", "نمی‌دونم"),
        ("yes_no", "شاید"),
        ("yes_no", "سلام"),
        ("helped", "دلم برای برادرم تنگ شده"),
        ("feeling", "خسته‌ام"),
        ("feeling", "خوب نیستم"),
        ("distress", "خیلی زیاد"),
        ("yes_no", "اگه بله بگم می‌ترسم که بعدش دوباره همه چیز خراب بشه و تنها بمونم"),
    ],
)
def test_what_is_no_answer_is_none(question: str, heard: str) -> None:
    found = match_closed_answer(question, heard, language="fa")
    assert found is None or found.confidence < ASKED_CONFIDENCE


def test_nine_and_no_sound_too_much_alike_to_choose() -> None:
    assert match_closed_answer("distress", "نه", language="fa") is None
    nine = match_closed_answer("distress", "نُه", language="fa")
    assert nine is not None
    assert nine.answer == "9"


def test_what_else_may_have_been_heard_helps() -> None:
    assert match_closed_answer("yes_no", "آمدلا", language="fa") is None
    found = match_closed_answer("yes_no", "آمدلا", language="fa", alternatives=("همدلا", "باله"))
    assert found is not None
    assert found.answer == "yes"


def test_a_word_of_the_other_language_is_asked_about_rather_than_taken() -> None:
    taken = match_closed_answer("yes_no", "yeah", language="en")
    doubted = match_closed_answer("yes_no", "yeah", language="fa")
    assert taken is not None
    assert taken.confidence >= ACCEPTED_CONFIDENCE
    assert doubted is None or doubted.confidence < ACCEPTED_CONFIDENCE


def test_no_known_yes_is_near_enough_to_no_to_be_taken_for_it() -> None:
    for question in ("yes_no", "helped", "consent"):
        for language in ("en", "fa"):
            for answer, opposite in OPPOSITE.items():
                for form in known_forms(question, language)[answer]:
                    found = match_closed_answer(question, form, language=language)
                    assert found is None or found.answer != opposite, form


def test_an_unknown_question_is_refused() -> None:
    with pytest.raises(ValueError, match="yes_no"):
        match_closed_answer("weather", "yes", language="en")
    with pytest.raises(ValueError, match="yes_no"):
        known_forms("weather", "en")


@given(
    st.sampled_from(QUESTIONS),
    st.text(max_size=80),
    st.sampled_from(["en", "fa"]),
    st.lists(st.text(max_size=30)),
)
def test_no_text_breaks_it(question: str, text: str, language: str, alternatives: list[str]) -> None:
    found = match_closed_answer(question, text, language=language, alternatives=alternatives)
    assert found is None or (0 <= found.confidence <= 1 and found.answer not in ("unsure", "unwell"))
