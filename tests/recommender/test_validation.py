import shutil

import numpy as np
import pytest
from made_suggestion import made_row, write_lines

from recommender.errors import SuggestionDataError
from recommender.features import WordVectors
from recommender.model_card import DEFAULT_DIRECTORY as MODEL_DIRECTORY
from recommender.suggestions import DEFAULT_DIRECTORY
from recommender.validation import COUNTED, most_openings, validate

FA = [
    "کمی به آسمان غروب نگاه کنید.",
    "روی نیمکت پارک بنشینید و گوش بسپارید.",
    "یک لیوان آب خنک آرام بنوشید.",
    "سه چیز آبی در اتاق پیدا کنید.",
    "شانه‌ها را آرام پایین بیندازید.",
]
EN = [
    "Look at the evening sky for a while.",
    "Sit on a bench and give the trees your ears.",
    "Drink a glass of cool water without hurry.",
    "Find three blue things in this room.",
    "Let both shoulders sink a little lower.",
]
NAMED = {"contraindications": ["driving", "low_vision"]}


@pytest.fixture
def tables():
    """The shipped English word vectors."""
    return {"en": WordVectors.from_bytes((MODEL_DIRECTORY / "weights" / "vectors.npz").read_bytes())}


@pytest.fixture
def folder(tmp_path):
    """The tables of the project and no suggestion."""
    own = tmp_path / "own"
    own.mkdir()
    for path in DEFAULT_DIRECTORY.glob("*.csv"):
        shutil.copy(path, own)
    return own


def rows(count=5, **changes):
    return [made_row(id=f"clinic-{n}", en=EN[n], fa=FA[n], **{**NAMED, **changes}) for n in range(count)]


def found(folder, **arguments):
    return [(one.rule, one.where.rpartition("/")[2]) for one in validate(folder, **arguments).complaints]


def test_a_good_small_folder_has_no_complaint_and_is_counted(folder, tables):
    write_lines(folder / "own.jsonl", rows())
    result = validate(folder, word_tables=tables)
    assert result.complaints == result.notes == ()
    assert result.suggestions == 5
    assert tuple(result.counts) == COUNTED
    assert result.counts["mood"] == {"sadness": 5}
    assert result.counts["effort"] == {"1": 5}
    assert result.counts["situation"] == {"general": 5}


def test_every_bad_line_is_named_not_just_the_first(folder):
    good = rows()
    (folder / "own.jsonl").write_text("{]\n", encoding="utf-8")
    bad_field, bad_words = {**good[1], "effort": 9}, {**good[2], "en": "Take two pills and wait."}
    write_lines(folder / "second.jsonl", [good[0], bad_field, bad_words])
    assert found(folder) == [
        ("schema", "own.jsonl:1"),
        ("schema", "second.jsonl:2"),
        ("forbidden", "second.jsonl:3"),
    ]
    assert validate(folder).suggestions == 2


def test_complaints_come_in_the_order_of_the_lines(folder):
    many = [made_row(id=f"clinic-{n}", en=f"Rest {n}.", fa=FA[0]) for n in range(1, 13)]
    write_lines(folder / "own.jsonl", many)
    lines = [int(one.where.rpartition(":")[2]) for one in validate(folder).complaints]
    assert lines == sorted(lines)
    assert lines[-1] == 12


def test_an_identifier_is_given_once(folder):
    write_lines(folder / "own.jsonl", [{**row, "id": "clinic-0"} for row in rows(2)])
    (complaint,) = validate(folder).complaints
    assert complaint.rule == "schema"
    assert "own.jsonl:1; choose another" in complaint.what


@pytest.mark.parametrize(
    ("rule", "language", "first", "second"),
    [
        ("near_duplicate", "en", "Make yourself a cup of tea.", "Make yourself a cup of soup."),
        (
            "skeleton",
            "en",
            "Take an orange and hold it until you feel calm.",
            "Take an apple and hold it until you feel sleepy.",
        ),
        (
            "meaning",
            "en",
            "Water the plants by the window and wipe the dust from one leaf.",
            "Wipe the dust off the leaves of a plant, and give all the flowers water at the window.",
        ),
        (
            "skeleton",
            "fa",
            "پیش از باز کردن نامه یک نفس بلند بکشید و صبر کنید.",
            "پیش از باز کردن کمد یک آه کوتاه بکشید و صبر کنید.",
        ),
        (
            "near_duplicate",
            "fa",
            "یک لیوان آب خنک را آرام و کم‌کم بنوشید.",
            "یک لیوان آب گرم را آرام و کم‌کم بنوشید.",
        ),
    ],
)
def test_nearly_the_same_is_found_and_names_the_other_place(folder, tables, rule, language, first, second):
    pair = rows(3)
    pair[0][language], pair[2][language] = first, second
    if rule == "meaning":
        pair[0]["fa"] = "به گلدان‌های پشت پنجره برسید و گرد یک برگ را بگیرید."
        pair[2]["fa"] = "با دستمال نم‌دار برگ‌ها را پاک کنید و بعد همهٔ گل‌ها را سیراب کنید."
    write_lines(folder / "own.jsonl", pair)
    result = validate(folder, word_tables=tables)
    assert result.notes == ()
    (complaint,) = [one for one in result.complaints if one.rule != "ratio"]
    assert (complaint.rule, complaint.where) == (rule, f"{folder / 'own.jsonl'}:3")
    assert f"{folder / 'own.jsonl'}:1" in complaint.what
    assert complaint.what.startswith(f"{language}: ")
    assert "or delete it" in complaint.what


