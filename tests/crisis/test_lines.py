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


DIRECTORIES = {"findahelpline.com", "iasp.info"}


def _row(country: str, number: str, kind: str, verified_on: str = "2026-11-20") -> dict[str, str]:
    names = {
        "name_en": f"{kind} of {country}",
        "name_fa": f"{kind} در {country}",
        "note_en": "",
        "note_fa": "",
    }
    return {"country": country, "number": number, "kind": kind, "verified_on": verified_on, **names}


def _table(*rows: dict[str, str], **regions: str) -> LineTable:
    """Rows of countries that don't exist beside the shipped ones for all countries."""
    anywhere = [row for row in LineTable.load().rows if row["country"] == "*"]
    return LineTable((*rows, *anywhere), regions)


def test_every_country_of_a_region_has_an_emergency_number_and_a_way_to_a_crisis_line() -> None:
    table = LineTable.load()
    for country in table.regions:
        kinds = {line.kind for line in table.lines(country)}
        assert "emergency" in kinds
        assert kinds & {"crisis", "directory"}


def test_a_country_of_a_region_has_its_number_and_the_directories() -> None:
    table = _table(_row("QE", "555", "emergency"), QA="QE")
    assert {line.number for line in table.lines("qa")} == {"555", *DIRECTORIES}


def test_a_country_with_a_crisis_line_alone_has_the_wording_for_emergencies_too() -> None:
    numbers = [line.number for line in _table(_row("QC", "444", "crisis")).lines("QC")]
    assert numbers[0] == "444"
    assert {"112", *DIRECTORIES} == set(numbers[1:])


def test_a_country_with_both_needs_nothing_of_anywhere() -> None:
    table = _table(_row("QC", "555", "emergency"), _row("QC", "444", "crisis"))
    assert [line.number for line in table.lines("QC")] == ["444", "555"]


@pytest.mark.parametrize("country", [None, "", "XX", "  ", "*", "Atlantis", "'; DROP", "🇮🇷"])
def test_an_unknown_country_has_the_directories_and_112(country: str | None) -> None:
    assert {line.number for line in lines(country)} == {"112", *DIRECTORIES}


def test_unverified_lines_say_so() -> None:
    for row in LineTable.load().rows:
        if not row["verified_on"]:
            assert "unverified" in row["name_en"]
            assert "تأییدنشده" in row["name_fa"]


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
    shared = (_row("QE", "555", "emergency"), _row("QE", "444", "crisis"))
    assert [line.number for line in _table(*shared, QA="QE").lines("QA")] == ["444", "555"]
    own = _table(_row("QA", "333", "crisis"), *shared, QA="QE")
    assert [line.number for line in own.lines("QA")] == ["333", "555"]
    assert [line.number for line in own.lines("QE")] == ["444", "555"]


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
