import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from language import speakable


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Call 988 now.", "Call, nine, eight, eight now."),
        (
            "Call or text 988, or 116 123.",
            "Call or text, nine, eight, eight, or, one, one, six, one, two, three.",
        ),
        ("Text SHOUT to 85258.", "Text SHOUT to, eight, five, two, five, eight."),
        ("Lifeline: 13 11 14.", "Lifeline: one, three, one, one, one, four."),
        ("Ring 0800 123 4567.", "Ring zero eight zero zero, one two three, four five six seven."),
        ("123 people came.", "one hundred and twenty-three people came."),
        ("At 8:30 and 9:05 and 10:00.", "At eight thirty and nine oh five and ten o'clock."),
        ("It is open 24/7.", "It is open twenty-four seven."),
        ("A 7/10 day.", "A seven out of ten day."),
        ("50% or 3.5", "fifty percent or three point five"),
        ("$20, £5", "twenty dollars, five pounds"),
        ("2-3 breaths", "two to three breaths"),
        ("It was 3 May 2024, 7pm.", "It was the third of May twenty twenty-four, seven P M."),
        (
            "Since 1999, $3.99 for 2 1/2 km",
            "Since nineteen ninety-nine, three dollars and ninety-nine cents for two and a half kilometres",
        ),
        ("the 21st and 3rd and 40th", "the twenty-first and third and fortieth"),
        ("Dr. Lee, e.g. w/o tea & salt", "Doctor Lee, for example, without tea and salt"),
        ("Visit https://www.findahelpline.com/us today", "Visit findahelpline dot com today"),
        ("**You** are _safe_ here 😀…", "You are safe here."),
        ("<speak>hi</speak>", "speak hi speak"),
        ("-v fa --help", "v fa --help"),
        ("It’s what I don’t say", "It's what I don't say"),
        ("😀!!", ""),
        ("?!…", ""),
        ("", ""),
    ],
)
def test_english_is_written_out_for_the_voice(text: str, expected: str) -> None:
    assert speakable(text, "en") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("با ۱۲۳ تماس بگیرید.", "با یک, دو, سه تماس بگیرید."),
        ("۱۴۸۰ صدای مشاور", "یک, چهار, هشت, صفر صدای مشاور"),
        ("ساعت ۸:۳۰ یا ۹:۱۵", "ساعت هشت و نیم یا نُه و پانزده دقیقه"),
        ("۸–۲۴", "هشت تا بیست و چهار"),
        ("۳٫۵ درصد، ۱۲٬۵۰۰ تومان", "سه و نیم درصد, دوازده هزار و پانصد تومان"),
        ("۵۰٪", "پنجاه درصد"),
        ("۲٫۰۵٪", "دو ممیز صفر پنج درصد"),
        ("۲۴ ساعته، ۵۰/۵۰", "بیست و چهار ساعته, پنجاه پنجاه"),
        ("۲۱ام، ۳‌امین", "بیست و یکم, سومین"),
        ("۸:۳۰ ب.ظ", "هشت و نیم بعدازظهر"),
        ("۱۱۰ دقیقه", "صد و ده دقیقه"),
        ("۰۲۱ ۱۲۳۴ ۵۶۷۸", "صفر دو یک, یک دو سه چهار, پنج شش هفت هشت"),
        ("«آرام» باشید؛ خوب؟", "آرام باشید; خوب?"),
        ("کتاب‌های من", "کتاب‌های من"),
        ("احساسِ گناه", "احساسِ گناه"),
        ("👍", ""),
        ("؟؟؟", ""),
    ],
)
def test_persian_is_written_out_for_the_voice(text: str, expected: str) -> None:
    assert speakable(text, "fa") == expected


@given(
    st.text(st.one_of(st.characters(), st.sampled_from("0123456789.,:/-%$+ ")), max_size=60),
    st.sampled_from(["en", "fa"]),
)
@settings(max_examples=300, deadline=None)
def test_nothing_is_left_that_a_voice_cannot_read(text: str, language: str) -> None:
    spoken = speakable(text, language)
    assert not re.search(r"[0-9<>{}|%$@#*_=+/\\\[\]؟،؛«»\n]", spoken)
    assert spoken == "" or any(map(str.isalpha, spoken))
    assert len(spoken) <= 40 * len(text)


@pytest.mark.parametrize(
    "piece", ["1/", "1", "1,", "1-", "2019-", "$1-", "12:30-", "in 2019, ", "½ ", "1° ", "0 1 "]
)
@pytest.mark.parametrize("language", ["en", "fa"])
def test_five_thousand_characters_of_digits_and_signs_are_read(piece: str, language: str) -> None:
    spoken = speakable((piece * 5_000)[:5_000], language)
    assert len(spoken) > 1_000
    assert not any(map(str.isnumeric, spoken))


@pytest.mark.parametrize(
    "text",
    [
        "On 3 May 2024 at 7:30pm it cost $3.99, or 2 1/2 times more; call 0800 123 4567 or text HOME to 50808.",
        "In 1999 it was -5 °C, 24/7, for 5 km at 60 km/h, 3–5 days, 2.5%, the 1990s, 1st, ¾.",
        "تا ۱۲ مرداد ۱۴۰۲ ساعت ۷:۳۰ با ۰۲۱-۸۸۴۴ ۵۵۶۶ یا ۱۲۳؛ ۷٫۵۰ یورو، ۳/۴، ۲۰٪، ۵ km، ۲۱ام، -۵ °C",
    ],
)
@pytest.mark.parametrize("language", ["en", "fa"])
def test_what_was_written_out_stays_as_it_is(text: str, language: str) -> None:
    once = speakable(text, language)
    assert speakable(once, language) == once
