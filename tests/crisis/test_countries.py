from pathlib import Path

import pytest

from crisis import LinesError, named_country
from crisis.countries import CountryNames
from crisis.lines import default_line_table


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("I'm in Canada", "CA"),
        ("canada.", "CA"),
        ("I live in the United States of America", "US"),
        ("in the UK, near Leeds", "GB"),
        ("Northern Ireland", "GB"),
        ("Ireland", "IE"),
        ("I left Iran and now I am in Germany", "DE"),
        ("ایرانم", "IR"),
        ("من در تهران هستم", "IR"),
        ("توی آلمان زندگی می‌کنم", "DE"),
        ("کانادام", "CA"),
        ("in tehran", "IR"),
        ("I am at home", None),
        ("the turkey is in the oven", None),
        ("", None),
        ("!!!", None),
        ("\ud800", None),
        ("us", None),
        ("I want to kill myself, I fled Afghanistan last year", None),
        ("my family is in Iran and I miss them", None),
        ("I'm not in Canada", None),
        ("not Canada", None),
        ("my name is London and I am tired of all this", None),
        ("I want to die, I live in Canada", "CA"),
        ("از ایران اومدم و دلم تنگ شده", None),
        ("ایران", "IR"),
        ("می‌خوام با کابل خودمو دار بزنم", None),
        ("a bottle of cologne", None),
    ],
)
def test_the_country_that_somebody_names_is_understood(text: str, country: str | None) -> None:
    assert named_country(text) == country


def test_every_country_with_lines_can_be_named_in_both_languages() -> None:
    names = CountryNames.load()
    for code in default_line_table().countries():
        if code not in ("EU", "UK", "EL"):  # no country, and two other codes of one
            assert all(code in by_name.values() for by_name in names.codes.values()), code


def test_ten_thousand_characters_are_read_soon() -> None:
    assert named_country("tehra" * 2_000 + " Canada") == "CA"


@pytest.mark.parametrize(
    "content",
    ["country,language\n", "country,language,name\nCA,de,Kanada\n", "country,language,name\n,en,X\n"],
)
def test_damaged_names_are_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "countries.csv").write_text(content, encoding="utf-8")
    with pytest.raises(LinesError, match=r"countries\.csv"):
        CountryNames.load(tmp_path)
