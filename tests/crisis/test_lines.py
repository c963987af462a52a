import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from crisis import LinesError, lines
from crisis.guard import DATA_FOLDER
from crisis.lines import LineTable


@pytest.mark.parametrize(
    ("country", "numbers"),
    [
        ("US", {"988", "911"}),
        ("gb", {"116 123", "999", "111", "85258"}),
        ("UK", {"116 123", "999", "111", "85258"}),
        ("IR", {"123", "115", "110", "1480"}),
        ("AU", {"13 11 14", "000"}),
    ],
)
def test_a_country_has_its_own_lines(country: str, numbers: set[str]) -> None:
    assert {line.number for line in lines(country)} == numbers


def test_the_crisis_line_comes_first() -> None:
    assert lines("US")[0].number == "988"
    assert lines("IR", "fa")[0].number == "123"
    assert lines("IR", "fa")[0].name == "اورژانس اجتماعی"


@pytest.mark.parametrize("country", ["DE", "fr", "IE"])
def test_a_country_of_the_european_union_has_112_and_the_directories(country: str) -> None:
    assert {line.number for line in lines(country)} == {"112", "findahelpline.com", "iasp.info"}


def test_canada_has_its_line_and_the_wording_for_emergencies() -> None:
    numbers = [line.number for line in lines("CA")]
    assert numbers[0] == "988"
    assert {"112", "findahelpline.com"} <= set(numbers)


@pytest.mark.parametrize("country", [None, "", "XX", "  ", "*", "Atlantis", "'; DROP", "🇮🇷"])
def test_an_unknown_country_has_the_directories_and_112(country: str | None) -> None:
    assert {line.number for line in lines(country)} == {"112", "findahelpline.com", "iasp.info"}


def test_unverified_lines_say_so() -> None:
    own = [line for line in lines("AF") if line.country == "AF"]
    assert own
    assert all(not line.verified_on and "unverified" in line.name for line in own)


@pytest.mark.parametrize(
    "row",
    [
        "US,Name,نام,988,wrong,2026-11-20,,",
        "US,Name,,988,crisis,2026-11-20,,",
        "US,Name,نام,988,crisis,yesterday,,",
        "US,Name",
    ],
)
def test_a_broken_row_is_named(tmp_path: Path, row: str) -> None:
    header = "country,name_en,name_fa,number,kind,verified_on,note_en,note_fa\n"
    (tmp_path / "lines.csv").write_text(header + row + "\n", encoding="utf-8")
    (tmp_path / "regions.csv").write_text("country,uses\n", encoding="utf-8")
    with pytest.raises(LinesError, match="line 2"):
        LineTable.load(tmp_path)


def test_a_countrys_own_row_goes_before_its_regions_which_fills_in_the_rest() -> None:
    table = LineTable.load()
    own = {
        "country": "FR",
        "name_en": "A crisis line",
        "name_fa": "یک خط بحران",
        "number": "3114",
        "kind": "crisis",
        "verified_on": "",
        "note_en": "",
        "note_fa": "",
    }
    numbers = [line.number for line in LineTable((*table.rows, own), table.regions).lines("FR")]
    assert {"3114", "112"} <= set(numbers)
    assert "3114" not in {line.number for line in table.lines("FR")}


@pytest.mark.parametrize("name", ["lines.csv", "regions.csv"])
@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: b"country\nUS\n",
        lambda content: content[:-1],
        lambda content: content[: len(content) * 2 // 3],
        lambda content: b"\xff" + content,
        lambda content: content.replace(b"country", b"land", 1),
        lambda content: content + b'"',
    ],
    ids=["empty", "few columns", "no last line end", "cut off", "not UTF-8", "other column", "open quote"],
)
def test_a_damaged_table_is_named_with_what_mends_it(
    tmp_path: Path, name: str, damage: Callable[[bytes], bytes]
) -> None:
    for path in DATA_FOLDER.glob("*.csv"):
        shutil.copy(path, tmp_path)
    (tmp_path / name).write_bytes(damage((tmp_path / name).read_bytes()))
    with pytest.raises(LinesError, match=name):
        LineTable.load(tmp_path)


def test_a_missing_table_is_named_with_what_mends_it(tmp_path: Path) -> None:
    with pytest.raises(LinesError, match=r"lines\.csv: can't be read \(No such file.*git checkout"):
        LineTable.load(tmp_path)
