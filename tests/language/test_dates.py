import pytest

from language.dates import with_dates


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("I was born in 1990.", "I was born in nineteen ninety."),
        ("since 2008", "since two thousand and eight"),
        ("in 1905 and 2010", "in nineteen oh five and twenty ten"),
        ("from 2019 to 2021", "from twenty nineteen to twenty twenty-one"),
        ("from 2019-2021", "from twenty nineteen to twenty twenty-one"),
        ("1914–1918", "nineteen fourteen to nineteen eighteen"),
        ("the year 1900, until 2000", "the year nineteen hundred, until two thousand"),
        ("Summer of 2019, Christmas 2020", "Summer of twenty nineteen, Christmas twenty twenty"),
        ("2020 was hard (2019)", "twenty twenty was hard (twenty nineteen)"),
        ("2019", "twenty nineteen"),
        ("In May 1999", "In May nineteen ninety-nine"),
        ("the 1990s, the mid-1980s, 1900s", "the nineteen nineties, the mid-nineteen eighties, nineteen hundreds"),
        ("the 2000s and 2010s", "the two thousands and twenty tens"),
        ("in my 30s, the '60s", "in my thirties, the sixties"),
        ("On May 3rd", "On May third"),
        ("Dec. 5, 1999", "December fifth, nineteen ninety-nine"),
        ("May 3-5", "May third to fifth"),
        ("3 May 2024", "the third of May twenty twenty-four"),
        ("the 3rd of May", "the third of May"),
        ("3-5 May", "the third to the fifth of May"),
        ("2024-05-03", "May third, twenty twenty-four"),
        ("25/12/2024 or 12/25/2024", "December twenty-fifth, twenty twenty-four or December twenty-fifth, twenty twenty-four"),
    ],
)  # fmt: skip
def test_english_dates_and_years(text: str, said: str) -> None:
    assert with_dates(text, "en") == said


@pytest.mark.parametrize(
    "text",
    [
        "2019 of them", "in 2000 words", "in 1500 metres", "by 2000 people", "rose by 1500", "in 1999.5",
        "in 2,000", "in 2019%", "in 1480", "03/05/2024", "2024-13-03", "2024-05-32", "I have 3 may be more",
        "In March 12 people came", "at 3 May", "40 May", "May 40, we", "hold for 30s", "2024-05-03-17",
        "+44 2024-05-03", "2021-2019", "call 1999", "May 3:30", "1/2/3", "since 2019 555 1234",
    ],
)  # fmt: skip
def test_what_may_be_something_else_stays(text: str) -> None:
    assert with_dates(text, "en") == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1402/05/12", "دوازدهمِ مردادِ هزار و چهارصد و دو"),
        ("12/5/1402", "دوازدهمِ مردادِ هزار و چهارصد و دو"),
        ("2024-01-01", "اولِ ژانویهٔ دو هزار و بیست و چهار"),
        ("30 مرداد 1402", "سیُمِ مردادِ هزار و چهارصد و دو"),
        ("22 بهمن", "بیست و دومِ بهمن"),
        ("5 دی ماه 1401", "پنجمِ دی ماهِ هزار و چهارصد و یک"),
        ("12 آبان\u200cماه", "دوازدهمِ آبان ماه"),
    ],
)
def test_persian_dates(text: str, said: str) -> None:
    assert with_dates(text, "fa").strip() == said


@pytest.mark.parametrize(
    "text", ["3 تیر", "2 مهر", "1402/13/05", "1402/05/40", "5/12", "40 مرداد", "سال 1399", "3 بهمنی", "1480"]
)
def test_what_is_no_persian_date_stays(text: str) -> None:
    assert with_dates(text, "fa") == text
