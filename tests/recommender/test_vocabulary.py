import shutil

import pytest

from recommender.errors import SuggestionDataError
from recommender.suggestions import DEFAULT_DIRECTORY
from recommender.vocabulary import read_vocabulary


@pytest.fixture
def folder(tmp_path):
    for path in DEFAULT_DIRECTORY.glob("*.csv"):
        shutil.copy(path, tmp_path)
    return tmp_path


def test_families_come_in_the_order_of_their_first_technique():
    families = read_vocabulary(DEFAULT_DIRECTORY).families
    assert families[0] == "breathing"
    assert len(set(families)) == len(families) > 1


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("settings.csv", "place,explanation\nhome,x\n", r"settings.csv:1: the columns must be setting"),
        ("settings.csv", "setting,explanation\n", r"settings.csv: has no rows"),
        ("settings.csv", "setting,explanation\nhome,\n", r"settings.csv:2: explanation: is empty"),
        ("settings.csv", "setting,explanation\nhome,x,y\n", r"settings.csv:2: must have 2 cells"),
        (
            "settings.csv",
            "setting,explanation\nhome,x\nhome,y\n",
            r"settings.csv:3: setting: 'home' stands there",
        ),
        ("situations.csv", "situation,explanation,cues_en,cues_fa\nwork,x,job,\n", r"'general' is missing"),
        (
            "contraindications.csv",
            "contraindication,explanation\ndriving,x\n",
            r"contraindications.csv:1: the columns must be contraindication,explanation,cues_en,cues_fa,over_en",
        ),
        (
            "contraindications.csv",
            "contraindication,explanation,cues_en,cues_fa,over_en,over_fa\ndriving,x,a_*,,,\n",
            r"contraindications.csv:2: cues_en: 'a_\*': a cue is",
        ),
        (
            "contraindications.csv",
            "contraindication,explanation,cues_en,cues_fa,over_en,over_fa\ndriving,x,a,آ,$,\n",
            r"contraindications.csv:2: over_en: '\$'",
        ),
        (
            "situations.csv",
            "situation,explanation,cues_en,cues_fa\ngeneral,x,,\nwork,x,Boss,\n",
            r"situations.csv:3: cues_en: 'Boss'",
        ),
        (
            "techniques.csv",
            "technique,family,raises_arousal,source,description\na,b,maybe,s,d\n",
            r"techniques.csv:2: raises_arousal: must be true or false",
        ),
    ],
)
def test_a_bad_row_is_named_with_file_line_and_column(folder, name, content, message):
    (folder / name).write_text(content, encoding="utf-8")
    with pytest.raises(SuggestionDataError, match=message):
        read_vocabulary(folder)


def test_a_contraindication_without_cues_is_none_that_words_can_tell(folder):
    content = "contraindication,explanation,cues_en,cues_fa,over_en,over_fa\nnew_one,x,,,,\n"
    (folder / "contraindications.csv").write_text(content, encoding="utf-8")
    row = read_vocabulary(folder).contraindications["new_one"]
    assert (row.explanation, row.cues_en, row.cues_fa, row.over_en, row.over_fa) == ("x", (), (), (), ())


def test_a_missing_file_is_named(folder):
    (folder / "contraindications.csv").unlink()
    with pytest.raises(SuggestionDataError, match=r"contraindications\.csv: cannot be read"):
        read_vocabulary(folder)


def test_a_file_that_is_not_utf_8_is_named(folder):
    (folder / "settings.csv").write_bytes(b"setting,explanation\nhome,\xff\xfe\n")
    with pytest.raises(SuggestionDataError, match=r"settings\.csv: is no UTF-8 CSV file"):
        read_vocabulary(folder)


@pytest.mark.parametrize("name", ["techniques", "situations", "contraindications", "settings"])
def test_a_table_that_was_cut_off_within_its_last_line_is_named(folder, name):
    path = folder / f"{name}.csv"
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(
        SuggestionDataError, match=rf"{name}\.csv.*(cut off|cells|is empty|unexpected end of data)"
    ):
        read_vocabulary(folder)
