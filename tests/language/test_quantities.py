import pytest

from language.quantities import with_amounts, with_fractions, with_ranges, with_units


def _plain(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("text", "language", "said"),
    [
        ("$3.99", "en", "three dollars and ninety-nine cents"),
        ("£1.05", "en", "one pound and five pence"),
        ("€7.50", "en", "seven euros and fifty cents"),
        ("7.50 euros", "en", "seven euros and fifty cents"),
        ("$0.01 or £0.01", "en", "one cent or one penny"),
        ("$1, $1.00", "en", "one dollar , one dollar"),
        ("-$5", "en", "minus five dollars"),
        ("$988", "en", "nine hundred and eighty-eight dollars"),
        ("$1.25 million, $20k", "en", "one point two five million dollars , twenty thousand dollars"),
        ("$5-$10, 5-10 €", "en", "five to ten dollars , five to ten euros"),
        ("£1,500.50", "en", "one thousand five hundred pounds and fifty pence"),
        ("2.5%", "en", "2.5 percent"),
        ("7.50 یورو", "fa", "هفت یورو و پنجاه سِنت"),
        ("$20", "fa", "بیست دلار"),
        ("£1.20", "fa", "یک پوند و بیست پنس"),
        ("20 %", "fa", "20 درصد"),
    ],
)
def test_money_and_percentages(text: str, language: str, said: str) -> None:
    assert _plain(with_amounts(text, language)) == said


@pytest.mark.parametrize(
    ("text", "english", "persian"),
    [
        ("1/2", "one half", "یک دوم"), ("3/4", "three quarters", "سه چهارم"), ("2/3", "two thirds", "دو سوم"),
        ("2 1/2", "two and a half", "دو و نیم"), ("½", "one half", "نیم"), ("2½", "two and a half", "دو و نیم"),
        ("1 ¾", "one and three quarters", "یک و سه چهارم"), ("50/50", "fifty-fifty", "پنجاه پنجاه"),
        ("7/10", "7 out of 10", "7 از 10"), ("4/5", "4 out of 5", "4 از 5"),
        ("3⁄7", "three sevenths", "سه هفتم"),
    ],
)  # fmt: skip
def test_fractions(text: str, english: str, persian: str) -> None:
    assert _plain(with_fractions(text, "en")) == english
    assert _plain(with_fractions(text, "fa")) == persian


@pytest.mark.parametrize(
    "text", ["9/11", "4/3", "0/4", "1/2/3", "1/12", "3/04", "on 3/4", "3/4/2024", "1.1/2"]
)
def test_what_is_no_fraction_stays(text: str) -> None:
    assert with_fractions(text, "en") == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("5 km", "5 kilometres"), ("1 km", "1 kilometre"), ("1.5 kg", "1.5 kilograms"), ("21 kg", "21 kilograms"),
        ("500mg/day", "500 milligrams per day"), ("60 km/h", "60 kilometres per hour"), ("5-min walk", "5 minute walk"),
        ("24h", "24 hours"), ("5 min. later", "5 minutes later"), ("6 ft", "6 feet"), ("1 °C", "1 degree Celsius"),
        ("-5 °C", "-5 degrees Celsius"), ("70°F", "70 degrees Fahrenheit"), ("20°", "20 degrees"),
    ],
)  # fmt: skip
def test_english_units(text: str, said: str) -> None:
    assert _plain(with_units(text, "en")) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("5 km", "5 کیلومتر"),
        ("100 ml", "100 میلی‌لیتْر"),
        ("60 km/h", "60 کیلومتر در ساعت"),
        ("20°", "20 درجه"),
    ],
)
def test_persian_units(text: str, said: str) -> None:
    assert _plain(with_units(text, "fa")) == said


@pytest.mark.parametrize("text", ["5G", "4g", "5 m", "5 minds", "5 km's", "km", "5 ml/x", "5 lbsx"])
def test_what_is_no_unit_stays(text: str) -> None:
    assert with_units(text, "en") == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2-3", "2 to 3"), ("3.5–4.5", "3.5 to 4.5"), ("9 – 17", "9 to 17"), ("9-5", "9-5"), ("0800-1234", "0800-1234"),
        ("555-1234", "555-1234"), ("112-200", "112-200"), ("1-2-3", "1-2-3"),
    ],
)  # fmt: skip
def test_ranges(text: str, said: str) -> None:
    assert with_ranges(text, "en") == said