def test_a_pair_that_is_nearly_too_close_is_noted_only(folder):
    pair = rows(2)
    pair[0]["en"] = "Walk to the window and look out."
    pair[1]["en"] = "Walk to the garden door and look out."
    write_lines(folder / "own.jsonl", pair)
    result = validate(folder)
    assert result.complaints == ()
    (note,) = result.notes
    assert note.rule == "near_duplicate"
    assert "Jaccard 0.6" in note.what


def test_a_language_without_word_vectors_is_said(folder, tables):
    write_lines(folder / "own.jsonl", rows(1))
    assert [what.split(":")[0] for what in validate(folder).left_out] == [
        "likeness of meaning in en",
        "likeness of meaning in fa",
    ]
    (left_out,) = validate(folder, word_tables=tables).left_out
    assert " fa:" in left_out


def test_persian_is_compared_by_meaning_where_there_are_vectors(folder):
    class Table:
        """Two clusters of words: an edge case of a table, in place of trained vectors."""

        def __contains__(self, word):
            return word in {"آب", "خنک", "آسمان", "غروب"}

        def vectors(self, words):
            water = np.array([1.0, 1.0, 0.0], np.float32)
            sky = np.array([0.0, 1.0, 1.0], np.float32)
            return np.stack([water if word in ("آب", "خنک") else sky for word in words])

    pair = rows(3)
    pair[0]["fa"] = "چند لحظه دستتان را زیر آب نگه دارید."
    pair[1]["fa"] = FA[0]
    pair[2]["fa"] = "پیشانی را با پارچهٔ خنک نوازش کنید."
    write_lines(folder / "own.jsonl", pair)
    result = validate(folder, word_tables={"fa": Table()})
    assert [one.rule for one in result.complaints] == ["meaning"]
    assert result.left_out == ("likeness of meaning in en: there are no word vectors for it",)


@pytest.mark.parametrize(("count", "most"), [(1, 3), (750, 3), (1_000, 4), (3_000, 12)])
def test_the_cap_of_openings_grows_with_the_set(count, most):
    assert most_openings(count) == most


ENDINGS = ["letter", "window before sunrise", "drawer of old photographs", "mail from abroad"]


@pytest.mark.parametrize(("times", "rules"), [(3, []), (4, ["opening"])])
def test_an_opening_that_is_repeated_is_named_once_at_the_first_too_many(folder, times, rules):
    many = rows(4)
    for row, ending in zip(many[:times], ENDINGS, strict=False):
        row["en"] = f"Before you open the {ending}, {row['en'].lower()}"
    write_lines(folder / "own.jsonl", many)
    complaints = [one for one in validate(folder).complaints if one.rule != "ratio"]
    assert [one.rule for one in complaints] == rules
    for one in complaints:
        assert one.where.endswith(":4")
        assert "clinic-0, clinic-1" in one.what


def test_the_balance_of_the_whole_is_asked_of_a_complete_set_alone(folder):
    write_lines(folder / "own.jsonl", rows())
    assert found(folder) == []
    whole = validate(folder, complete=True).complaints
    assert {one.rule for one in whole} == {"balance"}
    assert {one.where for one in whole} == {str(folder)}
    assert any("5 pairs; at least" in one.what for one in whole)


def test_first_words_are_varied_in_a_complete_set(folder):
    many = rows()
    for row in many:
        row["en"] = f"If it helps, {row['en'].lower()}"
    write_lines(folder / "own.jsonl", many)
    assert any(
        "5 of 5 sentences in en begin with 'if'" in one.what
        for one in validate(folder, complete=True).complaints
    )


def test_a_clinics_set_is_compared_with_ours_and_ours_not_with_itself(folder):
    line = (DEFAULT_DIRECTORY / "sadness.jsonl").read_text("utf-8").splitlines()[20]
    (folder / "own.jsonl").write_text(line.replace("sadness-021", "clinic-0") + "\n", encoding="utf-8")
    assert found(folder) == []
    beside = found(folder, beside=DEFAULT_DIRECTORY)
    assert beside
    assert set(beside) == {("near_duplicate", "own.jsonl:1")}


def test_an_identifier_of_ours_is_not_given_to_a_clinics_suggestion(folder):
    write_lines(folder / "own.jsonl", [{**rows(1)[0], "id": "sadness-001"}])
    (complaint,) = validate(folder, beside=DEFAULT_DIRECTORY).complaints
    assert "sadness-001 is taken by" in complaint.what


def test_a_folder_without_tables_goes_by_those_of_the_set_beside_it(tmp_path):
    write_lines(tmp_path / "own.jsonl", rows())
    assert found(tmp_path, beside=DEFAULT_DIRECTORY) == []
    with pytest.raises(SuggestionDataError, match=r"techniques\.csv: cannot be read"):
        validate(tmp_path)


@pytest.mark.parametrize("name", ["nowhere", "own"])
def test_a_folder_without_suggestions_is_refused(folder, name):
    with pytest.raises(SuggestionDataError):
        validate(folder.parent / name, beside=DEFAULT_DIRECTORY)


def test_half_a_character_is_named_and_can_be_printed(folder):
    (folder / "own.jsonl").write_text('{"id": "\\ud800"}\n', encoding="utf-8")
    whole = made_row(id="half")
    write_lines(folder / "second.jsonl", [whole])
    broken = (folder / "second.jsonl").read_text("utf-8").replace('"half"', '"\\ud800"')
    (folder / "second.jsonl").write_text(broken, encoding="utf-8")
    complaints = validate(folder).complaints
    assert [one.rule for one in complaints] == ["schema", "schema"]
    assert "half of a character" in complaints[1].what
    "".join(map(str, complaints)).encode()
